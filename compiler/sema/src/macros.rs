//! The macros that are built in: those whose arguments are expressions. All others are refused by name.

/// What a built-in macro does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Builtin {
    Panic,
    Unreachable,
    Todo,
    Unimplemented,
    Assert,
    AssertEq,
    AssertNe,
    Printf,
}

const MACROS: &[(&str, Builtin)] = &[
    ("panic", Builtin::Panic),
    ("unreachable", Builtin::Unreachable),
    ("todo", Builtin::Todo),
    ("unimplemented", Builtin::Unimplemented),
    ("assert", Builtin::Assert),
    ("debug_assert", Builtin::Assert),
    ("gpu_assert", Builtin::Assert),
    ("assert_eq", Builtin::AssertEq),
    ("debug_assert_eq", Builtin::AssertEq),
    ("assert_ne", Builtin::AssertNe),
    ("debug_assert_ne", Builtin::AssertNe),
    ("gpu_printf", Builtin::Printf),
];

/// Whether calls of the macro `name` are parsed as calls of functions.
pub(crate) fn is_known_macro(name: &str) -> bool {
    known_macro(name).is_some()
}

/// What the macro `name` does.
pub(crate) fn known_macro(name: &str) -> Option<Builtin> {
    MACROS.iter().find(|(known, _)| *known == name).map(|(_, builtin)| *builtin)
}

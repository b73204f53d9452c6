//! What only the host has: names and macros of `std`, each with the way out.

/// Names of the standard library that need a heap or an operating system, why, and what instead.
const NAMES: &[(&str, &str, &str)] = &[
    ("Vec", "a device has no heap", "take a slice as parameter, or an array of fixed length"),
    ("String", "a device has no heap", "take `&[u8]`, or report numbers"),
    ("Box", "a device has no heap", "hold the value itself, or a reference"),
    ("Rc", "a device has no heap", "hold a reference"),
    ("Arc", "a device has no heap", "hold a reference"),
    ("HashMap", "a device has no heap", "hash into a slice with atomics"),
    ("BTreeMap", "a device has no heap", "keep a sorted slice"),
    ("ToString", "a device has no heap", "report numbers"),
    ("ToOwned", "a device has no heap", "copy into an array"),
    ("Mutex", "a device has no operating system to wait in", "use an atomic"),
    ("Instant", "a device has no clock of the host", "time the launch on the host"),
];

/// Macros of the standard library, why not, and what instead.
const MACROS: &[(&str, &str, &str)] = &[
    ("println", "a device has no standard output", "write `gpu_printf!`"),
    ("print", "a device has no standard output", "write `gpu_printf!`"),
    ("eprintln", "a device has no standard error", "write `gpu_printf!`"),
    ("eprint", "a device has no standard error", "write `gpu_printf!`"),
    ("dbg", "a device has no standard error", "write `gpu_printf!`"),
    ("format", "a device has no heap", "write `gpu_printf!`, or hand the format to `panic!` itself"),
    ("vec", "a device has no heap", "take a slice as parameter, or write an array"),
    ("write", "a device has nothing to write to", "write `gpu_printf!`"),
    ("writeln", "a device has nothing to write to", "write `gpu_printf!`"),
    ("thread_local", "a device's threads have variables only", "use a local variable, or `SharedArray`"),
    ("include_str", "a device has no files", "upload the content from the host"),
    ("include_bytes", "a device has no files", "upload the content from the host"),
];

fn find(table: &[(&str, &'static str, &'static str)], name: &str) -> Option<(&'static str, &'static str)> {
    table.iter().find(|(known, ..)| *known == name).map(|(_, why, instead)| (*why, *instead))
}

/// Why a name of the standard library is not there, and what instead.
pub(crate) fn name(name: &str) -> Option<(&'static str, &'static str)> {
    find(NAMES, name)
}

/// Why a macro of the standard library is not there, and what instead.
pub(crate) fn macro_named(name: &str) -> Option<(&'static str, &'static str)> {
    find(MACROS, name)
}

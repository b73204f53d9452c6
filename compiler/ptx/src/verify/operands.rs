//! Whether operands are what a row of the table says: count, kind, type, width, space.

use rustg_base::Diagnostic;

use super::{Site, Verifier};
use crate::ids::RegisterId;
use crate::module::Space;
use crate::opcode::Opcode;
use crate::operand::{AddressBase, Operand};
use crate::table::{Kind, OperandRule, Role, Row};
use crate::types::{Type, TypeClass};

/// What is wrong with an operand.
struct Wrong {
    message: String,
    label: String,
    help: Option<String>,
}

impl Wrong {
    fn new(message: String, label: impl Into<String>) -> Wrong {
        Wrong { message, label: label.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Wrong {
        self.help = Some(help.into());
        self
    }
}

impl<'m> Verifier<'m> {
    pub(super) fn operands(&mut self, site: &Site<'m>, rows: &[&'static Row]) {
        let operands = self.module.operands_of(site.instruction);
        if operands.contains(&Operand::Unresolved) {
            return;
        }
        let fitting: Vec<&'static Row> = rows.iter().copied().filter(|row| row.accepts_count(operands.len())).collect();
        if fitting.is_empty() {
            self.wrong_count(site, rows, operands.len());
            return;
        }
        let mut first_wrong = None;
        let mut right = Vec::new();
        for row in &fitting {
            match self.row_operands(site, row, operands) {
                None => right.push(*row),
                Some(wrong) => {
                    first_wrong.get_or_insert(wrong);
                }
            }
        }
        if !right.is_empty() {
            self.availability(site, &right);
            return;
        }
        if let Some((index, wrong)) = first_wrong {
            let span = self.operand_span(site.instruction, index);
            let mut diagnostic = Diagnostic::error(span, wrong.message).with_primary(wrong.label);
            if let Some(help) = wrong.help {
                diagnostic = diagnostic.with_help(help);
            }
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether the operands are those of one of the rows.
    pub(super) fn fits(&self, site: &Site<'m>, rows: &[&'static Row]) -> bool {
        let operands = self.module.operands_of(site.instruction);
        let count = operands.len();
        !operands.contains(&Operand::Unresolved)
            && rows.iter().any(|row| row.accepts_count(count) && self.row_operands(site, row, operands).is_none())
    }

    fn wrong_count(&mut self, site: &Site<'m>, rows: &[&'static Row], count: usize) {
        let least = rows.iter().map(|row| row.operands.iter().filter(|rule| !rule.optional).count()).min().unwrap_or(0);
        let most = rows.iter().map(|row| row.operands.len()).max().unwrap_or(0);
        let open = rows.iter().any(|row| row.open);
        let wanted = match (least, most, open) {
            (_, _, true) => format!("at least {least}"),
            (least, most, _) if least == most => format!("{least}"),
            _ => format!("from {least} to {most}"),
        };
        let text = self.module.forms.text(site.instruction.form);
        let plural = if wanted == "1" { "operand" } else { "operands" };
        let span = site.instruction.span;
        let message = format!("`{text}` takes {wanted} {plural}, not {count}");
        self.diagnostics.push(Diagnostic::error(span, message).with_primary(format!("{count} given")));
    }

    /// The first operand that `row` does not allow.
    fn row_operands(&self, site: &Site<'m>, row: &'static Row, operands: &[Operand]) -> Option<(usize, Wrong)> {
        let rules = row.rules(operands.len());
        rules
            .zip(operands)
            .enumerate()
            .find_map(|(index, (rule, operand))| self.operand(site, row, rule, operand).map(|wrong| (index, wrong)))
    }

    fn operand(&self, site: &Site<'m>, row: &Row, rule: &OperandRule, operand: &Operand) -> Option<Wrong> {
        let types = site.form.types();
        let written = rule.role != Role::Read;
        if *operand == Operand::Sink {
            let allowed = written || rule.sink || rule.kind == Kind::Any;
            return (!allowed).then(|| Wrong::new("`_` has no value to read".into(), "a value is read here"));
        }
        match rule.kind {
            Kind::Any => None,
            Kind::Value(number) => {
                let wanted = *types.get(number as usize)?;
                self.value(site, operand, wanted, written, false)
            }
            Kind::Relaxed(number) => {
                let wanted = *types.get(number as usize)?;
                self.value(site, operand, wanted, written, true)
            }
            Kind::Fixed(wanted) => self.value(site, operand, wanted, written, false),
            Kind::Wide => self.value(site, operand, wide(*types.first()?)?, written, false),
            Kind::Elements => self.elements(site, operand, *types.first()?, written),
            Kind::Vector(count, element) => self.vector(site, operand, count as usize, element, written, false),
            Kind::Predicate => self.predicate(site, operand, written, false),
            Kind::MaybeNegated => self.predicate(site, operand, written, true),
            Kind::TwoPredicates => match operand {
                Operand::Pair(elements) => {
                    (self.module.elements(*elements).iter()).find_map(|one| self.predicate(site, one, written, false))
                }
                _ => self.predicate(site, operand, written, false),
            },
            Kind::ValueAndPredicate(kind) => {
                let wanted = kind.or_else(|| types.first().copied())?;
                match operand {
                    Operand::Pair(elements) => {
                        let elements = self.module.elements(*elements);
                        let (value, predicate) = (elements.first()?, elements.get(1)?);
                        let first = match value {
                            Operand::Sink => None,
                            _ => self.value(site, value, wanted, written, false),
                        };
                        first.or_else(|| self.predicate(site, predicate, written, false))
                    }
                    _ => self.value(site, operand, wanted, written, false),
                }
            }
            Kind::Address => self.address(site, row, operand),
            Kind::Constant => match operand {
                Operand::Integer(_) => None,
                _ => Some(Wrong::new(
                    format!("{} must be an integer constant", self.shown(site, operand)),
                    "not a constant",
                )),
            },
            Kind::Movable => self.movable(site, operand, *types.first()?, written),
            Kind::Callee => match operand {
                Operand::Function(_) | Operand::Register(_) | Operand::List(_) => None,
                _ => Some(Wrong::new(format!("{} cannot be called", self.shown(site, operand)), "not a function")),
            },
            Kind::Label => match operand {
                Operand::Label(_) => None,
                _ => Some(
                    Wrong::new(format!("{} is not a label", self.shown(site, operand)), "a label is expected")
                        .help("to jump to one of several labels, list them with `.branchtargets` and use `brx.idx`"),
                ),
            },
            Kind::Targets => match operand {
                Operand::Targets(list) if self.module.target_lists[list.index()].is_branch => None,
                _ => Some(Wrong::new(
                    format!("{} is not a list of branch targets", self.shown(site, operand)),
                    "declare one with `.branchtargets`",
                )),
            },
        }
    }

    fn register(&self, site: &Site<'m>, register: RegisterId) -> Option<Type> {
        site.registers.get(register.index()).map(|register| register.kind)
    }

    /// A scalar of type `wanted`.
    fn value(&self, site: &Site<'m>, operand: &Operand, wanted: Type, written: bool, relaxed: bool) -> Option<Wrong> {
        if wanted == Type::Pred {
            return self.predicate(site, operand, written, false);
        }
        let shown = || self.shown(site, operand);
        match *operand {
            Operand::Register(register) | Operand::Part(register, _) => {
                let entry = site.registers.get(register.index())?;
                if entry.lanes > 1 && matches!(operand, Operand::Register(_)) {
                    let message = format!("{} is a vector register, `.v{}`", shown(), entry.lanes);
                    return Some(
                        Wrong::new(message, "one element is expected")
                            .help("name an element: `.x`, `.y`, `.z` or `.w`"),
                    );
                }
                if fits(entry.kind, wanted, relaxed) {
                    return None;
                }
                let (has, wants) = (entry.kind.text(), wanted.text());
                let verb = if written { "written" } else { "read" };
                let text = self.module.forms.text(site.instruction.form);
                let message = format!("{} is `.{has}`, but {verb} as `.{wants}` by `{text}`", shown());
                Some(Wrong::new(message, format!("`.{has}`")).help(match entry.kind.bits() == wanted.bits() {
                    true => format!("registers of `.b{}` fit every type of that width", wanted.bits()),
                    false => format!("the register has {} bits, the operand {}", entry.kind.bits(), wanted.bits()),
                }))
            }
            _ if written => Some(Wrong::new(format!("{} cannot be written", shown()), "a register is expected")),
            Operand::Integer(_) => (wanted.is_float() && wanted.packed() == 1).then(|| {
                Wrong::new(
                    format!("an integer cannot stand for a `.{}`", wanted.text()),
                    "a floating-point number is expected",
                )
                .help("write `0f3F800000` for 1.0 as `.f32`, `0d3FF0000000000000` as `.f64`, or a number with a point")
            }),
            Operand::F32(_) | Operand::F64(_) => (!wanted.is_float() && wanted.class() != TypeClass::Bits).then(|| {
                Wrong::new(
                    format!("a floating-point number cannot stand for a `.{}`", wanted.text()),
                    "an integer is expected",
                )
            }),
            Operand::Special(_) | Operand::Variable(..) => Some(
                Wrong::new(format!("{} cannot be an operand here", shown()), "a register is expected")
                    .help("move it into a register first: `mov`"),
            ),
            Operand::Function(_) => None,
            _ => Some(Wrong::new(format!("{} is not a value", shown()), format!("a `.{}` is expected", wanted.text()))),
        }
    }

    fn predicate(&self, site: &Site<'m>, operand: &Operand, written: bool, negatable: bool) -> Option<Wrong> {
        let wrong = |what: String| {
            Some(Wrong::new(format!("{} {what}", self.shown(site, operand)), "a predicate register is expected"))
        };
        match *operand {
            Operand::Sink => None,
            Operand::Register(register) => match self.register(site, register)? {
                Type::Pred => None,
                other => wrong(format!("is `.{}`, not a predicate", other.text())),
            },
            Operand::Negated(register) => match self.register(site, register)? {
                _ if written => wrong("cannot be written".into()),
                _ if !negatable => wrong("cannot be negated here".into()),
                Type::Pred => None,
                other => wrong(format!("negates a `.{}`, not a predicate", other.text())),
            },
            Operand::Integer(_) if !written => None,
            Operand::Special(special) if special.value_type() == Type::Pred => None,
            _ => wrong("is not a predicate".into()),
        }
    }

    /// One value, or the vector that `.v2`, `.v4`, `.v8` asks for.
    fn elements(&self, site: &Site<'m>, operand: &Operand, wanted: Type, written: bool) -> Option<Wrong> {
        match site.form.vector_len() as usize {
            1 => match operand {
                Operand::Vector(elements) if elements.count == 1 => {
                    self.value(site, &self.module.elements(*elements)[0], wanted, written, true)
                }
                _ => self.value(site, operand, wanted, written, true),
            },
            count => self.vector(site, operand, count, wanted, written, true),
        }
    }

    fn vector(
        &self,
        site: &Site<'m>,
        operand: &Operand,
        count: usize,
        wanted: Type,
        written: bool,
        relaxed: bool,
    ) -> Option<Wrong> {
        match operand {
            Operand::Vector(elements) => {
                let elements = self.module.elements(*elements);
                if elements.len() != count {
                    let message = format!("a vector of {count} is expected, not of {}", elements.len());
                    return Some(Wrong::new(message, format!("{} elements", elements.len())));
                }
                elements.iter().find_map(|element| match element {
                    Operand::Sink if written => None,
                    _ => self.value(site, element, wanted, written, relaxed),
                })
            }
            Operand::Register(register) => {
                let entry = site.registers.get(register.index())?;
                if entry.lanes as usize != count {
                    let message = format!("{} is not a vector of {count}", self.shown(site, operand));
                    return Some(
                        Wrong::new(message, "a vector is expected").help("write its elements in braces: `{%r1, %r2}`"),
                    );
                }
                (!fits(entry.kind, wanted, relaxed)).then(|| {
                    Wrong::new(format!("{} holds `.{}`", self.shown(site, operand), entry.kind.text()), "another type")
                })
            }
            _ => Some(
                Wrong::new(format!("{} is not a vector of {count}", self.shown(site, operand)), "a vector is expected")
                    .help("write its elements in braces: `{%r1, %r2}`"),
            ),
        }
    }

    /// What `mov`, `cvta`, `mapa` take.
    fn movable(&self, site: &Site<'m>, operand: &Operand, wanted: Type, written: bool) -> Option<Wrong> {
        match operand {
            Operand::Vector(elements) => {
                let elements = self.module.elements(*elements);
                let mut bits = 0;
                for element in elements {
                    match element {
                        Operand::Register(register) | Operand::Part(register, _) => {
                            bits += self.register(site, *register)?.bits();
                        }
                        // The width of constants and of `_` is what the others leave.
                        _ => return None,
                    }
                }
                (bits != wanted.bits()).then(|| {
                    Wrong::new(
                        format!(
                            "the elements have {bits} bits together, but `.{}` has {}",
                            wanted.text(),
                            wanted.bits()
                        ),
                        format!("{bits} bits"),
                    )
                })
            }
            Operand::Register(register) => {
                let entry = site.registers.get(register.index())?;
                if entry.lanes > 1 {
                    return None;
                }
                self.value(site, operand, wanted, written, false)
            }
            Operand::Label(_) | Operand::Targets(_) | Operand::Prototype(_) => {
                Some(Wrong::new(format!("{} has no address", self.shown(site, operand)), "a value is expected"))
            }
            Operand::Address(..) | Operand::Bracket(_) => Some(
                Wrong::new("an address in brackets is not a value".into(), "a value is expected")
                    .help("drop the brackets to take the address, or use `ld` to read memory"),
            ),
            Operand::Negated(_) if wanted == Type::Pred => None,
            Operand::Special(_) | Operand::Variable(..) | Operand::Function(_) if !written => None,
            _ => self.value(site, operand, wanted, written, false),
        }
    }

    fn address(&self, site: &Site<'m>, _row: &Row, operand: &Operand) -> Option<Wrong> {
        match *operand {
            Operand::Address(AddressBase::Register(register), _) => {
                let kind = self.register(site, register)?;
                let is_address = matches!(kind.bits(), 32 | 64) && !kind.is_float() && kind != Type::Pred;
                (!is_address).then(|| {
                    Wrong::new(
                        format!(
                            "an address is a 32- or 64-bit integer, but {} is `.{}`",
                            self.shown(site, operand),
                            kind.text()
                        ),
                        format!("`.{}`", kind.text()),
                    )
                })
            }
            Operand::Address(AddressBase::Variable(variable), _) => {
                let variable = self.module.variables.get(variable.index())?;
                let wanted = site.form.space();
                let shared = |space: Space| matches!(space, Space::Shared | Space::SharedCluster);
                let memory =
                    matches!(site.form.opcode, Opcode::Ld | Opcode::St | Opcode::Atom | Opcode::Red | Opcode::Ldu);
                let agrees = wanted == variable.space
                    || (shared(wanted) && shared(variable.space))
                    || (wanted == Space::Generic && variable.space != Space::Parameter)
                    || !memory;
                (!agrees).then(|| {
                    let name = self.module.name(variable.name);
                    Wrong::new(
                        format!(
                            "`{name}` lives in `.{}`, not in `.{}`",
                            space_text(variable.space),
                            space_text(wanted)
                        ),
                        format!("`.{}`", space_text(variable.space)),
                    )
                })
            }
            Operand::Address(..) | Operand::Bracket(_) => None,
            _ => Some(
                Wrong::new(format!("{} is not an address", self.shown(site, operand)), "an address is expected")
                    .help("addresses stand in brackets: `[%rd1+8]`"),
            ),
        }
    }

    /// An operand for a message.
    fn shown(&self, site: &Site<'m>, operand: &Operand) -> String {
        let name = |register: RegisterId| match site.registers.get(register.index()) {
            Some(_) => self.module.register_name(site.function, register),
            None => "%?".into(),
        };
        match *operand {
            Operand::Register(register) | Operand::Part(register, _) => format!("`{}`", name(register)),
            Operand::Address(AddressBase::Register(register), _) => format!("`{}`", name(register)),
            Operand::Negated(register) => format!("`!{}`", name(register)),
            Operand::Integer(value) => format!("`{}`", value as i64),
            Operand::F32(bits) => format!("`0f{bits:08X}`"),
            Operand::F64(bits) => format!("`0d{bits:016X}`"),
            Operand::Variable(variable, _) => {
                format!("`{}`", self.module.name(self.module.variables[variable.index()].name))
            }
            Operand::Function(function) => {
                format!("`{}`", self.module.name(self.module.functions[function.index()].name))
            }
            Operand::Label(label) => format!("`{}`", self.module.name(self.module.labels[label.index()].name)),
            Operand::Special(special) => format!("`{}`", special.text()),
            Operand::Address(..) | Operand::Bracket(_) => "this address".into(),
            Operand::Vector(_) => "this vector".into(),
            Operand::List(_) => "this list".into(),
            Operand::Pair(_) => "this pair".into(),
            Operand::Targets(_) => "this list of targets".into(),
            Operand::Prototype(_) => "this prototype".into(),
            Operand::Sink => "`_`".into(),
            Operand::Unresolved => "this name".into(),
        }
    }
}

fn space_text(space: Space) -> &'static str {
    match space {
        Space::Generic => "generic",
        Space::Register => "reg",
        Space::Special => "sreg",
        Space::Constant => "const",
        Space::Global => "global",
        Space::Local => "local",
        Space::Parameter => "param",
        Space::Shared => "shared",
        Space::SharedCluster => "shared::cluster",
        Space::Texture => "tex",
    }
}

/// The type twice as wide.
fn wide(kind: Type) -> Option<Type> {
    Some(match kind {
        Type::U16 => Type::U32,
        Type::S16 => Type::S32,
        Type::U32 => Type::U64,
        Type::S32 => Type::S64,
        _ => return None,
    })
}

/// Whether a register of type `register` may stand for an operand of type `wanted` (PTX ISA 9.2); `relaxed` where it may be
/// wider (9.2.1: loads, stores, conversions).
fn fits(register: Type, wanted: Type, relaxed: bool) -> bool {
    use TypeClass::*;
    if register == Type::Pred || wanted == Type::Pred {
        return register == wanted;
    }
    let (has, wants) = (register.bits(), wanted.bits());
    let width = if relaxed { has >= wants } else { has == wants || (wants < 16 && has >= 16 && has <= 32) };
    if !width {
        return false;
    }
    match (register.class(), wanted.class()) {
        (Bits, _) => !wanted.is_float() || has == wants || wants < 16,
        (_, Bits) => !register.is_float() || has == wants,
        (Signed | Unsigned, Signed | Unsigned) => true,
        (Float, Float) => register == wanted,
        // A pair of halves is bits to an integer instruction.
        (Float, _) => matches!(register, Type::F16x2 | Type::Bf16x2),
        _ => false,
    }
}

//! Rules between the words of one instruction that rows of the table do not express, each checked against ptxas 13.5 (`benches/ptx/verdicts.py`).

use crate::form::{Comparison, Form, Rounding};
use crate::modifier::Modifier;
use crate::opcode::Opcode;
use crate::types::{Type, TypeClass};

/// What a rule looks at.
pub(super) struct Words<'f> {
    pub(super) form: &'f Form,
    pub(super) operand_count: usize,
    /// The target's number, 90 for `sm_90a`.
    pub(super) sm: u32,
}

/// What is wrong, and the way out.
pub(super) type Broken = Option<(String, &'static str)>;

/// Every rule; the first that is broken is told.
pub(super) const RULES: &[fn(&Words<'_>) -> Broken] = &[
    comparison_fits_type,
    flush_needs_a_float,
    hint_has_its_operand,
    vector_is_not_too_wide,
    eviction_is_for_wide_accesses,
    order_has_a_scope,
    conversion_rounds_where_it_must,
];

/// The type whose values `set` and `setp` compare.
fn compared(form: &Form) -> Option<Type> {
    form.type_at(if form.opcode == Opcode::Set { 1 } else { 0 })
}

fn comparison_fits_type(words: &Words<'_>) -> Broken {
    use Comparison::*;
    let form = words.form;
    if !matches!(form.opcode, Opcode::Set | Opcode::Setp) {
        return None;
    }
    let (comparison, kind) = (form.comparison()?, compared(form)?);
    let fits = match comparison {
        Eq | Ne => true,
        Lt | Le | Gt | Ge => kind.is_float() || kind.class() != TypeClass::Bits,
        Lo | Ls | Hi | Hs => kind.class() == TypeClass::Unsigned,
        Equ | Neu | Ltu | Leu | Gtu | Geu | Num | Nan => kind.is_float(),
    };
    let message = || format!("`.{}` values have no such comparison", kind.text());
    (!fits).then(|| {
        (message(), "`.b` types have eq and ne; lo, ls, hi, hs are for unsigned, equ … nan for floating-point ones")
    })
}

fn flush_needs_a_float(words: &Words<'_>) -> Broken {
    let form = words.form;
    let kind = match form.opcode {
        Opcode::Set | Opcode::Setp => compared(form)?,
        Opcode::Slct => form.type_at(1)?,
        _ => return None,
    };
    let broken = form.has(Modifier::Ftz) && !matches!(kind, Type::F32 | Type::F16 | Type::F16x2);
    broken.then(|| (format!("`.ftz` has no meaning for `.{}`", kind.text()), "leave `.ftz` out"))
}

/// `ld`, `st`, `atom`, `red`: a cache policy stands behind the other operands exactly if `.L2::cache_hint` says so.
fn hint_has_its_operand(words: &Words<'_>) -> Broken {
    let form = words.form;
    let own = match form.opcode {
        Opcode::Ld | Opcode::St | Opcode::Red => 2,
        Opcode::Atom if form.has(Modifier::Cas) => 4,
        Opcode::Atom => 3,
        _ => return None,
    };
    match (form.has(Modifier::L2CacheHint), words.operand_count == own + 1) {
        (true, false) => {
            Some(("`.L2::cache_hint` needs a cache policy".to_owned(), "give a `.b64` register as the last operand"))
        }
        (false, true) => Some((
            "a cache policy needs `.L2::cache_hint`".to_owned(),
            "add `.L2::cache_hint`, or leave the operand out",
        )),
        _ => None,
    }
}

/// Bits that one access moves.
fn access_bits(form: &Form) -> u32 {
    form.types().last().map_or(0, |kind| kind.bits()) * form.vector_len()
}

fn vector_is_not_too_wide(words: &Words<'_>) -> Broken {
    let form = words.form;
    let widest = match form.opcode {
        Opcode::Ld | Opcode::St if words.sm >= 100 => 256,
        Opcode::Ld | Opcode::St | Opcode::Ldu | Opcode::Atom | Opcode::Red => 128,
        _ => return None,
    };
    let bits = access_bits(form);
    let help = "accesses have up to 128 bits; `ld` and `st` from sm_100 on 256";
    (form.vector_len() > 1 && bits > widest).then(|| (format!("this access has {bits} bits, more than {widest}"), help))
}

fn eviction_is_for_wide_accesses(words: &Words<'_>) -> Broken {
    use Modifier::{L2EvictFirst, L2EvictLast, L2EvictNormal};
    let form = words.form;
    let evicts = [L2EvictFirst, L2EvictLast, L2EvictNormal].into_iter().any(|word| form.has(word));
    let broken = matches!(form.opcode, Opcode::Ld | Opcode::St) && evicts && access_bits(form) != 256;
    broken.then(|| ("an L2 eviction priority needs an access of 256 bits".to_owned(), "use `.v8.b32` or `.v4.b64`"))
}

/// mbarrier operations: an order and a scope, or neither.
fn order_has_a_scope(words: &Words<'_>) -> Broken {
    use Opcode::*;
    let form = words.form;
    let checked = [MbarrierArrive, MbarrierArriveDrop, MbarrierTestWait, MbarrierTryWait, MbarrierExpectTx];
    if !checked.contains(&form.opcode) {
        return None;
    }
    match (form.semantics().is_some(), form.scope().is_some()) {
        (true, false) => Some(("an order needs a scope".to_owned(), "add `.cta` or `.cluster`")),
        (false, true) => Some(("a scope needs an order".to_owned(), "add `.relaxed`, `.acquire` or `.release`")),
        _ => None,
    }
}

/// `cvt` between two scalars: where rounding must be said, and where it must not (PTX ISA 9.7.9.22).
fn conversion_rounds_where_it_must(words: &Words<'_>) -> Broken {
    use Rounding::*;
    let form = words.form;
    let (Opcode::Cvt, &[to, from]) = (form.opcode, form.types()) else { return None };
    let plain =
        |kind: Type| matches!(kind, Type::F16 | Type::F32 | Type::F64) || (kind.is_integer() && kind.bits() <= 64);
    if !plain(to) || !plain(from) {
        return None;
    }
    let rounding = form.rounding();
    let integral = matches!(rounding, Some(NearestIntegral | ZeroIntegral | DownIntegral | UpIntegral));
    let (wrong, help) = match (to.is_float(), from.is_float()) {
        (false, true) => (!integral, "add `.rni`, `.rzi`, `.rmi` or `.rpi`"),
        (true, false) => (rounding.is_none() || integral, "add `.rn`, `.rz`, `.rm` or `.rp`"),
        (true, true) if to.bits() < from.bits() => (rounding.is_none() || integral, "add `.rn`, `.rz`, `.rm` or `.rp`"),
        (true, true) if to.bits() > from.bits() => (rounding.is_some(), "leave the rounding out: nothing is lost"),
        (true, true) => (rounding.is_some() && !integral, "`.rni`, `.rzi`, `.rmi`, `.rpi` round to an integral value"),
        (false, false) => (rounding.is_some(), "leave the rounding out: integers are not rounded"),
    };
    let what = if rounding.is_some() { "does not round so" } else { "must say how it rounds" };
    wrong.then(|| (format!("a conversion from `.{}` to `.{}` {what}", from.text(), to.text()), help))
}

//! From a PTX form to the function that computes it. Forms not listed give `None`: the machine refuses them by name when they are executed.

mod compare;
mod convert;
mod float;
mod half;
mod integer;

use rustg_ptx::{Form, Modifier, Opcode, Rounding};

use super::convert::{Arrangement, Conversion, PackConversion};
use super::kernel::Isa;
use super::rare::Float64;
use super::soft::Round;
use super::{LaneFn, Row, video};

/// A rare computation as data: one path computes it exactly, whatever its types and rounding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Described(Kind);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Convert(Conversion, Arrangement),
    Pack(PackConversion),
    Float64(Float64),
}

impl Described {
    /// Computes all lanes: `(d, a, b, c)`, as [`super::ValueFn`].
    pub fn run(&self, d: &mut [Row], a: &[Row], b: &[Row], c: &[Row]) {
        match &self.0 {
            Kind::Convert(conversion, arrangement) => conversion.run(*arrangement, d, a, b, c),
            Kind::Pack(conversion) => conversion.run(d, a, b, c),
            Kind::Float64(operation) => operation.run(d, a, b, c),
        }
    }
}

/// The function that computes `form`, in the widest instruction set of this processor; `None` if it computes nothing or is not known.
///
/// `mov` between a register and a vector depends on its operands: see [`super::bits::pack`]. The three-operand `min`/`max` is [`select_ternary`].
pub fn select(form: &Form) -> Option<LaneFn> {
    select_for(form, Isa::detect())
}

/// As [`select`], for a given instruction set.
pub fn select_for(form: &Form, isa: Isa) -> Option<LaneFn> {
    use Opcode::*;
    let first = form.type_at(0)?;
    let wide_float = form.types().iter().any(|t| t.is_float());
    match form.opcode {
        Set | Setp | Selp | Slct | Testp => compare::select(form, isa),
        Cvt | CvtPack => convert::select(form, isa),
        Vadd | Vsub | Vabsdiff | Vmin | Vmax | Vshl | Vshr | Vmad | Vset => None,
        _ if first.is_float() && first.packed() == 1 && first.bits() >= 32 || first == rustg_ptx::Type::F32x2 => {
            float::select(form, isa)
        }
        _ if wide_float => half::select(form, isa),
        _ => integer::select(form, isa),
    }
}

/// As [`select`], for `min` and `max` with three operands.
pub fn select_ternary(form: &Form) -> Option<LaneFn> {
    float::select_ternary(form, Isa::detect())
}

/// The selection of a video instruction, whose operands name pieces of registers: see [`video`].
pub fn select_video(form: &Form) -> Option<video::Video> {
    video::Video::of(form)
}

/// Whether the form has no modifier but `allowed`.
fn only(form: &Form, allowed: &[Modifier]) -> Option<()> {
    form.modifiers().all(|modifier| allowed.contains(&modifier)).then_some(())
}

/// The rounding of a float operation: nearest unless it says otherwise. `None` for those that a float operation cannot have.
fn rounding(form: &Form) -> Option<Round> {
    match form.rounding() {
        None | Some(Rounding::Nearest) => Some(Round::Nearest),
        Some(Rounding::Zero) => Some(Round::Zero),
        Some(Rounding::Down) => Some(Round::Down),
        Some(Rounding::Up) => Some(Round::Up),
        _ => None,
    }
}

fn described(kind: Kind) -> LaneFn {
    LaneFn::Described(Described(kind))
}

/// `with_constants!(value in [A, B], flag …; |K, F| expression)`: the expression with each run-time value as a constant of that name.
macro_rules! with_flag {
    ($flag:expr; |$k:ident| $make:expr) => {
        match $flag {
            true => {
                const $k: bool = true;
                $make
            }
            false => {
                const $k: bool = false;
                $make
            }
        }
    };
}

macro_rules! with_round {
    ($round:expr; |$k:ident| $make:expr) => {
        match $round {
            $crate::float::NEAREST => {
                const $k: u8 = $crate::float::NEAREST;
                $make
            }
            $crate::float::ZERO => {
                const $k: u8 = $crate::float::ZERO;
                $make
            }
            $crate::float::DOWN => {
                const $k: u8 = $crate::float::DOWN;
                $make
            }
            _ => {
                const $k: u8 = $crate::float::UP;
                $make
            }
        }
    };
}
use {with_flag, with_round};

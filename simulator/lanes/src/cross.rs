//! Instructions that look across a warp (PTX ISA 9.7.9.5–9.7.14): `shfl`, `vote`, `match`, `redux`, `elect`. Which lanes take part is a mask
//! that the machine gives; lanes outside it contribute nothing and their results mean nothing.

use rustg_ptx::{Form, Modifier, Opcode, Type};

use super::float::{self, finish};
use super::{LANES, Row};

/// How `shfl` finds the lane it reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shuffle {
    /// `lane - b`
    Up,
    /// `lane + b`
    Down,
    /// `lane ^ b`
    Butterfly,
    /// Lane `b` of the segment.
    Index,
}

/// What a shuffle does before any value moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sources {
    /// The lane each lane reads: itself where the computed one is out of range.
    pub lane: [u8; LANES],
    /// The predicate result: the computed lane was in range.
    pub in_range: u32,
}

impl Shuffle {
    /// The mode that `form` names.
    pub fn of(form: &Form) -> Option<Shuffle> {
        form.modifiers().find_map(|modifier| match modifier {
            Modifier::Up => Some(Shuffle::Up),
            Modifier::Down => Some(Shuffle::Down),
            Modifier::Bfly => Some(Shuffle::Butterfly),
            Modifier::Idx => Some(Shuffle::Index),
            _ => None,
        })
    }

    /// Where each lane reads, from the operands `b` (lane or distance) and `c` (clamp in bits 0–4, segment mask in bits 8–12).
    pub fn sources(self, b: &Row, c: &Row) -> Sources {
        let mut sources = Sources { lane: [0; LANES], in_range: 0 };
        for lane in 0..LANES {
            let (at, b) = (lane as i32, (b.0[lane] & 31) as i32);
            let (clamp, segment) = ((c.0[lane] & 31) as i32, (c.0[lane] >> 8 & 31) as i32);
            let least = at & segment;
            let most = least | clamp & !segment;
            let (from, in_range) = match self {
                Shuffle::Up => (at - b, at - b >= most),
                Shuffle::Down => (at + b, at + b <= most),
                Shuffle::Butterfly => (at ^ b, at ^ b <= most),
                Shuffle::Index => (least | b & !segment, least | b & !segment <= most),
            };
            sources.lane[lane] = if in_range { from as u8 & 31 } else { lane as u8 };
            sources.in_range |= u32::from(in_range) << lane;
        }
        sources
    }
}

impl Sources {
    /// Moves the values. `d` and `a` are one register of 32 bits.
    pub fn shuffle(&self, d: &mut Row, a: &Row) {
        d.0 = self.lane.map(|from| a.0[from as usize]);
    }

    /// The lanes that would be read by `members` but are not among them: their values are undefined.
    pub fn absent(&self, members: u32) -> u32 {
        (0..LANES)
            .filter(|&lane| members >> lane & 1 == 1)
            .map(|lane| 1 << self.lane[lane])
            .fold(0, |all, bit: u32| all | bit)
            & !members
    }
}

/// What `vote` asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vote {
    /// True in all.
    All,
    /// True in one at least.
    Any,
    /// The same in all.
    Uniform,
    /// The mask of those where it is true.
    Ballot,
}

impl Vote {
    /// The mode that `form` names.
    pub fn of(form: &Form) -> Option<Vote> {
        form.modifiers().find_map(|modifier| match modifier {
            Modifier::All => Some(Vote::All),
            Modifier::Any => Some(Vote::Any),
            Modifier::Uni => Some(Vote::Uniform),
            Modifier::Ballot => Some(Vote::Ballot),
            _ => None,
        })
    }

    /// The result, the same for every member: all ones or zero as a predicate mask; for [`Vote::Ballot`] the word that `d` gets.
    pub fn count(self, predicate: u32, members: u32) -> u32 {
        let holds = |yes: bool| if yes { u32::MAX } else { 0 };
        let found = predicate & members;
        match self {
            Vote::All => holds(found == members),
            Vote::Any => holds(found != 0),
            Vote::Uniform => holds(found == members || found == 0),
            Vote::Ballot => found,
        }
    }
}

/// `match.any`: for each member the members that hold the same value.
pub fn match_any(values: &[u64; LANES], members: u32) -> Row {
    Row(std::array::from_fn(|lane| {
        (0..LANES).filter(|&other| values[other] == values[lane]).fold(0, |mask, other| mask | 1 << other) & members
    }))
}

/// `match.all`: the members' mask and true if all hold the same value, else zero and false.
pub fn match_all(values: &[u64; LANES], members: u32) -> (u32, bool) {
    let first = members.trailing_zeros() as usize;
    let same = first >= LANES || (0..LANES).all(|lane| members >> lane & 1 == 0 || values[lane] == values[first]);
    (if same { members } else { 0 }, same)
}

/// The lane that `elect` chooses: the lowest member. 32 when there is none.
pub fn elect(members: u32) -> u32 {
    members.trailing_zeros()
}

/// A warp-wide reduction, of which every member gets the result.
#[derive(Clone, Copy)]
pub struct Reduction {
    combine: fn(u32, u32) -> u32,
    prepare: fn(u32) -> u32,
}

impl Reduction {
    /// The reduction that a `redux` form names.
    pub fn of(form: &Form) -> Option<Reduction> {
        if form.opcode != Opcode::Redux {
            return None;
        }
        let same: fn(u32) -> u32 = |a| a;
        let whole = |combine| Some(Reduction { combine, prepare: same });
        match (form.operation()?, form.type_at(0)?) {
            (Modifier::Add, Type::U32 | Type::S32) => whole(|a, b| a.wrapping_add(b)),
            (Modifier::Min, Type::U32) => whole(|a, b| a.min(b)),
            (Modifier::Max, Type::U32) => whole(|a, b| a.max(b)),
            (Modifier::Min, Type::S32) => whole(|a, b| (a as i32).min(b as i32) as u32),
            (Modifier::Max, Type::S32) => whole(|a, b| (a as i32).max(b as i32) as u32),
            (Modifier::And, Type::B32) => whole(|a, b| a & b),
            (Modifier::Or, Type::B32) => whole(|a, b| a | b),
            (Modifier::Xor, Type::B32) => whole(|a, b| a ^ b),
            (operation @ (Modifier::Min | Modifier::Max), Type::F32) => {
                let combine: fn(u32, u32) -> u32 = match (operation, form.has(Modifier::NanResult)) {
                    (Modifier::Min, false) => {
                        |a, b| float::min::<false>(f32::from_bits(a), f32::from_bits(b)).to_bits()
                    }
                    (Modifier::Min, true) => |a, b| float::min::<true>(f32::from_bits(a), f32::from_bits(b)).to_bits(),
                    (_, false) => |a, b| float::max::<false>(f32::from_bits(a), f32::from_bits(b)).to_bits(),
                    (_, true) => |a, b| float::max::<true>(f32::from_bits(a), f32::from_bits(b)).to_bits(),
                };
                let prepare: fn(u32) -> u32 = match form.has(Modifier::Abs) {
                    true => |a| finish::<false, false>(f32::from_bits(a).abs()).to_bits(),
                    false => |a| finish::<false, false>(f32::from_bits(a)).to_bits(),
                };
                Some(Reduction { combine, prepare })
            }
            _ => None,
        }
    }

    /// The result over `members`; zero when there are none.
    pub fn reduce(&self, a: &Row, members: u32) -> u32 {
        let values = (0..LANES).filter(|&lane| members >> lane & 1 == 1).map(|lane| (self.prepare)(a.0[lane]));
        values.reduce(self.combine).unwrap_or(0)
    }
}

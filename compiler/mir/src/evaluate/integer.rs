//! Integer and truth-value operations on bits.

use super::{Results, signed};
use crate::immediate::Condition;
use crate::opcode::Opcode;
use crate::types::Type;

pub(super) fn compare(condition: Condition, ty: Type, a: u128, b: u128) -> bool {
    match condition {
        Condition::Equal => a == b,
        Condition::NotEqual => a != b,
        Condition::LessU => a < b,
        Condition::LessEqualU => a <= b,
        Condition::Less => signed(ty, a) < signed(ty, b),
        Condition::LessEqual => signed(ty, a) <= signed(ty, b),
        Condition::Ordered => true,
        Condition::Unordered => false,
    }
}

/// The result may have bits above the type's width; the caller cuts them.
pub(super) fn binary(opcode: Opcode, ty: Type, a: u128, b: u128) -> Option<Results> {
    let mask = ty.mask();
    let (sa, sb) = (signed(ty, a), signed(ty, b));
    let amount = b as u32 % ty.bits().max(1);
    let plain = |bits: u128| Some((bits, false));
    match opcode {
        Opcode::Add => plain(a.wrapping_add(b)),
        Opcode::Sub => plain(a.wrapping_sub(b)),
        Opcode::Mul => plain(a.wrapping_mul(b)),
        Opcode::MulWideU => plain(a.wrapping_mul(b)),
        Opcode::MulWideS => {
            let half = Type::integer(ty.bits() / 2)?;
            plain(signed(half, a).wrapping_mul(signed(half, b)) as u128)
        }
        Opcode::MulHighU => plain(wide_product(ty, a, b)),
        Opcode::MulHighS => {
            // High half of the signed product from that of the unsigned one.
            let high = wide_product(ty, a, b);
            let less = if sa < 0 { b } else { 0 }.wrapping_add(if sb < 0 { a } else { 0 });
            plain(high.wrapping_sub(less))
        }
        Opcode::DivU => plain(a.checked_div(b).unwrap_or(mask)),
        Opcode::RemU => plain(a.checked_rem(b).unwrap_or(mask)),
        Opcode::DivS => plain(if b == 0 { mask } else { sa.wrapping_div(sb) as u128 }),
        Opcode::RemS => plain(if b == 0 { mask } else { sa.wrapping_rem(sb) as u128 }),
        Opcode::AddOverflowU => Some((a.wrapping_add(b), a > mask - b)),
        Opcode::SubOverflowU => Some((a.wrapping_sub(b), a < b)),
        Opcode::MulOverflowU => Some((a.wrapping_mul(b), wide_product(ty, a, b) != 0)),
        Opcode::AddOverflowS => overflowing(ty, sa.wrapping_add(sb), sa.checked_add(sb)),
        Opcode::SubOverflowS => overflowing(ty, sa.wrapping_sub(sb), sa.checked_sub(sb)),
        Opcode::MulOverflowS => overflowing(ty, sa.wrapping_mul(sb), sa.checked_mul(sb)),
        Opcode::AddSaturateU => plain(if a > mask - b { mask } else { a + b }),
        Opcode::SubSaturateU => plain(a.saturating_sub(b)),
        Opcode::AddSaturateS => plain(held(ty, sa.saturating_add(sb))),
        Opcode::SubSaturateS => plain(held(ty, sa.saturating_sub(sb))),
        Opcode::MinU => plain(a.min(b)),
        Opcode::MaxU => plain(a.max(b)),
        Opcode::MinS => plain(sa.min(sb) as u128),
        Opcode::MaxS => plain(sa.max(sb) as u128),
        Opcode::And => plain(a & b),
        Opcode::Or => plain(a | b),
        Opcode::Xor => plain(a ^ b),
        Opcode::Shl => plain(a << amount),
        Opcode::ShrU => plain(a >> amount),
        Opcode::ShrS => plain((sa >> amount) as u128),
        Opcode::RotateLeft if amount == 0 => plain(a),
        Opcode::RotateLeft => plain(a << amount | a >> (ty.bits() - amount)),
        _ => None,
    }
}

/// The upper half of the unsigned product.
fn wide_product(ty: Type, a: u128, b: u128) -> u128 {
    if ty != Type::I128 {
        return a.wrapping_mul(b) >> ty.bits();
    }
    let (a1, a0, b1, b0) = (a >> 64, a & u128::from(u64::MAX), b >> 64, b & u128::from(u64::MAX));
    let (low, middle_a, middle_b) = (a0 * b0, a1 * b0, a0 * b1);
    let carry = (low >> 64) + (middle_a & u128::from(u64::MAX)) + (middle_b & u128::from(u64::MAX));
    a1 * b1 + (middle_a >> 64) + (middle_b >> 64) + (carry >> 64)
}

fn overflowing(ty: Type, wrapped: i128, exact: Option<i128>) -> Option<Results> {
    let fits = exact.is_some_and(|exact| signed(ty, exact as u128) == exact);
    Some((wrapped as u128, !fits))
}

/// A number held at the bounds of a signed type.
fn held(ty: Type, number: i128) -> u128 {
    let max = (ty.mask() >> 1) as i128;
    number.clamp(-max - 1, max) as u128
}

pub(super) fn unary(opcode: Opcode, ty: Type, from: Type, a: u128) -> Option<u128> {
    let unused = 128 - ty.bits();
    Some(match opcode {
        Opcode::Not => !a,
        Opcode::LeadingZeros => u128::from(a.leading_zeros() - unused),
        Opcode::TrailingZeros => u128::from(a.trailing_zeros().min(ty.bits())),
        Opcode::CountOnes => u128::from(a.count_ones()),
        Opcode::SwapBytes => a.swap_bytes() >> unused,
        Opcode::ReverseBits => a.reverse_bits() >> unused,
        Opcode::Extend | Opcode::Truncate | Opcode::Bitcast => a,
        Opcode::ExtendS => signed(from, a) as u128,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_bit_arithmetic_is_rusts() {
        for (a, b) in (0..=255_u8).flat_map(|a| (0..=255_u8).map(move |b| (a, b))) {
            let both = |opcode| {
                let (bits, flag) = binary(opcode, Type::I8, u128::from(a), u128::from(b)).unwrap();
                (bits as u8, flag)
            };
            let (sa, sb) = (a as i8, b as i8);
            let unsigned = |(value, flag): (u8, bool)| (value, flag);
            let signed = |(value, flag): (i8, bool)| (value as u8, flag);
            assert_eq!(both(Opcode::AddOverflowU), unsigned(a.overflowing_add(b)));
            assert_eq!(both(Opcode::SubOverflowU), unsigned(a.overflowing_sub(b)));
            assert_eq!(both(Opcode::MulOverflowU), unsigned(a.overflowing_mul(b)));
            assert_eq!(both(Opcode::AddOverflowS), signed(sa.overflowing_add(sb)));
            assert_eq!(both(Opcode::SubOverflowS), signed(sa.overflowing_sub(sb)));
            assert_eq!(both(Opcode::MulOverflowS), signed(sa.overflowing_mul(sb)));
            assert_eq!(both(Opcode::AddSaturateS).0, sa.saturating_add(sb) as u8);
            assert_eq!(both(Opcode::SubSaturateS).0, sa.saturating_sub(sb) as u8);
            assert_eq!(both(Opcode::AddSaturateU).0, a.saturating_add(b));
            assert_eq!(both(Opcode::MulHighU).0, ((u16::from(a) * u16::from(b)) >> 8) as u8);
            assert_eq!(both(Opcode::MulHighS).0, ((i16::from(sa) * i16::from(sb)) >> 8) as u8);
            assert_eq!(both(Opcode::DivU).0, a.checked_div(b).unwrap_or(255));
            assert_eq!(both(Opcode::DivS).0, if b == 0 { 255 } else { sa.wrapping_div(sb) as u8 });
            assert_eq!(both(Opcode::RemS).0, if b == 0 { 255 } else { sa.wrapping_rem(sb) as u8 });
            assert_eq!(both(Opcode::Shl).0, a.wrapping_shl(u32::from(b)));
            assert_eq!(both(Opcode::ShrS).0, sa.wrapping_shr(u32::from(b)) as u8);
            assert_eq!(both(Opcode::RotateLeft).0, a.rotate_left(u32::from(b)));
            assert_eq!(compare(Condition::Less, Type::I8, u128::from(a), u128::from(b)), sa < sb);
        }
    }

    #[test]
    fn the_upper_half_of_a_product_of_128_bits_is_exact() {
        let max = u128::MAX;
        assert_eq!(binary(Opcode::MulHighU, Type::I128, max, max), Some((max - 1, false)));
        assert_eq!(binary(Opcode::MulHighU, Type::I128, 1 << 127, 6), Some((3, false)));
        assert_eq!(binary(Opcode::MulHighS, Type::I128, max, max), Some((0, false)));
    }
}

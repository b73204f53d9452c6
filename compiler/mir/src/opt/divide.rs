//! Division by constants as a product: ptxas takes 14 instructions for `x / 7`, this takes 4.
//!
//! The magic numbers follow Granlund and Montgomery, "Division by invariant integers using multiplication" (1994).

use crate::evaluate::signed;
use crate::function::{Function, InstData};
use crate::ids::{Inst, Value};
use crate::opcode::Opcode;
use crate::types::Type;

/// Replaces divisions and remainders by constants, of 32 and 64 bits.
pub(super) fn multiply_instead(function: &mut Function) {
    let insts = function.placed_insts();
    for inst in insts {
        let data = *function.inst(inst);
        let is_division = matches!(data.opcode, Opcode::DivU | Opcode::RemU | Opcode::DivS | Opcode::RemS);
        if !is_division || !matches!(data.ty, Type::I32 | Type::I64) {
            continue;
        }
        let Some(bits) = function.constant(Value(data.b)).filter(|bits| *bits != 0) else { continue };
        let mut emit = Emit { function: &mut *function, before: inst, ty: data.ty };
        let is_signed = matches!(data.opcode, Opcode::DivS | Opcode::RemS);
        let quotient =
            if is_signed { emit.signed_quotient(data.a, bits) } else { emit.unsigned_quotient(data.a, bits) };
        let row = match data.opcode {
            Opcode::DivU | Opcode::DivS => {
                // The quotient's last instruction becomes the division itself.
                let last = function.defining_inst(quotient).expect("an instruction computes the quotient");
                let row = *function.inst(last);
                function.remove_inst(last);
                row
            }
            _ => {
                let product = emit.binary(Opcode::Mul, quotient, Value(data.b));
                InstData { a: data.a, b: product.0, ..InstData::new(Opcode::Sub, data.ty) }
            }
        };
        *function.inst_mut(inst) = row;
    }
}

struct Emit<'a> {
    function: &'a mut Function,
    before: Inst,
    ty: Type,
}

impl Emit<'_> {
    fn insert(&mut self, row: InstData) -> Value {
        let location = self.function.location(self.before);
        let inst = self.function.make(row, location);
        self.function.insert_before(self.before, inst);
        self.function.result(inst)
    }

    fn constant(&mut self, ty: Type, bits: u128) -> Value {
        let row = self.function.constant_row(ty, bits);
        self.insert(row)
    }

    fn binary(&mut self, opcode: Opcode, a: Value, b: Value) -> Value {
        self.insert(InstData { a: a.0, b: b.0, ..InstData::new(opcode, self.ty) })
    }

    fn shifted(&mut self, opcode: Opcode, a: Value, amount: u32) -> Value {
        let amount = self.constant(Type::I32, u128::from(amount));
        self.binary(opcode, a, amount)
    }

    /// `x / d` rounded down.
    fn unsigned_quotient(&mut self, x: u32, d: u128) -> Value {
        let (x, bits) = (Value(x), self.ty.bits());
        if d.is_power_of_two() {
            return self.shifted(Opcode::ShrU, x, d.trailing_zeros());
        }
        // The least l with 2^l >= d, and the magic number m = floor(2^(N+l) / d) + 1 - 2^N.
        let l = 128 - (d - 1).leading_zeros();
        let full = ((1_u128 << l) - d) << bits;
        let magic = full / d + 1;
        // Even divisors: a shorter magic number without the extra bit, after a shift.
        let zeros = d.trailing_zeros();
        if zeros > 0 {
            let small = self.shifted(Opcode::ShrU, x, zeros);
            let odd = d >> zeros;
            let l = 128 - (odd - 1).leading_zeros();
            // The number to divide has `zeros` bits less, so that the magic number may have as many less too.
            let shift = l.saturating_sub(zeros);
            let magic = self.constant(self.ty, (1_u128 << (bits + shift)) / odd + 1);
            let high = self.binary(Opcode::MulHighU, small, magic);
            return self.shifted(Opcode::ShrU, high, shift);
        }
        let magic = self.constant(self.ty, magic);
        let high = self.binary(Opcode::MulHighU, x, magic);
        // (high + (x - high) / 2) >> (l - 1), which is (high + x) >> l without losing the carry.
        let rest = self.binary(Opcode::Sub, x, high);
        let half = self.shifted(Opcode::ShrU, rest, 1);
        let sum = self.binary(Opcode::Add, high, half);
        self.shifted(Opcode::ShrU, sum, l - 1)
    }

    /// `x / d` rounded towards zero.
    fn signed_quotient(&mut self, x: u32, bits_of_d: u128) -> Value {
        let (x, bits) = (Value(x), self.ty.bits());
        let d = signed(self.ty, bits_of_d);
        let magnitude = d.unsigned_abs();
        let quotient = if magnitude == 1 {
            let zero = self.constant(self.ty, 0);
            self.binary(Opcode::Add, x, zero)
        } else if magnitude.is_power_of_two() {
            // Add 2^k - 1 to negative numbers, then shift.
            let k = magnitude.trailing_zeros();
            let sign = self.shifted(Opcode::ShrS, x, bits - 1);
            let bias = self.shifted(Opcode::ShrU, sign, bits - k);
            let biased = self.binary(Opcode::Add, x, bias);
            self.shifted(Opcode::ShrS, biased, k)
        } else {
            // m = floor(2^(N+l-1) / |d|) + 1 - 2^N with l = max(ceil(log2 |d|), 1).
            let l = (128 - (magnitude - 1).leading_zeros()).max(1);
            let magic = (1_u128 << (bits + l - 1)) / magnitude + 1;
            let constant = self.constant(self.ty, magic & self.ty.mask());
            let mut high = self.binary(Opcode::MulHighS, x, constant);
            if signed(self.ty, magic & self.ty.mask()) < 0 {
                high = self.binary(Opcode::Add, high, x);
            }
            let shifted = self.shifted(Opcode::ShrS, high, l - 1);
            let sign = self.shifted(Opcode::ShrS, x, bits - 1);
            self.binary(Opcode::Sub, shifted, sign)
        };
        if d < 0 {
            let zero = self.constant(self.ty, 0);
            return self.binary(Opcode::Sub, zero, quotient);
        }
        quotient
    }
}

#[cfg(test)]
mod tests {
    use crate::interpret::Machine;
    use crate::opt::pass_named;
    use crate::parse::parse_module;
    use crate::verify::assert_verified;

    /// Divides by `d` in a function, rewritten and not.
    fn check(ty: &str, d: u64, numbers: &[u64]) {
        let text = format!(
            "function %f({ty}) -> ({ty}, {ty}, {ty}, {ty}) {{\nblock0(v0: {ty}):\n v1 = const.{ty} {d}\n v2 = div_u.{ty} v0, v1\n \
             v3 = rem_u.{ty} v0, v1\n v4 = div_s.{ty} v0, v1\n v5 = rem_s.{ty} v0, v1\n return v2, v3, v4, v5\n}}\n"
        );
        let before = parse_module(&text).unwrap();
        let mut after = before.clone();
        pass_named("divide").unwrap()(&mut after);
        assert_verified(&after, "divide");
        let id = before.find_function("f").unwrap();
        for &number in numbers {
            let [old, new] =
                [&before, &after].map(|module| Machine::new(module, 1000).call(id, &[u128::from(number)]).unwrap());
            assert_eq!(old, new, "{ty}: {number} by {d}");
        }
    }

    #[test]
    fn a_product_gives_the_same_quotient_and_remainder_as_the_division() {
        let mut seed = 1_u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 20) ^ (seed << 41)
        };
        let edges = |max: u64| {
            let half = max / 2;
            [
                1,
                2,
                3,
                5,
                6,
                7,
                9,
                10,
                11,
                12,
                25,
                28,
                60,
                100,
                125,
                641,
                1000,
                1 << 14,
                48_000,
                half,
                half + 1,
                half + 2,
                max - 1,
                max,
            ]
        };
        for (ty, max) in [("i32", u64::from(u32::MAX)), ("i64", u64::MAX)] {
            let divisors: Vec<u64> = edges(max)
                .into_iter()
                .chain((0..150).map(|at| (random() & max) >> (at % 32)))
                .filter(|d| *d != 0)
                .collect();
            for d in divisors {
                let mut numbers: Vec<u64> = edges(max).to_vec();
                numbers.push(0);
                for _ in 0..60 {
                    let number = random() & max;
                    // Multiples and their neighbours are where a wrong magic number shows.
                    let multiple = number - number % d;
                    numbers.extend([
                        number,
                        multiple,
                        multiple.wrapping_sub(1) & max,
                        multiple.wrapping_add(d - 1) & max,
                    ]);
                }
                check(ty, d, &numbers);
            }
        }
    }
}

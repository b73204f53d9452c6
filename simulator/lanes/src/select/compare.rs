//! `set`, `setp`, `selp`, `slct`, `testp`.

use rustg_ptx::{Boolean, Form, Modifier, Opcode, Type};

use super::with_flag;
use crate::compare::{
    Flushed, Half, Property, SelectBySign, Truth, fill, float_test, integer_test, pair_test, property_test,
    select as select_rows,
};
use crate::kernel::{Isa, hot, plain};
use crate::{Combine, LaneFn, TestFn};

impl Combine {
    /// What the form says.
    pub(super) fn of(form: &Form) -> Combine {
        match form.boolean() {
            None => Combine::None,
            Some(Boolean::And) => Combine::And,
            Some(Boolean::Or) => Combine::Or,
            Some(Boolean::Xor) => Combine::Xor,
        }
    }
}

pub(super) fn select(form: &Form, isa: Isa) -> Option<LaneFn> {
    match form.opcode {
        Opcode::Setp => Some(LaneFn::Test { test: test(form, form.type_at(0)?, isa)?, combine: Combine::of(form) }),
        Opcode::Set => {
            let (to, from) = (form.type_at(0)?, form.type_at(1)?);
            let truth = match to {
                Type::U32 | Type::S32 if from.packed() == 2 => Truth::PairOnes,
                Type::U32 | Type::S32 => Truth::Ones32,
                Type::U16 | Type::S16 => Truth::Ones16,
                Type::F32 => Truth::OneF32,
                Type::F16 => Truth::OneF16,
                Type::Bf16 => Truth::OneBf16,
                Type::F16x2 => Truth::PairF16,
                Type::Bf16x2 => Truth::PairBf16,
                _ => return None,
            };
            Some(LaneFn::Set { test: test(form, from, isa)?, combine: Combine::of(form), fill: fill(truth) })
        }
        Opcode::Selp => {
            super::only(form, &[])?;
            match form.type_at(0)?.bits() {
                8 | 16 | 32 => Some(select_rows::<u32>(isa)),
                64 => Some(select_rows::<u64>(isa)),
                _ => None,
            }
        }
        Opcode::Slct => {
            super::only(form, &[Modifier::Ftz])?;
            let by = form.type_at(1)?;
            let wide = form.type_at(0)?.bits() == 64;
            Some(match (wide, by, form.has(Modifier::Ftz)) {
                (false, Type::S32, _) => hot::<SelectBySign<u32, i32>>(isa),
                (true, Type::S32, _) => hot::<SelectBySign<u64, i32>>(isa),
                (false, Type::F32, false) => plain::<SelectBySign<u32, f32>>(),
                (true, Type::F32, false) => plain::<SelectBySign<u64, f32>>(),
                (false, Type::F32, true) => plain::<SelectBySign<u32, Flushed>>(),
                (true, Type::F32, true) => plain::<SelectBySign<u64, Flushed>>(),
                _ => return None,
            })
        }
        Opcode::Testp => {
            let property = match form.modifiers().next()? {
                Modifier::Finite => Property::Finite,
                Modifier::Infinite => Property::Infinite,
                Modifier::Number => Property::Number,
                Modifier::Notanumber => Property::NotANumber,
                Modifier::Normal => Property::Normal,
                Modifier::Subnormal => Property::Subnormal,
                _ => return None,
            };
            let wide = match form.type_at(0)? {
                Type::F32 => false,
                Type::F64 => true,
                _ => return None,
            };
            Some(LaneFn::Test { test: property_test(property, wide), combine: Combine::None })
        }
        _ => None,
    }
}

fn test(form: &Form, t: Type, isa: Isa) -> Option<TestFn> {
    let comparison = form.comparison()?;
    let ftz = form.has(Modifier::Ftz);
    match t {
        Type::U16 | Type::B16 => integer_test::<u16>(comparison, isa),
        Type::U32 | Type::B32 => integer_test::<u32>(comparison, isa),
        Type::U64 | Type::B64 => integer_test::<u64>(comparison, isa),
        Type::S16 => integer_test::<i16>(comparison, isa),
        Type::S32 => integer_test::<i32>(comparison, isa),
        Type::S64 => integer_test::<i64>(comparison, isa),
        Type::F32 if ftz => float_test::<Flushed>(comparison, isa),
        Type::F32 => float_test::<f32>(comparison, isa),
        Type::F64 => float_test::<f64>(comparison, isa),
        Type::F16 => with_flag!(ftz; |F| float_test::<Half<false, F>>(comparison, isa)),
        Type::Bf16 => with_flag!(ftz; |F| float_test::<Half<true, F>>(comparison, isa)),
        Type::F16x2 => with_flag!(ftz; |F| pair_test::<false, F>(comparison)),
        Type::Bf16x2 => with_flag!(ftz; |F| pair_test::<true, F>(comparison)),
        _ => None,
    }
}

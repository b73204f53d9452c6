//! What the device library's intrinsics mean: tables of operations by name.

use rustg_mir::function::InstData;
use rustg_mir::ids::Value;
use rustg_mir::immediate::{Condition, Memory, Ordering, Rmw, Scope, Shuffle, Space, Special, Vote};
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::items::DefId;
use crate::layout::Class;
use crate::lower::body::{Frame, Held, Spot};
use crate::types::Ty;

/// Operations on numbers of the type argument: name, for signed and for unsigned or any.
const ARITHMETIC: &[(&str, Opcode, Opcode)] = &[
    ("wrapping_add", Opcode::Add, Opcode::Add),
    ("wrapping_sub", Opcode::Sub, Opcode::Sub),
    ("wrapping_mul", Opcode::Mul, Opcode::Mul),
    ("unchecked_div", Opcode::DivS, Opcode::DivU),
    ("unchecked_rem", Opcode::RemS, Opcode::RemU),
    ("saturating_add", Opcode::AddSaturateS, Opcode::AddSaturateU),
    ("saturating_sub", Opcode::SubSaturateS, Opcode::SubSaturateU),
    ("minimum_of", Opcode::MinS, Opcode::MinU),
    ("maximum_of", Opcode::MaxS, Opcode::MaxU),
    ("mul_high", Opcode::MulHighS, Opcode::MulHighU),
    ("rotate_left", Opcode::RotateLeft, Opcode::RotateLeft),
    ("unchecked_shl", Opcode::Shl, Opcode::Shl),
    ("unchecked_shr", Opcode::ShrS, Opcode::ShrU),
    ("float_min", Opcode::FloatMin, Opcode::FloatMin),
    ("float_max", Opcode::FloatMax, Opcode::FloatMax),
    ("copy_sign", Opcode::CopySign, Opcode::CopySign),
];

/// Operations on one number.
const UNARY: &[(&str, Opcode)] = &[
    ("leading_zeros", Opcode::LeadingZeros),
    ("trailing_zeros", Opcode::TrailingZeros),
    ("count_ones", Opcode::CountOnes),
    ("swap_bytes", Opcode::SwapBytes),
    ("reverse_bits", Opcode::ReverseBits),
    ("float_abs", Opcode::FloatAbs),
    ("square_root", Opcode::SquareRoot),
    ("floor", Opcode::Floor),
    ("ceil", Opcode::Ceil),
    ("trunc", Opcode::Trunc),
    ("round", Opcode::Round),
    ("round_even", Opcode::RoundEven),
];

/// Operations that also say whether they overflowed.
const OVERFLOWING: &[(&str, Opcode, Opcode)] = &[
    ("overflowing_add", Opcode::AddOverflowS, Opcode::AddOverflowU),
    ("overflowing_sub", Opcode::SubOverflowS, Opcode::SubOverflowU),
    ("overflowing_mul", Opcode::MulOverflowS, Opcode::MulOverflowU),
];

const SPECIALS: &[(&str, Special)] = &[
    ("thread_x", Special::ThreadX),
    ("thread_y", Special::ThreadY),
    ("thread_z", Special::ThreadZ),
    ("block_dim_x", Special::BlockX),
    ("block_dim_y", Special::BlockY),
    ("block_dim_z", Special::BlockZ),
    ("block_x", Special::BlockIdX),
    ("block_y", Special::BlockIdY),
    ("block_z", Special::BlockIdZ),
    ("grid_dim_x", Special::GridX),
    ("grid_dim_y", Special::GridY),
    ("grid_dim_z", Special::GridZ),
    ("lane", Special::Lane),
    ("lanemask_eq", Special::LaneMaskEqual),
    ("lanemask_lt", Special::LaneMaskLess),
    ("lanemask_le", Special::LaneMaskLessEqual),
    ("lanemask_gt", Special::LaneMaskGreater),
    ("lanemask_ge", Special::LaneMaskGreaterEqual),
    ("dynamic_shared_size", Special::DynamicSharedSize),
];

const SHUFFLES: &[(&str, Shuffle)] = &[
    ("shuffle_index", Shuffle::Index),
    ("shuffle_up", Shuffle::Up),
    ("shuffle_down", Shuffle::Down),
    ("shuffle_xor", Shuffle::Xor),
];

/// Atomic operations and reductions: name, for signed and for others.
const ATOMICS: &[(&str, Rmw, Rmw)] = &[
    ("add", Rmw::Add, Rmw::Add),
    ("and", Rmw::And, Rmw::And),
    ("or", Rmw::Or, Rmw::Or),
    ("xor", Rmw::Xor, Rmw::Xor),
    ("min", Rmw::Min, Rmw::MinU),
    ("max", Rmw::Max, Rmw::MaxU),
    ("exchange", Rmw::Exchange, Rmw::Exchange),
];

impl Frame<'_, '_> {
    /// Lowers a call of an intrinsic; `result` is the type that it returns.
    pub(super) fn intrinsic(&mut self, def: DefId, args: &[Ty], held: &[(Held, Ty)], result: Ty) -> Held {
        let name = self.lowering.program.strings.get(self.lowering.program.def(def).name).to_owned();
        let name = name.as_str();
        let values: Vec<Value> = held
            .iter()
            .filter_map(|(held, _)| match held {
                Held::Scalar(value) | Held::At(value) | Held::Fat(value, _) => Some(*value),
                Held::Nothing => None,
            })
            .collect();
        let of = args.first().copied();
        let signed = of.is_some_and(|ty| self.is_signed(ty));
        let scalar = match of {
            Some(ty) => self.scalar_type(ty),
            None => Type::I32,
        };
        if let Some((_, with_sign, other)) = ARITHMETIC.iter().find(|(known, ..)| *known == name) {
            return Held::Scalar(self.build().binary(
                if signed { *with_sign } else { *other },
                scalar,
                values[0],
                values[1],
            ));
        }
        if let Some((_, opcode)) = UNARY.iter().find(|(known, _)| *known == name) {
            let value = self.build().unary(*opcode, scalar, values[0]);
            let counts = matches!(opcode, Opcode::LeadingZeros | Opcode::TrailingZeros | Opcode::CountOnes);
            return Held::Scalar(if counts { self.resize(value, Type::I32, false) } else { value });
        }
        if let Some((_, with_sign, other)) = OVERFLOWING.iter().find(|(known, ..)| *known == name) {
            let (value, overflow) =
                self.build().checked(if signed { *with_sign } else { *other }, scalar, values[0], values[1]);
            return self.pair(result, value, overflow);
        }
        if let Some((_, special)) = SPECIALS.iter().find(|(known, _)| *known == name) {
            return Held::Scalar(self.build().special(*special));
        }
        if let Some((_, shuffle)) = SHUFFLES.iter().find(|(known, _)| *known == name) {
            return Held::Scalar(self.shuffle(*shuffle, scalar, values[0], values[1], values[2]));
        }
        if let Some(rest) = name.strip_prefix("reduce_")
            && let Some((_, with_sign, other)) = ATOMICS.iter().find(|(known, ..)| *known == rest)
        {
            let rmw = if signed { *with_sign } else { *other };
            let data =
                InstData { aux: rmw as u16, a: values[0].0, b: values[1].0, ..InstData::new(Opcode::Reduce, scalar) };
            return Held::Scalar(self.push_value(data));
        }
        if let Some(rest) = name.strip_prefix("atomic_") {
            return self.atomic(rest, args, &values, signed, scalar, result);
        }
        self.other(name, args, held, &values, scalar, result)
    }

    fn push_value(&mut self, data: InstData) -> Value {
        let inst = self.build().push(data);
        self.function.result(inst)
    }

    /// A pair in memory.
    fn pair(&mut self, ty: Ty, value: Value, flag: Value) -> Held {
        let layout = self.lowering.layout(ty);
        let slot = self.add_slot(layout.size, layout.align);
        let address = self.build().slot_address(slot);
        let (first, second) = (layout.fields[0][0], layout.fields[0][1]);
        let (first_type, second_type) = (self.function.value_type(value), self.function.value_type(flag));
        self.store_scalar(address, first as i64, first_type, value);
        self.store_scalar(address, second as i64, second_type, flag);
        Held::At(address)
    }

    /// A shuffle of 32 or 64 bits; narrower values travel in 32.
    fn shuffle(&mut self, shuffle: Shuffle, scalar: Type, value: Value, lane: Value, mask: Value) -> Value {
        let data = InstData {
            aux: shuffle.with_width(32),
            a: value.0,
            b: lane.0,
            c: mask.0,
            ..InstData::new(Opcode::Shuffle, scalar)
        };
        self.push_value(data)
    }

    /// Orderings and scopes are numbers of the library's constants.
    fn memory(&self, args: &[Ty], scalar: Type) -> Memory {
        let number = |at: usize| args.get(at).map_or(0, |ty| self.lowering.constant_of(*ty)) as usize;
        let ordering =
            [Ordering::Relaxed, Ordering::Acquire, Ordering::Release, Ordering::AcquireRelease, Ordering::SeqCst]
                .get(number(1))
                .copied()
                .unwrap_or(Ordering::SeqCst);
        let scope = [Scope::System, Scope::Device, Scope::Block].get(number(2)).copied().unwrap_or(Scope::System);
        Memory::plain(Space::Generic, scalar.size_bytes().max(1)).with_ordering(ordering, scope)
    }

    fn atomic(&mut self, name: &str, args: &[Ty], values: &[Value], signed: bool, scalar: Type, result: Ty) -> Held {
        let memory = self.memory(args, scalar);
        let _ = result;
        match name {
            "load" => Held::Scalar(self.build().load(scalar, memory, values[0], 0)),
            "store" => {
                self.build().store(scalar, memory, values[0], 0, values[1]);
                Held::Nothing
            }
            "compare_exchange" => {
                let data = InstData {
                    aux: memory.0,
                    a: values[0].0,
                    b: values[1].0,
                    c: values[2].0,
                    ..InstData::new(Opcode::CompareExchange, scalar)
                };
                Held::Scalar(self.push_value(data))
            }
            "fence" => {
                let number = |at: usize| args.get(at).map_or(0, |ty| self.lowering.constant_of(*ty)) as usize;
                let ordering = [
                    Ordering::AcquireRelease,
                    Ordering::Acquire,
                    Ordering::Release,
                    Ordering::AcquireRelease,
                    Ordering::SeqCst,
                ][number(0).min(4)];
                let scope = [Scope::System, Scope::Device, Scope::Block][number(1).min(2)];
                let memory = Memory::plain(Space::Generic, 1).with_ordering(ordering, scope);
                self.build().push(InstData { aux: memory.0, ..InstData::new(Opcode::Fence, Type::Void) });
                Held::Nothing
            }
            _ => {
                let Some((_, with_sign, other)) = ATOMICS.iter().find(|(known, ..)| *known == name) else {
                    return self.unknown(name);
                };
                let rmw = match (name, scalar.is_float()) {
                    ("add", true) => Rmw::FloatAdd,
                    _ if signed => *with_sign,
                    _ => *other,
                };
                Held::Scalar(self.build().atomic_rmw(rmw, scalar, memory, values[0], values[1]))
            }
        }
    }

    fn unknown(&mut self, name: &str) -> Held {
        self.refuse_here(&format!("the intrinsic `{name}`"));
        Held::Nothing
    }

    /// Refuses something of this body, at its name.
    pub(super) fn refuse_here(&mut self, what: &str) {
        let (file, span) = (self.file, self.lowering.program.name_span(self.body.owner));
        self.lowering.program.refuse(file, span, what);
    }

    fn read_at(&mut self, address: Value, ty: Ty) -> Held {
        let held = self.read(Spot { address, offset: 0, ty, variant: None, length: None });
        // A copy of its own: what lies there may change.
        if let Held::At(_) = held {
            let layout = self.lowering.layout(ty);
            let slot = self.add_slot(layout.size, layout.align);
            let copy = self.build().slot_address(slot);
            self.write(Spot { address: copy, offset: 0, ty, variant: None, length: None }, held);
            return Held::At(copy);
        }
        held
    }

    fn other(
        &mut self,
        name: &str,
        args: &[Ty],
        held: &[(Held, Ty)],
        values: &[Value],
        scalar: Type,
        result: Ty,
    ) -> Held {
        let of = args.first().copied().unwrap_or(crate::types::known::UNIT);
        if matches!(name, "size_of" | "align_of" | "transmute")
            && args.iter().any(|ty| self.lowering.contains(*ty, &|lowering, ty| lowering.is_fielded_enum(ty)))
        {
            return self.unknown(&format!("{name} of an enumeration with fields"));
        }
        match name {
            "size_of" => {
                let size = self.lowering.layout(of).size;
                Held::Scalar(self.int(size))
            }
            "align_of" => {
                let align = self.lowering.layout(of).align;
                Held::Scalar(self.int(u64::from(align)))
            }
            "zeroed" => {
                let layout = self.lowering.layout(of);
                match layout.class {
                    Class::Nothing => Held::Nothing,
                    Class::Scalar(ty) => Held::Scalar(self.build().constant(ty, 0)),
                    _ => {
                        let slot = self.add_slot(layout.size, layout.align);
                        let address = self.build().slot_address(slot);
                        self.zero_bytes(address, layout.size, layout.align);
                        Held::At(address)
                    }
                }
            }
            "dynamic_shared" => {
                let align = args.first().map_or(16, |ty| self.lowering.constant_of(*ty));
                match u32::try_from(align).ok().filter(|align| align.is_power_of_two() && *align <= 1 << 12) {
                    Some(align) => {
                        let id = self.lowering.dynamic_shared(align);
                        Held::Scalar(self.build().global_address(id))
                    }
                    None => self.unknown("an alignment that is no power of two up to 4096"),
                }
            }
            "fused_multiply_add" => {
                Held::Scalar(self.build().ternary(Opcode::Fma, scalar, values[0], values[1], values[2]))
            }
            "pointer_offset" => {
                let size = self.lowering.layout(of).size;
                let size = self.int(size);
                let distance = self.build().binary(Opcode::Mul, Type::I64, values[1], size);
                Held::Scalar(self.build().offset(values[0], distance))
            }
            "pointer_read" => self.read_at(values[0], of),
            "pointer_write" => {
                let spot = Spot { address: values[0], offset: 0, ty: of, variant: None, length: None };
                self.write(spot, held[1].0);
                Held::Nothing
            }
            "volatile_load" | "volatile_store" => {
                let Class::Scalar(ty) = self.lowering.layout(of).class else { return self.unknown(name) };
                if ty == Type::Bool {
                    return self.unknown(name);
                }
                let memory =
                    Memory::plain(Space::Generic, ty.size_bytes()).with_ordering(Ordering::Volatile, Scope::System);
                if name == "volatile_load" {
                    return Held::Scalar(self.build().load(ty, memory, values[0], 0));
                }
                self.build().store(ty, memory, values[0], 0, values[1]);
                Held::Nothing
            }
            "slice_from_parts" | "slice_from_parts_mut" => Held::Fat(values[0], values[1]),
            "slice_length" => match held[0].0 {
                Held::Fat(_, length) => Held::Scalar(length),
                _ => self.unknown(name),
            },
            "slice_address" => Held::Scalar(values[0]),
            "transmute" => self.transmute(held[0].0, of, result),
            "sync_threads" => {
                self.build().push(InstData::new(Opcode::Barrier, Type::Void));
                Held::Nothing
            }
            "sync_warp" => {
                self.build().push(InstData { a: values[0].0, ..InstData::new(Opcode::WarpBarrier, Type::Void) });
                Held::Nothing
            }
            "active_mask" => Held::Scalar(self.push_value(InstData::new(Opcode::ActiveMask, Type::Void))),
            "ballot" => Held::Scalar(self.push_value(InstData {
                a: values[0].0,
                b: values[1].0,
                ..InstData::new(Opcode::Ballot, Type::Void)
            })),
            "vote_all" | "vote_any" => {
                let vote = if name == "vote_all" { Vote::All } else { Vote::Any };
                Held::Scalar(self.push_value(InstData {
                    aux: vote as u16,
                    a: values[0].0,
                    b: values[1].0,
                    ..InstData::new(Opcode::Vote, Type::Void)
                }))
            }
            "match_any" | "match_all" => {
                let aux = u16::from(name == "match_all");
                Held::Scalar(self.push_value(InstData {
                    aux,
                    a: values[0].0,
                    b: values[1].0,
                    ..InstData::new(Opcode::Match, scalar)
                }))
            }
            "clock" => Held::Scalar(self.push_value(InstData::new(Opcode::Clock, Type::Void))),
            "select" => Held::Scalar(self.build().ternary(Opcode::Select, scalar, values[0], values[1], values[2])),
            "assume_reachable_not" => {
                self.unreachable();
                Held::Nothing
            }
            "trap" => {
                self.build().push(InstData::new(Opcode::Trap, Type::Void));
                self.ended = true;
                Held::Nothing
            }
            "check" => {
                let text = match held.get(1) {
                    _ if !values.is_empty() => "explicit panic",
                    _ => "",
                };
                self.assert(values[0], text, &[]);
                Held::Nothing
            }
            "float_is_nan" => Held::Scalar(self.build().compare(Condition::Unordered, scalar, values[0], values[0])),
            "wide_mul" => {
                let to = self.scalar_type(result);
                let signed = self.is_signed(of);
                let opcode = if signed { Opcode::MulWideS } else { Opcode::MulWideU };
                Held::Scalar(self.build().binary(opcode, to, values[0], values[1]))
            }
            _ => self.unknown(name),
        }
    }

    fn transmute(&mut self, held: Held, from: Ty, to: Ty) -> Held {
        let (a, b) = (self.lowering.layout(from), self.lowering.layout(to));
        if a.size != b.size {
            return self.unknown("transmute between types of different sizes");
        }
        if let (Held::Scalar(value), Class::Scalar(x), Class::Scalar(y)) = (held, a.class, b.class)
            && x != Type::Bool
            && y != Type::Bool
        {
            return if x == y { held } else { Held::Scalar(self.build().unary(Opcode::Bitcast, y, value)) };
        }
        let slot = self.add_slot(a.size.max(b.size), a.align.max(b.align));
        let address = self.build().slot_address(slot);
        self.write(Spot { address, offset: 0, ty: from, variant: None, length: None }, held);
        self.read(Spot { address, offset: 0, ty: to, variant: None, length: None })
    }

    /// Fills the place of a tuple structure or variant.
    pub(super) fn fill_at(&mut self, spot: Spot, variant: Option<u32>, values: &[Held]) {
        let ty = spot.ty;
        self.fill(spot, ty, variant, values);
    }
}

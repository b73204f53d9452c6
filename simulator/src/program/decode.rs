//! From a PTX module to micro-operations.

use super::flow::{self, Flow};
use super::layout::{self, Place, SCRATCH_ROWS, VariablePlaces};
use super::operation::{Clock, Kind, Op, Operand as Table, PredicateRef, PredicateSlot, Rows, VectorOp};
use super::{FRAME_LOCAL, Program, special};
use crate::lanes::{self, LaneFn, Row};
use crate::memory::FUNCTION_WINDOW;
use crate::observe::{RegisterRole, RegisterSlot};
use rustc_hash::FxHashMap;
use rustg_ptx::{self as ptx, AddressBase, FormId, Instruction, Opcode, Operand, Part, Space, SpecialRegister, Type};
use std::sync::Arc;

/// Why an instruction is refused, in words; it is a fault only when it is executed.
pub(super) type Refusal = String;

pub(super) fn refuse<T>(what: impl Into<String>) -> Result<T, Refusal> {
    Err(what.into())
}

/// Frames that would not fit the machine's offsets.
const FRAME_ROWS_MAX: u32 = 1 << 22;

/// The decoder of one module.
pub(super) struct Decoder<'m> {
    pub(super) module: &'m ptx::Module,
    pub(super) places: VariablePlaces,
    /// Absolute addresses of global and constant variables, by variable.
    addresses: &'m [u64],
    pub(super) out: Program,
    verdicts: ptx::Verdicts<'m>,
    interned: FxHashMap<(u64, bool), Rows>,
    selected: Vec<Option<Option<LaneFn>>>,
    /// The function being decoded.
    pub(super) function: u32,
    /// Index of the instruction being decoded.
    pub(super) at: u32,
    /// Scratch rows the instruction has used.
    scratch: u32,
    pub(super) guard: PredicateRef,
    /// Whether the instruction already has an operation.
    continues: bool,
}

impl Program {
    /// Decodes a module whose `.global` and `.const` variables stand at `addresses` (by variable index; others are ignored).
    ///
    /// Nothing is refused here: what the machine does not execute becomes an operation that says so.
    pub fn decode(module: Arc<ptx::Module>, addresses: &[u64]) -> Self {
        let (functions, places, shared_bytes) = layout::lay_out(&module);
        let out = Program {
            module: module.clone(),
            ops: Vec::with_capacity(module.instructions.len() + module.functions.len()),
            constants: Vec::new(),
            memory_ops: Vec::new(),
            barriers: Vec::new(),
            described: Vec::new(),
            videos: Vec::new(),
            vectors: Vec::new(),
            matrices: Vec::new(),
            calls: Vec::new(),
            branch_tables: Vec::new(),
            refused: Vec::new(),
            functions,
            uses: Vec::new(),
            use_slots: Vec::new(),
            specials: Vec::new(),
            shared_bytes,
        };
        let mut decoder = Decoder {
            module: &module,
            places,
            addresses,
            out,
            verdicts: ptx::Verdicts::new(&module),
            interned: FxHashMap::default(),
            selected: vec![None; module.forms.len()],
            function: 0,
            at: 0,
            scratch: 0,
            guard: PredicateRef::TRUE,
            continues: true,
        };
        for index in 0..module.functions.len() {
            decoder.decode_function(index);
        }
        decoder.out
    }
}

impl<'m> Decoder<'m> {
    fn decode_function(&mut self, index: usize) {
        let module = self.module;
        let function = &module.functions[index];
        self.function = index as u32;
        self.out.functions[index].first_op = self.out.ops.len() as u32;
        if !function.is_defined {
            return;
        }
        let first = function.instructions.start;
        let instructions = module.instructions_of(function);
        let flows: Vec<Flow> = instructions.iter().map(|instruction| self.flow_of(instruction, first)).collect();
        let meetings = flow::meeting_points(&flows);
        let mut op_of = Vec::with_capacity(instructions.len() + 1);
        if self.out.functions[index].frame_rows > FRAME_ROWS_MAX {
            let refused = self.refusal(format!("a function with more than {FRAME_ROWS_MAX} rows of registers"));
            self.out.ops.push(Op::new(refused, first));
        }
        self.at = first;
        self.receive_register_parameters();
        let first_op = self.out.ops.len();
        for (offset, instruction) in instructions.iter().enumerate() {
            op_of.push(self.out.ops.len() as u32);
            self.at = first + offset as u32;
            self.scratch = 0;
            self.continues = false;
            if meetings.binary_search(&(offset as u32)).is_ok() {
                self.out.ops.push(Op::new(Kind::Meet, self.at));
            }
            self.guard = match instruction.guard.get() {
                None => PredicateRef::TRUE,
                Some((register, negated)) => match self.place(register) {
                    Some(Place::Predicate(word)) => PredicateRef::new(word, negated),
                    _ => PredicateRef::FALSE,
                },
            };
            let accepted = instruction.opcode == Opcode::Unknown || self.verdicts.accepts(function, instruction);
            let decoded = match accepted {
                true => self.instruction(instruction),
                false => {
                    let text = module.forms.text(instruction.form);
                    refuse(format!(
                        "`{text}` as it is written here: there is no such instruction, or not with these operands"
                    ))
                }
            };
            if let Err(what) = decoded {
                let kind = self.refusal(what);
                self.push(Op::new(kind, self.at));
            }
        }
        op_of.push(self.out.ops.len() as u32);
        self.at = (first + instructions.len() as u32).saturating_sub(1).max(first);
        self.guard = PredicateRef::TRUE;
        self.send_register_returns();
        self.out.ops.push(Op::new(Kind::End, self.at));
        let target = |instruction: u32| op_of.get(instruction.wrapping_sub(first) as usize).copied();
        let end = self.out.ops.len() as u32 - 1;
        for op in &mut self.out.ops[first_op..] {
            match &mut op.kind {
                Kind::Branch(to) => *to = target(*to).unwrap_or(end),
                Kind::BranchIndexed(table) => {
                    let table = &mut self.out.branch_tables[*table as usize];
                    table.iter_mut().for_each(|to| *to = target(*to).unwrap_or(end));
                }
                _ => {}
            }
        }
    }

    fn flow_of(&self, instruction: &Instruction, first: u32) -> Flow {
        let guarded = instruction.guard.get().is_some();
        let operands = self.module.operands_of(instruction);
        let label = |label: &ptx::LabelId| self.module.labels[label.index()].instruction.wrapping_sub(first);
        match (instruction.opcode, operands) {
            (Opcode::Bra, [Operand::Label(to)]) => Flow::Branch { targets: vec![label(to)], falls_through: guarded },
            (Opcode::BrxIdx, [_, Operand::Targets(list)]) => {
                let list = &self.module.target_lists[list.index()];
                Flow::Branch { targets: list.labels.iter().map(label).collect(), falls_through: guarded }
            }
            (Opcode::Ret, _) if !guarded => Flow::Return,
            (Opcode::Exit | Opcode::Trap, _) if !guarded => Flow::End,
            _ => Flow::Next,
        }
    }

    pub(super) fn refusal(&mut self, what: String) -> Kind {
        self.out.refused.push(what);
        Kind::Refused(self.out.refused.len() as u32 - 1)
    }

    /// Appends an operation under the instruction's guard.
    pub(super) fn push(&mut self, mut op: Op) {
        op.guard = self.guard;
        op.instruction = self.at;
        op.apart = ![op.a, op.b, op.c, op.e].iter().any(|source| !source.is_none() && source.overlaps(op.d));
        op.first = !std::mem::replace(&mut self.continues, true);
        self.out.ops.push(op);
        if op.first {
            self.note_uses();
        }
    }

    /// Registers that the operation just pushed reads and writes.
    fn note_uses(&mut self) {
        self.out.uses.resize(self.out.ops.len() - 1, (0, 0, 0));
        let first = self.out.use_slots.len() as u32;
        let Some(instruction) = self.module.instructions.get(self.at as usize) else { return };
        let mut reads = Vec::new();
        let mut writes = Vec::new();
        self.registers_of(instruction, &mut reads, &mut writes);
        self.out.use_slots.extend(&reads);
        self.out.use_slots.extend(&writes);
        self.out.uses.push((first, reads.len() as u16, writes.len() as u16));
    }

    fn registers_of(&self, instruction: &Instruction, reads: &mut Vec<RegisterSlot>, writes: &mut Vec<RegisterSlot>) {
        let slot = |(register, negated): (ptx::RegisterId, bool), role: RegisterRole| {
            let mut slot = self.slot(register)?;
            (slot.negated, slot.role) = (negated, role);
            Some(slot)
        };
        let register = |operand: &Operand| match operand {
            Operand::Register(r) | Operand::Part(r, _) => Some((*r, false)),
            Operand::Negated(r) => Some((*r, true)),
            _ => None,
        };
        reads.extend(instruction.guard.get().and_then(|guard| slot(guard, RegisterRole::Guard)));
        let operands = self.module.operands_of(instruction);
        let results = super::forms::result_operands(instruction.opcode, self.module.form(instruction), operands);
        for (index, operand) in operands.iter().enumerate() {
            let elements = match operand {
                Operand::Address(AddressBase::Register(base), _) => {
                    reads.extend(slot((*base, false), RegisterRole::Address));
                    continue;
                }
                Operand::Bracket(list) => {
                    let parts = self.module.elements(*list).iter().flat_map(|part| match part {
                        Operand::Vector(list) => self.module.elements(*list),
                        other => std::slice::from_ref(other),
                    });
                    reads.extend(parts.filter_map(register).filter_map(|one| slot(one, RegisterRole::Address)));
                    continue;
                }
                Operand::Vector(list) | Operand::List(list) | Operand::Pair(list) => self.module.elements(*list),
                other => std::slice::from_ref(other),
            };
            let side = if index < results { &mut *writes } else { &mut *reads };
            for (element, operand) in elements.iter().enumerate() {
                let role = RegisterRole::Operand { index: index.min(255) as u8, element: element.min(255) as u8 };
                side.extend(register(operand).and_then(|one| slot(one, role)));
            }
        }
    }

    /// A register's place for observers.
    pub(super) fn slot(&self, register: ptx::RegisterId) -> Option<RegisterSlot> {
        let (word, rows) = match self.place(register)? {
            Place::Rows { row, count, .. } => (row * 32, count as u8),
            Place::Predicate(word) => (word, 0),
        };
        let role = RegisterRole::Operand { index: 0, element: 0 };
        Some(RegisterSlot { word, rows, negated: false, role, register: register.0 })
    }

    pub(super) fn place(&self, register: ptx::RegisterId) -> Option<Place> {
        self.out.functions[self.function as usize].places.get(register.index()).copied()
    }

    pub(super) fn is_entry(&self) -> bool {
        self.module.functions[self.function as usize].is_entry
    }

    /// A constant in every lane, one row, or two for 64 bits.
    pub(super) fn constant(&mut self, value: u64, wide: bool) -> Rows {
        let value = if wide { value } else { value & 0xffff_ffff };
        if let Some(rows) = self.interned.get(&(value, wide)) {
            return *rows;
        }
        let offset = self.out.constants.len() as u32;
        match wide {
            true => self.out.constants.extend(Row::splat64(value)),
            false => self.out.constants.push(Row::splat(value as u32)),
        }
        let rows = Rows::new(Table::Constant, offset % Rows::OFFSET_MAX, 1 + u32::from(wide));
        self.interned.insert((value, wide), rows);
        rows
    }

    /// Rows for something between two operations of one instruction.
    pub(super) fn scratch(&mut self, count: u32) -> Result<Rows, Refusal> {
        if self.scratch + count > SCRATCH_ROWS {
            return refuse("an instruction with more converted operands than the machine has room for");
        }
        let first = self.out.functions[self.function as usize].frame_rows - SCRATCH_ROWS + self.scratch;
        self.scratch += count;
        Ok(Rows::new(Table::Frame, first, count))
    }

    /// A row of a frame's header.
    pub(super) fn header(row: u32) -> Rows {
        Rows::new(Table::Frame, row, 1)
    }

    /// The rows of a register that is no predicate.
    pub(super) fn register_rows(&self, register: ptx::RegisterId) -> Result<Rows, Refusal> {
        match self.place(register) {
            Some(Place::Rows { row, count, .. }) => Ok(Rows::new(Table::Frame, row, count)),
            _ => refuse("a predicate register where a value is expected"),
        }
    }

    /// A predicate operand that is read.
    pub(super) fn predicate(&self, operand: &Operand) -> Result<PredicateRef, Refusal> {
        let (register, negated) = match operand {
            Operand::Register(register) => (register, false),
            Operand::Negated(register) => (register, true),
            Operand::Integer(0) => return Ok(PredicateRef::FALSE),
            Operand::Integer(_) => return Ok(PredicateRef::TRUE),
            _ => return refuse("an operand that is no predicate where one is expected"),
        };
        match self.place(*register) {
            Some(Place::Predicate(word)) => Ok(PredicateRef::new(word, negated)),
            _ => refuse("a register that is no predicate where one is expected"),
        }
    }

    /// A predicate operand that is written.
    pub(super) fn predicate_slot(&self, operand: &Operand) -> Result<PredicateSlot, Refusal> {
        match operand {
            Operand::Sink => Ok(PredicateSlot::NONE),
            Operand::Register(register) => match self.place(*register) {
                Some(Place::Predicate(word)) => Ok(PredicateSlot(word)),
                _ => refuse("a result that is no predicate where one is expected"),
            },
            _ => refuse("a result that is no register"),
        }
    }

    pub(super) fn is_predicate(&self, operand: &Operand) -> bool {
        match operand {
            Operand::Register(register) | Operand::Negated(register) => {
                matches!(self.place(*register), Some(Place::Predicate(_)))
            }
            _ => false,
        }
    }

    /// The rows of an operand that is read, `bits` wide. Registers of other width are narrowed; what must be computed first is.
    pub(super) fn source(&mut self, operand: &Operand, bits: u32) -> Result<Rows, Refusal> {
        let wide = bits == 64;
        match *operand {
            Operand::Register(register) => {
                let rows = self.register_rows(register)?;
                if rows.count() == 2
                    && bits <= 32
                    && self.module.registers_of(self.current())[register.index()].lanes <= 1
                {
                    let narrow = self.scratch(1)?;
                    self.push(Op { d: narrow, a: rows, ..Op::new(Kind::Narrow, self.at) });
                    return Ok(narrow);
                }
                if rows.count() == 1 && wide {
                    let widened = self.scratch(2)?;
                    self.push(Op { d: widened, a: rows, ..Op::new(Kind::Widen, self.at) });
                    return Ok(widened);
                }
                Ok(rows)
            }
            Operand::Part(register, part) => self.element(register, part),
            Operand::Integer(value) => match bits {
                128 => {
                    let offset = self.out.constants.len() as u32;
                    let sign = ((value as i64) >> 63) as u64;
                    let row: [u64; 64] = std::array::from_fn(|index| if index % 2 == 0 { value } else { sign });
                    self.out.constants.extend(bytemuck::cast::<_, [Row; 4]>(row));
                    Ok(Rows::new(Table::Constant, offset, 4))
                }
                8 | 16 => Ok(self.constant(value & ((1 << bits) - 1), false)),
                _ => Ok(self.constant(value, wide)),
            },
            Operand::F32(value) if wide => Ok(self.constant(f64::from(f32::from_bits(value)).to_bits(), true)),
            Operand::F32(value) => Ok(self.constant(u64::from(value), false)),
            Operand::F64(value) if wide => Ok(self.constant(value, true)),
            Operand::F64(value) => Ok(self.constant(u64::from((f64::from_bits(value) as f32).to_bits()), false)),
            Operand::Variable(variable, offset) => self.variable_address(variable, offset, wide),
            Operand::Function(function) => Ok(self.constant(FUNCTION_WINDOW + 16 * u64::from(function.0), wide)),
            Operand::Special(register) => self.special(register, wide),
            _ => refuse("an operand of a kind that this instruction does not take"),
        }
    }

    pub(super) fn current(&self) -> &'m ptx::Function {
        &self.module.functions[self.function as usize]
    }

    /// The rows of an element of a vector register.
    pub(super) fn element(&self, register: ptx::RegisterId, part: Part) -> Result<Rows, Refusal> {
        let rows = self.register_rows(register)?;
        let lanes = u32::from(self.module.registers_of(self.current())[register.index()].lanes.max(1));
        let each = rows.count() as u32 / lanes;
        let index = match part {
            Part::X => 0,
            Part::Y => 1,
            Part::Z => 2,
            Part::W => 3,
            Part::Bytes(..) | Part::Halves(..) => return refuse("byte and half selectors of video instructions"),
        };
        if index >= lanes {
            return refuse("an element that the vector register does not have");
        }
        Ok(rows.part(index * each, each))
    }

    fn special(&mut self, register: SpecialRegister, wide: bool) -> Result<Rows, Refusal> {
        use SpecialRegister as S;
        let clock = match register {
            S::Clock | S::GlobaltimerLo | S::Clock64 | S::Globaltimer => Some(Clock::Low),
            S::ClockHi | S::GlobaltimerHi => Some(Clock::High),
            _ => None,
        };
        if let Some(clock) = clock {
            let d = self.scratch(1 + u32::from(wide))?;
            self.push(Op { d, ..Op::new(Kind::Clock(clock), self.at) });
            return Ok(d);
        }
        match special::rows_of(register) {
            Some(rows) => {
                let known = self.out.specials.iter().position(|known| known.register == register);
                let row = 2 * known.unwrap_or_else(|| {
                    let row = 2 * self.out.specials.len() as u32;
                    self.out.specials.push(special::SpecialRow { register, row });
                    self.out.specials.len() - 1
                }) as u32;
                let source = Rows::new(Table::Special, row, rows);
                if (rows == 2) == wide {
                    return Ok(source);
                }
                let d = self.scratch(1 + u32::from(wide))?;
                let kind = if wide { Kind::Widen } else { Kind::Narrow };
                self.push(Op { d, a: source, ..Op::new(kind, self.at) });
                Ok(d)
            }
            // Performance counters and environment registers that nobody sets read as zero.
            None if !register.is_vector() => Ok(self.constant(0, wide)),
            None => refuse(format!("the vector {} as one operand", register.text())),
        }
    }

    /// A variable's address in its own space, as a value.
    pub(super) fn variable_address(&mut self, id: ptx::VariableId, offset: i32, wide: bool) -> Result<Rows, Refusal> {
        let variable = &self.module.variables[id.index()];
        match variable.space {
            Space::Global | Space::Constant => {
                let address = self.addresses.get(id.index()).copied().unwrap_or(0);
                if address == 0 {
                    return refuse(format!("the extern variable `{}`", self.module.name(variable.name)));
                }
                Ok(self.constant(address.wrapping_add_signed(i64::from(offset)), wide))
            }
            Space::Shared | Space::SharedCluster if layout::is_dynamic(variable) => {
                let base = Rows::new(Table::Launch, 0, 2);
                if offset == 0 && wide {
                    return Ok(base);
                }
                let d = self.scratch(2)?;
                let addend = self.constant(offset as i64 as u64, true);
                self.push(Op { d, a: base, b: addend, ..Op::new(self.helper("add.s64")?, self.at) });
                if wide {
                    return Ok(d);
                }
                let narrow = self.scratch(1)?;
                self.push(Op { d: narrow, a: d, ..Op::new(Kind::Narrow, self.at) });
                Ok(narrow)
            }
            Space::Parameter if self.is_entry() && self.current().parameters.contains(&id.0) => {
                let at = self.places.get(id).unwrap_or(0);
                Ok(self.constant(u64::from(at).wrapping_add_signed(i64::from(offset)), wide))
            }
            Space::Shared | Space::SharedCluster => {
                let at = self.places.get(id).unwrap_or(0);
                Ok(self.constant(u64::from(at).wrapping_add_signed(i64::from(offset)), wide))
            }
            Space::Local | Space::Parameter => {
                let at = self.places.get(id).unwrap_or(0).wrapping_add_signed(offset);
                let d = self.scratch(1 + u32::from(wide))?;
                let a = Self::header(FRAME_LOCAL);
                self.push(Op { d, a, ..Op::new(Kind::FrameAddress(at), self.at) });
                Ok(d)
            }
            _ => refuse("the address of a variable of this space"),
        }
    }

    /// The value operation that a form computes, for operations the decoder adds itself.
    pub(super) fn helper(&self, form: &str) -> Result<Kind, Refusal> {
        match lanes::select(&ptx::Form::parse(form)) {
            Some(LaneFn::Value(run)) => Ok(Kind::Value(run)),
            Some(LaneFn::Test { test, combine }) => Ok(Kind::Test(test, combine)),
            _ => refuse(format!("`{form}`, which another operation needs")),
        }
    }

    pub(super) fn selected(&mut self, form: FormId) -> Option<LaneFn> {
        let slot = &mut self.selected[form.index()];
        *slot.get_or_insert_with(|| lanes::select(&self.module.forms[form]))
    }

    /// One instruction that computes values.
    pub(super) fn compute(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        let module = self.module;
        let form = module.form(instruction);
        let operands = module.operands_of(instruction);
        if let (Opcode::Mov, [result, Operand::Special(special)]) = (instruction.opcode, operands)
            && self.is_predicate(result)
        {
            // `%is_explicit_cluster`, the one special register that is a predicate, is a row as all are.
            let (a, b) = (self.special(*special, false)?, self.constant(0, false));
            let q = [self.predicate_slot(result)?, PredicateSlot::NONE];
            self.push(Op { a, b, q, ..Op::new(self.helper("setp.ne.u32")?, self.at) });
            return Ok(());
        }
        let run = match (instruction.opcode, operands) {
            (Opcode::Mov, [result, source]) if !self.is_predicate(result) => self.mover(form, result, source),
            (Opcode::Min | Opcode::Max, [_, _, _, _]) => lanes::select_ternary(form),
            _ => self.selected(instruction.form),
        };
        let Some(run) = run else {
            return refuse(format!("`{}`", module.forms.text(instruction.form)));
        };
        let Some((result, sources)) = operands.split_first() else { return refuse("an instruction without operands") };
        let mut op = Op::new(Kind::Nothing, self.at);
        let mut predicates = Vec::new();
        let mut rows: Vec<Vec<Rows>> = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            let logic = matches!(run, LaneFn::Logic(_));
            let selector = matches!(run, LaneFn::Select(_)) && index == 2;
            if logic || selector || self.is_predicate(source) {
                predicates.push(self.predicate(source)?);
                continue;
            }
            let bits = operand_bits(instruction.opcode, form, index + 1);
            rows.push(match source {
                Operand::Vector(elements) => {
                    let elements = module.elements(*elements);
                    let each = bits / elements.len().max(1) as u32;
                    elements.iter().map(|element| self.source(element, each)).collect::<Result<_, _>>()?
                }
                _ => vec![self.source(source, bits)?],
            });
        }
        let packs = instruction.opcode == Opcode::Cvt
            && form.type_at(0).is_some_and(|to| to.packed() == 2)
            && form.type_at(1).is_some_and(|from| from.packed() == 1);
        if packs && rows.len() < 2 {
            return refuse(format!("`{}` of one value", module.forms.text(instruction.form)));
        }
        op.p = predicates.first().copied().unwrap_or(PredicateRef::TRUE);
        op.r = predicates.get(1).copied().unwrap_or(PredicateRef::TRUE);
        // Results: a value, a predicate, or a pair of them.
        let results: Vec<Operand> = match result {
            Operand::Pair(pair) => module.elements(*pair).to_vec(),
            other => vec![*other],
        };
        let mut d: Vec<Rows> = Vec::new();
        let mut extend = None;
        let value_first = !matches!(run, LaneFn::Test { .. } | LaneFn::Logic(_));
        for (index, result) in results.iter().enumerate() {
            if index == 0 && value_first {
                match result {
                    Operand::Vector(elements) => {
                        for element in module.elements(*elements) {
                            d.push(match element {
                                Operand::Sink => self.scratch(1)?,
                                Operand::Register(register) => self.register_rows(*register)?,
                                Operand::Part(register, part) => self.element(*register, *part)?,
                                _ => return refuse("a result that is no register"),
                            });
                        }
                    }
                    Operand::Register(register) => {
                        let rows = self.register_rows(*register)?;
                        extend = self.extension(instruction, *register, rows);
                        d.push(rows);
                    }
                    Operand::Part(register, part) => d.push(self.element(*register, *part)?),
                    Operand::Sink => d.push(self.scratch(4)?),
                    _ => return refuse("a result that is no register"),
                }
            } else {
                let slot = usize::from(index > 0 && !value_first);
                op.q[slot] = self.predicate_slot(result)?;
            }
        }
        if instruction.opcode == Opcode::Mov && value_first {
            // Both sides hold the type's bits, whole or in equal parts.
            let bits = form.type_at(0).map_or(32, Type::bits);
            let fits = |parts: &[Rows]| {
                let each = (bits / parts.len().max(1) as u32).div_ceil(32) as usize;
                parts.iter().all(|part| part.count() == each)
            };
            if !fits(&d) || !rows.iter().all(|source| fits(source)) {
                return refuse(format!("`{}` between registers of other sizes", module.forms.text(instruction.form)));
            }
        }
        op.kind = match run {
            LaneFn::Value(run) => Kind::Value(run),
            LaneFn::Value4(run) => Kind::Value4(run),
            LaneFn::Described(described) => {
                self.out.described.push(described);
                Kind::Described(self.out.described.len() as u32 - 1)
            }
            LaneFn::Test { test, combine } => Kind::Test(test, combine),
            LaneFn::Set { test, combine, fill } => Kind::Set(test, combine, fill),
            LaneFn::Select(run) => Kind::Select(run),
            LaneFn::Carry { run, reads, writes } => Kind::Carry(run, reads, writes),
            LaneFn::ValueTest { run, combine } => Kind::ValueTest(run, combine),
            LaneFn::Logic(run) => Kind::Logic(run),
        };
        let divides = matches!(instruction.opcode, Opcode::Div | Opcode::Rem);
        if divides && form.type_at(0).is_some_and(|kind| !kind.is_float()) {
            let known = matches!(sources.get(1), Some(Operand::Integer(divisor)) if *divisor != 0);
            if let Some([divisor]) = rows.get(1).map(Vec::as_slice).filter(|_| !known) {
                self.push(Op { a: *divisor, ..Op::new(Kind::CheckDivisor, self.at) });
            }
        }
        let joined: Option<Vec<Rows>> = rows.iter().map(|elements| side_by_side(elements)).collect();
        // Results of several registers are blended one by one, even where they lie side by side.
        let joined_d = match d[..] {
            [] => Some(Rows::NONE),
            [one] => Some(one),
            _ => None,
        };
        match (joined, joined_d) {
            (Some(joined), Some(d)) => {
                op.d = d;
                let mut joined = joined.into_iter();
                for slot in [&mut op.a, &mut op.b, &mut op.c, &mut op.e] {
                    *slot = joined.next().unwrap_or(Rows::NONE);
                }
            }
            _ => {
                let Kind::Value(run) = op.kind else {
                    return refuse(format!("`{}` of vectors", module.forms.text(instruction.form)));
                };
                let mut rows = rows.into_iter();
                let sources = std::array::from_fn(|_| rows.next().unwrap_or_default());
                self.out.vectors.push(VectorOp { run, d, sources });
                op.kind = Kind::Vector(self.out.vectors.len() as u32 - 1);
                self.push(op);
                self.out.ops.last_mut().expect("just pushed").apart = false;
                return Ok(());
            }
        }
        self.push(op);
        if let Some(extend) = extend {
            self.push(Op { d: op.d, a: op.d, ..Op::new(extend, self.at) });
        }
        Ok(())
    }

    /// What moves between a register and a vector of registers.
    fn mover(&self, form: &ptx::Form, result: &Operand, source: &Operand) -> Option<LaneFn> {
        let bits = form.type_at(0)?.bits();
        let parts = |operand: &Operand| match operand {
            Operand::Vector(elements) => Some(u32::from(elements.count)),
            _ => None,
        };
        match (parts(result), parts(source)) {
            (None, Some(parts)) => lanes::bits::pack(bits, parts).map(LaneFn::Value),
            (Some(parts), None) => lanes::bits::unpack(bits, parts).map(LaneFn::Value),
            _ => None,
        }
    }

    /// What must be done with a result whose register is wider than its type (PTX ISA 9.4.1).
    fn extension(&self, instruction: &Instruction, register: ptx::RegisterId, rows: Rows) -> Option<Kind> {
        if instruction.opcode != Opcode::Cvt {
            return None;
        }
        let kind = self.module.form(instruction).type_at(0)?;
        let Some(Place::Rows { bits, .. }) = self.place(register) else { return None };
        if kind.bits() >= bits || rows.count() > 2 || !matches!(kind.bits(), 8 | 16 | 32) {
            return None;
        }
        Some(Kind::Extend(kind.bits() as u8, kind.is_signed(), bits as u8))
    }
}

/// One range of rows, if the ranges lie side by side in order.
pub(super) fn side_by_side(parts: &[Rows]) -> Option<Rows> {
    let first = parts.first()?;
    let mut count = first.count() as u32;
    for (index, part) in parts.iter().enumerate().skip(1) {
        let before = parts[index - 1];
        if part.table() != before.table() || part.offset() != before.offset() + before.count() {
            return None;
        }
        count += part.count() as u32;
    }
    (count < 32).then(|| first.part(0, count))
}

/// Bits of operand `index` (0 is the result) of an instruction that computes.
fn operand_bits(opcode: Opcode, form: &ptx::Form, index: usize) -> u32 {
    use Opcode::*;
    let bits = |at: usize| form.type_at(at).or(form.type_at(0)).map_or(32, Type::bits).max(8);
    let wide = form.has(ptx::Modifier::Wide);
    match (opcode, index) {
        (Shl | Shr, 2) | (Bfe, 2 | 3) | (Bfi, 3 | 4) => 32,
        (Mad | Madc, 3) if wide => bits(0) * 2,
        (Slct, 3) | (Set, 1 | 2) | (Cvt, 1 | 2) => bits(1),
        (Cvt, _) | (CvtPack, _) | (Fns, _) | (Popc | Clz | Bfind | Bmsk | Szext, 2..) => 32,
        _ => bits(0),
    }
}

//! Instructions that access memory: loads, stores, atomics, asynchronous copies, mbarrier operations.

use super::decode::{Decoder, Refusal, refuse};
use super::forms::{scope_of, semantics_of, space_of};
use super::layout;
use super::operation::{AddressSpace, Kind, Mbarrier, MemoryOp, Op, Operand as Table, Rows};
use crate::lanes;
use crate::memory::ReductionOp;
use crate::observe::{AccessKind, Proxy, Scope, Semantics};
use rustg_ptx::{AddressBase, Instruction, Modifier, Opcode, Operand, Space, Type};

/// An address and the space it is in.
struct Address {
    rows: Rows,
    offset: i64,
    space: AddressSpace,
    silent: bool,
}

impl Decoder<'_> {
    /// A memory access of the function's own local memory: for parameters that are registers.
    pub(super) fn frame_access(&self, register: Rows, offset: u32, element_bytes: u8, load: bool) -> MemoryOp {
        let mut op = plain(if load { AccessKind::Load } else { AccessKind::Store });
        op.address = Self::frame_base(false);
        op.offset = i64::from(offset);
        op.space = AddressSpace::Local;
        op.element_bytes = element_bytes;
        op.registers[0] = register;
        op.silent = true;
        op
    }

    /// Resolves an address operand.
    fn address(&mut self, operand: &Operand, space: Space) -> Result<Address, Refusal> {
        let Operand::Address(base, offset) = operand else {
            return refuse("a memory access whose operand is no address");
        };
        let mut address =
            Address { rows: Rows::NONE, offset: i64::from(*offset), space: space_of(space)?, silent: false };
        match base {
            AddressBase::Absolute => address.offset = i64::from(*offset as u32),
            AddressBase::Register(register) => address.rows = self.register_rows(*register)?,
            AddressBase::Function(_) => return refuse("a memory access to a function"),
            AddressBase::Variable(id) => {
                let variable = &self.module.variables[id.index()];
                if address.space == AddressSpace::Generic || variable.space == Space::Shared {
                    address.space = space_of(variable.space)?;
                }
                let dynamic = layout::is_dynamic(variable);
                match variable.space {
                    Space::Shared | Space::SharedCluster if dynamic => address.rows = Rows::new(Table::Launch, 0, 2),
                    Space::Shared | Space::SharedCluster => {
                        address.offset += i64::from(self.places.get(*id).unwrap_or(0))
                    }
                    Space::Local => {
                        address.rows = Self::frame_base(false);
                        address.offset += i64::from(self.places.get(*id).unwrap_or(0));
                    }
                    Space::Parameter => {
                        address.offset += i64::from(self.places.get(*id).unwrap_or(0));
                        if !(self.is_entry() && self.current().parameters.contains(&id.0)) {
                            address.rows = Self::frame_base(false);
                            address.space = AddressSpace::Local;
                            address.silent = true;
                        }
                        return Ok(address);
                    }
                    _ => {
                        let rows = self.variable_address(*id, *offset, true)?;
                        (address.rows, address.offset) = (rows, 0);
                    }
                }
            }
        }
        if address.space == AddressSpace::Param && !self.is_entry() {
            // A function's own parameters are in its local memory.
            (address.space, address.silent) = (AddressSpace::Local, true);
        }
        Ok(address)
    }

    /// An address alone, as a memory operation that other instructions use: its index.
    pub(super) fn plain_address(&mut self, instruction: &Instruction, operand: &Operand) -> Result<u32, Refusal> {
        let form = self.module.form(instruction);
        let address = self.address(operand, form.space())?;
        let mut op = plain(AccessKind::Load);
        (op.address, op.offset, op.space) = (address.rows, address.offset, address.space);
        op.semantics = semantics_of(form);
        op.scope = scope_of(form).unwrap_or(Scope::None);
        self.out.memory_ops.push(op);
        Ok(self.out.memory_ops.len() as u32 - 1)
    }

    /// `ld`, `st`, `atom`, `red`.
    pub(super) fn memory(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        let module = self.module;
        let form = module.form(instruction);
        let operands = module.operands_of(instruction);
        let Some(kind) = form.types().last().copied() else { return refuse("a memory access without type") };
        let (result, address, sources): (_, _, &[Operand]) = match (instruction.opcode, operands) {
            (Opcode::Ld | Opcode::Ldu, [result, address, ..]) => (Some(result), address, &[]),
            (Opcode::Atom, [result, address, sources @ ..]) => (Some(result), address, sources),
            (Opcode::St | Opcode::Red, [address, sources @ ..]) => (None, address, sources),
            _ => return refuse("a memory access without operands"),
        };
        let mut op = plain(match instruction.opcode {
            Opcode::Ld | Opcode::Ldu => AccessKind::Load,
            Opcode::St => AccessKind::Store,
            Opcode::Atom => AccessKind::Atomic,
            _ => AccessKind::Reduction,
        });
        let address = self.address(address, form.space())?;
        (op.address, op.offset, op.space, op.silent) = (address.rows, address.offset, address.space, address.silent);
        let atomic = matches!(op.kind, AccessKind::Atomic | AccessKind::Reduction);
        op.semantics = if atomic && form.semantics().is_none() { Semantics::Relaxed } else { semantics_of(form) };
        op.scope = match op.semantics {
            Semantics::Weak => Scope::None,
            Semantics::Volatile | Semantics::Mmio => Scope::System,
            _ => scope_of(form).unwrap_or(if atomic { Scope::Gpu } else { Scope::System }),
        };
        if form.has(Modifier::Nc) {
            op.proxy = Proxy::Texture;
        }
        op.element_bytes = kind.size_bytes().clamp(1, 16) as u8;
        op.signed = kind.is_signed();
        op.elements = form.vector_len() as u8;
        let bits = kind.bits().max(8);
        let registers = match result {
            Some(result) => self.memory_registers(result, bits, true)?,
            None if atomic => Vec::new(),
            None => self.memory_registers(sources.first().unwrap_or(&Operand::Sink), bits, false)?,
        };
        if usize::from(op.element_bytes) * usize::from(op.elements) > 32 {
            return refuse("an access of more than 32 bytes a lane");
        }
        if !atomic && registers.len() != usize::from(op.elements) || registers.len() > 8 {
            return refuse("a vector access with another number of registers than elements");
        }
        registers.iter().zip(&mut op.registers).for_each(|(register, slot)| *slot = *register);
        if !atomic && op.space == AddressSpace::Param && op.kind == AccessKind::Load && op.address.is_none() {
            return self.load_parameters(&op);
        }
        let mut micro = Op::new(Kind::Nothing, 0);
        if atomic {
            self.atomic(instruction, kind, sources, &mut op, &mut micro)?;
        }
        self.out.memory_ops.push(op);
        let index = self.out.memory_ops.len() as u32 - 1;
        micro.kind = match op.kind {
            AccessKind::Load => Kind::Load(index),
            AccessKind::Store => Kind::Store(index),
            _ => Kind::Atomic(index),
        };
        self.push(micro);
        Ok(())
    }

    fn memory_registers(&mut self, operand: &Operand, bits: u32, result: bool) -> Result<Vec<Rows>, Refusal> {
        let module = self.module;
        let one = |decoder: &mut Self, operand: &Operand| match operand {
            Operand::Register(register) => decoder.register_rows(*register),
            Operand::Sink if result => Ok(Rows::NONE),
            Operand::Part(register, part) => decoder.element(*register, *part),
            _ if result => refuse("a load into something that is no register"),
            other => decoder.source(other, bits),
        };
        match operand {
            Operand::Vector(elements) => module.elements(*elements).iter().map(|element| one(self, element)).collect(),
            Operand::Register(register) => {
                let rows = self.register_rows(*register)?;
                let lanes = u32::from(module.registers_of(self.current())[register.index()].lanes.max(1));
                let each = rows.count() as u32 / lanes;
                Ok((0..lanes).map(|index| rows.part(index * each, each)).collect())
            }
            other => Ok(vec![one(self, other)?]),
        }
    }

    fn atomic(
        &mut self,
        instruction: &Instruction,
        kind: Type,
        sources: &[Operand],
        op: &mut MemoryOp,
        micro: &mut Op,
    ) -> Result<(), Refusal> {
        let module = self.module;
        let form = module.form(instruction);
        let Some(operation) = form.operation() else { return refuse("an atomic without operation") };
        let bits = kind.bits().max(8);
        if bits == 128 {
            op.wide_atomic = lanes::atomic::wide(form);
        } else if let (Some(elsewhere), Some(global)) =
            (lanes::atomic::select(form, false), lanes::atomic::select(form, true))
        {
            op.atomic = Some([elsewhere, global]);
        }
        if op.atomic.is_none() && op.wide_atomic.is_none() {
            return refuse(format!("`{}`", module.forms.text(instruction.form)));
        }
        if op.kind == AccessKind::Reduction {
            op.reduction = reduction_of(operation, kind);
        }
        let mut operands = Vec::new();
        for source in sources.iter().take(if operation == Modifier::Cas { 2 } else { 1 }) {
            operands.push(self.memory_registers(source, bits, false)?);
        }
        for (index, source) in operands.iter().enumerate() {
            let rows = match super::decode::side_by_side(source) {
                Some(rows) => rows,
                None => {
                    // Elements that do not lie side by side are moved together first.
                    let all = self.scratch(source.iter().map(|rows| rows.count() as u32).sum())?;
                    let mut at = 0;
                    for rows in source {
                        let d = all.part(at, rows.count() as u32);
                        at += rows.count() as u32;
                        self.push(Op { d, a: *rows, ..Op::new(Kind::Move, 0) });
                    }
                    all
                }
            };
            *(if index == 0 { &mut micro.b } else { &mut micro.c }) = rows;
        }
        Ok(())
    }

    /// Kernel parameters at places known now are rows of the launch.
    fn load_parameters(&mut self, op: &MemoryOp) -> Result<(), Refusal> {
        for element in 0..usize::from(op.elements) {
            let d = op.registers[element];
            if d.is_none() {
                continue;
            }
            let size = u32::from(op.element_bytes);
            let offset = op.offset + i64::from(size) * element as i64;
            let layout = &mut self.out.functions[self.function as usize];
            if offset < 0 || offset + i64::from(size) > i64::from(layout.parameter_bytes) {
                return refuse(format!(
                    "a load of kernel parameters at byte {offset}, of {} bytes",
                    layout.parameter_bytes
                ));
            }
            let value = (offset as u32, size);
            // Every value takes four rows, so that its place does not depend on the others.
            let index = layout.launch_values.iter().position(|known| *known == value).unwrap_or_else(|| {
                layout.launch_values.push(value);
                layout.launch_values.len() - 1
            });
            let rows = size.div_ceil(4);
            let a = Rows::new(Table::Launch, 4 + 4 * index as u32, rows);
            let register_rows = d.count() as u32;
            let kind = match (rows, register_rows) {
                _ if size < 4 => Kind::Extend((size * 8) as u8, op.signed, (register_rows * 32) as u8),
                (1, 2) => Kind::Extend(32, op.signed, 64),
                (2, 1) => return refuse("a load of 64 bits into a narrower register"),
                _ => Kind::Move,
            };
            self.push(Op { d, a, ..Op::new(kind, 0) });
        }
        Ok(())
    }

    /// `cp.async.{ca,cg}.shared.global [to], [from], size{, bytes}{, policy}` or with an ignore-source predicate.
    pub(super) fn copy_async(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        let [to, from, size, rest @ ..] = self.module.operands_of(instruction) else {
            return refuse("an asynchronous copy without operands");
        };
        let Operand::Integer(size @ (4 | 8 | 16)) = size else {
            return refuse("an asynchronous copy of another size than 4, 8, 16");
        };
        let from = self.address(from, Space::Global)?;
        let to = self.address(to, Space::Shared)?;
        let mut op = plain(AccessKind::AsyncRead);
        op.element_bytes = *size as u8;
        op.proxy = Proxy::GenericAsync;
        (op.address, op.offset, op.space) = (from.rows, from.offset, from.space);
        self.out.memory_ops.push(op);
        op.kind = AccessKind::AsyncWrite;
        (op.address, op.offset, op.space) = (to.rows, to.offset, to.space);
        self.out.memory_ops.push(op);
        let mut micro = Op::new(Kind::CopyAsync(self.out.memory_ops.len() as u32 - 2), 0);
        micro.p = super::PredicateRef::FALSE;
        match rest.first() {
            Some(predicate) if self.is_predicate(predicate) => micro.p = self.predicate(predicate)?,
            Some(bytes) if !self.module.form(instruction).has(Modifier::L2CacheHint) || rest.len() > 1 => {
                micro.b = self.source(bytes, 32)?;
            }
            _ => {}
        }
        self.push(micro);
        Ok(())
    }

    pub(super) fn mbarrier(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        use Opcode::*;
        let module = self.module;
        let form = module.form(instruction);
        let operands = module.operands_of(instruction);
        let mut op = Op::new(Kind::Nothing, 0);
        let has_address = |operand: &Operand| matches!(operand, Operand::Address(..));
        let index = operands.iter().position(has_address);
        let (results, sources) = match index {
            Some(index) => (&operands[..index], &operands[index + 1..]),
            None => operands.split_at(1.min(operands.len())),
        };
        let address = match index {
            Some(index) => {
                let at = self.plain_address(instruction, &operands[index])?;
                let memory = &mut self.out.memory_ops[at as usize];
                // Without a qualifier, arrive releases and wait acquires, in the block.
                if memory.semantics == Semantics::Weak {
                    let waits = matches!(instruction.opcode, MbarrierTestWait | MbarrierTryWait);
                    memory.semantics = if waits { Semantics::Acquire } else { Semantics::Release };
                }
                if memory.scope == Scope::None {
                    memory.scope = Scope::Block;
                }
                at
            }
            None => 0,
        };
        let parity = form.has(Modifier::Parity);
        let expect = form.has(Modifier::ExpectTx);
        let what = match instruction.opcode {
            MbarrierInit => Mbarrier::Init,
            MbarrierInval => Mbarrier::Invalidate,
            MbarrierExpectTx => Mbarrier::ExpectTx,
            MbarrierCompleteTx => Mbarrier::CompleteTx,
            MbarrierArrive if expect => Mbarrier::ArriveExpectTx,
            MbarrierArrive if form.has(Modifier::NoComplete) => Mbarrier::ArriveNoComplete,
            MbarrierArrive => Mbarrier::Arrive,
            MbarrierArriveDrop if expect => Mbarrier::ArriveDropExpectTx,
            MbarrierArriveDrop => Mbarrier::ArriveDrop,
            MbarrierTestWait | MbarrierTryWait if parity => {
                Mbarrier::TestWaitParity(instruction.opcode == MbarrierTryWait)
            }
            MbarrierTestWait | MbarrierTryWait => Mbarrier::TestWait(instruction.opcode == MbarrierTryWait),
            MbarrierPendingCount => Mbarrier::PendingCount,
            _ => {
                op.kind = Kind::CopyArrive(address, form.has(Modifier::Noinc));
                self.push(op);
                return Ok(());
            }
        };
        op.kind = Kind::Mbarrier(address, what);
        match (what, results.first()) {
            (Mbarrier::TestWait(_) | Mbarrier::TestWaitParity(_), Some(result)) => {
                op.q[0] = self.predicate_slot(result)?
            }
            (_, Some(Operand::Register(register))) => op.d = self.register_rows(*register)?,
            _ => {}
        }
        if let Some(source) = sources.first() {
            let bits = if matches!(what, Mbarrier::TestWait(_) | Mbarrier::PendingCount) { 64 } else { 32 };
            op.b = self.source(source, bits)?;
        }
        self.push(op);
        Ok(())
    }
}

fn plain(kind: AccessKind) -> MemoryOp {
    MemoryOp {
        address: Rows::NONE,
        offset: 0,
        space: AddressSpace::Global,
        kind,
        element_bytes: 4,
        elements: 1,
        signed: false,
        registers: [Rows::NONE; 8],
        semantics: Semantics::Weak,
        scope: Scope::None,
        proxy: Proxy::Generic,
        silent: false,
        atomic: None,
        reduction: None,
        wide_atomic: None,
    }
}

fn reduction_of(operation: Modifier, kind: Type) -> Option<ReductionOp> {
    if !matches!(kind.bits(), 32 | 64) || kind.packed() > 1 || kind.is_float() {
        return None;
    }
    Some(match (operation, kind.is_signed()) {
        (Modifier::Add, _) => ReductionOp::Add,
        (Modifier::And, _) => ReductionOp::And,
        (Modifier::Or, _) => ReductionOp::Or,
        (Modifier::Xor, _) => ReductionOp::Xor,
        (Modifier::Min, false) => ReductionOp::MinUnsigned,
        (Modifier::Max, false) => ReductionOp::MaxUnsigned,
        (Modifier::Min, true) => ReductionOp::MinSigned,
        (Modifier::Max, true) => ReductionOp::MaxSigned,
        _ => return None,
    })
}

//! Instructions that do more than compute: control, calls, barriers, fences, warp-wide operations.

use super::decode::{Decoder, Refusal, refuse};
use super::layout::{Builtin, CallSite, Passing, Signature};
use super::operation::{AddressSpace, BarrierOp, Kind, MatrixOp, Op, Operand as Table, Rows, VoteReduction};
use super::{FRAME_LOCAL, FRAME_LOCAL_END};
use crate::lanes::cross::{Reduction, Shuffle, Vote};
use crate::memory::{LOCAL_WINDOW, PARAM_WINDOW, SHARED_WINDOW};
use crate::observe::{BarrierKind, Proxy, Scope, Semantics};
use rustg_ptx::{self as ptx, Form, Instruction, Modifier, Opcode, Operand, Space};

/// How many leading operands of an instruction are results.
pub(super) fn result_operands(opcode: Opcode, form: &Form, operands: &[Operand]) -> usize {
    use Opcode::*;
    match opcode {
        St
        | StAsync
        | StBulk
        | Red
        | RedAsync
        | Bra
        | BrxIdx
        | Ret
        | Exit
        | Trap
        | Brkpt
        | BarWarp
        | BarrierCluster
        | Membar
        | Fence
        | FenceProxy
        | CpAsync
        | CpAsyncBulk
        | CpAsyncCommitGroup
        | CpAsyncWaitGroup
        | CpAsyncWaitAll
        | CpAsyncMbarrierArrive
        | MbarrierInit
        | MbarrierInval
        | MbarrierExpectTx
        | MbarrierCompleteTx
        | Prefetch
        | Prefetchu
        | Nanosleep
        | Pmevent
        | Stmatrix
        | WmmaStore
        | Stackrestore
        | Discard
        | Applypriority
        | Griddepcontrol
        | Setmaxnreg => 0,
        Bar | Barrier => usize::from(form.has(Modifier::Red)),
        Call => usize::from(matches!(operands, [Operand::List(_), second, ..] if !matches!(second, Operand::List(_)))),
        MbarrierArrive | MbarrierArriveDrop => usize::from(!matches!(operands.first(), Some(Operand::Address(..)))),
        _ => 1,
    }
}

pub(super) fn semantics_of(form: &Form) -> Semantics {
    match form.semantics() {
        None | Some(ptx::Semantics::Weak) => Semantics::Weak,
        Some(ptx::Semantics::Volatile) => Semantics::Volatile,
        Some(ptx::Semantics::Mmio) => Semantics::Mmio,
        Some(ptx::Semantics::Relaxed) => Semantics::Relaxed,
        Some(ptx::Semantics::Acquire) => Semantics::Acquire,
        Some(ptx::Semantics::Release) => Semantics::Release,
        Some(ptx::Semantics::AcquireRelease) => Semantics::AcquireRelease,
        Some(ptx::Semantics::SequentiallyConsistent) => Semantics::Sequential,
    }
}

pub(super) fn scope_of(form: &Form) -> Option<Scope> {
    Some(match form.scope()? {
        ptx::Scope::Block => Scope::Block,
        ptx::Scope::Cluster => Scope::Cluster,
        ptx::Scope::Gpu => Scope::Gpu,
        ptx::Scope::System => Scope::System,
    })
}

pub(super) fn space_of(space: Space) -> Result<AddressSpace, Refusal> {
    Ok(match space {
        Space::Generic => AddressSpace::Generic,
        Space::Global => AddressSpace::Global,
        Space::Shared => AddressSpace::Shared,
        Space::SharedCluster => AddressSpace::SharedCluster,
        Space::Local => AddressSpace::Local,
        Space::Constant => AddressSpace::Const,
        Space::Parameter => AddressSpace::Param,
        Space::Register | Space::Special | Space::Texture => {
            return refuse("a memory access to a space that is no memory");
        }
    })
}

impl Decoder<'_> {
    /// Decodes one instruction.
    pub(super) fn instruction(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        use Opcode::*;
        let module = self.module;
        let form = module.form(instruction);
        let operands = module.operands_of(instruction);
        let text = || format!("`{}`", module.forms.text(instruction.form));
        let simple = |kind| Op::new(kind, 0);
        match instruction.opcode {
            Mov => return self.move_value(instruction),
            Ld | Ldu | St | Atom | Red => return self.memory(instruction),
            CpAsync => return self.copy_async(instruction),
            MbarrierInit
            | MbarrierInval
            | MbarrierExpectTx
            | MbarrierCompleteTx
            | MbarrierArrive
            | MbarrierArriveDrop
            | MbarrierTestWait
            | MbarrierTryWait
            | MbarrierPendingCount
            | CpAsyncMbarrierArrive => {
                return self.mbarrier(instruction);
            }
            Mma | Ldmatrix | Stmatrix | Movmatrix | WmmaLoad | WmmaStore | WmmaMma => return self.matrix(instruction),
            Cvta => return self.convert_address(instruction),
            Bra => match operands {
                [Operand::Label(to)] => self.push(simple(Kind::Branch(module.labels[to.index()].instruction))),
                _ => return refuse("a branch without a label"),
            },
            BrxIdx => match operands {
                [index, Operand::Targets(list)] => {
                    let labels = &module.target_lists[list.index()].labels;
                    let table = labels.iter().map(|label| module.labels[label.index()].instruction).collect();
                    let a = self.source(index, 32)?;
                    self.out.branch_tables.push(table);
                    let kind = Kind::BranchIndexed(self.out.branch_tables.len() as u32 - 1);
                    self.push(Op { a, ..simple(kind) });
                }
                _ => return refuse("an indexed branch without targets"),
            },
            Call => return self.call(instruction),
            Ret => {
                self.send_register_returns();
                self.push(simple(Kind::Return));
            }
            Exit => self.push(simple(Kind::Exit)),
            Trap => self.push(simple(Kind::Trap)),
            Brkpt => self.push(simple(Kind::Breakpoint)),
            Bar | Barrier => return self.barrier(instruction),
            BarWarp => {
                let e = self.source(operands.first().unwrap_or(&Operand::Sink), 32)?;
                self.push(Op { e, ..simple(Kind::WarpBarrier) });
            }
            BarrierCluster if form.has(Modifier::Arrive) => {
                let relaxed = form.has(Modifier::Relaxed);
                self.push(simple(Kind::ClusterArrive(if relaxed { Semantics::Relaxed } else { Semantics::Release })));
            }
            BarrierCluster => self.push(simple(Kind::ClusterWait)),
            Membar if form.has(Modifier::Proxy) => self.push(simple(Kind::ProxyFence(Proxy::Async))),
            Membar => {
                let scope = scope_of(form).unwrap_or(Scope::System);
                self.push(simple(Kind::Fence(Semantics::Sequential, scope)));
            }
            Fence if form.has(Modifier::Proxy) => self.push(simple(Kind::ProxyFence(Proxy::Async))),
            Fence if form.has(Modifier::MbarrierInit) => {
                self.push(simple(Kind::Fence(Semantics::Release, Scope::Cluster)))
            }
            Fence => {
                let semantics = form.semantics().map_or(Semantics::AcquireRelease, |_| semantics_of(form));
                self.push(simple(Kind::Fence(semantics, scope_of(form).unwrap_or(Scope::System))));
            }
            FenceProxy => self.push(simple(Kind::ProxyFence(Proxy::Async))),
            CpAsyncCommitGroup => self.push(simple(Kind::CopyCommit)),
            CpAsyncWaitAll => self.push(simple(Kind::CopyWait(0))),
            CpAsyncWaitGroup => match operands {
                [Operand::Integer(pending)] => {
                    let pending = (*pending).min(u64::from(u32::MAX)) as u32;
                    self.push(simple(Kind::CopyWait(pending)));
                }
                _ => return refuse("a wait for copies without a number"),
            },
            Shfl => return self.shuffle(instruction),
            Opcode::Vote => return self.vote(instruction),
            Match => match operands {
                [result, value, members] => {
                    let bits = form.type_at(0).map_or(32, ptx::Type::bits);
                    let mut op = simple(Kind::Match(form.has(Modifier::All)));
                    self.results(result, &mut op)?;
                    op.a = self.source(value, bits)?;
                    op.e = self.source(members, 32)?;
                    self.push(op);
                }
                _ => return refuse(text()),
            },
            Redux => match operands {
                [result, value, members] => {
                    let Some(run) = Reduction::of(form) else { return refuse(text()) };
                    let mut op = simple(Kind::Redux(run));
                    self.results(result, &mut op)?;
                    op.a = self.source(value, 32)?;
                    op.e = self.source(members, 32)?;
                    self.push(op);
                }
                _ => return refuse(text()),
            },
            Activemask => {
                let mut op = simple(Kind::ActiveMask);
                self.results(operands.first().unwrap_or(&Operand::Sink), &mut op)?;
                self.push(op);
            }
            Elect => match operands {
                [result, members] => {
                    let mut op = simple(Kind::Elect);
                    self.results(result, &mut op)?;
                    op.e = self.source(members, 32)?;
                    self.push(op);
                }
                _ => return refuse(text()),
            },
            Isspacep => match operands {
                [result, address] => {
                    let mut op = simple(Kind::IsSpace(space_of(form.space())?));
                    op.q[0] = self.predicate_slot(result)?;
                    op.a = self.source(address, 64)?;
                    self.push(op);
                }
                _ => return refuse(text()),
            },
            Mapa | Getctarank => {
                let bits = form.types().last().map_or(64, |kind| kind.bits());
                let generic = form.space() == Space::Generic;
                let rank = instruction.opcode == Getctarank;
                let address_bits = if rank && generic {
                    64
                } else if rank {
                    32
                } else {
                    bits
                };
                let Some((result, sources)) = operands.split_first() else { return refuse(text()) };
                let address_bits = match sources.first() {
                    Some(Operand::Register(register)) if rank => self.register_rows(*register)?.count() as u32 * 32,
                    _ => address_bits,
                };
                let mut op = simple(if rank { Kind::SharedRank(generic) } else { Kind::MapShared(generic) });
                self.results(result, &mut op)?;
                op.a = self.source(sources.first().unwrap_or(&Operand::Sink), address_bits)?;
                if !rank {
                    op.b = self.source(sources.get(1).unwrap_or(&Operand::Sink), 32)?;
                }
                self.push(op);
            }
            Alloca => match operands {
                [result, size, rest @ ..] => {
                    let align = match rest {
                        [Operand::Integer(align), ..] => (*align).clamp(1, 4096) as u32,
                        _ => 8,
                    };
                    let bits = form.type_at(0).map_or(64, ptx::Type::bits);
                    let mut op = simple(Kind::Alloca(align));
                    self.results(result, &mut op)?;
                    op.a = self.source(size, bits)?;
                    self.push(op);
                }
                _ => return refuse(text()),
            },
            Stacksave => {
                let mut op = simple(Kind::StackSave);
                self.results(operands.first().unwrap_or(&Operand::Sink), &mut op)?;
                self.push(op);
            }
            Stackrestore => {
                let bits = form.type_at(0).map_or(64, ptx::Type::bits);
                let a = self.source(operands.first().unwrap_or(&Operand::Sink), bits)?;
                self.push(Op { a, ..simple(Kind::StackRestore) });
            }
            Nanosleep => self.push(simple(Kind::Sleep)),
            Prefetch | Prefetchu | Applypriority | Discard | Pmevent | Setmaxnreg | Griddepcontrol
            | CpAsyncBulkPrefetch => {
                self.push(simple(Kind::Nothing));
            }
            Createpolicy => {
                // A cache policy is opaque and changes no result.
                let mut op = simple(Kind::Move);
                self.results(operands.first().unwrap_or(&Operand::Sink), &mut op)?;
                op.a = self.constant(0, true);
                self.push(op);
            }
            Vadd | Vsub | Vabsdiff | Vmin | Vmax | Vshl | Vshr | Vmad | Vset | Vadd2 | Vsub2 | Vavrg2 | Vabsdiff2
            | Vmin2 | Vmax2 | Vset2 | Vadd4 | Vsub4 | Vavrg4 | Vabsdiff4 | Vmin4 | Vmax4 | Vset4 => {
                return self.video(instruction);
            }
            _ => return self.compute(instruction),
        }
        Ok(())
    }

    /// Results `d`, or `d|p`, of instructions of this file.
    fn results(&mut self, result: &Operand, op: &mut Op) -> Result<(), Refusal> {
        let both: &[Operand] = match result {
            Operand::Pair(pair) => self.module.elements(*pair),
            other => std::slice::from_ref(other),
        };
        op.d = match &both[0] {
            Operand::Register(register) => self.register_rows(*register)?,
            Operand::Part(register, part) => self.element(*register, *part)?,
            Operand::Sink => self.scratch(2)?,
            _ => return refuse("a result that is no register"),
        };
        if let Some(second) = both.get(1) {
            op.q[0] = self.predicate_slot(second)?;
        }
        Ok(())
    }

    fn move_value(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        let module = self.module;
        let form = module.form(instruction);
        let [result, source] = module.operands_of(instruction) else { return refuse("a move without two operands") };
        let bits = form.type_at(0).map_or(32, ptx::Type::bits);
        let vector = |operand: &Operand| matches!(operand, Operand::Vector(_) | Operand::Pair(_));
        if self.is_predicate(result) || vector(result) || vector(source) || form.vector_len() > 1 {
            if let (Operand::Register(register), Operand::Register(from)) = (result, source)
                && !self.is_predicate(result)
            {
                let (d, a) = (self.register_rows(*register)?, self.register_rows(*from)?);
                // The elements of a vector register are rows of their own, and are blended so.
                let lanes = u32::from(module.registers_of(self.current())[register.index()].lanes.max(1));
                let each = d.count() as u32 / lanes;
                if d.count() != a.count() {
                    return refuse("a move between vector registers of different sizes");
                }
                for element in 0..lanes {
                    let (d, a) = (d.part(element * each, each), a.part(element * each, each));
                    self.push(Op { d, a, ..Op::new(Kind::Move, 0) });
                }
                return Ok(());
            }
            return self.compute(instruction);
        }
        let mut op = Op::new(Kind::Move, 0);
        self.results(result, &mut op)?;
        // The width of the register decides what is read: a clock is 32 or 64 bits by the register it goes to.
        let width = if op.d.count() == 2 { 64 } else { bits.min(32) };
        let width = if bits == 128 {
            128
        } else if *result == Operand::Sink {
            bits
        } else {
            width
        };
        op.a = self.source(source, width)?;
        if op.a.count() > op.d.count() {
            op.a = op.a.part(0, op.d.count() as u32);
        } else if op.d.count() > op.a.count() {
            op.d = op.d.part(0, op.a.count() as u32);
        }
        self.push(op);
        Ok(())
    }

    fn convert_address(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        let module = self.module;
        let form = module.form(instruction);
        let [result, source] = module.operands_of(instruction) else {
            return refuse("an address conversion without two operands");
        };
        let bits = form.type_at(0).map_or(64, ptx::Type::bits);
        if bits != 64 {
            return refuse("address conversion in 32-bit address mode");
        }
        let to_generic = !form.has(Modifier::To);
        let window = match form.space() {
            Space::Shared | Space::SharedCluster => SHARED_WINDOW,
            Space::Local => LOCAL_WINDOW,
            // Parameters of a function, not of a kernel, are in local memory.
            Space::Parameter if !self.is_entry() => LOCAL_WINDOW,
            Space::Parameter => PARAM_WINDOW,
            _ => 0,
        };
        let mut op = Op::new(Kind::Move, 0);
        self.results(result, &mut op)?;
        op.a = self.source(source, 64)?;
        if window != 0 {
            let addend = if to_generic { window } else { window.wrapping_neg() };
            op.b = self.constant(addend, true);
            op.kind = self.helper("add.s64")?;
        }
        self.push(op);
        Ok(())
    }

    fn barrier(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        let module = self.module;
        let form = module.form(instruction);
        let mut operands = module.operands_of(instruction);
        let mut op = Op::new(Kind::Nothing, 0);
        let kind = match () {
            () if form.has(Modifier::Red) => BarrierKind::Reduce,
            () if form.has(Modifier::Arrive) => BarrierKind::Arrive,
            () => BarrierKind::Sync,
        };
        let reduction = match form.operation() {
            Some(Modifier::And) => VoteReduction::And,
            Some(Modifier::Or) => VoteReduction::Or,
            Some(Modifier::Popc) => VoteReduction::Popc,
            _ => VoteReduction::None,
        };
        if kind == BarrierKind::Reduce {
            let [result, rest @ .., predicate] = operands else { return refuse("a reducing barrier without operands") };
            match reduction {
                VoteReduction::Popc => self.results(result, &mut op)?,
                _ => op.q[0] = self.predicate_slot(result)?,
            }
            op.p = self.predicate(predicate)?;
            operands = rest;
        }
        let number = match operands.first() {
            Some(number) => self.source(number, 32)?,
            None => self.constant(0, false),
        };
        let count = match operands.get(1) {
            Some(count) => self.source(count, 32)?,
            None => Rows::NONE,
        };
        let aligned = instruction.opcode == Opcode::Bar || form.has(Modifier::Aligned);
        self.out.barriers.push(BarrierOp { kind, aligned, number, count, reduction });
        op.kind = Kind::Barrier(self.out.barriers.len() as u32 - 1);
        self.push(op);
        Ok(())
    }

    fn shuffle(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        let module = self.module;
        let form = module.form(instruction);
        let mode = Shuffle::of(form);
        let (Some(mode), [result, value, lane, clamp, rest @ ..]) = (mode, module.operands_of(instruction)) else {
            return refuse("a shuffle without mode or operands");
        };
        let mut op = Op::new(Kind::Shuffle(mode), 0);
        self.results(result, &mut op)?;
        op.a = self.source(value, 32)?;
        op.b = self.source(lane, 32)?;
        op.c = self.source(clamp, 32)?;
        if let Some(members) = rest.first() {
            op.e = self.source(members, 32)?;
        }
        self.push(op);
        Ok(())
    }

    fn vote(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        let module = self.module;
        let form = module.form(instruction);
        let mode = Vote::of(form);
        let (Some(mode), [result, predicate, rest @ ..]) = (mode, module.operands_of(instruction)) else {
            return refuse("a vote without mode or operands");
        };
        let mut op = Op::new(Kind::Vote(mode), 0);
        match mode {
            Vote::Ballot => self.results(result, &mut op)?,
            _ => op.q[0] = self.predicate_slot(result)?,
        }
        op.p = self.predicate(predicate)?;
        if let Some(members) = rest.first() {
            op.e = self.source(members, 32)?;
        }
        self.push(op);
        Ok(())
    }

    fn matrix(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        let module = self.module;
        let mut operands = Vec::new();
        let mut address = None;
        for operand in module.operands_of(instruction) {
            operands.push(match operand {
                Operand::Vector(elements) => {
                    let elements = module.elements(*elements);
                    elements.iter().map(|element| self.matrix_element(element)).collect::<Result<Vec<_>, _>>()?
                }
                Operand::Address(..) => {
                    address = Some(self.plain_address(instruction, operand)?);
                    continue;
                }
                other => vec![self.matrix_element(other)?],
            });
        }
        let has_result = !matches!(instruction.opcode, Opcode::Stmatrix | Opcode::WmmaStore);
        if has_result && operands.first().is_some_and(|parts| parts.iter().any(|part| !part.is_frame())) {
            return refuse(format!("`{}` with a result that is no register", module.forms.text(instruction.form)));
        }
        self.out.matrices.push(MatrixOp { operands, address, form: instruction.form });
        self.push(Op::new(Kind::Matrix(self.out.matrices.len() as u32 - 1), 0));
        Ok(())
    }

    fn matrix_element(&mut self, operand: &Operand) -> Result<Rows, Refusal> {
        match operand {
            Operand::Register(register) => self.register_rows(*register),
            other => self.source(other, 32),
        }
    }

    fn call(&mut self, instruction: &Instruction) -> Result<(), Refusal> {
        let module = self.module;
        let Some(call) = module.call(instruction) else { return refuse("a call whose operands do not fit") };
        let (mut target, mut builtin, mut a) = (None, None, Rows::NONE);
        let signature = match (call.target, call.prototype) {
            (Operand::Function(function), _) => {
                let function =
                    module.aliases.iter().find(|alias| alias.0 == function).map_or(function, |alias| alias.1);
                let called = &module.functions[function.index()];
                if !called.is_defined {
                    let name = module.name(called.name);
                    builtin = Builtin::find(name);
                    if builtin.is_none() {
                        return refuse(format!("a call of `{name}`, which the module only declares"));
                    }
                }
                target = Some(function.0);
                self.out.functions[function.index()].signature.clone()
            }
            (register @ Operand::Register(_), prototype) => {
                a = self.source(&register, 64)?;
                let variables =
                    |range: &std::ops::Range<u32>| &module.variables[range.start as usize..range.end as usize];
                match prototype {
                    Some(Operand::Prototype(prototype)) => {
                        let prototype = module.prototype(prototype);
                        Signature::of(variables(&prototype.returns), variables(&prototype.parameters))
                    }
                    Some(Operand::Targets(list)) => match module.target_lists[list.index()].functions.first() {
                        Some(first) => self.out.functions[first.index()].signature.clone(),
                        None => return refuse("a call through an empty list of targets"),
                    },
                    _ => return refuse("an indirect call without prototype"),
                }
            }
            _ => return refuse("a call of something that is no function"),
        };
        let arguments = self.passings(call.arguments, &signature.parameters)?;
        let returns = self.passings(call.returns, &signature.returns)?;
        let frame_rows = self.out.functions[self.function as usize].frame_rows;
        self.out.calls.push(CallSite {
            builtin,
            target,
            arguments,
            returns,
            passed_bytes: signature.size_bytes,
            frame_rows,
        });
        let site = self.out.calls.len() as u32 - 1;
        self.push(Op { a, ..Op::new(Kind::Call(site), 0) });
        self.push(Op::new(Kind::AfterCall(site), 0));
        Ok(())
    }

    fn passings(&mut self, operands: &[Operand], places: &[(u32, u32)]) -> Result<Vec<Passing>, Refusal> {
        if operands.len() != places.len() {
            return refuse("a call with another number of arguments or results than the function has");
        }
        let mut passings = Vec::new();
        for (operand, (callee, size_bytes)) in operands.iter().zip(places) {
            let caller = match operand {
                Operand::Variable(variable, offset) => match self.places.get(*variable) {
                    Some(at) => Ok(at.wrapping_add_signed(*offset)),
                    None => return refuse("an argument that is no parameter variable"),
                },
                Operand::Sink => continue,
                other => Err(self.source(other, if *size_bytes > 4 { 64 } else { 32 })?),
            };
            passings.push(Passing { caller, callee: *callee, size_bytes: *size_bytes });
        }
        Ok(passings)
    }

    /// At a function's entry: parameters that are registers are loaded from where the caller left them.
    pub(super) fn receive_register_parameters(&mut self) {
        let function = self.current();
        let places = self.out.functions[self.function as usize].signature.parameters.clone();
        let registers = function.parameters.clone().filter_map(|index| self.module.variables[index as usize].register);
        self.out.functions[self.function as usize].parameter_registers =
            registers.filter_map(|register| self.slot(register)).collect();
        self.pass_registers(function.parameters.clone(), &places, true);
    }

    /// Before a return: results that are registers are stored where the caller finds them.
    pub(super) fn send_register_returns(&mut self) {
        let function = self.current();
        let places = self.out.functions[self.function as usize].signature.returns.clone();
        self.pass_registers(function.returns.clone(), &places, false);
    }

    fn pass_registers(&mut self, variables: std::ops::Range<u32>, places: &[(u32, u32)], load: bool) {
        for (index, (offset, size_bytes)) in variables.zip(places) {
            let Some(register) = self.module.variables[index as usize].register else { continue };
            let Ok(rows) = self.register_rows(register) else { continue };
            let bytes = (*size_bytes).clamp(1, 8) as u8;
            let op = self.frame_access(rows, *offset, bytes, load);
            self.out.memory_ops.push(op);
            let index = self.out.memory_ops.len() as u32 - 1;
            self.push(Op::new(if load { Kind::Load(index) } else { Kind::Store(index) }, 0));
        }
    }

    /// Rows of the header that address a function's own local memory.
    pub(super) fn frame_base(end: bool) -> Rows {
        Rows::new(Table::Frame, if end { FRAME_LOCAL_END } else { FRAME_LOCAL }, 1)
    }
}

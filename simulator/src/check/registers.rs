//! Uses of registers that nobody wrote: for every register and lane whether it holds a value, carried along as values are computed.
//!
//! Compilers copy, pack and compute registers without a value where the result is not used, so that alone is no finding. It is one where it begins to
//! matter: as an address, as what decides a branch, a guard of an access or a barrier, as a value that global memory keeps. Shared and local memory hand the
//! lack of a value on ([`Poison`]). What is missing in part (one half of a packed pair, padding of a structure) counts as there.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use rustg_ptx::{Boolean, Form, Module, Opcode, Operand, Type};

use crate::observe::{
    Access, AccessKind, RegisterRole, RegisterSlot, RegisterUse, Site, Space, shared_offset, shared_rank,
};

/// What a register without a value was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// The address of an access.
    Address,
    /// The condition of a branch, or the guard of an instruction that does more than compute.
    Condition,
    /// An operand that decides what happens: a branch's index, a barrier's number, a mask of members.
    Control,
    /// What an access writes to memory.
    Data,
}

/// Where a lack of value was first seen: the instruction that read the register, and the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The instruction that read it.
    pub pc: u32,
    /// The register, in the table of that instruction's function.
    pub register: u32,
}

/// Uses of a register without a value by one instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UninitialisedRegister {
    /// The first use.
    pub site: Site,
    /// A lane of it.
    pub lane: u32,
    /// The register that was used.
    pub register: u32,
    /// What for.
    pub purpose: Purpose,
    /// Where its lack of value comes from.
    pub origin: Origin,
    /// How many warp instructions used it.
    pub count: u64,
}

/// How an instruction's results depend on its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Results have values whatever is read.
    Valued,
    /// Results have values where all operands have.
    Any,
    /// Results have values where some operand has: bits are put together.
    Every,
    /// Moves words from operand 1 to operand 0, between vectors and registers.
    Words,
    /// `selp`: the operand that the predicate chooses.
    Select,
    /// A comparison combined with a predicate.
    Combined,
    /// `and.pred`, and `or.pred` (true): one operand may decide alone.
    Logic(bool),
    /// Results of all lanes come from all lanes: they have a value if any lane has.
    Shuffled,
    /// Results of all lanes come from all lanes, and have none if one lacks it.
    Voted,
    /// Operand 1 goes to memory.
    Stored,
    /// Operands behind the address go to memory, at once with reading it.
    Updated,
    /// Every operand decides what happens.
    Decides,
    /// A call: what is called decides.
    Called,
}

fn rule_of(form: &Form) -> Rule {
    use Opcode::*;
    let predicates = form.type_at(0) == Some(Type::Pred);
    match form.opcode {
        Mov => Rule::Words,
        And if predicates => Rule::Logic(false),
        Or if predicates => Rule::Logic(true),
        And | Or | Xor | Lop3 | Prmt | Bfi | Shf | Slct if !predicates => Rule::Every,
        Selp => Rule::Select,
        Setp | Set if form.boolean().is_some() => Rule::Combined,
        Shfl => Rule::Shuffled,
        Vote | Redux | Match | Elect => Rule::Voted,
        St => Rule::Stored,
        Atom | Red => Rule::Updated,
        BrxIdx | BarWarp | Alloca | Stackrestore | CpAsync | MbarrierInit | MbarrierArrive | MbarrierArriveDrop
        | MbarrierExpectTx | MbarrierTestWait | MbarrierTryWait => Rule::Decides,
        Bar | Barrier => Rule::Decides,
        Call => Rule::Called,
        Ld
        | Ldu
        | Ldmatrix
        | Stmatrix
        | WmmaLoad
        | WmmaStore
        | Createpolicy
        | Activemask
        | Bra
        | Ret
        | Exit
        | Trap
        | Brkpt
        | Fence
        | Membar
        | FenceProxy
        | CpAsyncCommitGroup
        | CpAsyncWaitAll
        | CpAsyncWaitGroup
        | CpAsyncMbarrierArrive
        | BarrierCluster
        | MbarrierInval
        | MbarrierCompleteTx
        | StAsync
        | RedAsync => Rule::Valued,
        _ => Rule::Any,
    }
}

/// Instructions whose addresses and guards do not matter: hints.
fn is_hint(opcode: Opcode) -> bool {
    use Opcode::*;
    matches!(opcode, Prefetch | Prefetchu | Applypriority | Discard | Pmevent | Nanosleep | Setmaxnreg | Griddepcontrol)
}

/// Instructions that do more than compute a value.
fn has_effect(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::Valued | Rule::Stored | Rule::Updated | Rule::Decides | Rule::Called | Rule::Shuffled | Rule::Voted
    )
}

/// The lanes of a warp in which registers have no value.
#[derive(Clone, Debug, Default)]
struct WarpShadow {
    /// By row of the register file.
    rows: Vec<u32>,
    /// By word of the register file.
    predicates: Vec<u32>,
    /// Where lacks of value that were computed come from, by word.
    origins: FxHashMap<u32, Origin>,
}

impl WarpShadow {
    /// The lanes in which word `part` of a register has no value.
    #[inline]
    fn missing(&self, frame: u32, slot: &RegisterSlot, part: u32) -> u32 {
        let at = match slot.rows {
            0 => self.predicates.get((frame * 32 + slot.word) as usize),
            _ => self.rows.get((frame + slot.word / 32 + part) as usize),
        };
        at.copied().unwrap_or(0)
    }

    fn parts(slot: &RegisterSlot) -> u32 {
        u32::from(slot.rows).max(1)
    }

    /// The lanes in which no part of a register has a value.
    #[inline]
    fn missing_whole(&self, frame: u32, slot: &RegisterSlot) -> u32 {
        (0..Self::parts(slot)).fold(u32::MAX, |lanes, part| lanes & self.missing(frame, slot, part))
    }

    #[inline]
    fn set(&mut self, frame: u32, slot: &RegisterSlot, part: u32, lanes: u32, missing: u32) {
        let at = match slot.rows {
            0 => self.predicates.get_mut((frame * 32 + slot.word) as usize),
            _ => self.rows.get_mut((frame + slot.word / 32 + part) as usize),
        };
        if let Some(at) = at {
            *at = *at & !lanes | missing & lanes;
        }
    }

    fn set_whole(&mut self, frame: u32, slot: &RegisterSlot, lanes: u32, missing: u32) {
        (0..Self::parts(slot)).for_each(|part| self.set(frame, slot, part, lanes, missing));
    }

    /// Where the lack of value of a register that `pc` reads comes from.
    fn origin(&self, frame: u32, slot: &RegisterSlot, pc: u32) -> Origin {
        let known = self.origins.get(&(frame * 32 + slot.word)).copied();
        known.unwrap_or(Origin { pc, register: slot.register })
    }
}

/// Words of shared and local memory that hold what has no value. Keys: block, warp (of local memory, else `u16::MAX`), word.
type Poison = FxHashMap<(u32, u16, u32), (u32, Origin)>;

/// What the access that belongs to the instruction at hand would do.
#[derive(Clone, Copy, Debug)]
struct Pending {
    register: u32,
    /// Lanes whose data have no value.
    lanes: u32,
    origin: Origin,
}

/// The observer of registers.
#[derive(Clone, Debug)]
pub(super) struct Registers {
    module: Arc<Module>,
    rules: Arc<Vec<Rule>>,
    blocks: Vec<(u32, Vec<WarpShadow>)>,
    current: usize,
    pending: Option<Pending>,
    /// Registers that the load at hand fills, with its frame.
    loads: Vec<RegisterSlot>,
    loads_frame: u32,
    poison: Poison,
    found: FxHashMap<(u32, Origin, Purpose), UninitialisedRegister>,
}

impl Registers {
    /// For one launch of a module.
    pub(super) fn new(module: Arc<Module>) -> Registers {
        let rules = (module.instructions.iter()).map(|instruction| rule_of(module.form(instruction))).collect();
        Registers {
            module,
            rules: Arc::new(rules),
            blocks: Vec::new(),
            current: 0,
            pending: None,
            loads: Vec::new(),
            loads_frame: 0,
            poison: Poison::default(),
            found: FxHashMap::default(),
        }
    }

    /// For a block that runs apart.
    pub(super) fn fork(&self) -> Registers {
        Registers {
            module: self.module.clone(),
            rules: self.rules.clone(),
            blocks: Vec::new(),
            current: 0,
            pending: None,
            loads: Vec::new(),
            loads_frame: 0,
            poison: Poison::default(),
            found: FxHashMap::default(),
        }
    }

    /// Takes over what was found apart.
    pub(super) fn join(&mut self, other: Registers) {
        for (key, read) in other.found {
            self.found.entry(key).and_modify(|known| known.count += read.count).or_insert(read);
        }
    }

    /// What was found, in the order of the program's instructions.
    pub(super) fn found(&self) -> Vec<UninitialisedRegister> {
        let mut found: Vec<_> = self.found.values().copied().collect();
        found.sort_by_key(|read| (read.site.pc, read.origin, read.purpose));
        found
    }

    /// How many uses were found, by instruction.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// A block has ended.
    pub(super) fn end_block(&mut self, block: u32) {
        self.blocks.retain(|(known, _)| *known != block);
        self.current = 0;
        if !self.poison.is_empty() {
            self.poison.retain(|key, _| key.0 != block);
        }
    }

    #[inline]
    fn warp(&mut self, block: u32, warp: u16) -> &mut WarpShadow {
        if self.blocks.get(self.current).is_none_or(|known| known.0 != block) {
            self.current = self.blocks.iter().position(|known| known.0 == block).unwrap_or_else(|| {
                self.blocks.push((block, Vec::new()));
                self.blocks.len() - 1
            });
        }
        let warps = &mut self.blocks[self.current].1;
        if warps.len() <= usize::from(warp) {
            warps.resize_with(usize::from(warp) + 1, WarpShadow::default);
        }
        &mut warps[usize::from(warp)]
    }

    /// Lanes entered a function: its registers hold nothing yet, but for those of parameters.
    pub(super) fn frame(&mut self, site: Site, rows: std::ops::Range<u32>, parameters: &[RegisterSlot], lanes: u32) {
        let module = self.module.clone();
        let warp = self.warp(site.block, site.warp);
        if warp.rows.len() < rows.end as usize {
            warp.rows.resize(rows.end as usize, 0);
        }
        warp.rows[rows.start as usize..rows.end as usize].iter_mut().for_each(|row| *row |= lanes);
        // Predicates stand at the frame's start, behind its header.
        let most = module
            .functions
            .iter()
            .map(|function| module.registers_of(function))
            .map(|registers| registers.iter().filter(|register| register.kind == Type::Pred).count());
        let words = (rows.start * 32) as usize..(rows.start * 32 + 128) as usize + most.max().unwrap_or(0);
        if warp.predicates.len() < words.end {
            warp.predicates.resize(words.end, 0);
        }
        warp.predicates[words].iter_mut().for_each(|word| *word |= lanes);
        if !warp.origins.is_empty() {
            warp.origins.retain(|word, _| !(rows.start * 32..rows.end * 32).contains(word));
        }
        parameters.iter().for_each(|slot| warp.set_whole(rows.start, slot, lanes, 0));
    }

    /// One warp instruction.
    #[inline]
    pub(super) fn registers(&mut self, site: Site, used: &RegisterUse<'_>) {
        self.pending = None;
        self.loads.clear();
        let is_poisoned = !self.poison.is_empty();
        let warp = self.warp(site.block, site.warp);
        let mut missing = 0;
        for slot in used.reads {
            for part in 0..WarpShadow::parts(slot) {
                missing |= warp.missing(used.frame, slot, part);
            }
        }
        if missing & used.issued == 0 {
            used.writes.iter().for_each(|slot| warp.set_whole(used.frame, slot, used.active, 0));
        } else {
            self.carry(site, used);
        }
        if is_poisoned {
            self.loads.extend_from_slice(used.writes);
            self.loads_frame = used.frame;
        }
    }

    /// Something that is read has no value: is it used, and what becomes of the results?
    #[cold]
    fn carry(&mut self, site: Site, used: &RegisterUse<'_>) {
        let module = self.module.clone();
        let Some(instruction) = module.instructions.get(site.pc as usize) else { return };
        let rule = self.rules[site.pc as usize];
        if is_hint(instruction.opcode) {
            return;
        }
        let (frame, active) = (used.frame, used.active);
        let warp = &*self.warp(site.block, site.warp);
        // By operand: the lanes in which no part of it has a value; and what is read.
        let mut operands = [0u32; 8];
        let mut read = [false; 8];
        let (mut guard, mut first) = (0, None);
        let mut reports: Vec<(RegisterSlot, u32, Purpose)> = Vec::new();
        for slot in used.reads {
            let missing = warp.missing_whole(frame, slot);
            match slot.role {
                RegisterRole::Guard => {
                    guard = missing & used.issued;
                    if guard != 0 && has_effect(rule) {
                        reports.push((*slot, guard, Purpose::Condition));
                    }
                }
                RegisterRole::Address => {
                    if missing & active != 0 {
                        reports.push((*slot, missing & active, Purpose::Address));
                    }
                }
                RegisterRole::Operand { index, .. } => {
                    let index = usize::from(index).min(7);
                    operands[index] = if read[index] { operands[index] & missing } else { missing };
                    read[index] = true;
                    let decides = match rule {
                        Rule::Decides => true,
                        Rule::Called => (module.call(instruction))
                            .is_some_and(|call| matches!(call.target, Operand::Register(r) if r.0 == slot.register)),
                        Rule::Shuffled | Rule::Voted => {
                            usize::from(index as u8) + 1 == module.operands_of(instruction).len()
                        }
                        _ => false,
                    };
                    if decides && missing & active != 0 && slot.rows > 0 {
                        reports.push((*slot, missing & active, Purpose::Control));
                    }
                    if rule == Rule::Updated && missing & active != 0 {
                        reports.push((*slot, missing & active, Purpose::Data));
                    }
                }
            }
            let in_part = (0..WarpShadow::parts(slot)).fold(0, |lanes, part| lanes | warp.missing(frame, slot, part));
            if in_part & used.issued != 0 && first.is_none() {
                first = Some(*slot);
            }
        }
        let any = operands.iter().fold(0, |lanes, operand| lanes | operand);
        let every = (operands.iter().zip(read)).filter(|one| one.1).fold(u32::MAX, |lanes, one| lanes & one.0);
        let every = if read.contains(&true) && !takes_constants(&module, instruction) { every } else { 0 };
        let predicate = used.reads.iter().rfind(|slot| slot.rows == 0 && slot.role != RegisterRole::Guard);
        let result = match rule {
            _ if is_same_twice(&module, instruction) => 0,
            Rule::Any => any,
            Rule::Every => every,
            Rule::Select => {
                let chooses = predicate.map_or(u32::MAX, |slot| used.true_in(slot));
                let unknown = predicate.map_or(0, |slot| warp.missing_whole(frame, slot));
                unknown | chooses & operands[1] | !chooses & operands[2]
            }
            Rule::Combined => {
                let compared = operands[1] | operands[2];
                let (value, unknown) =
                    predicate.map_or((0, 0), |slot| (used.true_in(slot), warp.missing_whole(frame, slot)));
                let decided = match module.form(instruction).boolean() {
                    Some(Boolean::And) => !value & !unknown,
                    Some(Boolean::Or) => value & !unknown,
                    _ => 0,
                };
                compared & !decided
            }
            Rule::Logic(decisive) => {
                let decided =
                    used.reads.iter().filter(|slot| slot.role != RegisterRole::Guard).fold(0, |lanes, slot| {
                        let value = used.true_in(slot);
                        lanes | (if decisive { value } else { !value }) & !warp.missing_whole(frame, slot)
                    });
                any & !decided
            }
            Rule::Shuffled if operands[1] & active == active => active,
            Rule::Voted if any & active != 0 => u32::MAX,
            _ => 0,
        };
        let words = if rule == Rule::Words { moved(&module, instruction, warp, used) } else { Vec::new() };
        let origin = first.map(|slot| warp.origin(frame, &slot, site.pc));
        for (slot, lanes, purpose) in reports {
            let origin = self.warp(site.block, site.warp).origin(frame, &slot, site.pc);
            self.report(site, lanes, slot.register, purpose, origin);
        }
        if rule == Rule::Stored && operands[1] & active != 0 {
            let data = used.reads.iter().find(|slot| matches!(slot.role, RegisterRole::Operand { index: 1, .. }));
            self.pending = data.map(|slot| Pending {
                register: slot.register,
                lanes: operands[1] & active,
                origin: self.warp(site.block, site.warp).origin(frame, slot, site.pc),
            });
        }
        // A result that may not have been written, because nobody knows the guard, has no value either.
        let lanes = active | guard;
        let warp = self.warp(site.block, site.warp);
        let mut lacking = 0;
        for (index, slot) in used.writes.iter().enumerate() {
            for part in 0..WarpShadow::parts(slot) {
                let missing = match rule {
                    Rule::Words => words.get(index).map_or(0, |parts| parts[part as usize % 4]),
                    _ => result,
                } | guard;
                lacking |= missing & lanes;
                warp.set(frame, slot, part, lanes, missing);
            }
            if lacking != 0
                && let Some(origin) = origin
            {
                warp.origins.insert(frame * 32 + slot.word, origin);
            }
        }
    }

    #[cold]
    fn report(&mut self, site: Site, lanes: u32, register: u32, purpose: Purpose, origin: Origin) {
        let lane = lanes.trailing_zeros() & 31;
        let read = UninitialisedRegister { site, lane, register, purpose, origin, count: 1 };
        self.found.entry((site.pc, origin, purpose)).and_modify(|known| known.count += 1).or_insert(read);
    }

    /// What an instruction's access does with values that are not there.
    #[inline]
    pub(super) fn access(&mut self, site: Site, access: &Access<'_>) {
        if self.pending.is_some() || !self.poison.is_empty() {
            self.pass(site, access);
        }
    }

    #[cold]
    fn pass(&mut self, site: Site, access: &Access<'_>) {
        let missing = self.pending.map_or(0, |pending| pending.lanes) & access.lanes;
        if matches!(access.space, Space::Global | Space::Const | Space::Param) {
            if let Some(pending) = self.pending.filter(|_| missing != 0 && access.kind == AccessKind::Store) {
                self.report(site, missing, pending.register, Purpose::Data, pending.origin);
            }
            return;
        }
        let local = access.space == Space::Local;
        for lane in (0..32).filter(|lane| access.lanes >> lane & 1 == 1) {
            let address = access.addresses[lane];
            if !local && shared_rank(address).is_some() {
                continue;
            }
            let address = if local { address as u32 } else { shared_offset(address) };
            let end = address + u32::from(access.size_bytes);
            for word in address / 4..end.div_ceil(4) {
                let key = (site.block, if local { site.warp } else { u16::MAX }, word);
                let bit = if local { 1 << lane } else { u32::MAX };
                if access.kind.writes() {
                    let whole = word * 4 >= address && word * 4 + 4 <= end;
                    match self.pending.filter(|_| missing >> lane & 1 == 1 && whole && access.kind == AccessKind::Store)
                    {
                        Some(pending) => self.poison.entry(key).or_insert((0, pending.origin)).0 |= bit,
                        None => {
                            if let Some(held) = self.poison.get_mut(&key) {
                                held.0 &= !bit;
                            }
                        }
                    }
                } else if let Some((lanes, origin)) = self.poison.get(&key).copied()
                    && lanes & bit != 0
                {
                    self.load_nothing(site, access, lane, word * 4 - address.min(word * 4), origin);
                }
            }
        }
        self.poison.retain(|_, held| held.0 != 0);
    }

    /// The word at byte `offset` of what a lane loads has no value.
    fn load_nothing(&mut self, site: Site, access: &Access<'_>, lane: usize, offset: u32, origin: Origin) {
        let element = offset / u32::from(access.element_bytes.max(1));
        let part = offset % u32::from(access.element_bytes.max(1)) / 4;
        let frame = self.loads_frame;
        let to = self.loads.iter().find(
            |slot| matches!(slot.role, RegisterRole::Operand { element: index, .. } if u32::from(index) == element),
        );
        let Some(slot) = to.copied().filter(|slot| part < WarpShadow::parts(slot)) else { return };
        let warp = self.warp(site.block, site.warp);
        warp.set(frame, &slot, part, 1 << lane, 1 << lane);
        warp.origins.insert(frame * 32 + slot.word, origin);
    }
}

/// Whether bits of a constant are put together with those of registers.
fn takes_constants(module: &Module, instruction: &rustg_ptx::Instruction) -> bool {
    let sources = module.operands_of(instruction).iter().skip(1).take(2);
    matches!(instruction.opcode, Opcode::Bfi | Opcode::Prmt | Opcode::Shf | Opcode::Lop3)
        && sources.filter(|operand| !matches!(operand, Operand::Register(_) | Operand::Part(..))).count() > 0
}

/// `xor r, r` and `sub r, r` give zero whatever is in the register.
fn is_same_twice(module: &Module, instruction: &rustg_ptx::Instruction) -> bool {
    matches!(instruction.opcode, Opcode::Sub | Opcode::Xor)
        && matches!(module.operands_of(instruction), [_, Operand::Register(a), Operand::Register(b)] if a == b)
}

/// What `mov` leaves without a value: by written register, by word.
fn moved(
    module: &Module,
    instruction: &rustg_ptx::Instruction,
    warp: &WarpShadow,
    used: &RegisterUse<'_>,
) -> Vec<[u32; 4]> {
    let elements = |operand: Option<&Operand>| match operand {
        Some(Operand::Vector(list)) => usize::from(list.count).max(1),
        _ => 1,
    };
    let operands = module.operands_of(instruction);
    let (results, sources) = (elements(operands.first()), elements(operands.get(1)));
    let element_of = |slot: &RegisterSlot| match slot.role {
        RegisterRole::Operand { element, .. } => usize::from(element),
        _ => 0,
    };
    // The source as words: each source register has as many as its rows, or less than one.
    let parts = used.reads.iter().filter(|slot| slot.role != RegisterRole::Guard);
    let source_rows = parts.clone().map(|slot| WarpShadow::parts(slot) as usize).max().unwrap_or(1);
    let total = sources * source_rows;
    let mut words = vec![0u32; total];
    for slot in parts {
        for part in 0..WarpShadow::parts(slot) {
            let at = element_of(slot) * source_rows + part as usize;
            if let Some(word) = words.get_mut(at) {
                *word = warp.missing(used.frame, slot, part);
            }
        }
    }
    let rows = used.writes.iter().map(|slot| WarpShadow::parts(slot) as usize).max().unwrap_or(1);
    let wanted = results * rows;
    let word_of = |index: usize| {
        // Where there are more source words than result words, some go together: what is there in part is there.
        let (from, to) = (index * total / wanted, ((index + 1) * total).div_ceil(wanted));
        words.get(from..to.max(from + 1)).map_or(0, |words| words.iter().fold(u32::MAX, |all, word| all & word))
    };
    (used.writes.iter())
        .map(|slot| {
            let first = element_of(slot) * rows;
            std::array::from_fn(|part| if part < rows { word_of(first + part) } else { 0 })
        })
        .collect()
}

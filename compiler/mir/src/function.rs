//! A function: tables of instructions, values and blocks, and the order in which they stand.
//!
//! Content and order are apart: an instruction's row never moves, its place is a doubly linked list. Values are
//! assigned once; what joins at a block are the block's parameters, for which every jump names arguments. Operand lists
//! lie in one pool, each owned by one instruction.

use rustg_base::StringId;

use crate::ids::{Block, FunctionId, GlobalId, Inst, LocationId, SiteId, Slot, Value};
use crate::immediate::{Condition, Memory, Rmw, Shuffle, Special};
use crate::opcode::{Opcode, Shape};
use crate::types::Type;

/// One instruction; what `aux`, `a`, `b` and `c` hold is said by its opcode's [`Shape`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct InstData {
    /// The operation.
    pub opcode: Opcode,
    /// The type it works on; [`Type::Void`] where it has none.
    pub ty: Type,
    /// Condition, memory flags, special register or another small thing.
    pub aux: u16,
    /// First field.
    pub a: u32,
    /// Second field.
    pub b: u32,
    /// Third field.
    pub c: u32,
}

const _: () = assert!(size_of::<InstData>() == 16);

/// A list in a function's pool: where its length stands. The list of nothing is 0.
pub type List = u32;

/// What defines a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Definition {
    /// The instruction's result of that number.
    Result(Inst, u32),
    /// The block's parameter of that number.
    Parameter(Block, u32),
}

/// Memory of one thread's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlotData {
    /// Its size.
    pub size_bytes: u32,
    /// What its address is a multiple of; a power of two.
    pub align_bytes: u32,
}

/// How a kernel's parameter arrives. A function that is no kernel has values only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parameter {
    /// As a value, with what is known of it.
    Value(Type, ParameterFacts),
    /// As bytes in parameter memory; the block parameter is their address.
    Bytes(SlotData),
}

/// What is known of a parameter: of a pointer, but for `bits`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ParameterFacts {
    /// It points into global memory.
    pub global: bool,
    /// Nobody writes through any pointer what is read through this one.
    pub read_only: bool,
    /// What is reached through it is reached through no other parameter.
    pub no_alias: bool,
    /// What the address is a multiple of; 0 where nothing is known.
    pub align_bytes: u32,
    /// The number needs no more bits than these: the length of a slice, whose bytes are counted by an `isize`. 0 where nothing is known.
    pub bits: u32,
}

/// What the launch of a kernel may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LaunchBounds {
    /// The greatest number of threads of a block; 0 for no bound.
    pub max_threads: u32,
    /// Blocks that shall fit on a multiprocessor together; 0 for no wish.
    pub min_blocks: u32,
}

#[derive(Clone, Copy, Debug)]
struct BlockData {
    first: Inst,
    last: Inst,
    parameters: List,
    next: Block,
    prev: Block,
}

/// A function's body and outline.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name in the module.
    pub name: StringId,
    /// Whether the host can launch it.
    pub is_kernel: bool,
    /// Its parameters, as many as the entry block's.
    pub parameters: Vec<Parameter>,
    /// What it returns; nothing for a kernel.
    pub returns: Vec<Type>,
    /// What its launch may be.
    pub bounds: LaunchBounds,
    /// Its own memory.
    pub slots: Vec<SlotData>,
    insts: Vec<InstData>,
    results: Vec<(Value, u32)>,
    locations: Vec<LocationId>,
    blocks_of: Vec<Block>,
    next: Vec<Inst>,
    prev: Vec<Inst>,
    value_types: Vec<Type>,
    definitions: Vec<Definition>,
    blocks: Vec<BlockData>,
    first_block: Block,
    last_block: Block,
    pool: Vec<u32>,
}

impl Function {
    /// A function without blocks.
    pub fn new(name: StringId, is_kernel: bool) -> Function {
        Function {
            name,
            is_kernel,
            parameters: Vec::new(),
            returns: Vec::new(),
            bounds: LaunchBounds::default(),
            slots: Vec::new(),
            insts: Vec::new(),
            results: Vec::new(),
            locations: Vec::new(),
            blocks_of: Vec::new(),
            next: Vec::new(),
            prev: Vec::new(),
            value_types: Vec::new(),
            definitions: Vec::new(),
            blocks: Vec::new(),
            first_block: Block::NONE,
            last_block: Block::NONE,
            pool: vec![0],
        }
    }

    // Lists.

    /// Puts a list into the pool.
    pub fn add_list(&mut self, items: &[u32]) -> List {
        if items.is_empty() {
            return 0;
        }
        let list = self.pool.len() as List;
        self.pool.push(items.len() as u32);
        self.pool.extend_from_slice(items);
        list
    }

    /// Puts a list of values into the pool.
    pub fn add_values(&mut self, values: &[Value]) -> List {
        if values.is_empty() {
            return 0;
        }
        let list = self.pool.len() as List;
        self.pool.push(values.len() as u32);
        self.pool.extend(values.iter().map(|value| value.0));
        list
    }

    /// Puts a jump's target into the pool: the block and the arguments for its parameters.
    pub fn add_target(&mut self, block: Block, arguments: &[Value]) -> List {
        let list = self.pool.len() as List;
        self.pool.push(arguments.len() as u32 + 1);
        self.pool.push(block.0);
        self.pool.extend(arguments.iter().map(|value| value.0));
        list
    }

    /// The items of a list.
    pub fn list(&self, list: List) -> &[u32] {
        let at = list as usize;
        &self.pool[at + 1..at + 1 + self.pool[at] as usize]
    }

    /// The items of a list, to change in place.
    pub fn list_mut(&mut self, list: List) -> &mut [u32] {
        let at = list as usize;
        let len = self.pool[at] as usize;
        &mut self.pool[at + 1..at + 1 + len]
    }

    /// The values of a list.
    pub fn values_of(&self, list: List) -> impl ExactSizeIterator<Item = Value> + Clone + '_ {
        self.list(list).iter().map(|&value| Value(value))
    }

    /// A target's block.
    pub fn target_block(&self, target: List) -> Block {
        Block(self.list(target)[0])
    }

    /// A target's arguments.
    pub fn target_arguments(&self, target: List) -> impl ExactSizeIterator<Item = Value> + Clone + '_ {
        self.list(target)[1..].iter().map(|&value| Value(value))
    }

    // Values.

    /// How many values there are.
    pub fn value_count(&self) -> usize {
        self.value_types.len()
    }

    /// The type of a value.
    pub fn value_type(&self, value: Value) -> Type {
        self.value_types[value.index()]
    }

    /// What defines a value.
    pub fn definition(&self, value: Value) -> Definition {
        self.definitions[value.index()]
    }

    /// The instruction that defines a value, if one does.
    pub fn defining_inst(&self, value: Value) -> Option<Inst> {
        match self.definition(value) {
            Definition::Result(inst, _) => Some(inst),
            Definition::Parameter(..) => None,
        }
    }

    fn add_value(&mut self, ty: Type, definition: Definition) -> Value {
        let value = Value::new(self.value_types.len());
        self.value_types.push(ty);
        self.definitions.push(definition);
        value
    }

    // Blocks.

    /// How many blocks were ever made, removed ones included.
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// A new block at the end.
    pub fn add_block(&mut self) -> Block {
        let block = Block::new(self.blocks.len());
        self.blocks.push(BlockData {
            first: Inst::NONE,
            last: Inst::NONE,
            parameters: 0,
            next: Block::NONE,
            prev: self.last_block,
        });
        match self.last_block.is_some() {
            true => self.blocks[self.last_block.index()].next = block,
            false => self.first_block = block,
        }
        self.last_block = block;
        block
    }

    /// A new block right behind `before`.
    pub fn add_block_after(&mut self, before: Block) -> Block {
        let block = self.add_block();
        if before != self.blocks[block.index()].prev {
            self.unlink_block(block);
            let after = self.blocks[before.index()].next;
            self.blocks[block.index()].prev = before;
            self.blocks[block.index()].next = after;
            self.blocks[before.index()].next = block;
            self.blocks[after.index()].prev = block;
        }
        block
    }

    /// Takes a block out of the order, with all that stands in it. Nothing may go to it any more.
    pub fn remove_block(&mut self, block: Block) {
        while self.blocks[block.index()].last.is_some() {
            self.remove_inst(self.blocks[block.index()].last);
        }
        self.unlink_block(block);
        self.blocks[block.index()].parameters = 0;
    }

    fn unlink_block(&mut self, block: Block) {
        let BlockData { next, prev, .. } = self.blocks[block.index()];
        match prev.is_some() {
            true => self.blocks[prev.index()].next = next,
            false => self.first_block = next,
        }
        match next.is_some() {
            true => self.blocks[next.index()].prev = prev,
            false => self.last_block = prev,
        }
        self.blocks[block.index()].next = Block::NONE;
        self.blocks[block.index()].prev = Block::NONE;
    }

    /// The block that the function begins with.
    ///
    /// # Panics
    /// When the function has no block.
    pub fn entry(&self) -> Block {
        assert!(self.first_block.is_some(), "a body has an entry block");
        self.first_block
    }

    /// Whether there is a body at all; a declaration has none.
    pub fn has_body(&self) -> bool {
        self.first_block.is_some()
    }

    /// The blocks in order.
    pub fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        let mut at = self.first_block;
        std::iter::from_fn(move || {
            let block = at;
            block.is_some().then(|| {
                at = self.blocks[block.index()].next;
                block
            })
        })
    }

    /// Adds a parameter to a block; every jump to it must then name one more argument.
    pub fn add_parameter(&mut self, block: Block, ty: Type) -> Value {
        let mut parameters: Vec<Value> = self.block_parameters(block).collect();
        let value = self.add_value(ty, Definition::Parameter(block, parameters.len() as u32));
        parameters.push(value);
        self.blocks[block.index()].parameters = self.add_values(&parameters);
        value
    }

    /// Adds several parameters to a block at once; every jump to it must then name as many more arguments.
    pub fn add_parameters(&mut self, block: Block, types: &[Type]) -> Vec<Value> {
        let mut parameters: Vec<Value> = self.block_parameters(block).collect();
        let old = parameters.len();
        for ty in types {
            parameters.push(self.add_value(*ty, Definition::Parameter(block, parameters.len() as u32)));
        }
        self.blocks[block.index()].parameters = self.add_values(&parameters);
        parameters.split_off(old)
    }

    /// Replaces a block's parameters by those of them for which `keep` says so.
    pub fn retain_parameters(&mut self, block: Block, mut keep: impl FnMut(usize) -> bool) {
        let old: Vec<Value> = self.block_parameters(block).collect();
        let kept: Vec<Value> =
            old.into_iter().enumerate().filter(|(at, _)| keep(*at)).map(|(_, value)| value).collect();
        for (at, value) in kept.iter().enumerate() {
            self.definitions[value.index()] = Definition::Parameter(block, at as u32);
        }
        self.blocks[block.index()].parameters = self.add_values(&kept);
    }

    /// A block's parameters.
    pub fn block_parameters(&self, block: Block) -> impl ExactSizeIterator<Item = Value> + Clone + '_ {
        self.values_of(self.blocks[block.index()].parameters)
    }

    /// A block's instructions in order.
    pub fn insts(&self, block: Block) -> impl Iterator<Item = Inst> + '_ {
        let mut at = self.blocks[block.index()].first;
        std::iter::from_fn(move || {
            let inst = at;
            inst.is_some().then(|| {
                at = self.next[inst.index()];
                inst
            })
        })
    }

    /// The instructions of all blocks in order, as they stand now: a list of its own, so that the function may be changed along it.
    pub fn placed_insts(&self) -> Vec<Inst> {
        self.blocks().flat_map(|block| self.insts(block)).collect()
    }

    /// A block's first instruction, [`Inst::NONE`] where it is empty.
    pub fn first_inst(&self, block: Block) -> Inst {
        self.blocks[block.index()].first
    }

    /// A block's last instruction, its terminator once it is complete; [`Inst::NONE`] where it is empty.
    pub fn last_inst(&self, block: Block) -> Inst {
        self.blocks[block.index()].last
    }

    /// The instruction behind `inst` in its block, or [`Inst::NONE`].
    pub fn next_inst(&self, inst: Inst) -> Inst {
        self.next[inst.index()]
    }

    /// The instruction before `inst` in its block, or [`Inst::NONE`].
    pub fn prev_inst(&self, inst: Inst) -> Inst {
        self.prev[inst.index()]
    }

    // Instructions.

    /// How many instructions were ever made, removed ones included.
    pub fn inst_count(&self) -> usize {
        self.insts.len()
    }

    /// An instruction's row.
    pub fn inst(&self, inst: Inst) -> &InstData {
        &self.insts[inst.index()]
    }

    /// An instruction's row, to change in place; what it yields must stay the same.
    pub fn inst_mut(&mut self, inst: Inst) -> &mut InstData {
        &mut self.insts[inst.index()]
    }

    /// Where in the source an instruction comes from.
    pub fn location(&self, inst: Inst) -> LocationId {
        self.locations[inst.index()]
    }

    /// The block that an instruction stands in; [`Block::NONE`] once it was removed.
    pub fn block_of(&self, inst: Inst) -> Block {
        self.blocks_of[inst.index()]
    }

    /// Makes an instruction that yields values of the types `yields`, and stands nowhere yet.
    pub fn make_inst(&mut self, data: InstData, yields: &[Type], location: LocationId) -> Inst {
        let inst = Inst::new(self.insts.len());
        let first = Value::new(self.value_types.len());
        for (at, ty) in yields.iter().enumerate() {
            self.add_value(*ty, Definition::Result(inst, at as u32));
        }
        self.insts.push(data);
        self.results.push((first, yields.len() as u32));
        self.locations.push(location);
        self.blocks_of.push(Block::NONE);
        self.next.push(Inst::NONE);
        self.prev.push(Inst::NONE);
        inst
    }

    /// Puts an instruction at the end of a block.
    pub fn append_inst(&mut self, block: Block, inst: Inst) {
        let last = self.blocks[block.index()].last;
        self.blocks_of[inst.index()] = block;
        self.prev[inst.index()] = last;
        self.next[inst.index()] = Inst::NONE;
        match last.is_some() {
            true => self.next[last.index()] = inst,
            false => self.blocks[block.index()].first = inst,
        }
        self.blocks[block.index()].last = inst;
    }

    /// Puts an instruction right before another.
    pub fn insert_before(&mut self, before: Inst, inst: Inst) {
        let block = self.blocks_of[before.index()];
        let prev = self.prev[before.index()];
        self.blocks_of[inst.index()] = block;
        self.prev[inst.index()] = prev;
        self.next[inst.index()] = before;
        self.prev[before.index()] = inst;
        match prev.is_some() {
            true => self.next[prev.index()] = inst,
            false => self.blocks[block.index()].first = inst,
        }
    }

    /// Takes an instruction out of its block; its row and values stay, unused.
    pub fn remove_inst(&mut self, inst: Inst) {
        let (block, next, prev) = (self.blocks_of[inst.index()], self.next[inst.index()], self.prev[inst.index()]);
        match prev.is_some() {
            true => self.next[prev.index()] = next,
            false => self.blocks[block.index()].first = next,
        }
        match next.is_some() {
            true => self.prev[next.index()] = prev,
            false => self.blocks[block.index()].last = prev,
        }
        self.blocks_of[inst.index()] = Block::NONE;
        self.next[inst.index()] = Inst::NONE;
        self.prev[inst.index()] = Inst::NONE;
    }

    /// What an instruction yields.
    pub fn results(&self, inst: Inst) -> impl ExactSizeIterator<Item = Value> + Clone + use<> {
        let (first, count) = self.results[inst.index()];
        (first.0..first.0 + count).map(Value)
    }

    /// The first value that an instruction yields.
    ///
    /// # Panics
    /// When it yields none.
    pub fn result(&self, inst: Inst) -> Value {
        let (first, count) = self.results[inst.index()];
        assert!(count > 0, "{:?} yields no value", self.insts[inst.index()].opcode);
        first
    }

    /// The bits of a value that is a constant.
    pub fn constant(&self, value: Value) -> Option<u128> {
        let data = self.inst(self.defining_inst(value)?);
        (data.opcode == Opcode::Const).then(|| self.constant_bits(data))
    }

    /// The bits of a constant's row.
    pub fn constant_bits(&self, data: &InstData) -> u128 {
        match data.aux {
            1 => self.list(data.a).iter().rev().fold(0, |bits, &piece| bits << 32 | u128::from(piece)),
            _ => u128::from(data.a) | u128::from(data.b) << 32,
        }
    }

    /// Calls `visit` for every value that an instruction uses, in the order of the fields.
    pub fn for_each_operand(&self, inst: Inst, mut visit: impl FnMut(Value)) {
        let data = &self.insts[inst.index()];
        let (direct, lists) = operand_fields(data);
        direct.into_iter().filter(|value| *value != NO_OPERAND).for_each(|value| visit(Value(value)));
        for (list, skip) in lists.into_iter().take(list_count(data)) {
            self.list(list)[skip..].iter().for_each(|&value| visit(Value(value)));
        }
        if data.opcode == Opcode::Switch {
            self.targets(inst).for_each(|target| self.target_arguments(target).for_each(&mut visit));
        }
    }

    /// Replaces every value that an instruction uses by what `map` says.
    pub fn map_operands(&mut self, inst: Inst, mut map: impl FnMut(Value) -> Value) {
        let mut data = self.insts[inst.index()];
        let (direct, lists) = operand_fields(&data);
        for (at, field) in [&mut data.a, &mut data.b, &mut data.c].into_iter().enumerate() {
            if direct[at] != NO_OPERAND {
                *field = map(Value(*field)).0;
            }
        }
        for (list, skip) in lists.into_iter().take(list_count(&data)) {
            self.list_mut(list)[skip..].iter_mut().for_each(|value| *value = map(Value(*value)).0);
        }
        if data.opcode == Opcode::Switch {
            let targets: Vec<List> = self.targets(inst).collect();
            for target in targets {
                self.list_mut(target)[1..].iter_mut().for_each(|value| *value = map(Value(*value)).0);
            }
        }
        self.insts[inst.index()] = data;
    }

    /// The targets of a terminator, in the order true, false; default, cases.
    pub fn targets(&self, inst: Inst) -> impl Iterator<Item = List> + '_ {
        let data = &self.insts[inst.index()];
        let (direct, cases): ([List; 2], &[u32]) = match data.opcode.info().shape {
            Shape::Jump => ([data.c, 0], &[]),
            Shape::Branch => ([data.b, data.c], &[]),
            Shape::Switch => ([self.list(data.c)[0], 0], &self.list(data.c)[1..]),
            _ => ([0, 0], &[]),
        };
        direct.into_iter().filter(|&list| list != 0).chain(cases.chunks_exact(3).map(|case| case[2]))
    }

    /// The blocks that may follow a block, one for each target.
    pub fn successors(&self, block: Block) -> impl Iterator<Item = Block> + '_ {
        let last = self.last_inst(block);
        let targets = last.is_some().then(|| self.targets(last));
        targets.into_iter().flatten().map(|target| self.target_block(target))
    }

    /// A switch's cases: key and target.
    pub fn cases(&self, inst: Inst) -> impl Iterator<Item = (u64, List)> + '_ {
        self.list(self.insts[inst.index()].c)[1..]
            .chunks_exact(3)
            .map(|case| (u64::from(case[0]) | u64::from(case[1]) << 32, case[2]))
    }
}

const NO_OPERAND: u32 = u32::MAX;

/// The values of the fields (`NO_OPERAND` where a field holds something else), and the lists of values with what to skip in each.
fn operand_fields(data: &InstData) -> ([u32; 3], [(List, usize); 2]) {
    const NO: u32 = NO_OPERAND;
    let InstData { a, b, c, .. } = *data;
    let empty = (0, 0);
    match data.opcode.info().shape {
        Shape::Unary | Shape::Load | Shape::LoadVector | Shape::WarpBarrier | Shape::Switch => {
            ([a, NO, NO], [empty; 2])
        }
        Shape::Binary | Shape::Compare | Shape::Rmw | Shape::Vote | Shape::Match | Shape::Reduce => {
            ([a, b, NO], [empty; 2])
        }
        Shape::Ternary | Shape::CompareExchange | Shape::Shuffle => ([a, b, c], [empty; 2]),
        Shape::Store => ([a, NO, c], [empty; 2]),
        Shape::StoreVector | Shape::Assert => ([a, NO, NO], [(c, 0), empty]),
        Shape::Call | Shape::Panic | Shape::Print | Shape::Return => ([NO; 3], [(c, 0), empty]),
        Shape::CallIndirect => ([NO, b, NO], [(c, 0), empty]),
        Shape::Jump => ([NO; 3], [(c, 1), empty]),
        Shape::Branch => ([a, NO, NO], [(b, 1), (c, 1)]),
        Shape::Constant
        | Shape::Slot
        | Shape::Global
        | Shape::Function
        | Shape::Special
        | Shape::Fence
        | Shape::Barrier
        | Shape::Nothing => ([NO; 3], [empty; 2]),
    }
}

/// How many of the lists that [`operand_fields`] names are there.
fn list_count(data: &InstData) -> usize {
    match data.opcode.info().shape {
        Shape::StoreVector | Shape::Assert | Shape::Call | Shape::Panic | Shape::Print | Shape::Return => 1,
        Shape::CallIndirect | Shape::Jump => 1,
        Shape::Branch => 2,
        _ => 0,
    }
}

impl InstData {
    /// A row with only an opcode and a type.
    pub fn new(opcode: Opcode, ty: Type) -> InstData {
        InstData { opcode, ty, aux: 0, a: 0, b: 0, c: 0 }
    }

    /// The memory flags of an access.
    pub fn memory(&self) -> Memory {
        Memory(self.aux)
    }

    /// The condition of a comparison.
    pub fn condition(&self) -> Condition {
        Condition::from_bits(self.aux)
    }

    /// The special register that is read.
    pub fn special(&self) -> Special {
        Special::from_bits(self.aux)
    }

    /// Which lane a shuffle reads from, and how many lanes a segment has.
    pub fn shuffle(&self) -> (Shuffle, u32) {
        (Shuffle::from_bits(self.aux & 3), 1 << (self.aux >> 2 & 7))
    }

    /// What an atomic operation or a reduction computes.
    pub fn rmw(&self) -> Rmw {
        Rmw::from_bits(if self.opcode == Opcode::AtomicRmw { self.c as u16 } else { self.aux })
    }

    /// The distance in bytes of an access from its address.
    pub fn offset_bytes(&self) -> i32 {
        self.b as i32
    }

    /// The slot whose address is taken.
    pub fn slot(&self) -> Slot {
        Slot(self.a)
    }

    /// The variable whose address is taken.
    pub fn global(&self) -> GlobalId {
        GlobalId(self.a)
    }

    /// The function that is called, or whose address is taken.
    pub fn function(&self) -> FunctionId {
        FunctionId(self.a)
    }

    /// Where it panics.
    pub fn site(&self) -> SiteId {
        SiteId(self.b)
    }
}

impl InstData {
    /// Whether an access may go where its result is unused: plain loads may, atomic and volatile ones may not.
    pub fn memory_is_removable(&self) -> bool {
        !matches!(self.opcode.info().shape, Shape::Load | Shape::LoadVector) || self.memory().is_plain()
    }
}

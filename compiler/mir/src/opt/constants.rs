//! Tables: a slot that is filled with constants once and then only read is a variable of the module that nobody writes; what is read from such a
//! table at a known place is known.
//!
//! `const TABLE: [u32; 64]` comes to this: every use of it fills memory of the thread's own.

use rustc_hash::FxHashMap;
use rustg_base::{StringId, Strings};

use crate::function::{Function, InstData};
use crate::graph::Graph;
use crate::ids::{Block, GlobalId, Inst, Slot, Value};
use crate::immediate::Space;
use crate::module::{Global, Module};
use crate::opcode::Opcode;
use crate::types::Type;

/// How the names of tables begin; no path of the source has a dot.
const TABLE_NAME: &str = "constant.";

/// Turns slots into tables, and reads of tables into what they hold.
pub(super) fn use_constants(module: &mut Module) {
    let mut tables = Tables::new(module);
    let Module { functions, globals, strings, .. } = module;
    for function in functions.iter_mut().filter(|function| function.has_body()) {
        if !function.slots.is_empty() {
            move_slots(function, &mut tables, globals, strings);
        }
        if tables.is_table.contains(&true) {
            read_tables(function, globals, &tables);
        }
    }
}

/// The module's tables by name. They are named by their content, so that equal ones are one, also where texts of several modules are joined.
///
/// They lie in global memory: constant memory is small, serves one address at a time, and may be written by the host.
struct Tables {
    known: FxHashMap<StringId, GlobalId>,
    /// By global.
    is_table: Vec<bool>,
}

impl Tables {
    fn new(module: &Module) -> Tables {
        let is_table = |global: &Global| module.strings.get(global.name).starts_with(TABLE_NAME);
        let is_table: Vec<bool> = module.globals.iter().map(is_table).collect();
        let tables = module.globals.iter().enumerate().filter(|(at, _)| is_table[*at]);
        let known = tables.map(|(at, global)| (global.name, GlobalId::new(at))).collect();
        Tables { known, is_table }
    }

    fn add(&mut self, bytes: Vec<u8>, align_bytes: u32, globals: &mut Vec<Global>, strings: &mut Strings) -> GlobalId {
        let name = format!("{TABLE_NAME}{:032x}.{}.{align_bytes}", content_hash(&bytes), bytes.len());
        let name = strings.intern(&name);
        *self.known.entry(name).or_insert_with(|| {
            let id = GlobalId::new(globals.len());
            let (space, size_bytes) = (Space::Global, bytes.len() as u64);
            globals.push(Global { name, space, size_bytes, align_bytes, bytes, addresses: Vec::new() });
            self.is_table.push(true);
            id
        })
    }
}

/// FNV-1a with 128 bits (Fowler, Noll, Vo; RFC 9923).
fn content_hash(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

/// Where a value points: a slot, and a distance in it if that is known.
type Place = Option<(Slot, Option<i64>)>;

/// What is known of a slot while the accesses are looked through.
#[derive(Clone, Default)]
struct Filled {
    /// It escapes, or is stored to in another way.
    is_other: bool,
    /// The block of every store, and the stores.
    block: Option<Block>,
    stores: Vec<(Inst, i64)>,
    loads: Vec<Inst>,
}

fn move_slots(function: &mut Function, tables: &mut Tables, globals: &mut Vec<Global>, strings: &mut Strings) {
    let graph = Graph::new(function);
    let mut found = vec![Filled::default(); function.slots.len()];
    let mut addresses: Vec<Place> = vec![None; function.value_count()];
    for inst in graph.order.iter().flat_map(|block| function.insts(*block)) {
        visit(function, inst, &mut addresses, &mut found);
    }
    let mut moved: Vec<Option<GlobalId>> = vec![None; found.len()];
    for (at, filled) in found.iter().enumerate() {
        let Some(block) = filled.block.filter(|_| !filled.is_other && !filled.loads.is_empty()) else { continue };
        if !filled.loads.iter().all(|load| graph.dominates(block, function.block_of(*load))) {
            continue;
        }
        let slot = function.slots[at];
        if let Some(bytes) = content(function, slot.size_bytes, &filled.stores) {
            moved[at] = Some(tables.add(bytes, slot.align_bytes, globals, strings));
        }
    }
    if moved.iter().all(Option::is_none) {
        return;
    }
    for inst in function.placed_insts() {
        let data = *function.inst(inst);
        if data.opcode == Opcode::SlotAddress
            && let Some(global) = moved[data.slot().index()]
        {
            *function.inst_mut(inst) = InstData { opcode: Opcode::GlobalAddress, a: global.0, ..data };
        }
    }
    for (filled, _) in found.iter().zip(&moved).filter(|(_, moved)| moved.is_some()) {
        filled.stores.iter().for_each(|(store, _)| function.remove_inst(*store));
        for &load in &filled.loads {
            let data = function.inst_mut(load);
            data.aux = data.memory().with_space(Space::Global).with_read_only().0;
        }
    }
}

fn visit(function: &Function, inst: Inst, addresses: &mut [Place], found: &mut [Filled]) {
    let data = function.inst(inst);
    let is_plain = matches!(data.opcode, Opcode::Load | Opcode::LoadVector | Opcode::Store) && data.memory().is_plain();
    match data.opcode {
        Opcode::SlotAddress => addresses[function.result(inst).index()] = Some((data.slot(), Some(0))),
        Opcode::Offset => {
            if let Some((slot, distance)) = addresses[data.a as usize] {
                let step = function.constant(Value(data.b)).map(|bits| bits as u64 as i64);
                let distance = distance.zip(step).map(|(distance, step)| distance.wrapping_add(step));
                addresses[function.result(inst).index()] = Some((slot, distance));
            }
        }
        Opcode::Load | Opcode::LoadVector if is_plain => {
            if let Some((slot, _)) = addresses[data.a as usize] {
                found[slot.index()].loads.push(inst);
            }
        }
        Opcode::Store if is_plain => {
            if let Some((slot, distance)) = addresses[data.a as usize] {
                let filled = &mut found[slot.index()];
                let block = function.block_of(inst);
                let is_first_block = *filled.block.get_or_insert(block) == block;
                match distance {
                    Some(distance) if is_first_block && filled.loads.is_empty() => filled.stores.push((inst, distance)),
                    _ => filled.is_other = true,
                }
            }
        }
        _ => {}
    }
    // An address may be what an access or a step starts from; anything else lets the slot escape.
    let mut is_first = is_plain || data.opcode == Opcode::Offset;
    function.for_each_operand(inst, |value| {
        if !std::mem::take(&mut is_first)
            && let Some((slot, _)) = addresses[value.index()]
        {
            found[slot.index()].is_other = true;
        }
    });
}

/// The bytes that constant stores leave in a slot; none where one of them stores something else.
fn content(function: &Function, size_bytes: u32, stores: &[(Inst, i64)]) -> Option<Vec<u8>> {
    let mut bytes = vec![0; size_bytes as usize];
    for &(store, distance) in stores {
        let data = function.inst(store);
        let value = function.constant(Value(data.c))?.to_le_bytes();
        let start = usize::try_from(distance.checked_add(i64::from(data.offset_bytes()))?).ok()?;
        let size = data.ty.size_bytes() as usize;
        bytes.get_mut(start..start.checked_add(size)?)?.copy_from_slice(&value[..size]);
    }
    Some(bytes)
}

/// Replaces loads from tables at known places by what stands there.
fn read_tables(function: &mut Function, globals: &[Global], tables: &Tables) {
    let graph = Graph::new(function);
    let mut addresses: Vec<Option<(GlobalId, i64)>> = vec![None; function.value_count()];
    let insts: Vec<Inst> = graph.order.iter().flat_map(|block| function.insts(*block)).collect();
    for inst in insts {
        let data = *function.inst(inst);
        match data.opcode {
            Opcode::GlobalAddress if tables.is_table[data.global().index()] => {
                addresses[function.result(inst).index()] = Some((data.global(), 0));
            }
            Opcode::Offset => {
                let place = addresses[data.a as usize].zip(function.constant(Value(data.b)));
                addresses[function.result(inst).index()] =
                    place.map(|((global, distance), bits)| (global, distance.wrapping_add(bits as u64 as i64)));
            }
            Opcode::Load if data.memory().is_plain() => {
                let Some((global, distance)) = addresses[data.a as usize] else { continue };
                let distance = distance.wrapping_add(i64::from(data.offset_bytes()));
                if let Some(bits) = read(&globals[global.index()], distance, data.ty) {
                    let row = function.constant_row(data.ty, bits);
                    *function.inst_mut(inst) = row;
                }
            }
            _ => {}
        }
    }
}

fn read(global: &Global, distance: i64, ty: Type) -> Option<u128> {
    let start = u64::try_from(distance).ok()?;
    let end = start.checked_add(u64::from(ty.size_bytes())).filter(|end| *end <= global.size_bytes)?;
    let has_address = global.addresses.iter().any(|(at, _)| *at < end && start < at.saturating_add(8));
    let byte = |at: u64| u128::from(global.bytes.get(at as usize).copied().unwrap_or(0));
    (!has_address).then(|| (start..end).rev().fold(0, |bits, at| bits << 8 | byte(at)))
}

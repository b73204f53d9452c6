//! Loads of what is known: what this lane has stored or loaded there, and nobody can have changed since, is not loaded again.
//!
//! What is known goes with control from a block to those that only it leads to. Two addresses differ where they lie apart in one object, or in objects
//! that are surely two: slots, variables, parameters without alias. Everything that other lanes may be seen through (barriers, atomics, fences,
//! calls) forgets all but memory that nobody writes.

use rustc_hash::FxHashMap;

use super::replace::Replaced;
use crate::function::{Definition, Function, InstData, Parameter};
use crate::graph::Graph;
use crate::ids::{Block, Inst, Value};
use crate::opcode::{Effects, Opcode, Shape};
use crate::types::Type;

/// More entries than this are not kept: each store is compared with all.
const KNOWN_MAX: usize = 64;

/// What an address points into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Object {
    Slot(u32),
    Global(u32),
    /// What the function was given, by number.
    Parameter(u32),
    /// Anything.
    Unknown(Value),
}

/// A place in memory: a distance in bytes from an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    object: Object,
    /// The address that the distance counts from: the object's own, or one that is computed.
    anchor: Option<Value>,
    distance: i64,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    place: Place,
    ty: Type,
    value: Value,
    /// Nobody writes there while the kernel runs.
    is_read_only: bool,
}

/// Replaces loads by values that are known.
pub(super) fn forward_loads(function: &mut Function) {
    let graph = Graph::new(function);
    let mut forward = Forward { replaced: Replaced::new(function), function };
    let mut at_end: FxHashMap<Block, Vec<Known>> = FxHashMap::default();
    for block in graph.order.clone() {
        let mut known = match graph.predecessors(block) {
            &[before] => at_end.get(&before).cloned().unwrap_or_default(),
            _ => Vec::new(),
        };
        let insts: Vec<Inst> = forward.function.insts(block).collect();
        for inst in insts {
            forward.replaced.resolve_operands(forward.function, inst);
            forward.visit(inst, &mut known);
        }
        at_end.insert(block, known);
    }
    let Forward { function, replaced } = forward;
    replaced.resolve_all(function);
}

struct Forward<'a> {
    function: &'a mut Function,
    replaced: Replaced,
}

impl Forward<'_> {
    fn visit(&mut self, inst: Inst, known: &mut Vec<Known>) {
        let data = *self.function.inst(inst);
        let shape = data.opcode.info().shape;
        let is_access = matches!(shape, Shape::Load | Shape::Store | Shape::LoadVector | Shape::StoreVector);
        if !is_access || !data.memory().is_plain() {
            let effects = data.opcode.effects();
            if is_access || effects.has(Effects::WRITES) && !matches!(data.opcode, Opcode::Print | Opcode::Clock) {
                known.retain(|entry| entry.is_read_only);
            }
            return;
        }
        let place = self.place(&data);
        let size = i64::from(data.ty.size_bytes());
        let values: Vec<Value> = match shape {
            Shape::Load | Shape::LoadVector => self.function.results(inst).collect(),
            Shape::Store => vec![Value(data.c)],
            _ => self.function.values_of(data.c).collect(),
        };
        let places = (0..values.len() as i64).map(|at| Place { distance: place.distance + at * size, ..place });
        let places: Vec<Place> = places.collect();
        let is_load = matches!(shape, Shape::Load | Shape::LoadVector);
        if is_load {
            let found: Option<Vec<Value>> = places.iter().map(|place| find(known, *place, data.ty)).collect();
            if let Some(found) = found {
                values.iter().zip(found).for_each(|(old, new)| self.replaced.replace(*old, new));
                self.function.remove_inst(inst);
                return;
            }
        } else {
            let written = (place, size * values.len() as i64);
            known.retain(|entry| entry.is_read_only || !self.may_overlap((entry.place, entry.ty), written));
        }
        let is_read_only = is_load && data.memory().is_read_only();
        for (place, value) in places.into_iter().zip(values) {
            known.retain(|entry| entry.place != place || entry.ty != data.ty);
            if known.len() == KNOWN_MAX {
                known.remove(0);
            }
            known.push(Known { place, ty: data.ty, value, is_read_only });
        }
    }

    /// Where an access goes: constant steps are summed, and what they start from is traced to its object.
    fn place(&self, data: &InstData) -> Place {
        let mut at = Value(data.a);
        let mut distance = i64::from(data.offset_bytes());
        let mut anchor = None;
        loop {
            let Some(inst) = self.function.defining_inst(at) else { break };
            let step = self.function.inst(inst);
            if step.opcode != Opcode::Offset {
                break;
            }
            match (self.function.constant(Value(step.b)), anchor) {
                (Some(bits), None) => distance = distance.wrapping_add(bits as u64 as i64),
                (None, None) => anchor = Some(at),
                (_, Some(_)) => {}
            }
            at = Value(step.a);
        }
        let object = match self.function.definition(at) {
            Definition::Parameter(block, number) if block == self.function.entry() => Object::Parameter(number),
            Definition::Parameter(..) => Object::Unknown(at),
            Definition::Result(inst, _) => {
                let data = self.function.inst(inst);
                match data.opcode {
                    Opcode::SlotAddress => Object::Slot(data.a),
                    Opcode::GlobalAddress => Object::Global(data.a),
                    _ => Object::Unknown(at),
                }
            }
        };
        Place { object, anchor, distance }
    }

    fn may_overlap(&self, (place, ty): (Place, Type), (written, size): (Place, i64)) -> bool {
        if place.object == written.object && place.anchor == written.anchor {
            let end = |place: Place, size: i64| place.distance.saturating_add(size);
            return place.distance < end(written, size) && written.distance < end(place, i64::from(ty.size_bytes()));
        }
        place.object == written.object || !self.are_apart(place.object, written.object)
    }

    /// Whether two objects surely are two.
    fn are_apart(&self, a: Object, b: Object) -> bool {
        let has_no_alias = |number: u32| match self.function.parameters.get(number as usize) {
            Some(Parameter::Value(_, facts)) => facts.no_alias,
            // Parameters by value lie in memory of their own.
            Some(Parameter::Bytes(_)) => true,
            None => false,
        };
        match (a, b) {
            (Object::Slot(a), Object::Slot(b)) | (Object::Global(a), Object::Global(b)) => a != b,
            (Object::Slot(_), Object::Global(_) | Object::Parameter(_)) => true,
            (Object::Global(_) | Object::Parameter(_), Object::Slot(_)) => true,
            (Object::Parameter(a), Object::Parameter(b)) => a != b && (has_no_alias(a) || has_no_alias(b)),
            _ => false,
        }
    }
}

fn find(known: &[Known], place: Place, ty: Type) -> Option<Value> {
    known.iter().find(|entry| entry.place == place && entry.ty == ty).map(|entry| entry.value)
}

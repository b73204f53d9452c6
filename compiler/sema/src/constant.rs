//! Values that are known when the program is compiled: contents of statics, discriminants.

use std::rc::Rc;

use rustg_mir::ids::GlobalId;
use rustg_mir::immediate::Space;
use rustg_mir::interpret::Machine;

use crate::items::DefId;
use crate::layout::Class;
use crate::lower::{Instance, Lowering};
use crate::program::Program;
use crate::source::is_expr;
use crate::types::{Args, ClosureId, Ty, TyKind};

/// How many instructions a static's content may take.
const STEPS_MAX: u64 = 50_000_000;

impl Lowering<'_> {
    /// The bytes that a static holds at first: its expression, interpreted.
    pub(crate) fn static_bytes(&mut self, def: DefId, size: usize) -> Vec<u8> {
        let ty = self.program.item_type(def);
        let is_pointer =
            |lowering: &Self, ty| matches!(lowering.program.types.kind(ty), TyKind::Ref(..) | TyKind::Ptr(..));
        if self.contains(ty, &is_pointer) {
            let (file, span) = (self.program.def(def).file, self.program.name_span(def));
            self.program.refuse(file, span, "a static that holds references");
            return Vec::new();
        }
        match self.interpreted(Instance::Fn(def, Args::EMPTY), ty, size) {
            Some(bytes) => bytes,
            None => {
                let (file, span) = (self.program.def(def).file, self.program.name_span(def));
                self.program.refuse(file, span, "the initial value of this static");
                Vec::new()
            }
        }
    }

    /// The address of a constant that is lent for longer than the function runs.
    pub(crate) fn promoted(&mut self, id: ClosureId, args: Args) -> GlobalId {
        if let Some(&known) = self.promoted.get(&(id, args)) {
            return known;
        }
        let closure = self.program.closures[id.0 as usize].clone();
        let list: Vec<Ty> = self.program.types.list(args).to_vec();
        let ty = self.instantiate(closure.result, &list);
        let is_pointer =
            |lowering: &Self, ty| matches!(lowering.program.types.kind(ty), TyKind::Ref(..) | TyKind::Ptr(..));
        let layout = self.layout(ty);
        let bytes = match self.contains(ty, &is_pointer) {
            true => None,
            false => self.interpreted(Instance::Closure(id, args), ty, layout.size as usize),
        };
        if bytes.is_none() {
            let file = self.program.def(closure.owner).file;
            self.program.refuse(file, closure.span, "a reference to this constant that outlives the function");
        }
        let name = format!("$promoted{}", self.promoted.len());
        let bytes = bytes.unwrap_or_default();
        let global = self.add_global(&name, Space::Global, layout.size, layout.align, bytes);
        self.promoted.insert((id, args), global);
        global
    }

    /// The bytes of the value that a function without parameters gives.
    fn interpreted(&mut self, instance: Instance, ty: Ty, size: usize) -> Option<Vec<u8>> {
        let id = self.instance(instance);
        self.drain();
        let class = self.layout(ty).class;
        let align = u64::from(self.layout(ty).align);
        if !self.module.function(id).has_body() {
            // What is wrong with it was told.
            return Some(Vec::new());
        }
        let mut machine = Machine::new(&self.module, STEPS_MAX);
        match class {
            Class::Memory => {
                let address = machine.allocate(size as u64, align);
                machine
                    .call(id, &[u128::from(address)])
                    .ok()
                    .map(|_| machine.memory[address as usize..address as usize + size].to_vec())
            }
            _ => machine.call(id, &[]).ok().map(|values| {
                let mut bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                bytes.truncate(size);
                bytes
            }),
        }
    }
}

impl Program {
    /// The bits of a constant of a scalar type that no generic parameter reaches: its expression, interpreted. None where that cannot be done.
    pub(crate) fn evaluated_constant(&mut self, id: DefId) -> Option<u128> {
        if !self.generics_of(id).params.is_empty() {
            return None;
        }
        let ty = self.item_type(id);
        if !matches!(self.types.kind(ty), TyKind::Int(_) | TyKind::Bool | TyKind::Char) {
            return None;
        }
        let mut lowering = Lowering::new(self);
        let function = lowering.instance(Instance::Fn(id, Args::EMPTY));
        lowering.drain();
        let owners = std::mem::take(&mut lowering.owners);
        lowering.program.evaluated.extend(owners);
        if !lowering.module.function(function).has_body() {
            return None;
        }
        let values = Machine::new(&lowering.module, STEPS_MAX).call(function, &[]).ok()?;
        values.first().copied()
    }

    /// The discriminants of an enumeration's variants.
    pub(crate) fn discriminants_of(&mut self, id: DefId) -> Rc<Vec<i128>> {
        if let Some(known) = self.discriminants.get(&id) {
            return known.clone();
        }
        let variants = self.variants_of(id).to_vec();
        let mut values = Vec::new();
        let mut next = 0_i128;
        for variant in variants {
            let def = self.def(variant).clone();
            let scope = self.type_scope(id);
            let file = self.file(def.file);
            let node =
                file.child(def.node, rustg_syntax::NodeKind::ConstArg).and_then(|arg| file.child_where(arg, is_expr));
            if let Some(node) = node {
                next = match self.signed_constant(&scope, node) {
                    Some(value) => value,
                    None => {
                        let span = self.file(def.file).span(node);
                        self.refuse(def.file, span, "this discriminant");
                        0
                    }
                };
            }
            values.push(next);
            next += 1;
        }
        let values = Rc::new(values);
        self.discriminants.insert(id, values.clone());
        values
    }
}

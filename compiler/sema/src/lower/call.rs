//! Calls: which function a trait's method means for its types, closures, constants, statics.

use rustg_base::Diagnostic;
use rustg_mir::function::InstData;
use rustg_mir::ids::Value;
use rustg_mir::immediate::Space;
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;

use crate::closures::ClosureKind;
use crate::items::{DefId, DefKind, def_flags};
use crate::layout::Class;
use crate::lower::Instance;
use crate::lower::body::{Frame, Held, Spot};
use crate::place::{Callee, Operand, Place};
use crate::traits::{Selection, Source};
use crate::types::{Args, Ty, TyKind};

/// PTX ISA, 5.1.3: the statically sized constant variables of a module.
const CONSTANT_BYTES_MAX: u64 = 64 << 10;

/// What a call means once its types are known.
enum Target {
    Instance(Instance),
    Intrinsic(DefId, Args),
    /// A tuple structure's or variant's constructor.
    Constructor(DefId),
    /// The value behind the reference.
    CopyBehind,
    Wrong(String),
}

impl Frame<'_, '_> {
    pub(super) fn call(&mut self, place: &Place, callee: Callee, operands: &[Operand]) {
        let args_now = self.args.clone();
        let (target, skip) = match callee {
            Callee::Closure(id, args) => {
                let args = self.lowering.instantiate_list(args, &args_now);
                (Target::Instance(Instance::Closure(id, args)), 0)
            }
            Callee::Fn(def, args) => {
                let args = self.lowering.instantiate_list(args, &args_now);
                self.resolve(def, args)
            }
        };
        let held: Vec<(Held, Ty)> =
            operands[skip.min(operands.len())..].iter().map(|operand| self.operand(operand)).collect();
        let spot = self.spot(place);
        match target {
            Target::Instance(instance) => {
                let values = held.into_iter().map(|(held, _)| held).collect::<Vec<_>>();
                let result = self.call_instance(instance, &values, Some(spot));
                let spot = self.spot(place);
                match result {
                    Held::At(_) => {}
                    result => self.write(spot, result),
                }
            }
            Target::Intrinsic(def, args) => {
                let args: Vec<Ty> = self.lowering.program.types.list(args).to_vec();
                let result = self.intrinsic(def, &args, &held, spot.ty);
                if !self.ended {
                    self.write(spot, result);
                }
            }
            Target::Constructor(def) => {
                let variant = (self.lowering.program.def(def).kind == DefKind::Variant)
                    .then(|| self.lowering.program.def(def).number);
                let values: Vec<Held> = held.into_iter().map(|(held, _)| held).collect();
                self.fill_value(spot, variant, &values);
            }
            Target::CopyBehind => {
                if let Some((Held::Scalar(address), _)) = held.first() {
                    let value =
                        self.read(Spot { address: *address, offset: 0, ty: spot.ty, variant: None, length: None });
                    self.write(spot, value);
                } else if let Some((held @ Held::Fat(..), _)) = held.first() {
                    self.write(spot, *held);
                }
            }
            Target::Wrong(what) => {
                let span = rustg_base::Span::default();
                let _ = span;
                let (file, span) = (self.file, self.current_span());
                self.lowering.program.report(file, Diagnostic::error(span, what).with_code("G0001"));
            }
        }
    }

    fn current_span(&self) -> rustg_base::Span {
        self.lowering.program.name_span(self.body.owner)
    }

    fn fill_value(&mut self, spot: Spot, variant: Option<u32>, values: &[Held]) {
        self.fill_at(spot, variant, values);
    }

    /// What a function's name means for these arguments, and how many operands are left out (a function item that is called by a trait).
    fn resolve(&mut self, def: DefId, args: Args) -> (Target, usize) {
        let program = &mut *self.lowering.program;
        if program.has_flag(def, def_flags::INTRINSIC) {
            return (Target::Intrinsic(def, args), 0);
        }
        let parent = program.def(def).parent.filter(|parent| program.def(*parent).kind == DefKind::Trait);
        let Some(trait_id) = parent else { return (Target::Instance(Instance::Fn(def, args)), 0) };
        let list: Vec<Ty> = program.types.list(args).to_vec();
        let count = program.generics_of(trait_id).params.len();
        let trait_args = program.types.args(&list[..count.min(list.len())]);
        let selected = {
            let mut solver = self.lowering.solver();
            match solver.select(trait_id, trait_args) {
                Selection::Yes(Source::Impl(id, args)) => {
                    Some(Ok((id, args.into_iter().map(|ty| solver.resolve(ty)).collect::<Vec<_>>())))
                }
                Selection::Yes(_) => Some(Err(())),
                _ => None,
            }
        };
        let program = &mut *self.lowering.program;
        match selected {
            Some(Ok((id, impl_args))) => {
                let name = program.def(def).name;
                match program.assoc_item(id, name) {
                    Some(item) => {
                        let mut all = impl_args;
                        all.extend_from_slice(&list[count..]);
                        let args = program.types.args(&all);
                        (Target::Instance(Instance::Fn(item, args)), 0)
                    }
                    None => (Target::Instance(Instance::Fn(def, args)), 0),
                }
            }
            Some(Err(())) => self.builtin_target(def, args, list[0]),
            None => {
                let message =
                    format!("no single impl of `{}` for `{}`", program.path_of(trait_id), program.type_name(list[0]));
                (Target::Wrong(message), 0)
            }
        }
    }

    fn builtin_target(&mut self, def: DefId, args: Args, self_type: Ty) -> (Target, usize) {
        let program = &mut *self.lowering.program;
        let name = program.strings.get(program.def(def).name).to_owned();
        match (name.as_str(), program.types.kind(self_type)) {
            ("clone", _) => (Target::CopyBehind, 0),
            ("call" | "call_mut" | "call_once", TyKind::Closure(id, args)) => {
                (Target::Instance(Instance::Closure(id, args)), 0)
            }
            ("call" | "call_mut" | "call_once", TyKind::FnDef(def, args)) => match program.def(def).kind {
                DefKind::Fn => {
                    let (target, _) = self.resolve(def, args);
                    (target, 1)
                }
                _ => (Target::Constructor(def), 1),
            },
            _ => {
                let _ = args;
                (
                    Target::Wrong(format!(
                        "`{name}` of `{}` is not supported in device code yet",
                        program.type_name(self_type)
                    )),
                    0,
                )
            }
        }
    }

    /// Calls an instance; a result in memory is put at `into` or a slot of its own.
    pub(crate) fn call_instance(&mut self, instance: Instance, arguments: &[Held], into: Option<Spot>) -> Held {
        let id = self.lowering.instance(instance);
        let signature = self.lowering.module.signature_of(id);
        let mut values: Vec<Value> = Vec::new();
        let result_class = match instance_result(self, instance) {
            Some(ty) => (self.lowering.layout(ty).class, ty),
            None => return Held::Nothing,
        };
        let mut out = None;
        if result_class.0 == Class::Memory {
            // The result may not lie where an argument does.
            let layout = self.lowering.layout(result_class.1);
            let slot = self.add_slot(layout.size, layout.align);
            let address = self.build().slot_address(slot);
            values.push(address);
            out = Some(address);
        }
        let is_once = matches!(instance, Instance::Closure(id, _) if self.lowering.program.closures[id.0 as usize].kind == Some(ClosureKind::FnOnce));
        for (at, held) in arguments.iter().enumerate() {
            match *held {
                Held::Nothing => {
                    // What a closure without captures keeps: its body still takes a reference to it.
                    if at == 0 && matches!(instance, Instance::Closure(..)) && !is_once {
                        let zero = self.int(0);
                        values.push(zero);
                    }
                }
                Held::Scalar(value) => {
                    // A closure that is called once but lies in memory goes by its address; one without content not at all.
                    values.push(value);
                }
                Held::At(address) => values.push(address),
                Held::Fat(address, length) => values.extend([address, length]),
            }
        }
        if values.len() != signature.parameters.len() {
            // The callee was refused: its outline is empty.
            return Held::Nothing;
        }
        let inst = self.build().call(id, &signature, &values);
        let results: Vec<Value> = self.function.results(inst).collect();
        match (result_class.0, out) {
            (Class::Memory, Some(address)) => {
                if let Some(into) = into {
                    self.write(into, Held::At(address));
                }
                Held::At(address)
            }
            (Class::Scalar(_), _) if results.len() == 1 => Held::Scalar(results[0]),
            (Class::Fat, _) if results.len() == 2 => Held::Fat(results[0], results[1]),
            _ => Held::Nothing,
        }
    }

    /// The value of a constant item: its expression, evaluated where it is used.
    pub(crate) fn call_constant(&mut self, def: DefId, args: Args, ty: Ty) -> Held {
        // A trait's constant is that of the impl.
        let program = &mut *self.lowering.program;
        let parent = program.def(def).parent.filter(|parent| program.def(*parent).kind == DefKind::Trait);
        let (mut def, mut args) = (def, args);
        if let Some(trait_id) = parent {
            let selected = {
                let mut solver = self.lowering.solver();
                match solver.select(trait_id, args) {
                    Selection::Yes(Source::Impl(id, list)) => {
                        Some((id, list.into_iter().map(|ty| solver.resolve(ty)).collect::<Vec<_>>()))
                    }
                    _ => None,
                }
            };
            if let Some((id, list)) = selected {
                let program = &mut *self.lowering.program;
                let name = program.def(def).name;
                if let Some(item) = program.assoc_item(id, name) {
                    def = item;
                    args = program.types.args(&list);
                }
            }
        }
        let _ = ty;
        self.call_instance(Instance::Fn(def, args), &[], None)
    }

    /// The address of a static; its first content is computed when the program is compiled.
    pub(crate) fn static_address(&mut self, def: DefId) -> Value {
        let known = self.lowering.statics.get(&def).copied();
        let id = match known {
            Some(id) => id,
            None => {
                let ty = self.lowering.program.item_type(def);
                let layout = self.lowering.layout(ty);
                let name = self.lowering.program.static_name(def);
                let kind = match self.lowering.program.types.kind(ty) {
                    TyKind::Adt(id, args) => Some((id, self.lowering.program.types.list(args).to_vec())),
                    _ => None,
                };
                let is = |lang: &str| kind.as_ref().is_some_and(|(id, _)| self.lowering.program.is_lang(*id, lang));
                let is_shared = is("SharedArray");
                let is_constant = is("ConstantMemory");
                if is_shared {
                    self.lowering.program.check_shared_static(def);
                }
                let (space, align) = if is_shared {
                    // Elements, length, alignment.
                    let asked =
                        kind.as_ref().and_then(|(_, args)| args.get(2)).map_or(0, |ty| self.lowering.constant_of(*ty));
                    (Space::Shared, layout.align.max(asked as u32))
                } else if is_constant {
                    (Space::Constant, layout.align)
                } else {
                    (Space::Global, layout.align)
                };
                let too_large = space == Space::Constant && layout.size > CONSTANT_BYTES_MAX;
                if !align.is_power_of_two() || too_large {
                    let what = if too_large { "constant memory of more than 64 KiB" } else { "this alignment" };
                    let (file, span) = (self.lowering.program.def(def).file, self.lowering.program.name_span(def));
                    self.lowering.program.refuse(file, span, what);
                    return self.int(0);
                }
                let bytes = match space {
                    Space::Shared => Vec::new(),
                    _ => self.lowering.static_bytes(def, layout.size as usize),
                };
                let id = self.lowering.add_global(&name, space, layout.size, align, bytes);
                if space == Space::Constant {
                    self.lowering.constants.push((def, id));
                }
                self.lowering.statics.insert(def, id);
                self.lowering.static_owners.insert(id, def);
                id
            }
        };
        self.build().global_address(id)
    }

    /// Ends the block: nothing after it is reached.
    pub(crate) fn unreachable(&mut self) {
        self.build().push(InstData::new(Opcode::Unreachable, Type::Void));
        self.ended = true;
    }
}

fn instance_result(frame: &mut Frame<'_, '_>, instance: Instance) -> Option<Ty> {
    frame.lowering.outline(instance).map(|(_, result)| result)
}

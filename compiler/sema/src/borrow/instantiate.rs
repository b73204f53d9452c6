//! Types with their regions: generic parameters replaced, projections told, so that what flows through a call keeps its regions.

use std::rc::Rc;

use crate::items::DefId;
use crate::signatures::Predicate;
use crate::traits::{Selection, Solver, Source};
use crate::types::{Args, Ty, TyKind, flags, known};

use super::annotate::Region;
use super::constraints::{Category, Checker, Var};

/// A type and the region of each of its slots.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Typed {
    pub ty: Ty,
    pub regions: Vec<Var>,
}

impl Typed {
    /// A type without slots.
    pub(super) fn plain(ty: Ty) -> Typed {
        Typed { ty, regions: Vec::new() }
    }
}

const DEPTH_MAX: u32 = 12;

impl Checker<'_> {
    /// The type with a region of its own in each slot.
    pub(super) fn fresh(&mut self, ty: Ty) -> Typed {
        let count = self.program.slot_count(ty);
        let regions = (0..count).map(|_| self.new_region()).collect();
        Typed { ty, regions }
    }

    /// Regions for lifetime parameters.
    pub(super) fn fresh_regions(&mut self, count: usize) -> Vec<Var> {
        (0..count).map(|_| self.new_region()).collect()
    }

    pub(super) fn region_of(&mut self, region: Region, lifetimes: &[Var]) -> Var {
        match region.parameter() {
            None if region == Region::STATIC => Checker::STATIC,
            Some(number) if number < lifetimes.len() => lifetimes[number],
            _ => self.new_region(),
        }
    }

    /// What a signature's type means with these lifetimes and generic arguments.
    pub(super) fn instantiate(&mut self, ty: Ty, regions: &[Region], lifetimes: &[Var], args: &[Typed]) -> Typed {
        let mut out = Vec::new();
        self.splice(ty, &mut regions.iter(), lifetimes, args, &mut out);
        let list: Vec<Ty> = args.iter().map(|arg| arg.ty).collect();
        let ty = self.program.types.substitute(ty, &list);
        let typed = Typed { ty, regions: out };
        self.normalize(typed)
    }

    fn splice(
        &mut self,
        ty: Ty,
        regions: &mut std::slice::Iter<'_, Region>,
        lifetimes: &[Var],
        args: &[Typed],
        out: &mut Vec<Var>,
    ) {
        match self.program.types.kind(ty) {
            TyKind::Ref(target, _) => {
                let region = regions.next().copied().unwrap_or(Region::UNKNOWN);
                out.push(self.region_of(region, lifetimes));
                self.splice(target, regions, lifetimes, args, out);
            }
            TyKind::Ptr(target, _) | TyKind::Slice(target) | TyKind::Array(target, _) => {
                self.splice(target, regions, lifetimes, args, out);
            }
            TyKind::Tuple(list) | TyKind::FnDef(_, list) | TyKind::Projection(_, list) => {
                for ty in self.program.types.list(list).to_vec() {
                    self.splice(ty, regions, lifetimes, args, out);
                }
            }
            TyKind::Adt(def, list) => {
                for _ in 0..self.program.lifetimes_of(def).len() {
                    let region = regions.next().copied().unwrap_or(Region::UNKNOWN);
                    out.push(self.region_of(region, lifetimes));
                }
                for ty in self.program.types.list(list).to_vec() {
                    self.splice(ty, regions, lifetimes, args, out);
                }
            }
            TyKind::Closure(..) => {
                for _ in 0..self.program.slot_count(ty) {
                    out.push(self.new_region());
                }
            }
            TyKind::Param(index) => {
                if let Some(arg) = args.get(index as usize) {
                    out.extend_from_slice(&arg.regions);
                }
            }
            _ => {}
        }
    }

    /// The generic arguments of a call, each with regions of its own.
    pub(super) fn fresh_arguments(&mut self, args: Args) -> Vec<Typed> {
        let list: Vec<Ty> = self.program.types.list(args).to_vec();
        list.into_iter().map(|ty| self.fresh(ty)).collect()
    }

    /// A list cut into the types that it is of.
    pub(super) fn split(&mut self, list: &[Ty], regions: &[Var]) -> Vec<Typed> {
        let mut at = 0;
        let mut out = Vec::with_capacity(list.len());
        for &ty in list {
            let end = at + self.program.slot_count(ty);
            let part = regions.get(at..end.min(regions.len())).unwrap_or_default().to_vec();
            out.push(Typed { ty, regions: part });
            at = end;
        }
        out
    }

    /// The type with its projections told.
    pub(super) fn normalize(&mut self, typed: Typed) -> Typed {
        if !self.program.types.has(typed.ty, flags::PROJECTION) {
            return typed;
        }
        let mut out = Vec::new();
        let ty = self.normalize_part(typed.ty, &mut typed.regions.iter(), &mut out);
        Typed { ty, regions: out }
    }

    fn normalize_part(&mut self, ty: Ty, regions: &mut std::slice::Iter<'_, Var>, out: &mut Vec<Var>) -> Ty {
        if !self.program.types.has(ty, flags::PROJECTION) {
            let count = self.program.slot_count(ty);
            out.extend(regions.by_ref().take(count));
            return ty;
        }
        let kind = match self.program.types.kind(ty) {
            TyKind::Ref(target, is_mutable) => {
                out.extend(regions.next());
                TyKind::Ref(self.normalize_part(target, regions, out), is_mutable)
            }
            TyKind::Ptr(target, is_mutable) => TyKind::Ptr(self.normalize_part(target, regions, out), is_mutable),
            TyKind::Slice(element) => TyKind::Slice(self.normalize_part(element, regions, out)),
            TyKind::Array(element, length) => TyKind::Array(self.normalize_part(element, regions, out), length),
            TyKind::Tuple(list) => TyKind::Tuple(self.normalize_list(list, regions, out)),
            TyKind::FnDef(def, list) => TyKind::FnDef(def, self.normalize_list(list, regions, out)),
            TyKind::Adt(def, list) => {
                let count = self.program.lifetimes_of(def).len();
                out.extend(regions.by_ref().take(count));
                TyKind::Adt(def, self.normalize_list(list, regions, out))
            }
            TyKind::Projection(item, list) => {
                let list: Vec<Ty> = self.program.types.list(list).to_vec();
                let mut args = Vec::new();
                for ty in list {
                    let mut own = Vec::new();
                    let ty = self.normalize_part(ty, regions, &mut own);
                    args.push(Typed { ty, regions: own });
                }
                let found = self.project(item, &args);
                out.extend(found.regions);
                return found.ty;
            }
            kind => kind,
        };
        self.program.types.intern(kind)
    }

    fn normalize_list(&mut self, list: Args, regions: &mut std::slice::Iter<'_, Var>, out: &mut Vec<Var>) -> Args {
        let list: Vec<Ty> = self.program.types.list(list).to_vec();
        let list: Vec<Ty> = list.into_iter().map(|ty| self.normalize_part(ty, regions, out)).collect();
        self.program.types.args(&list)
    }

    /// What `<args[0] as Trait<args[1..]>>::item` is.
    pub(super) fn project(&mut self, item: DefId, args: &[Typed]) -> Typed {
        let list: Vec<Ty> = args.iter().map(|arg| arg.ty).collect();
        let list = self.program.types.args(&list);
        let projection = self.program.types.intern(TyKind::Projection(item, list));
        let env = self.env.clone();
        let (ty, selected) = {
            let mut solver = Solver::new(self.program, env);
            let ty = solver.normalize(projection);
            let ty = solver.resolve(ty);
            let Some(trait_id) = solver.program.def(item).parent else { return Typed::plain(ty) };
            (ty, solver.select(trait_id, list))
        };
        if self.program.slot_count(ty) == 0 {
            return Typed::plain(ty);
        }
        if self.depth >= DEPTH_MAX {
            return self.fresh(ty);
        }
        self.depth += 1;
        let found = match selected {
            Selection::Yes(Source::Impl(id, impl_args)) => self.project_impl(item, id, &impl_args, args),
            Selection::Yes(Source::Builtin) if self.program.is_lang(item, "fn_once_output") => {
                self.callable_result(args)
            }
            _ => None,
        };
        self.depth -= 1;
        match found {
            Some(found) if found.ty == ty => found,
            _ => self.fresh(ty),
        }
    }

    fn project_impl(&mut self, item: DefId, id: DefId, impl_args: &[Ty], args: &[Typed]) -> Option<Typed> {
        let header = self.program.header_of(id)?;
        let (_, pattern) = header.trait_ref?;
        let pattern: Vec<Ty> = self.program.types.list(pattern).to_vec();
        let head = self.program.head_regions(id);
        let mut bound = Bound { lifetimes: vec![None; head.count as usize], params: vec![None; impl_args.len()] };
        for ((ty, regions), arg) in pattern.iter().zip(&head.trait_args).zip(args) {
            self.bind(*ty, &mut regions.iter(), arg.ty, &mut arg.regions.iter(), &mut bound);
        }
        // What is only told by bounds: `F: FnMut(A) -> B` tells B.
        let predicates = self.program.predicates_of(id);
        for predicate in predicates.iter() {
            let Predicate::Projection(of, list, value) = *predicate else { continue };
            let is_open = matches!(self.program.types.kind(value), TyKind::Param(index)
                if bound.params.get(index as usize).is_some_and(Option::is_none));
            if !is_open {
                continue;
            }
            let list: Vec<Ty> = self.program.types.list(list).to_vec();
            let known: Vec<Typed> = self.filled(&bound, impl_args);
            let list: Vec<Typed> = list.into_iter().map(|ty| self.instantiate(ty, &[], &[], &known)).collect();
            let found = self.project(of, &list);
            self.bind(value, &mut [].iter(), found.ty, &mut found.regions.iter(), &mut bound);
        }
        let name = self.program.def(item).name;
        let value = self.program.assoc_item(id, name)?;
        let (ty, regions) = (self.program.item_type(value), self.program.item_regions(value));
        let lifetimes: Vec<Var> =
            bound.lifetimes.clone().into_iter().map(|known| known.unwrap_or_else(|| self.new_region())).collect();
        let params = self.filled(&bound, impl_args);
        Some(self.instantiate(ty, &regions, &lifetimes, &params))
    }

    fn filled(&mut self, bound: &Bound, impl_args: &[Ty]) -> Vec<Typed> {
        (bound.params.iter().zip(impl_args))
            .map(|(known, ty)| known.clone().unwrap_or_else(|| self.fresh(*ty)))
            .collect()
    }

    /// What a closure or function item returns for its arguments.
    fn callable_result(&mut self, args: &[Typed]) -> Option<Typed> {
        let given = args.get(1)?;
        let parameters: Vec<Ty> = match self.program.types.kind(given.ty) {
            TyKind::Tuple(items) => self.program.types.list(items).to_vec(),
            _ => return None,
        };
        let given = self.split(&parameters, &given.regions);
        match self.program.types.kind(args[0].ty) {
            TyKind::Closure(id, _) => {
                let result = self.program.closures[id.0 as usize].result;
                let result = self.fresh(result);
                self.closure_call(id, &args[0].regions, &given, &result, Category::Other, rustg_base::Span::default());
                Some(result)
            }
            TyKind::FnDef(def, list) => {
                let list: Vec<Ty> = self.program.types.list(list).to_vec();
                let generic = self.split(&list, &args[0].regions);
                let (parameters, result) = self.signature(def, &generic);
                for (given, parameter) in given.iter().zip(&parameters) {
                    self.flow(given, parameter, Category::Other, rustg_base::Span::default());
                }
                Some(result)
            }
            _ => None,
        }
    }

    /// A function's parameters and result with fresh lifetimes, for these generic arguments.
    pub(super) fn signature(&mut self, def: DefId, generic: &[Typed]) -> (Vec<Typed>, Typed) {
        let regions = self.program.fn_regions(def);
        let signature = match self.program.def(def).kind {
            crate::items::DefKind::Fn => self.program.signature_of(def),
            _ => self.program.constructor_signature(def),
        };
        let lifetimes = self.fresh_regions(regions.count as usize);
        let parameters: Vec<Typed> = (signature.parameters.iter().zip(&regions.parameters))
            .map(|(ty, regions)| self.instantiate(*ty, regions, &lifetimes, generic))
            .collect();
        let result = self.instantiate(signature.result, &regions.result, &lifetimes, generic);
        let span = self.span;
        // What is only implied need not be asked for: the arguments are well formed.
        for &(longer, shorter) in &regions.outlives {
            let (longer, shorter) = (self.region_of(longer, &lifetimes), self.region_of(shorter, &lifetimes));
            self.outlives(longer, shorter, Category::Other, span);
        }
        for &(param, region) in &regions.type_outlives {
            let region = self.region_of(region, &lifetimes);
            if let Some(arg) = generic.get(param as usize) {
                for &longer in &arg.regions.clone() {
                    self.outlives(longer, region, Category::Argument, span);
                }
            }
        }
        self.bounds(def, generic);
        (parameters, result)
    }

    /// What an item's bounds say of associated types: `F: FnMut(A) -> B`, `I: Iterator<Item = A>`.
    fn bounds(&mut self, def: DefId, generic: &[Typed]) {
        let predicates: Rc<Vec<Predicate>> = self.program.predicates_of(def);
        for predicate in predicates.iter() {
            let Predicate::Projection(item, list, value) = *predicate else { continue };
            if self.program.types.kind(value) == TyKind::Tuple(Args::EMPTY) {
                // Nothing comes back, but the arguments flow into the closure.
                if !self.program.is_lang(item, "fn_once_output") {
                    continue;
                }
            }
            let list: Vec<Ty> = self.program.types.list(list).to_vec();
            if list.first().is_none_or(|ty| *ty == known::ERROR) {
                continue;
            }
            let args: Vec<Typed> = list.into_iter().map(|ty| self.instantiate(ty, &[], &[], generic)).collect();
            if self.program.types.has(args[0].ty, flags::PARAM) && self.program.slot_count(args[0].ty) == 0 {
                continue;
            }
            let wanted = self.instantiate(value, &[], &[], generic);
            let found = match self.program.types.kind(args[0].ty) {
                TyKind::Closure(..) | TyKind::FnDef(..) if self.program.is_lang(item, "fn_once_output") => {
                    self.callable_result(&args)
                }
                _ => Some(self.project(item, &args)),
            };
            if let Some(found) = found
                && found.ty == wanted.ty
            {
                let span = self.span;
                self.flow(&found, &wanted, Category::Other, span);
            }
        }
    }

    /// Reads off what an impl's parameters are, by its pattern and the type that it is used for.
    fn bind(
        &mut self,
        pattern: Ty,
        names: &mut std::slice::Iter<'_, Region>,
        ty: Ty,
        regions: &mut std::slice::Iter<'_, Var>,
        bound: &mut Bound,
    ) {
        let lifetime = |checker: &mut Self, name: Option<&Region>, region: Option<&Var>, bound: &mut Bound| {
            let (Some(name), Some(&region)) = (name, region) else { return };
            let Some(slot) = name.parameter().and_then(|number| bound.lifetimes.get_mut(number)) else { return };
            match *slot {
                None => *slot = Some(region),
                Some(known) => checker.equate(known, region),
            }
        };
        match (self.program.types.kind(pattern), self.program.types.kind(ty)) {
            (TyKind::Param(index), _) => {
                let count = self.program.slot_count(ty);
                let own: Vec<Var> = regions.by_ref().take(count).copied().collect();
                match bound.params.get_mut(index as usize) {
                    Some(slot @ None) => *slot = Some(Typed { ty, regions: own }),
                    Some(Some(known)) => {
                        for (a, b) in known.regions.clone().into_iter().zip(own) {
                            self.equate(a, b);
                        }
                    }
                    None => {}
                }
            }
            (TyKind::Ref(a, _), TyKind::Ref(b, _)) => {
                lifetime(self, names.next(), regions.next(), bound);
                self.bind(a, names, b, regions, bound);
            }
            (TyKind::Ptr(a, _), TyKind::Ptr(b, _))
            | (TyKind::Slice(a), TyKind::Slice(b))
            | (TyKind::Array(a, _), TyKind::Array(b, _)) => self.bind(a, names, b, regions, bound),
            (TyKind::Tuple(a), TyKind::Tuple(b)) => self.bind_list(a, names, b, regions, bound),
            (TyKind::Adt(def, a), TyKind::Adt(other, b)) if def == other => {
                for _ in 0..self.program.lifetimes_of(def).len() {
                    lifetime(self, names.next(), regions.next(), bound);
                }
                self.bind_list(a, names, b, regions, bound);
            }
            _ => {
                let (mine, theirs) = (self.program.slot_count(pattern), self.program.slot_count(ty));
                names.by_ref().take(mine).for_each(drop);
                regions.by_ref().take(theirs).for_each(drop);
            }
        }
    }

    fn bind_list(
        &mut self,
        pattern: Args,
        names: &mut std::slice::Iter<'_, Region>,
        list: Args,
        regions: &mut std::slice::Iter<'_, Var>,
        bound: &mut Bound,
    ) {
        let pattern: Vec<Ty> = self.program.types.list(pattern).to_vec();
        let list: Vec<Ty> = self.program.types.list(list).to_vec();
        for (pattern, ty) in pattern.into_iter().zip(list) {
            self.bind(pattern, names, ty, regions, bound);
        }
    }
}

/// What an impl's parameters are known to be.
struct Bound {
    lifetimes: Vec<Option<Var>>,
    params: Vec<Option<Typed>>,
}

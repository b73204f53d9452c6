//! Traits: which impl, bound or built-in rule makes a predicate true, and what projections are. Variables of inference live here.

use std::rc::Rc;

use crate::closures::ClosureKind;
use crate::items::{DefId, DefKind};
use crate::program::Program;
use crate::signatures::Predicate;
use crate::types::{Args, Ty, TyKind, flags, known};

/// What kind of types a variable may stand for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum VarKind {
    Any,
    Int,
    Float,
}

#[derive(Clone, Copy)]
enum Var {
    Open(VarKind),
    Is(Ty),
}

/// Why a predicate holds.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// It is a bound of the item.
    Bound,
    /// An impl with its arguments.
    Impl(DefId, Vec<Ty>),
    /// A rule of the language.
    Builtin,
}

/// Whether a predicate holds.
#[derive(Clone, Debug)]
pub(crate) enum Selection {
    Yes(Source),
    No,
    Maybe,
}

const DEPTH_MAX: u32 = 32;

/// Variables, bounds, and the search for impls.
pub(crate) struct Solver<'a> {
    pub(crate) program: &'a mut Program,
    pub(crate) env: Rc<Vec<Predicate>>,
    vars: Vec<Var>,
    /// What variables were before each binding, to take it back.
    trail: Vec<(u32, Var)>,
    depth: u32,
    /// Projections that wait: the variable that stands for each.
    pub(crate) waiting: Vec<(DefId, Args, Ty)>,
}

impl<'a> Solver<'a> {
    pub(crate) fn new(program: &'a mut Program, env: Rc<Vec<Predicate>>) -> Solver<'a> {
        Solver { program, env, vars: Vec::new(), trail: Vec::new(), depth: 0, waiting: Vec::new() }
    }

    pub(crate) fn fresh(&mut self, kind: VarKind) -> Ty {
        let var = self.vars.len() as u32;
        self.vars.push(Var::Open(kind));
        self.program.types.intern(TyKind::Infer(var))
    }

    /// The type, or what its variable is known to be.
    pub(crate) fn shallow(&self, mut ty: Ty) -> Ty {
        while let TyKind::Infer(var) = self.program.types.kind(ty) {
            match self.vars.get(var as usize) {
                Some(Var::Is(next)) => ty = *next,
                _ => break,
            }
        }
        ty
    }

    /// What a type is, as far as known.
    pub(crate) fn kind(&self, ty: Ty) -> TyKind {
        self.program.types.kind(self.shallow(ty))
    }

    pub(crate) fn var_kind(&self, ty: Ty) -> Option<VarKind> {
        match self.kind(ty) {
            TyKind::Infer(var) => match self.vars.get(var as usize) {
                Some(Var::Open(kind)) => Some(*kind),
                _ => Some(VarKind::Any),
            },
            _ => None,
        }
    }

    /// The type with all that is known put in.
    pub(crate) fn resolve(&mut self, ty: Ty) -> Ty {
        let ty = self.shallow(ty);
        if !self.program.types.has(ty, flags::INFER) || matches!(self.program.types.kind(ty), TyKind::Infer(_)) {
            return ty;
        }
        let parts = self.parts(ty);
        let resolved: Vec<Ty> = parts.iter().map(|part| self.resolve(*part)).collect();
        self.with_parts(ty, &resolved)
    }

    fn parts(&self, ty: Ty) -> Vec<Ty> {
        let types = &self.program.types;
        match types.kind(ty) {
            TyKind::Ref(target, _) | TyKind::Ptr(target, _) | TyKind::Slice(target) => vec![target],
            TyKind::Array(element, length) => vec![element, length],
            TyKind::Adt(_, args)
            | TyKind::FnDef(_, args)
            | TyKind::Closure(_, args)
            | TyKind::Projection(_, args)
            | TyKind::FnPtr(args)
            | TyKind::Tuple(args) => types.list(args).to_vec(),
            _ => Vec::new(),
        }
    }

    fn with_parts(&mut self, ty: Ty, parts: &[Ty]) -> Ty {
        let mut at = 0;
        self.program.types.map_parts(ty, &mut |_, _| {
            at += 1;
            parts[at - 1]
        })
    }

    pub(crate) fn resolve_args(&mut self, args: Args) -> Args {
        if !self.program.types.list_has(args, flags::INFER) {
            return args;
        }
        let items: Vec<Ty> = self.program.types.list(args).to_vec();
        let items: Vec<Ty> = items.into_iter().map(|ty| self.resolve(ty)).collect();
        self.program.types.args(&items)
    }

    pub(crate) fn probe<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.mark();
        let result = run(self);
        self.undo(mark);
        result
    }

    /// Where things stand: variables, bindings, what waits.
    fn mark(&self) -> [usize; 3] {
        [self.vars.len(), self.trail.len(), self.waiting.len()]
    }

    fn undo(&mut self, [vars, trail, waiting]: [usize; 3]) {
        for (var, before) in self.trail.drain(trail..).rev() {
            self.vars[var as usize] = before;
        }
        self.vars.truncate(vars);
        self.waiting.truncate(waiting);
    }

    fn set(&mut self, var: u32, ty: Ty) {
        self.trail.push((var, self.vars[var as usize]));
        self.vars[var as usize] = Var::Is(ty);
    }

    /// Runs, and takes everything back unless it says that it fits.
    pub(crate) fn commit_if(&mut self, run: impl FnOnce(&mut Self) -> bool) -> bool {
        let mark = self.mark();
        let fits = run(self);
        if !fits {
            self.undo(mark);
        }
        fits
    }

    fn bind(&mut self, var: u32, ty: Ty) -> bool {
        let Some(Var::Open(kind)) = self.vars.get(var as usize).copied() else { return false };
        let fits = match (kind, self.program.types.kind(ty)) {
            (_, TyKind::Error) => true,
            (VarKind::Any, _) => !self.occurs(var, ty),
            (VarKind::Int, TyKind::Int(_)) | (VarKind::Float, TyKind::Float(_)) => true,
            (kind, TyKind::Infer(other)) => match self.vars[other as usize] {
                Var::Open(VarKind::Any) => {
                    let ty = self.program.types.intern(TyKind::Infer(var));
                    self.set(other, ty);
                    return true;
                }
                Var::Open(other) => other == kind,
                Var::Is(_) => false,
            },
            _ => false,
        };
        if fits {
            self.set(var, ty);
        }
        fits
    }

    fn occurs(&self, var: u32, ty: Ty) -> bool {
        let ty = self.shallow(ty);
        if !self.program.types.has(ty, flags::INFER) {
            return false;
        }
        match self.program.types.kind(ty) {
            TyKind::Infer(other) => other == var,
            _ => self.parts(ty).into_iter().any(|part| self.occurs(var, part)),
        }
    }

    /// Makes two types equal, if they can be.
    pub(crate) fn unify(&mut self, a: Ty, b: Ty) -> bool {
        let (a, b) = (self.shallow(a), self.shallow(b));
        if a == b {
            return true;
        }
        let (a, b) = (self.normalize_shallow(a), self.normalize_shallow(b));
        if a == b {
            return true;
        }
        match (self.program.types.kind(a), self.program.types.kind(b)) {
            (TyKind::Error, _) | (_, TyKind::Error) => true,
            (TyKind::Infer(var), _) => self.bind(var, b),
            (_, TyKind::Infer(var)) => self.bind(var, a),
            (TyKind::Ref(a, x), TyKind::Ref(b, y)) | (TyKind::Ptr(a, x), TyKind::Ptr(b, y)) => {
                x == y && self.unify(a, b)
            }
            (TyKind::Slice(a), TyKind::Slice(b)) => self.unify(a, b),
            (TyKind::Array(a, x), TyKind::Array(b, y)) => self.unify(a, b) && self.unify(x, y),
            (TyKind::Adt(x, a), TyKind::Adt(y, b))
            | (TyKind::FnDef(x, a), TyKind::FnDef(y, b))
            | (TyKind::Projection(x, a), TyKind::Projection(y, b)) => x == y && self.unify_args(a, b),
            (TyKind::Closure(x, a), TyKind::Closure(y, b)) => x == y && self.unify_args(a, b),
            (TyKind::Tuple(a), TyKind::Tuple(b)) | (TyKind::FnPtr(a), TyKind::FnPtr(b)) => self.unify_args(a, b),
            _ => false,
        }
    }

    pub(crate) fn unify_args(&mut self, a: Args, b: Args) -> bool {
        if a == b {
            return true;
        }
        let (a, b) = (self.program.types.list(a).to_vec(), self.program.types.list(b).to_vec());
        a.len() == b.len() && a.into_iter().zip(b).all(|(a, b)| self.unify(a, b))
    }

    // Projections.

    fn normalize_shallow(&mut self, ty: Ty) -> Ty {
        match self.program.types.kind(ty) {
            TyKind::Projection(item, args) => self.project(item, args).unwrap_or(ty),
            _ => ty,
        }
    }

    /// The type with every projection in it replaced by what it is; unknown ones become variables that wait.
    pub(crate) fn normalize(&mut self, ty: Ty) -> Ty {
        let ty = self.shallow(ty);
        if !self.program.types.has(ty, flags::PROJECTION) {
            return ty;
        }
        let parts = self.parts(ty);
        let parts: Vec<Ty> = parts.iter().map(|part| self.normalize(*part)).collect();
        let ty = self.with_parts(ty, &parts);
        if let TyKind::Projection(item, args) = self.program.types.kind(ty) {
            if let Some(found) = self.project(item, args) {
                return found;
            }
            if self.program.types.list_has(args, flags::INFER) {
                let resolved = self.resolve_args(args);
                if self.program.types.list_has(resolved, flags::INFER) {
                    let var = self.fresh(VarKind::Any);
                    self.waiting.push((item, args, var));
                    return var;
                }
            }
        }
        ty
    }

    /// What `<args[0] as Trait>::item` is, if that can be told; of a bound that says nothing of it, itself.
    pub(crate) fn project(&mut self, item: DefId, args: Args) -> Option<Ty> {
        let args = self.resolve_args(args);
        if self.program.types.list(args).first().is_some_and(|ty| self.var_kind(*ty) == Some(VarKind::Any)) {
            return None;
        }
        let env = self.env.clone();
        for predicate in env.iter() {
            if let Predicate::Projection(known, known_args, value) = *predicate
                && known == item
                && self.commit_if(|solver| solver.unify_args(known_args, args))
            {
                return Some(self.normalize(value));
            }
        }
        let trait_id = self.program.def(item).parent?;
        let name = self.program.def(item).name;
        match self.select(trait_id, args) {
            Selection::Yes(Source::Impl(id, impl_args)) => {
                let value = self.program.assoc_item(id, name)?;
                let ty = self.program.item_type(value);
                let ty = self.program.types.substitute(ty, &impl_args);
                Some(self.normalize(ty))
            }
            Selection::Yes(Source::Builtin) if self.program.is_lang(item, "fn_once_output") => {
                let callee = self.program.types.list(args)[0];
                let (_, result) = self.callable(callee)?;
                Some(result)
            }
            Selection::Yes(Source::Bound) => Some(self.program.types.intern(TyKind::Projection(item, args))),
            _ => None,
        }
    }

    /// Looks again at projections that wait; whether anything came of it.
    pub(crate) fn retry_waiting(&mut self) -> bool {
        let mut changed = false;
        let open = std::mem::take(&mut self.waiting);
        for (item, args, var) in open {
            match self.project(item, args) {
                Some(ty) => {
                    self.unify(var, ty);
                    changed = true;
                }
                None => self.waiting.push((item, args, var)),
            }
        }
        changed
    }

    // Selection.

    /// What a closure or function item takes (as a tuple) and returns.
    pub(crate) fn callable(&mut self, ty: Ty) -> Option<(Ty, Ty)> {
        match self.kind(ty) {
            TyKind::Closure(id, args) => {
                let closure = &self.program.closures[id.0 as usize];
                let (parameters, result) = (closure.parameters, closure.result);
                let args: Vec<Ty> = self.program.types.list(args).to_vec();
                Some((self.program.types.substitute(parameters, &args), self.program.types.substitute(result, &args)))
            }
            TyKind::FnDef(id, args) => {
                let signature = match self.program.def(id).kind {
                    DefKind::Fn => self.program.signature_of(id),
                    _ => self.program.constructor_signature(id),
                };
                let args: Vec<Ty> = self.program.types.list(args).to_vec();
                let parameters: Vec<Ty> =
                    signature.parameters.iter().map(|ty| self.program.types.substitute(*ty, &args)).collect();
                let parameters: Vec<Ty> = parameters.into_iter().map(|ty| self.normalize(ty)).collect();
                let result = self.program.types.substitute(signature.result, &args);
                let result = self.normalize(result);
                Some((self.program.types.tuple(&parameters), result))
            }
            _ => None,
        }
    }

    /// Whether a trait holds of arguments, and why. Variables that only one answer allows are bound.
    pub(crate) fn select(&mut self, trait_id: DefId, args: Args) -> Selection {
        if self.depth > DEPTH_MAX {
            return Selection::No;
        }
        self.depth += 1;
        let answer = self.select_inner(trait_id, args);
        self.depth -= 1;
        answer
    }

    fn select_inner(&mut self, trait_id: DefId, args: Args) -> Selection {
        let args = self.resolve_args(args);
        if self.program.types.list_has(args, flags::PROJECTION) {
            let items: Vec<Ty> = self.program.types.list(args).to_vec();
            let items: Vec<Ty> = items.into_iter().map(|ty| self.normalize(ty)).collect();
            let normalized = self.program.types.args(&items);
            if normalized != args {
                return self.select(trait_id, normalized);
            }
        }
        let self_type = self.program.types.list(args)[0];
        if self.var_kind(self_type) == Some(VarKind::Any) {
            return Selection::Maybe;
        }
        let env = self.env.clone();
        for predicate in env.iter() {
            if let Predicate::Trait(known, known_args) = *predicate
                && known == trait_id
                && self.commit_if(|solver| solver.unify_args(known_args, args))
            {
                return Selection::Yes(Source::Bound);
            }
        }
        if self.is_error(self_type) {
            return Selection::Yes(Source::Builtin);
        }
        match self.builtin(trait_id, args, self_type) {
            Some(true) => return Selection::Yes(Source::Builtin),
            Some(false) => return Selection::No,
            None => {}
        }
        let impls = self.program.impls_of_trait.get(&trait_id).cloned().unwrap_or_default();
        let mut found: Option<DefId> = None;
        let mut is_ambiguous = false;
        for id in impls {
            let fits =
                self.probe(|solver| solver.match_impl(id, args).map(|impl_args| solver.impl_holds(id, &impl_args)));
            match fits {
                Some(Some(_)) if found.is_none() => found = Some(id),
                Some(Some(_)) => is_ambiguous = true,
                _ => {}
            }
        }
        match found {
            None => Selection::No,
            Some(_) if is_ambiguous => Selection::Maybe,
            Some(id) => {
                let impl_args = self.match_impl(id, args).expect("it matched above");
                // What the impl asks of its arguments may tell them.
                let _ = self.impl_holds(id, &impl_args);
                let impl_args = impl_args.into_iter().map(|ty| self.resolve(ty)).collect();
                Selection::Yes(Source::Impl(id, impl_args))
            }
        }
    }

    fn is_error(&self, ty: Ty) -> bool {
        self.program.types.has(ty, flags::ERROR)
    }

    /// The impl's arguments if its head fits.
    fn match_impl(&mut self, id: DefId, args: Args) -> Option<Vec<Ty>> {
        let header = self.program.header_of(id)?;
        let (_, impl_trait_args) = header.trait_ref?;
        // A quick look at the outermost kinds.
        let (mine, theirs) = (self.program.types.list(impl_trait_args)[0], self.program.types.list(args)[0]);
        if !self.may_unify(mine, theirs) {
            return None;
        }
        let count = self.program.generics_of(id).params.len();
        let fresh: Vec<Ty> = (0..count).map(|_| self.fresh(VarKind::Any)).collect();
        let wanted = self.program.types.substitute_list(impl_trait_args, &fresh);
        let items: Vec<Ty> = self.program.types.list(wanted).to_vec();
        let given: Vec<Ty> = self.program.types.list(args).to_vec();
        for (item, given) in items.into_iter().zip(given) {
            let item = self.normalize(item);
            if !self.unify(item, given) {
                return None;
            }
        }
        Some(fresh)
    }

    pub(crate) fn may_unify(&self, pattern: Ty, ty: Ty) -> bool {
        match (self.program.types.kind(pattern), self.kind(ty)) {
            (TyKind::Param(_) | TyKind::Infer(_) | TyKind::Projection(..) | TyKind::Error, _) => true,
            (_, TyKind::Infer(_)) => match self.var_kind(ty) {
                Some(VarKind::Int) => matches!(self.program.types.kind(pattern), TyKind::Int(_)),
                Some(VarKind::Float) => matches!(self.program.types.kind(pattern), TyKind::Float(_)),
                _ => true,
            },
            (_, TyKind::Error) => true,
            (TyKind::Adt(a, _), TyKind::Adt(b, _)) => a == b,
            (TyKind::Ref(a, x), TyKind::Ref(b, y)) => x == y && self.may_unify(a, b),
            (TyKind::Ptr(_, x), TyKind::Ptr(_, y)) => x == y,
            (TyKind::Slice(_), TyKind::Slice(_)) | (TyKind::Array(..), TyKind::Array(..)) => true,
            (TyKind::Tuple(a), TyKind::Tuple(b)) => {
                self.program.types.list(a).len() == self.program.types.list(b).len()
            }
            (a, b) => a == b,
        }
    }

    /// Whether an impl's bounds hold: nothing where one surely does not, false where one may.
    fn impl_holds(&mut self, id: DefId, impl_args: &[Ty]) -> Option<bool> {
        let predicates = self.program.predicates_of(id);
        let mut sure = true;
        for predicate in predicates.iter() {
            match self.program.substitute_predicate(*predicate, impl_args) {
                Predicate::Trait(trait_id, args) => match self.select(trait_id, args) {
                    Selection::No => return None,
                    Selection::Maybe => sure = false,
                    Selection::Yes(_) => {}
                },
                Predicate::Projection(item, args, value) => match self.project(item, args) {
                    Some(ty) => {
                        let value = self.normalize(value);
                        if !self.unify(ty, value) {
                            return None;
                        }
                    }
                    None => sure = false,
                },
            }
        }
        Some(sure)
    }

    /// What the language itself says of a trait; nothing where impls decide.
    fn builtin(&mut self, trait_id: DefId, args: Args, self_type: Ty) -> Option<bool> {
        let name = self.program.def(trait_id).name;
        let name = self.program.strings.get(name);
        let kind = match name {
            "Sized" | "Copy" | "Clone" | "Fn" | "FnMut" | "FnOnce" | "Send" | "Sync" => name.to_owned(),
            _ => return None,
        };
        if !self.program.is_lang(trait_id, &kind) {
            return None;
        }
        match kind.as_str() {
            "Sized" => Some(!matches!(self.kind(self_type), TyKind::Slice(_) | TyKind::Str)),
            "Send" | "Sync" => Some(true),
            "Copy" | "Clone" => match self.kind(self_type) {
                TyKind::Infer(_) => Some(true),
                TyKind::Bool
                | TyKind::Char
                | TyKind::Int(_)
                | TyKind::Float(_)
                | TyKind::Never
                | TyKind::FnDef(..)
                | TyKind::FnPtr(_)
                | TyKind::Ptr(..) => Some(true),
                TyKind::Ref(_, is_mutable) => Some(!is_mutable),
                TyKind::Tuple(items) => {
                    let items: Vec<Ty> = self.program.types.list(items).to_vec();
                    Some(items.into_iter().all(|ty| self.holds(trait_id, ty)))
                }
                TyKind::Array(element, _) => Some(self.holds(trait_id, element)),
                TyKind::Closure(id, args) => {
                    let captures = self.program.closures[id.0 as usize].captures.clone();
                    let args: Vec<Ty> = self.program.types.list(args).to_vec();
                    Some(captures.into_iter().all(|capture| {
                        let ty = self.program.types.substitute(capture.ty, &args);
                        self.holds(trait_id, ty)
                    }))
                }
                TyKind::Str | TyKind::Slice(_) | TyKind::Param(_) | TyKind::Projection(..) => Some(false),
                _ => None,
            },
            _ => {
                if let TyKind::Closure(id, _) = self.kind(self_type)
                    && let Some(known) = self.program.closures[id.0 as usize].kind
                    && self.program.call_trait_kind(trait_id).is_some_and(|wanted| known > wanted)
                {
                    return Some(false);
                }
                let (parameters, _) = match self.callable(self_type) {
                    Some(found) => found,
                    None => {
                        return matches!(
                            self.kind(self_type),
                            TyKind::Param(_) | TyKind::Int(_) | TyKind::Float(_) | TyKind::Bool
                        )
                        .then_some(false);
                    }
                };
                let wanted = self.program.types.list(args).get(1).copied().unwrap_or(known::UNIT);
                Some(self.commit_if(|solver| solver.unify(parameters, wanted)))
            }
        }
    }

    /// Whether a trait without further arguments surely holds.
    pub(crate) fn holds(&mut self, trait_id: DefId, ty: Ty) -> bool {
        let args = self.program.types.args(&[ty]);
        matches!(self.select(trait_id, args), Selection::Yes(_))
    }

    /// Whether values of the type are copied rather than moved.
    pub(crate) fn is_copy(&mut self, ty: Ty) -> bool {
        let ty = self.resolve(ty);
        match self.program.types.kind(ty) {
            TyKind::Bool
            | TyKind::Char
            | TyKind::Int(_)
            | TyKind::Float(_)
            | TyKind::Never
            | TyKind::Ptr(..)
            | TyKind::FnDef(..) => true,
            TyKind::Ref(_, is_mutable) => !is_mutable,
            TyKind::Error => true,
            _ => match self.program.lang_item("Copy") {
                Some(copy) => self.holds(copy, ty),
                None => false,
            },
        }
    }
}

impl Solver<'_> {
    /// Whether nothing an impl asks of its arguments is surely false.
    pub(crate) fn impl_may_hold(&mut self, id: DefId, impl_args: &[Ty]) -> bool {
        self.probe(|solver| solver.impl_holds(id, impl_args).is_some())
    }
}

impl Program {
    /// Which of `Fn`, `FnMut` and `FnOnce` a trait is.
    pub(crate) fn call_trait_kind(&self, trait_id: DefId) -> Option<ClosureKind> {
        let kind = ClosureKind::named(self.strings.get(self.def(trait_id).name))?;
        self.is_lang(trait_id, kind.name()).then_some(kind)
    }

    /// What the constructor of a tuple structure or variant takes and returns.
    pub(crate) fn constructor_signature(&mut self, id: DefId) -> Rc<crate::signatures::FnSignature> {
        if let Some(known) = self.signatures.get(&id) {
            return known.clone();
        }
        let adt = if self.def(id).kind == DefKind::Variant {
            self.def(id).parent.expect("a variant stands in an enumeration")
        } else {
            id
        };
        let args = self.identity_args(adt);
        let result = self.types.intern(TyKind::Adt(adt, args));
        let parameters = self.fields_of(id).iter().map(|field| field.ty).collect();
        let signature = Rc::new(crate::signatures::FnSignature { parameters, result });
        self.signatures.insert(id, signature.clone());
        signature
    }

    /// Whether a structure or variant has `(…)`.
    pub(crate) fn is_tuple_like(&self, id: DefId) -> bool {
        let def = self.def(id);
        self.file(def.file).child(def.node, rustg_syntax::NodeKind::TupleFieldList).is_some()
    }
}

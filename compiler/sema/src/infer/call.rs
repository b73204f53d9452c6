//! Calls, structure expressions, closures, `?`, iteration.

use rustg_base::{Span, StringId};

use crate::closures::ClosureKind;
use crate::hir::*;
use crate::items::{DefId, DefKind, def_flags};
use crate::signatures::Predicate;
use crate::traits::VarKind;
use crate::types::{Args, Ty, TyKind, known};

use super::{Adjust, Expect, Infer};

impl Infer<'_> {
    pub(super) fn check_call(&mut self, id: ExprId, callee: ExprId, arguments: &[ExprId], expect: Expect) -> Ty {
        let ty = self.check(callee, Expect::Nothing);
        if self.solver.var_kind(ty) == Some(VarKind::Any) {
            self.process();
        }
        let mut at = self.solver.resolve(ty);
        let mut steps = Vec::new();
        loop {
            match self.solver.kind(at) {
                TyKind::Error => {
                    arguments.iter().for_each(|argument| _ = self.check(*argument, Expect::Nothing));
                    return known::ERROR;
                }
                TyKind::FnDef(def, args) => {
                    if self.program().has_flag(def, def_flags::UNSAFE) && self.program().def(def).kind == DefKind::Fn {
                        let name = self.program().path_of(def);
                        self.need_unsafe(id, &format!("call to unsafe function `{name}`"));
                    }
                    let Some((parameters, result)) = self.solver.callable(at) else { return known::ERROR };
                    let parameters = self.tuple_items(parameters);
                    let hints = self.expect_result(result, &parameters, expect);
                    self.check_arguments_with(&parameters, &hints, arguments, self.span(id));
                    self.out.callees.insert(id, (def, args));
                    return result;
                }
                TyKind::Closure(..) => {
                    self.adjust(callee, &steps);
                    let Some((parameters, result)) = self.solver.callable(at) else { return known::ERROR };
                    let parameters = self.tuple_items(parameters);
                    self.check_arguments(&parameters, arguments, self.span(id));
                    return result;
                }
                TyKind::Param(_) => {
                    let Some((method, args, parameters, result)) = self.callable_bound(at) else { break };
                    self.adjust(callee, &steps);
                    let parameters = self.tuple_items(parameters);
                    self.check_arguments(&parameters, arguments, self.span(id));
                    self.out.callees.insert(id, (method, args));
                    return result;
                }
                TyKind::Ref(target, _) => {
                    steps.push(Adjust::Deref);
                    at = self.solver.resolve(target);
                }
                _ => break,
            }
        }
        arguments.iter().for_each(|argument| _ = self.check(*argument, Expect::Nothing));
        let name = self.shown(ty);
        self.error(self.span(callee), "E0618", format!("expected function, found `{name}`"));
        known::ERROR
    }

    fn tuple_items(&mut self, ty: Ty) -> Vec<Ty> {
        match self.solver.kind(ty) {
            TyKind::Tuple(items) => self.types().list(items).to_vec(),
            _ => Vec::new(),
        }
    }

    /// The bound by which a value of a generic type can be called: the method and its arguments, what it takes and returns.
    fn callable_bound(&mut self, ty: Ty) -> Option<(DefId, Args, Ty, Ty)> {
        let env = self.solver.env.clone();
        for (name, method) in [("Fn", "call"), ("FnMut", "call_mut"), ("FnOnce", "call_once")] {
            let Some(trait_id) = self.lang(name) else { continue };
            for predicate in env.iter() {
                if let Predicate::Trait(known, args) = *predicate
                    && known == trait_id
                    && self.types().list(args)[0] == ty
                {
                    let method = self.program().strings.intern(method);
                    let method = self.program().assoc_item(trait_id, method)?;
                    let output = self.lang("fn_once_output")?;
                    let parameters = self.types().list(args)[1];
                    let projection = self.intern(TyKind::Projection(output, args));
                    let result = self.solver.normalize(projection);
                    return Some((method, args, parameters, result));
                }
            }
        }
        None
    }

    /// Lets what is expected of a call's result tell its generic arguments, and gives what that says of its parameters: hints, because the
    /// result may be converted.
    pub(super) fn expect_result(&mut self, result: Ty, parameters: &[Ty], expect: Expect) -> Vec<Ty> {
        let Some(expected) = expect.ty() else { return parameters.to_vec() };
        match (self.solver.kind(result), self.solver.kind(expected)) {
            (TyKind::Adt(a, _), TyKind::Adt(b, _)) if a == b => {
                self.solver.commit_if(|solver| solver.unify(result, expected));
                parameters.to_vec()
            }
            (TyKind::Infer(_), kind) if !matches!(kind, TyKind::Infer(_) | TyKind::Never | TyKind::Error) => {
                self.solver.probe(|solver| {
                    solver.unify(result, expected);
                    parameters.iter().map(|parameter| solver.resolve(*parameter)).collect()
                })
            }
            _ => parameters.to_vec(),
        }
    }

    /// Checks arguments: closures last, when the others have told what they take.
    pub(super) fn check_arguments(&mut self, parameters: &[Ty], arguments: &[ExprId], span: Span) {
        self.check_arguments_with(parameters, parameters, arguments, span);
    }

    /// The same, with what each argument is expected to be beside what it must become.
    pub(super) fn check_arguments_with(&mut self, parameters: &[Ty], hints: &[Ty], arguments: &[ExprId], span: Span) {
        if parameters.len() != arguments.len() {
            arguments.iter().for_each(|argument| _ = self.check(*argument, Expect::Nothing));
            let message =
                format!("this function takes {} arguments but {} were supplied", parameters.len(), arguments.len());
            return self.error(span, "E0061", message);
        }
        for closures in [false, true] {
            if closures {
                if !arguments.iter().any(|argument| matches!(self.body.expr(*argument).kind, ExprKind::Closure(_))) {
                    break;
                }
                self.process();
            }
            for ((argument, parameter), hint) in arguments.iter().zip(parameters).zip(hints) {
                if matches!(self.body.expr(*argument).kind, ExprKind::Closure(_)) == closures {
                    let found = self.check(*argument, Expect::Has(*hint));
                    self.coerce(*argument, found, *parameter);
                }
            }
        }
    }

    pub(super) fn check_record(
        &mut self,
        id: ExprId,
        path: Written,
        fields: &[(StringId, ExprId, Span)],
        base: Option<ExprId>,
        expect: Expect,
    ) -> Ty {
        let span = self.span(id);
        let Some((def, args)) = self.resolve_constructor(path, span) else {
            fields.iter().for_each(|(_, value, _)| _ = self.check(*value, Expect::Nothing));
            return known::ERROR;
        };
        let adt = match self.program().def(def).kind {
            DefKind::Variant => self.program().def(def).parent.expect("a variant stands in an enumeration"),
            DefKind::Struct => def,
            DefKind::Union => return self.refuse(span, "a union"),
            _ => {
                self.error(span, "E0574", "expected struct or variant");
                return known::ERROR;
            }
        };
        let ty = self.intern(TyKind::Adt(adt, args));
        self.expect_result(ty, &[], expect);
        self.out.callees.insert(id, (def, args));
        let types = self.field_types(def, ty);
        let names = self.program().fields_of(def);
        let module = self.solver.program.module_of(self.owner);
        for (name, value, span) in fields {
            match names.iter().position(|field| field.name == *name) {
                Some(at) => {
                    if !self.program().is_visible(names[at].visible_in, module) {
                        let name = self.program().strings.get(*name).to_owned();
                        self.error(*span, "E0451", format!("field `{name}` is private"));
                    }
                    self.check_coerce(*value, types[at]);
                }
                None => {
                    self.check(*value, Expect::Nothing);
                    let name = self.program().strings.get(*name).to_owned();
                    self.error(*span, "E0560", format!("no field named `{name}`"));
                }
            }
        }
        for (at, (name, _, span)) in fields.iter().enumerate() {
            if fields[..at].iter().any(|(before, ..)| before == name) {
                self.error(*span, "E0062", "field specified more than once");
            }
        }
        match base {
            Some(base) => _ = self.check_coerce(base, ty),
            None => {
                let missing: Vec<String> = (names.iter())
                    .filter(|field| !fields.iter().any(|(name, ..)| *name == field.name))
                    .map(|field| format!("`{}`", self.solver.program.strings.get(field.name)))
                    .collect();
                if !missing.is_empty() {
                    self.error(span, "E0063", format!("missing fields {}", missing.join(", ")));
                }
            }
        }
        ty
    }

    pub(super) fn check_closure(&mut self, id: ExprId, index: ClosureIndex, expect: Expect) -> Ty {
        let body = self.body.clone();
        let expr = &body.closures[index.index()];
        let closure = self.closure_entry(index);
        let (hints, result_hint, expected) = match expect.ty() {
            Some(ty) => self.expected_signature(ty),
            None => (Vec::new(), None, None),
        };
        let span = self.span(id);
        let mut types = Vec::new();
        for (at, (_, written)) in expr.parameters.iter().enumerate() {
            let ty = match written {
                Some(written) => self.written_type(*written),
                None => self.solver.fresh(VarKind::Any),
            };
            if let Some(&hint) = hints.get(at).filter(|_| hints.len() == expr.parameters.len()) {
                self.solver.unify(ty, hint);
            }
            types.push(ty);
        }
        let result = match expr.result {
            Some(written) => self.written_type(written),
            None => result_hint.unwrap_or_else(|| self.solver.fresh(VarKind::Any)),
        };
        let parameters = self.types().tuple(&types);
        let entry = &mut self.solver.program.closures[closure.0 as usize];
        (entry.parameters, entry.result) = (parameters, result);
        (entry.expected, entry.span) = (expected, span);
        for ((pat, _), ty) in expr.parameters.iter().zip(types) {
            self.check_pat(*pat, ty, None);
        }
        let outer_result = std::mem::replace(&mut self.result, result);
        let outer_loops = std::mem::take(&mut self.loops);
        let outer_diverges = std::mem::replace(&mut self.diverges, false);
        let found = self.check(expr.body, Expect::Has(result));
        if self.solver.kind(found) == TyKind::Never && self.solver.var_kind(result) == Some(VarKind::Any) {
            // A body that never ends in a value, and nothing else says what it yields.
        } else {
            self.coerce(expr.body, found, result);
        }
        self.diverges = outer_diverges;
        self.loops = outer_loops;
        self.result = outer_result;
        let owner = self.owner;
        let args = self.program().identity_args(owner);
        self.intern(TyKind::Closure(closure, args))
    }

    /// What waits to be true of a type that a closure shall have: its parameters and result.
    fn expected_signature(&mut self, ty: Ty) -> (Vec<Ty>, Option<Ty>, Option<ClosureKind>) {
        let ty = self.solver.shallow(ty);
        let family: Vec<DefId> = ["Fn", "FnMut", "FnOnce"].into_iter().filter_map(|name| self.lang(name)).collect();
        let output = self.lang("fn_once_output");
        let (mut parameters, mut result, mut expected) = (Vec::new(), None, None);
        let open: Vec<Predicate> = self.obligations.iter().map(|open| open.predicate).collect();
        for predicate in open {
            let (Predicate::Trait(_, args) | Predicate::Projection(_, args, _)) = predicate;
            let list: Vec<Ty> = self.types().list(args).to_vec();
            if self.solver.shallow(list[0]) != ty {
                continue;
            }
            match predicate {
                Predicate::Trait(trait_id, _) if family.contains(&trait_id) => {
                    // `Fn` asks for `FnMut` too: the strictest counts.
                    let kind = self.program().call_trait_kind(trait_id);
                    expected = expected.into_iter().chain(kind).min();
                    if let Some(&tuple) = list.get(1) {
                        let tuple = self.solver.normalize(tuple);
                        parameters = self.tuple_items(tuple);
                    }
                }
                Predicate::Projection(item, _, value) if Some(item) == output => {
                    result = Some(self.solver.normalize(value))
                }
                _ => {}
            }
        }
        (parameters, result, expected)
    }

    pub(super) fn check_try(&mut self, id: ExprId, inner: ExprId) -> Ty {
        let ty = self.check(inner, Expect::Nothing);
        if self.solver.var_kind(ty) == Some(VarKind::Any) {
            self.process();
        }
        let result = self.solver.resolve(self.result);
        let (option, outcome) = (self.lang("Option"), self.lang("Result"));
        let span = self.span(id);
        let TyKind::Adt(def, args) = self.solver.kind(ty) else {
            if !self.has_error(ty) {
                self.error(span, "E0277", "the `?` operator can only be applied to `Option` and `Result`");
            }
            return known::ERROR;
        };
        let args: Vec<Ty> = self.types().list(args).to_vec();
        let around = match self.solver.kind(result) {
            TyKind::Adt(around, list) if around == def => Some(self.types().list(list).to_vec()),
            TyKind::Infer(_) => {
                let fresh: Vec<Ty> = args.iter().map(|_| self.solver.fresh(VarKind::Any)).collect();
                let list = self.types().args(&fresh);
                let wanted = self.intern(TyKind::Adt(def, list));
                self.solver.unify(result, wanted);
                Some(fresh)
            }
            _ => None,
        };
        match around {
            Some(_) if Some(def) == option => args[0],
            Some(list) if Some(def) == outcome => {
                if !self.solver.commit_if(|solver| solver.unify(list[1], args[1])) {
                    // The error becomes that of the function by `From`.
                    let name = self.program().strings.intern("from");
                    let found = self.lang("From").and_then(|from| Some((from, self.program().assoc_item(from, name)?)));
                    let Some((from, method)) = found else {
                        return self.refuse(span, "`?` that converts the error");
                    };
                    let from_args = self.types().args(&[list[1], args[1]]);
                    self.require(Predicate::Trait(from, from_args), span);
                    self.out.callees.insert(id, (method, from_args));
                }
                args[0]
            }
            _ => {
                self.error(span, "E0277", "the `?` operator can only be used in a function that returns the same kind");
                known::ERROR
            }
        }
    }

    /// What `for` over a value of that type gives.
    pub(super) fn iterated(&mut self, id: ExprId, ty: Ty) -> Ty {
        let (Some(into), Some(iterator)) = (self.lang("IntoIterator"), self.lang("Iterator")) else {
            return self.refuse(self.span(id), "`for` over this");
        };
        let span = self.span(id);
        let args = self.types().args(&[ty]);
        let names = ["into_iter", "IntoIter", "Item"].map(|name| self.program().strings.intern(name));
        let (Some(method), Some(into_iter)) =
            (self.program().assoc_item(into, names[0]), self.program().assoc_item(into, names[1]))
        else {
            return known::ERROR;
        };
        let Some(item) = self.program().assoc_item(iterator, names[2]) else { return known::ERROR };
        self.require(Predicate::Trait(into, args), span);
        self.out.callees.insert(id, (method, args));
        let projection = self.intern(TyKind::Projection(into_iter, args));
        let iter = self.solver.normalize(projection);
        let args = self.types().args(&[iter]);
        let projection = self.intern(TyKind::Projection(item, args));
        self.process();
        self.solver.normalize(projection)
    }
}

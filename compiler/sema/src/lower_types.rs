//! Types as they are written → types as they are meant; heads of impls; lengths of arrays.

use std::rc::Rc;

use rustg_base::{Diagnostic, Span, StringId};
use rustg_syntax::{NodeId, NodeKind, TokenKind};

use crate::items::{DefId, DefKind};
use crate::literal;
use crate::program::Program;
use crate::resolve::{Res, Space};
use crate::signatures::{HOLE, ImplHeader, ParamKind, Predicate, TypeScope};
use crate::source::{PathText, Segment, is_expr, is_type};
use crate::types::{Args, Ty, TyKind, known};

impl Program {
    /// Reads a type.
    pub(crate) fn lower_type(&mut self, scope: &TypeScope, node: NodeId) -> Ty {
        let file = &self.files[scope.file.0 as usize];
        let span = file.span(node);
        let inner = |program: &Program| program.file(scope.file).child_where(node, is_type);
        match file.kind(node) {
            NodeKind::PathType => self.lower_path_type(scope, node),
            NodeKind::ParenType => match inner(self) {
                Some(inner) => self.lower_type(scope, inner),
                None => known::ERROR,
            },
            NodeKind::RefType | NodeKind::PtrType => {
                let is_mutable = file.has_word(node, "mut");
                let is_pointer = file.kind(node) == NodeKind::PtrType;
                let Some(target) = inner(self) else { return known::ERROR };
                let target = self.lower_type(scope, target);
                self.types.intern(if is_pointer {
                    TyKind::Ptr(target, is_mutable)
                } else {
                    TyKind::Ref(target, is_mutable)
                })
            }
            NodeKind::SliceType => {
                let Some(element) = inner(self) else { return known::ERROR };
                let element = self.lower_type(scope, element);
                self.types.intern(TyKind::Slice(element))
            }
            NodeKind::ArrayType => {
                let length = file.child(node, NodeKind::ConstArg);
                let Some(element) = inner(self) else { return known::ERROR };
                let element = self.lower_type(scope, element);
                let length = length.map_or(known::ERROR, |length| self.lower_const_arg(scope, length));
                self.types.intern(TyKind::Array(element, length))
            }
            NodeKind::TupleType => {
                let nodes: Vec<NodeId> = file.children(node).filter(|child| is_type(file.kind(*child))).collect();
                let items: Vec<Ty> = nodes.into_iter().map(|node| self.lower_type(scope, node)).collect();
                self.types.tuple(&items)
            }
            NodeKind::NeverType => known::NEVER,
            NodeKind::InferType if scope.holes => self.types.intern(TyKind::Infer(HOLE)),
            NodeKind::InferType => {
                let error =
                    Diagnostic::error(span, "the placeholder `_` is not allowed within types on item signatures")
                        .with_code("E0121");
                self.report(scope.file, error);
                known::ERROR
            }
            NodeKind::FnPtrType => {
                self.refuse(scope.file, span, "a function pointer");
                known::ERROR
            }
            NodeKind::ImplTraitType => self.lower_impl_trait(scope, node, span),
            NodeKind::DynTraitType => {
                self.refuse(scope.file, span, "`dyn Trait`");
                known::ERROR
            }
            NodeKind::MacroType => {
                self.refuse(scope.file, span, "a macro call as a type");
                known::ERROR
            }
            _ => {
                self.refuse(scope.file, span, "this kind of type");
                known::ERROR
            }
        }
    }

    fn lower_impl_trait(&mut self, scope: &TypeScope, node: NodeId, span: Span) -> Ty {
        let generics = self.generics_of(scope.owner);
        match generics.params.iter().position(|param| param.node == Some(node)) {
            Some(index) => self.types.intern(TyKind::Param(index as u32)),
            None => {
                self.refuse(scope.file, span, "`impl Trait` outside parameters");
                known::ERROR
            }
        }
    }

    fn lower_path_type(&mut self, scope: &TypeScope, node: NodeId) -> Ty {
        let file = &self.files[scope.file.0 as usize];
        let span = file.span(node);
        let path = file.path(&mut self.strings, node);
        if let Some(anchor) = path.anchor {
            let (base, trait_ref) = self.lower_anchor(scope, anchor, &path);
            let Some(segment) = path.segments.last() else { return base };
            return match trait_ref {
                Some((trait_id, args)) => self.projection(scope, trait_id, args, segment.name, span),
                None => self.assoc_type_of(scope, base, segment.name, span),
            };
        }
        let Some((base, left)) = self.lower_type_prefix(scope, &path, span) else { return known::ERROR };
        let mut ty = base;
        for segment in &path.segments[path.segments.len() - left..] {
            ty = self.assoc_type_of(scope, ty, segment.name, span);
        }
        ty
    }

    /// `<T>` or `<T as Trait>`: the type, and the trait with its arguments. The trait's last path segment stands before the anchor's end.
    pub(crate) fn lower_anchor(
        &mut self,
        scope: &TypeScope,
        anchor: NodeId,
        _path: &PathText,
    ) -> (Ty, Option<(DefId, Args)>) {
        let file = self.file(scope.file);
        let nodes: Vec<NodeId> = file.children(anchor).filter(|child| is_type(file.kind(*child))).collect();
        let Some(&first) = nodes.first() else { return (known::ERROR, None) };
        let base = self.lower_type(scope, first);
        let trait_ref = nodes.get(1).and_then(|&node| {
            let span = self.file(scope.file).span(node);
            let (trait_id, segment) = self.resolve_trait(scope, node)?;
            let (args, _) = self.trait_args(scope, trait_id, base, segment, span);
            Some((trait_id, args))
        });
        (base, trait_ref)
    }

    /// The type that the front of a path means, and how many of its segments are left.
    pub(crate) fn lower_type_prefix(&mut self, scope: &TypeScope, path: &PathText, span: Span) -> Option<(Ty, usize)> {
        let names: Vec<StringId> = path.segments.iter().map(|segment| segment.name).collect();
        let first = *names.first()?;
        if !path.is_global && first == self.names.self_type {
            if let Some(ty) = self.self_type(scope.owner) {
                return Some((ty, names.len() - 1));
            }
        }
        if !path.is_global {
            if let Some(ty) = self.param_named(scope.owner, first) {
                return Some((ty, names.len() - 1));
            }
        }
        match self.resolve_names(scope.module, &names, path.is_global, Space::Types) {
            Ok((Res::Primitive(ty), left)) => Some((ty, left)),
            Ok((Res::Def(id), left)) => {
                let segment = path.segments[names.len() - left - 1];
                Some((self.lower_def_type(scope, id, segment, span)?, left))
            }
            Err(unresolved) => {
                self.report_unresolved(scope, &names, unresolved, "type", span);
                None
            }
        }
    }

    /// The generic parameter of that name that an item sees, or the type that an `#[each]` name stands for.
    pub(crate) fn param_named(&mut self, owner: DefId, name: StringId) -> Option<Ty> {
        let mut at = Some(owner);
        while let Some(id) = at {
            if let Some((each, ty)) = self.def(id).each
                && each == name
            {
                return Some(ty);
            }
            if self.def(id).kind == DefKind::Module {
                return None;
            }
            let generics = self.generics_of(id);
            if let Some(index) = generics.params.iter().position(|param| param.name == name && param.node.is_some()) {
                return Some(self.types.intern(TyKind::Param(index as u32)));
            }
            at = self.def(id).parent;
        }
        None
    }

    /// Says that a path leads nowhere.
    pub(crate) fn report_unresolved(
        &mut self,
        scope: &TypeScope,
        names: &[StringId],
        unresolved: crate::resolve::Unresolved,
        what: &str,
        span: Span,
    ) {
        let name = self.strings.get(names[unresolved.at]).to_owned();
        let error = if let Some((why, instead)) = crate::rules::host::name(&name) {
            let error = Diagnostic::error(span, format!("`{name}` cannot be used on a device"))
                .with_code("G0108")
                .with_help(instead);
            return self.report(scope.file, error.with_primary(why));
        } else if unresolved.is_private {
            Diagnostic::error(span, format!("`{name}` is private")).with_code("E0603")
        } else if let Some((_, _, path)) = self.unresolved_imports.get(&(scope.module, names[0])) {
            let path = path.iter().map(|name| self.strings.get(*name)).collect::<Vec<_>>().join("::");
            Diagnostic::error(
                span,
                format!("`{name}` is imported from `{path}`, which the device library does not have"),
            )
            .with_code("G0002")
        } else if unresolved.at + 1 < names.len() {
            Diagnostic::error(span, format!("failed to resolve: use of undeclared module or type `{name}`"))
                .with_code("E0433")
        } else {
            let code = if what == "type" { "E0412" } else { "E0425" };
            Diagnostic::error(span, format!("cannot find {what} `{name}` in this scope")).with_code(code)
        };
        self.report(scope.file, error.with_primary("not found"));
    }

    fn lower_def_type(&mut self, scope: &TypeScope, id: DefId, segment: Segment, span: Span) -> Option<Ty> {
        match self.def(id).kind {
            DefKind::Struct | DefKind::Enum | DefKind::Union => {
                let args = self.generic_arguments(scope, id, segment, span);
                Some(self.types.intern(TyKind::Adt(id, args)))
            }
            DefKind::TypeAlias => {
                let args = self.generic_arguments(scope, id, segment, span);
                let ty = self.item_type(id);
                let items: Vec<Ty> = self.types.list(args).to_vec();
                Some(self.types.substitute(ty, &items))
            }
            DefKind::Variant => {
                let parent = self.def(id).parent.expect("a variant stands in an enumeration");
                self.lower_def_type(scope, parent, segment, span)
            }
            DefKind::Trait => {
                self.refuse(scope.file, span, "a trait as a type");
                None
            }
            _ => {
                let name = self.strings.get(segment.name).to_owned();
                let error = Diagnostic::error(span, format!("expected type, found `{name}`")).with_code("E0573");
                self.report(scope.file, error);
                None
            }
        }
    }

    /// The arguments behind a segment that names `id`, filled up.
    pub(crate) fn generic_arguments(&mut self, scope: &TypeScope, id: DefId, segment: Segment, span: Span) -> Args {
        let generics = self.generics_of(id);
        let mut items = Vec::new();
        if let Some(list) = segment.arguments {
            self.read_arguments(scope, list, &mut items);
        }
        self.fill_arguments(scope, id, &generics, &mut items, span);
        self.types.args(&items)
    }

    /// The types and constants in a list of generic arguments.
    pub(crate) fn read_arguments(&mut self, scope: &TypeScope, list: NodeId, items: &mut Vec<Ty>) {
        let scope = &TypeScope { infers: false, ..*scope };
        let nodes: Vec<NodeId> = self.file(scope.file).children(list).collect();
        for node in nodes {
            match self.file(scope.file).kind(node) {
                NodeKind::LifetimeArg => {}
                NodeKind::ConstArg => items.push(self.lower_const_arg(scope, node)),
                kind if is_type(kind) => {
                    // A single name may be a constant.
                    let file = &self.files[scope.file.0 as usize];
                    if kind == NodeKind::PathType {
                        let path = file.path(&mut self.strings, node);
                        if path.segments.len() == 1 && path.anchor.is_none() {
                            let name = path.segments[0].name;
                            let is_type_name = self.param_named(scope.owner, name).is_some()
                                || name == self.names.self_type
                                || self.resolve_name(scope.module, name, Space::Types).is_some();
                            if !is_type_name
                                && let Some(Res::Def(id)) = self.resolve_name(scope.module, name, Space::Values)
                                && self.def(id).kind == DefKind::Const
                            {
                                let value = self.const_item_value(id).unwrap_or(0);
                                items.push(self.types.intern(TyKind::Const(value)));
                                continue;
                            }
                        }
                    }
                    items.push(self.lower_type(scope, node));
                }
                _ => {}
            }
        }
    }

    /// A constant among generic arguments, or the length of an array.
    pub(crate) fn lower_const_arg(&mut self, scope: &TypeScope, node: NodeId) -> Ty {
        match self.file(scope.file).child_where(node, is_expr) {
            Some(expression) => self.lower_length(scope, expression),
            None if scope.holes => self.types.intern(TyKind::Infer(HOLE)),
            None => known::ERROR,
        }
    }

    /// The constant that an expression in a type means.
    pub(crate) fn lower_length(&mut self, scope: &TypeScope, expression: NodeId) -> Ty {
        let kind = self.file(scope.file).kind(expression);
        if kind == NodeKind::PathExpr {
            let name = self.strings.find(self.file(scope.file).node_text(expression));
            if let Some(name) = name
                && let Some(ty) = self.param_named(scope.owner, name)
            {
                return ty;
            }
        }
        if kind == NodeKind::UnderscoreExpr && scope.holes {
            return self.types.intern(TyKind::Infer(HOLE));
        }
        match self.const_expression(scope, expression) {
            Some(value) => self.types.intern(TyKind::Const(value)),
            None => {
                let span = self.file(scope.file).span(expression);
                self.refuse(scope.file, span, "this constant expression in a type");
                known::ERROR
            }
        }
    }

    /// The value of an integer expression in a type: literals, constants, arithmetic.
    fn const_expression(&mut self, scope: &TypeScope, node: NodeId) -> Option<u128> {
        let file = &self.files[scope.file.0 as usize];
        let expressions: Vec<NodeId> = file.children(node).filter(|child| is_expr(file.kind(*child))).collect();
        match file.kind(node) {
            NodeKind::Literal => match file.node_text(node) {
                "true" => Some(1),
                "false" => Some(0),
                text if text.starts_with('\'') => literal::character(text).map(|c| c as u128),
                text => literal::integer(text).map(|(value, _)| value),
            },
            NodeKind::ParenExpr => self.const_expression(scope, *expressions.first()?),
            NodeKind::CastExpr if file.child_where(node, is_type).is_some_and(|ty| file.node_text(ty) == "usize") => {
                self.const_expression(scope, *expressions.first()?)
            }
            NodeKind::BlockExpr if file.children(node).count() == 1 => {
                self.const_expression(scope, *expressions.first()?)
            }
            NodeKind::PathExpr => {
                let path = file.path(&mut self.strings, node);
                let names: Vec<StringId> = path.segments.iter().map(|segment| segment.name).collect();
                if path.anchor.is_some() {
                    return None;
                }
                match self.resolve_names(scope.module, &names, path.is_global, Space::Values) {
                    Ok((Res::Def(id), 0)) if self.def(id).kind == DefKind::Const => self.const_item_value(id),
                    _ if names.len() == 2 && names[0] == self.names.self_type => {
                        let parent = self.def(scope.owner).parent?;
                        let owner = if self.def(scope.owner).kind == DefKind::Impl { scope.owner } else { parent };
                        let item = self.assoc_item(owner, names[1])?;
                        self.const_item_value(item)
                    }
                    _ => None,
                }
            }
            NodeKind::BinExpr => {
                let operator = file.operator(node);
                let left = self.const_expression(scope, *expressions.first()?)?;
                let right = self.const_expression(scope, *expressions.get(1)?)?;
                match operator.as_str() {
                    "+" => left.checked_add(right),
                    "-" => left.checked_sub(right),
                    "*" => left.checked_mul(right),
                    "/" => left.checked_div(right),
                    "%" => left.checked_rem(right),
                    "<<" => left.checked_shl(u32::try_from(right).ok()?),
                    ">>" => left.checked_shr(u32::try_from(right).ok()?),
                    "&" => Some(left & right),
                    "|" => Some(left | right),
                    "^" => Some(left ^ right),
                    _ => None,
                }
                .filter(|value| *value <= u128::from(u64::MAX))
            }
            _ => None,
        }
    }

    /// The value of an integer expression that may be negative.
    pub(crate) fn signed_constant(&mut self, scope: &TypeScope, node: NodeId) -> Option<i128> {
        let file = self.file(scope.file);
        if file.kind(node) == NodeKind::PrefixExpr && file.operator(node) == "-" {
            let inner = file.child_where(node, is_expr)?;
            return self.signed_constant(scope, inner).map(|value| -value);
        }
        self.const_expression(scope, node).and_then(|value| i128::try_from(value).ok())
    }

    /// The value of a constant item of an integer type that such an expression gives.
    pub(crate) fn const_item_value(&mut self, id: DefId) -> Option<u128> {
        if let Some(&known) = self.const_values.get(&id) {
            return known;
        }
        self.const_values.insert(id, None);
        let def = self.def(id).clone();
        let scope = self.type_scope(id);
        let value = self.file(def.file).child_where(def.node, is_expr)?;
        let value = self.const_expression(&scope, value).or_else(|| self.evaluated_constant(id));
        self.const_values.insert(id, value);
        value
    }

    /// `ty::Name` where no trait is said.
    fn assoc_type_of(&mut self, scope: &TypeScope, ty: Ty, name: StringId, span: Span) -> Ty {
        if self.is_error(ty) {
            return known::ERROR;
        }
        // A parameter's bounds first: in `impl<I: Iterator> IntoIterator for I`, `I::Item` is not the impl's own.
        let is_param = matches!(self.types.kind(ty), TyKind::Param(_));
        let found = match is_param {
            true => self.assoc_type_of_bound(scope, ty, name).or_else(|| self.assoc_type_of_impl(scope, ty, name)),
            false => self.assoc_type_of_impl(scope, ty, name).or_else(|| self.assoc_type_of_bound(scope, ty, name)),
        };
        if let Some(found) = found {
            return found;
        }
        let message =
            format!("ambiguous or unknown associated type `{}` of `{}`", self.strings.get(name), self.type_name(ty));
        self.report(scope.file, Diagnostic::error(span, message).with_code("E0223"));
        known::ERROR
    }

    /// The associated type that the impl around says, of its own type.
    fn assoc_type_of_impl(&mut self, scope: &TypeScope, ty: Ty, name: StringId) -> Option<Ty> {
        let mut at = Some(scope.owner);
        while let Some(id) = at {
            if self.def(id).kind == DefKind::Impl
                && let Some(item) = self.assoc_item(id, name)
                && self.def(item).kind == DefKind::TypeAlias
                && self.header_of(id).is_some_and(|header| header.self_type == ty)
            {
                return Some(self.item_type(item));
            }
            at = self.def(id).parent;
        }
        None
    }

    /// The associated type that a bound in scope gives.
    fn assoc_type_of_bound(&mut self, scope: &TypeScope, ty: Ty, name: StringId) -> Option<Ty> {
        let predicates = self.predicates_of(scope.owner);
        for predicate in predicates.iter() {
            if let Predicate::Trait(trait_id, args) = *predicate
                && self.types.list(args)[0] == ty
                && let Some((item, args)) = self.assoc_type_of_trait(trait_id, args, name)
            {
                let said = predicates.iter().find_map(|predicate| match *predicate {
                    Predicate::Projection(known, known_args, value) if known == item && known_args == args => {
                        Some(value)
                    }
                    _ => None,
                });
                return Some(said.unwrap_or_else(|| self.types.intern(TyKind::Projection(item, args))));
            }
        }
        None
    }

    /// The associated type of a trait or of one above it, and the arguments of the trait that has it.
    fn assoc_type_of_trait(&mut self, trait_id: DefId, args: Args, name: StringId) -> Option<(DefId, Args)> {
        if let Some(item) = self.assoc_item(trait_id, name) {
            return Some((item, args));
        }
        let items: Vec<Ty> = self.types.list(args).to_vec();
        let above = self.predicates_of(trait_id);
        above.iter().find_map(|predicate| match self.substitute_predicate(*predicate, &items) {
            Predicate::Trait(id, args) if id != trait_id && self.types.list(args)[0] == items[0] => {
                self.assoc_item(id, name).map(|item| (item, args))
            }
            _ => None,
        })
    }

    fn projection(&mut self, scope: &TypeScope, trait_id: DefId, args: Args, name: StringId, span: Span) -> Ty {
        match self.find_assoc_type(trait_id, name) {
            Some(item) => self.types.intern(TyKind::Projection(item, args)),
            None => {
                let message = format!(
                    "cannot find associated type `{}` in trait `{}`",
                    self.strings.get(name),
                    self.path_of(trait_id)
                );
                self.report(scope.file, Diagnostic::error(span, message).with_code("E0576"));
                known::ERROR
            }
        }
    }

    /// The head of an impl; none where it is wrong.
    pub(crate) fn header_of(&mut self, id: DefId) -> Option<Rc<ImplHeader>> {
        if let Some(known) = self.headers.get(&id) {
            return known.clone();
        }
        self.headers.insert(id, None);
        let header = self.lower_header(id).map(Rc::new);
        self.headers.insert(id, header.clone());
        header
    }

    fn lower_header(&mut self, id: DefId) -> Option<ImplHeader> {
        let def = self.def(id).clone();
        let scope = self.type_scope(id);
        let file = self.file(def.file);
        let nodes: Vec<NodeId> = file.children(def.node).filter(|child| is_type(file.kind(*child))).collect();
        let is_trait_impl = nodes.len() > 1;
        if is_trait_impl && file.has_token(def.node, TokenKind::Bang) {
            return None;
        }
        let self_type = self.lower_type(&scope, *nodes.last()?);
        let trait_ref = if is_trait_impl {
            // Arguments of the trait may say `Self`.
            self.headers.insert(id, Some(Rc::new(ImplHeader { trait_ref: None, self_type })));
            let span = self.file(def.file).span(nodes[0]);
            let (trait_id, segment) = self.resolve_trait(&scope, nodes[0])?;
            Some((trait_id, self.trait_args(&scope, trait_id, self_type, segment, span).0))
        } else {
            None
        };
        Some(ImplHeader { trait_ref, self_type })
    }

    /// Enters the impls from `first` on under their traits. Only the trait's name is looked at.
    pub(crate) fn index_impls(&mut self, first: usize) {
        for at in first..self.impls.len() {
            let id = self.impls[at];
            let def = self.def(id).clone();
            let file = &self.files[def.file.0 as usize];
            let mut nodes = file.children(def.node).filter(|child| is_type(file.kind(*child)));
            let (Some(first), Some(_)) = (nodes.next(), nodes.next()) else { continue };
            if file.kind(first) != NodeKind::PathType {
                continue;
            }
            let path = file.path(&mut self.strings, first);
            let names: Vec<StringId> = path.segments.iter().map(|segment| segment.name).collect();
            let module = self.module_of(id);
            if let Ok((Res::Def(trait_id), 0)) = self.resolve_names(module, &names, path.is_global, Space::Types)
                && self.def(trait_id).kind == DefKind::Trait
            {
                self.impls_of_trait.entry(trait_id).or_default().push(id);
            }
        }
    }

    /// The type of a constant generic parameter, or nothing.
    pub(crate) fn const_param_type(&mut self, owner: DefId, index: u32) -> Option<Ty> {
        match self.generics_of(owner).params.get(index as usize)?.kind {
            ParamKind::Const(ty) => Some(ty),
            ParamKind::Type => None,
        }
    }
}

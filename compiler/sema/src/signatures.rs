//! Signatures: generics, bounds, fields, parameters and results of items, read when something asks for them. Bodies are not looked at.

use std::rc::Rc;

use rustg_base::{Diagnostic, Span, StringId};
use rustg_syntax::{NodeId, NodeKind, TokenKind};

use crate::items::{DefId, DefKind};
use crate::program::Program;
use crate::source::{FileId, is_pat, is_type};
use crate::types::{Args, Ty, TyKind, flags, known};

/// What a generic parameter is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    /// A type.
    Type,
    /// A constant of that type.
    Const(Ty),
}

/// A generic parameter.
#[derive(Clone, Copy, Debug)]
pub struct GenericParam {
    /// Its name.
    pub name: StringId,
    /// What it is.
    pub kind: ParamKind,
    /// Its node: the parameter's, or that of an `impl Trait` type; none for `Self`.
    pub node: Option<NodeId>,
}

/// The generic parameters of an item, those of the trait or impl around it first. Lifetimes are not among them.
#[derive(Clone, Debug, Default)]
pub struct Generics {
    /// How many belong to what is around.
    pub parent_count: usize,
    /// All of them.
    pub params: Vec<GenericParam>,
}

/// Something that must hold of generic arguments.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Predicate {
    /// The trait is implemented; its arguments, `Self` first.
    Trait(DefId, Args),
    /// The associated type of the trait's arguments is that type.
    Projection(DefId, Args, Ty),
}

/// What a function takes and returns.
#[derive(Clone, Debug)]
pub struct FnSignature {
    /// The parameters' types, `self` first.
    pub parameters: Vec<Ty>,
    /// The result's type.
    pub result: Ty,
}

/// A field of a structure, variant or union.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name; of tuple fields the number.
    pub name: StringId,
    /// Its type.
    pub ty: Ty,
    /// Where it is visible; none for everywhere.
    pub visible_in: Option<DefId>,
}

/// The head of an impl.
#[derive(Clone, Debug)]
pub struct ImplHeader {
    /// The trait with its arguments, `Self` first.
    pub trait_ref: Option<(DefId, Args)>,
    /// The type that it is for.
    pub self_type: Ty,
}

/// Where types are read.
#[derive(Clone, Copy)]
pub(crate) struct TypeScope {
    /// The item whose generic parameters are in scope.
    pub owner: DefId,
    /// The innermost module.
    pub module: DefId,
    /// The file.
    pub file: FileId,
    /// Whether `_` and left-out arguments may stand: they become [`HOLE`].
    pub holes: bool,
    /// Whether an argument list that is left out is inferred, as in paths of expressions: defaults stand for parts of a list only.
    pub infers: bool,
}

/// The variable that stands for every `_` until inference gives each its own.
pub(crate) const HOLE: u32 = u32::MAX;

impl Program {
    pub(crate) fn type_scope(&self, owner: DefId) -> TypeScope {
        TypeScope { owner, module: self.module_of(owner), file: self.def(owner).file, holes: false, infers: false }
    }

    /// The generic parameters of an item.
    pub(crate) fn generics_of(&mut self, id: DefId) -> Rc<Generics> {
        if let Some(known) = self.generics.get(&id) {
            return known.clone();
        }
        let def = self.def(id).clone();
        let parent = def
            .parent
            .filter(|parent| matches!(self.def(*parent).kind, DefKind::Trait | DefKind::Impl | DefKind::Enum));
        let mut generics = match parent {
            Some(parent) if def.kind == DefKind::Variant || self.def(parent).kind != DefKind::Enum => {
                let mut generics = (*self.generics_of(parent)).clone();
                generics.parent_count = generics.params.len();
                generics
            }
            _ => Generics::default(),
        };
        if def.kind == DefKind::Trait {
            generics.params.push(GenericParam { name: self.names.self_type, kind: ParamKind::Type, node: None });
        }
        if matches!(def.kind, DefKind::Variant | DefKind::Module) {
            let generics = Rc::new(generics);
            self.generics.insert(id, generics.clone());
            return generics;
        }
        let file = &self.files[def.file.0 as usize];
        let mut consts = Vec::new();
        if let Some(list) = file.child(def.node, NodeKind::GenericParamList) {
            for node in file.children(list) {
                let name = file.name(&mut self.strings, node);
                match file.kind(node) {
                    NodeKind::TypeParam => {
                        generics.params.push(GenericParam { name, kind: ParamKind::Type, node: Some(node) })
                    }
                    NodeKind::ConstParam => {
                        consts.push((generics.params.len(), file.child_where(node, is_type)));
                        generics.params.push(GenericParam {
                            name,
                            kind: ParamKind::Const(known::USIZE),
                            node: Some(node),
                        });
                    }
                    _ => {}
                }
            }
        }
        if def.kind == DefKind::Fn
            && let Some(list) = file.child(def.node, NodeKind::ParamList)
        {
            for node in file.tree().descendants(list) {
                if file.kind(node) == NodeKind::ImplTraitType {
                    generics.params.push(GenericParam {
                        name: StringId::EMPTY,
                        kind: ParamKind::Type,
                        node: Some(node),
                    });
                }
            }
        }
        self.generics.insert(id, Rc::new(generics.clone()));
        for (at, node) in consts {
            let Some(node) = node else { continue };
            let ty = self.lower_type(
                &TypeScope { owner: id, module: self.module_of(id), file: def.file, holes: false, infers: false },
                node,
            );
            generics.params[at].kind = ParamKind::Const(ty);
        }
        let generics = Rc::new(generics);
        self.generics.insert(id, generics.clone());
        generics
    }

    /// The parameters of an item as arguments for itself.
    pub(crate) fn identity_args(&mut self, id: DefId) -> Args {
        let count = self.generics_of(id).params.len();
        let items: Vec<Ty> = (0..count as u32).map(|index| self.types.intern(TyKind::Param(index))).collect();
        self.types.args(&items)
    }

    /// What must hold of an item's generic arguments, that of what is around it included, supertraits too.
    pub(crate) fn predicates_of(&mut self, id: DefId) -> Rc<Vec<Predicate>> {
        if let Some(known) = self.predicates.get(&id) {
            return known.clone();
        }
        // A bound that asks for itself (through an associated type) sees what is known so far.
        self.predicates.insert(id, Rc::new(Vec::new()));
        let def = self.def(id).clone();
        let parent = def
            .parent
            .filter(|parent| matches!(self.def(*parent).kind, DefKind::Trait | DefKind::Impl | DefKind::Enum));
        let mut list: Vec<Predicate> = parent.map_or(Vec::new(), |parent| (*self.predicates_of(parent)).clone());
        if def.kind == DefKind::Trait {
            let args = self.identity_args(id);
            list.push(Predicate::Trait(id, args));
        }
        self.predicates.insert(id, Rc::new(list.clone()));
        if !matches!(def.kind, DefKind::Variant | DefKind::Module) {
            self.read_bounds(id, &mut list);
        }
        // Supertraits follow from their traits.
        let mut at = 0;
        while at < list.len() {
            if let Predicate::Trait(trait_id, args) = list[at]
                && trait_id != id
            {
                let above = self.predicates_of(trait_id);
                let args: Vec<Ty> = self.types.list(args).to_vec();
                for predicate in above.iter() {
                    let predicate = self.substitute_predicate(*predicate, &args);
                    if !list.contains(&predicate) && list.len() < 256 {
                        list.push(predicate);
                    }
                }
            }
            at += 1;
        }
        let list = Rc::new(list);
        self.predicates.insert(id, list.clone());
        list
    }

    pub(crate) fn substitute_predicate(&mut self, predicate: Predicate, args: &[Ty]) -> Predicate {
        match predicate {
            Predicate::Trait(id, list) => Predicate::Trait(id, self.types.substitute_list(list, args)),
            Predicate::Projection(id, list, ty) => {
                Predicate::Projection(id, self.types.substitute_list(list, args), self.types.substitute(ty, args))
            }
        }
    }

    fn read_bounds(&mut self, id: DefId, list: &mut Vec<Predicate>) {
        let def = self.def(id).clone();
        let scope = self.type_scope(id);
        let generics = self.generics_of(id);
        for (index, param) in generics.params.iter().enumerate().skip(generics.parent_count) {
            let Some(node) = param.node else { continue };
            if self.file(def.file).kind(node) != NodeKind::ConstParam
                && let Some(bounds) = self.file(def.file).child(node, NodeKind::TypeBoundList)
            {
                let ty = self.types.intern(TyKind::Param(index as u32));
                self.read_bound_list(&scope, bounds, ty, list);
                self.predicates.insert(id, Rc::new(list.clone()));
            }
        }
        if def.kind == DefKind::Trait
            && let Some(bounds) = self.file(def.file).child(def.node, NodeKind::TypeBoundList)
        {
            let ty = self.types.intern(TyKind::Param(0));
            self.read_bound_list(&scope, bounds, ty, list);
        }
        let clauses: Vec<NodeId> = self
            .file(def.file)
            .children(def.node)
            .filter(|child| self.file(def.file).kind(*child) == NodeKind::WhereClause)
            .collect();
        for clause in clauses {
            let predicates: Vec<NodeId> = self.file(def.file).children(clause).collect();
            for predicate in predicates {
                let file = self.file(def.file);
                let Some(ty) = file.child_where(predicate, is_type) else { continue };
                let Some(bounds) = file.child(predicate, NodeKind::TypeBoundList) else { continue };
                let ty = self.lower_type(&scope, ty);
                self.read_bound_list(&scope, bounds, ty, list);
                self.predicates.insert(id, Rc::new(list.clone()));
            }
        }
        // Bounds of a trait's associated types hold of their projections.
        if def.kind == DefKind::Trait {
            let items = self.assoc_items.get(&id).cloned().unwrap_or_default();
            for (_, item) in items {
                if self.def(item).kind != DefKind::TypeAlias {
                    continue;
                }
                if let Some(bounds) = self.file(def.file).child(self.def(item).node, NodeKind::TypeBoundList) {
                    let args = self.identity_args(id);
                    let ty = self.types.intern(TyKind::Projection(item, args));
                    self.read_bound_list(&scope, bounds, ty, list);
                }
            }
        }
    }

    fn read_bound_list(&mut self, scope: &TypeScope, bounds: NodeId, ty: Ty, list: &mut Vec<Predicate>) {
        let bounds: Vec<NodeId> = self.file(scope.file).children(bounds).collect();
        for bound in bounds {
            let file = self.file(scope.file);
            let Some(node) = file.child_where(bound, is_type) else { continue };
            if file.has_token(bound, TokenKind::Question) {
                continue;
            }
            self.read_bound(scope, node, ty, list);
        }
    }

    /// Reads `Trait<A, Name = B>` or `Fn(A) -> B` as bounds of `ty`.
    fn read_bound(&mut self, scope: &TypeScope, node: NodeId, ty: Ty, list: &mut Vec<Predicate>) {
        let span = self.file(scope.file).span(node);
        let Some((trait_id, segment)) = self.resolve_trait(scope, node) else { return };
        let (args, assoc) = self.trait_args(scope, trait_id, ty, segment, span);
        list.push(Predicate::Trait(trait_id, args));
        for (item, value) in assoc {
            list.push(Predicate::Projection(item, args, value));
        }
    }

    /// The trait that a path type names.
    pub(crate) fn resolve_trait(&mut self, scope: &TypeScope, node: NodeId) -> Option<(DefId, crate::source::Segment)> {
        let file = &self.files[scope.file.0 as usize];
        let span = file.span(node);
        if file.kind(node) == NodeKind::ForType || file.kind(node) == NodeKind::ParenType {
            let inner = file.child_where(node, is_type)?;
            return self.resolve_trait(scope, inner);
        }
        let path = file.path(&mut self.strings, node);
        let names: Vec<StringId> = path.segments.iter().map(|segment| segment.name).collect();
        if names.is_empty() {
            return None;
        }
        let found = self.resolve_names(scope.module, &names, path.is_global, crate::resolve::Space::Types);
        match found {
            Ok((crate::resolve::Res::Def(id), 0)) if self.def(id).kind == DefKind::Trait => {
                Some((id, *path.segments.last()?))
            }
            _ => {
                let name = names.iter().map(|name| self.strings.get(*name)).collect::<Vec<_>>().join("::");
                let error =
                    Diagnostic::error(span, format!("cannot find trait `{name}` in this scope")).with_code("E0405");
                self.report(scope.file, error);
                None
            }
        }
    }

    /// A trait's arguments as they are written behind its name, `Self` first, and what is said of its associated types.
    pub(crate) fn trait_args(
        &mut self,
        scope: &TypeScope,
        trait_id: DefId,
        self_type: Ty,
        segment: crate::source::Segment,
        span: Span,
    ) -> (Args, Vec<(DefId, Ty)>) {
        let mut assoc = Vec::new();
        let generics = self.generics_of(trait_id);
        let mut items = vec![self_type];
        if let Some(list) = segment.arguments {
            if self.file(scope.file).kind(list) == NodeKind::ParenthesizedArgList {
                let nodes: Vec<NodeId> = self.file(scope.file).children(list).collect();
                let parameters: Vec<Ty> = nodes.into_iter().map(|node| self.lower_type(scope, node)).collect();
                items.push(self.types.tuple(&parameters));
                let result = segment.result.and_then(|result| self.file(scope.file).child_where(result, is_type));
                let result = result.map_or(known::UNIT, |node| self.lower_type(scope, node));
                if let Some(output) = self.lang_item("fn_once_output") {
                    assoc.push((output, result));
                }
            } else {
                let nodes: Vec<NodeId> = self.file(scope.file).children(list).collect();
                for node in nodes {
                    match self.file(scope.file).kind(node) {
                        NodeKind::LifetimeArg => {}
                        NodeKind::AssocTypeArg => {
                            let file = &self.files[scope.file.0 as usize];
                            let name = file.name(&mut self.strings, node);
                            let value = file.child_where(node, is_type);
                            let item = self.find_assoc_type(trait_id, name);
                            match (item, value) {
                                (Some(item), Some(value)) => {
                                    let value = self.lower_type(scope, value);
                                    assoc.push((item, value));
                                }
                                _ => self.refuse(scope.file, span, "this bound on an associated type"),
                            }
                        }
                        NodeKind::ConstArg => items.push(self.lower_const_arg(scope, node)),
                        _ => items.push(self.lower_type(scope, node)),
                    }
                }
            }
        }
        self.fill_arguments(scope, trait_id, &generics, &mut items, span);
        // `Fn(A) -> B` says it of `FnOnce`'s output, whose arguments are the same.
        (self.types.args(&items), assoc)
    }

    /// The associated type of that name of a trait or of one above it.
    pub(crate) fn find_assoc_type(&mut self, trait_id: DefId, name: StringId) -> Option<DefId> {
        if let Some(item) = self.assoc_item(trait_id, name) {
            return (self.def(item).kind == DefKind::TypeAlias).then_some(item);
        }
        let above = self.predicates_of(trait_id);
        above.iter().find_map(|predicate| match predicate {
            Predicate::Trait(id, _) if *id != trait_id => self.assoc_item(*id, name),
            _ => None,
        })
    }

    /// Adds what is left out of generic arguments: defaults, or holes; too many are reported.
    pub(crate) fn fill_arguments(
        &mut self,
        scope: &TypeScope,
        id: DefId,
        generics: &Generics,
        items: &mut Vec<Ty>,
        span: Span,
    ) {
        if items.len() > generics.params.len() {
            let error = Diagnostic::error(
                span,
                format!("too many generic arguments: {} expected, {} given", generics.params.len(), items.len()),
            )
            .with_code("E0107");
            self.report(scope.file, error);
            items.truncate(generics.params.len());
        }
        let file = self.def(id).file;
        let is_left_out = scope.infers && items.is_empty();
        while items.len() < generics.params.len() {
            let param = generics.params[items.len()];
            let default = param.node.filter(|_| !is_left_out).and_then(|node| match param.kind {
                ParamKind::Type => self.file(file).child_where(node, is_type),
                ParamKind::Const(_) => self.file(file).child(node, NodeKind::ConstArg),
            });
            let ty = match default {
                Some(node) => {
                    let inner = self.type_scope(id);
                    let ty = if is_type(self.file(file).kind(node)) {
                        self.lower_type(&inner, node)
                    } else {
                        self.lower_const_arg(&inner, node)
                    };
                    self.types.substitute(ty, items)
                }
                None if scope.holes => self.types.intern(TyKind::Infer(HOLE)),
                None => {
                    let error = Diagnostic::error(span, format!("missing generics for `{}`", self.path_of(id)))
                        .with_code("E0107");
                    self.report(scope.file, error);
                    known::ERROR
                }
            };
            items.push(ty);
        }
    }

    /// What a function takes and returns.
    pub(crate) fn signature_of(&mut self, id: DefId) -> Rc<FnSignature> {
        if let Some(known) = self.signatures.get(&id) {
            return known.clone();
        }
        let def = self.def(id).clone();
        let scope = self.type_scope(id);
        let mut parameters = Vec::new();
        if let Some(list) = self.file(def.file).child(def.node, NodeKind::ParamList) {
            let nodes: Vec<NodeId> = self.file(def.file).children(list).collect();
            for node in nodes {
                match self.file(def.file).kind(node) {
                    NodeKind::SelfParam => parameters.push(self.self_param_type(&scope, node)),
                    NodeKind::Param => {
                        let ty = self.file(def.file).child_where(node, is_type);
                        parameters.push(ty.map_or(known::ERROR, |ty| self.lower_type(&scope, ty)));
                    }
                    _ => {}
                }
            }
        }
        let result = self.file(def.file).child(def.node, NodeKind::RetType);
        let result = result.and_then(|result| self.file(def.file).child_where(result, is_type));
        let result = result.map_or(known::UNIT, |node| self.lower_type(&scope, node));
        let signature = Rc::new(FnSignature { parameters, result });
        self.signatures.insert(id, signature.clone());
        signature
    }

    fn self_param_type(&mut self, scope: &TypeScope, node: NodeId) -> Ty {
        if let Some(ty) = self.file(scope.file).child_where(node, is_type) {
            return self.lower_type(scope, ty);
        }
        let self_type = self.self_type(scope.owner).unwrap_or(known::ERROR);
        let file = self.file(scope.file);
        match file.has_token(node, TokenKind::And) {
            true => {
                let is_mutable = file.has_word(node, "mut");
                self.types.reference(self_type, is_mutable)
            }
            false => self_type,
        }
    }

    /// What `Self` means in an item.
    pub(crate) fn self_type(&mut self, owner: DefId) -> Option<Ty> {
        let mut at = Some(owner);
        while let Some(id) = at {
            match self.def(id).kind {
                DefKind::Trait => return Some(self.types.intern(TyKind::Param(0))),
                DefKind::Impl => return self.header_of(id).map(|header| header.self_type),
                DefKind::Struct | DefKind::Enum | DefKind::Union => {
                    let args = self.identity_args(id);
                    return Some(self.types.intern(TyKind::Adt(id, args)));
                }
                DefKind::Module => return None,
                _ => at = self.def(id).parent,
            }
        }
        None
    }

    /// The fields of a structure, union or variant.
    pub(crate) fn fields_of(&mut self, id: DefId) -> Rc<Vec<Field>> {
        if let Some(known) = self.fields.get(&id) {
            return known.clone();
        }
        let def = self.def(id).clone();
        let owner =
            if def.kind == DefKind::Variant { def.parent.expect("a variant stands in an enumeration") } else { id };
        let scope = self.type_scope(owner);
        let mut fields = Vec::new();
        let list = self
            .file(def.file)
            .child_where(def.node, |kind| matches!(kind, NodeKind::RecordFieldList | NodeKind::TupleFieldList));
        if let Some(list) = list {
            let nodes: Vec<NodeId> = self.file(def.file).children(list).collect();
            for (at, node) in nodes.into_iter().enumerate() {
                let file = &self.files[def.file.0 as usize];
                let name = match file.kind(node) {
                    NodeKind::RecordField => file.name(&mut self.strings, node),
                    NodeKind::TupleField => self.strings.intern(&at.to_string()),
                    _ => continue,
                };
                let is_public = def.kind == DefKind::Variant;
                let file = self.file(def.file);
                let visible_in = match file.child(node, NodeKind::Visibility) {
                    _ if is_public => None,
                    Some(visibility) => match file.child(visibility, NodeKind::Path).map(|path| file.node_text(path)) {
                        None if !file.has_word(visibility, "crate") => None,
                        Some("super") => Some(self.parent_module(scope.module)),
                        Some("self") => Some(self.named_module(scope.module)),
                        _ => Some(self.root_of(scope.module)),
                    },
                    None => Some(self.named_module(scope.module)),
                };
                let ty = self.file(def.file).child_where(node, is_type);
                let ty = ty.map_or(known::ERROR, |ty| self.lower_type(&scope, ty));
                fields.push(Field { name, ty, visible_in });
            }
        }
        let fields = Rc::new(fields);
        self.fields.insert(id, fields.clone());
        fields
    }

    /// The type of a constant, static or alias.
    pub(crate) fn item_type(&mut self, id: DefId) -> Ty {
        if let Some(&known) = self.item_types.get(&id) {
            return known;
        }
        let def = self.def(id).clone();
        if !self.open_types.insert(id) {
            let error = Diagnostic::error(self.name_span(id), "cycle: this type needs itself").with_code("E0391");
            self.report(def.file, error);
            return known::ERROR;
        }
        let scope = self.type_scope(id);
        let ty = match self.file(def.file).child_where(def.node, is_type) {
            Some(node) => self.lower_type(&scope, node),
            None => {
                self.refuse(def.file, self.name_span(id), "an associated type or constant without a value here");
                known::ERROR
            }
        };
        self.open_types.remove(&id);
        self.item_types.insert(id, ty);
        ty
    }

    /// Reports that something is not supported yet, by name.
    pub(crate) fn refuse(&mut self, file: FileId, span: Span, what: &str) {
        let error = Diagnostic::error(span, format!("{what} is not supported in device code yet")).with_code("G0001");
        self.report(file, error);
    }

    /// The nodes of a function's parameters: pattern of each, or the `self` parameter itself.
    pub(crate) fn parameter_nodes(&self, file: FileId, node: NodeId) -> Vec<NodeId> {
        let file = self.file(file);
        let Some(list) = file.child(node, NodeKind::ParamList) else { return Vec::new() };
        let params =
            file.children(list).filter(|child| matches!(file.kind(*child), NodeKind::SelfParam | NodeKind::Param));
        params
            .map(|param| match file.kind(param) {
                NodeKind::Param => file.child_where(param, is_pat).unwrap_or(param),
                _ => param,
            })
            .collect()
    }

    /// Whether a type is known to be wrong.
    pub(crate) fn is_error(&self, ty: Ty) -> bool {
        self.types.has(ty, flags::ERROR)
    }
}

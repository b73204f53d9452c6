//! The regions that signatures write: named, left out (elision), `'static`. Each list of regions fills the slots of its type (see [`super::shape`]).

use std::rc::Rc;

use rustg_base::{Diagnostic, Span, StringId};
use rustg_syntax::{NodeId, NodeKind, TokenKind};

use crate::items::{DefId, DefKind};
use crate::program::Program;
use crate::resolve::{Res, Space};
use crate::signatures::TypeScope;
use crate::source::is_type;
use crate::types::{Ty, TyKind, known};

/// A region as a signature names it.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Region(pub u32);

impl Region {
    /// `'static`
    pub(crate) const STATIC: Region = Region(0);
    /// Nothing is known of it.
    pub(crate) const UNKNOWN: Region = Region(u32::MAX);

    /// The lifetime parameter of that number.
    pub(crate) fn of_parameter(number: usize) -> Region {
        Region(number as u32 + 1)
    }

    /// The number of the lifetime parameter that it is.
    pub(crate) fn parameter(self) -> Option<usize> {
        (self != Region::STATIC && self != Region::UNKNOWN).then(|| self.0 as usize - 1)
    }
}

/// What a left-out lifetime means.
#[derive(Clone, Copy)]
enum Elision {
    /// Each is one of its own.
    Fresh,
    Is(Region),
    /// It must be written (`E0106`).
    Wrong,
    Unknown,
}

/// The regions of a function.
#[derive(Debug, Default)]
pub(crate) struct FnRegions {
    /// How many lifetime parameters there are, those without a name included; the names of the named ones come first.
    pub count: u32,
    /// By parameter: of its type.
    pub parameters: Vec<Vec<Region>>,
    /// Of the result's type.
    pub result: Vec<Region>,
    /// What is declared or implied to outlive what.
    pub outlives: Vec<(Region, Region)>,
    /// Generic parameters whose types must outlive a region.
    pub type_outlives: Vec<(u32, Region)>,
}

/// The regions of an impl's head.
#[derive(Debug, Default)]
pub(crate) struct HeadRegions {
    /// How many lifetime parameters there are, those without a name included.
    pub count: u32,
    /// Of the type that it is for.
    pub self_type: Vec<Region>,
    /// Of the trait's arguments, `Self` first; empty without a trait.
    pub trait_args: Vec<Vec<Region>>,
}

struct Reader<'a> {
    program: &'a mut Program,
    scope: TypeScope,
    names: Rc<Vec<StringId>>,
    elision: Elision,
    /// How many lifetime parameters there are by now.
    count: u32,
    /// Regions that stood anywhere, written or left out.
    seen: Vec<Region>,
}

impl Program {
    fn reader(&mut self, owner: DefId, elision: Elision) -> Reader<'_> {
        let names = self.lifetimes_of(owner);
        let scope = self.type_scope(owner);
        let count = names.len() as u32;
        Reader { program: self, scope, names, elision, count, seen: Vec::new() }
    }

    /// The regions of the types of a structure's or variant's fields.
    pub(crate) fn field_regions(&mut self, id: DefId) -> Rc<Vec<Vec<Region>>> {
        if let Some(known) = self.regions.fields.get(&id) {
            return known.clone();
        }
        self.regions.fields.insert(id, Rc::new(Vec::new()));
        let def = self.def(id).clone();
        let owner = match def.kind {
            DefKind::Variant => def.parent.expect("a variant stands in an enumeration"),
            _ => id,
        };
        let fields = self.fields_of(id);
        let file = self.file(def.file);
        let list =
            file.child_where(def.node, |kind| matches!(kind, NodeKind::RecordFieldList | NodeKind::TupleFieldList));
        let nodes: Vec<NodeId> = list.map_or(Vec::new(), |list| {
            let is_field = |node: &NodeId| matches!(file.kind(*node), NodeKind::RecordField | NodeKind::TupleField);
            file.children(list).filter(is_field).collect()
        });
        let mut all = Vec::new();
        for (field, node) in fields.iter().zip(nodes) {
            let ty = self.file(def.file).child_where(node, is_type);
            let mut reader = self.reader(owner, Elision::Wrong);
            all.push(reader.read_whole(ty, field.ty));
        }
        let all = Rc::new(all);
        self.regions.fields.insert(id, all.clone());
        all
    }

    /// The regions of the type of a constant, static, alias or associated type.
    pub(crate) fn item_regions(&mut self, id: DefId) -> Rc<Vec<Region>> {
        if let Some(known) = self.regions.items.get(&id) {
            return known.clone();
        }
        self.regions.items.insert(id, Rc::new(Vec::new()));
        let def = self.def(id).clone();
        let ty = self.item_type(id);
        let node = self.file(def.file).child_where(def.node, is_type);
        let elision = match def.kind {
            DefKind::TypeAlias => Elision::Unknown,
            _ => Elision::Is(Region::STATIC),
        };
        let regions = Rc::new(self.reader(id, elision).read_whole(node, ty));
        self.regions.items.insert(id, regions.clone());
        regions
    }

    /// The regions of an impl's head.
    pub(crate) fn head_regions(&mut self, id: DefId) -> Rc<HeadRegions> {
        if let Some(known) = self.regions.heads.get(&id) {
            return known.clone();
        }
        self.regions.heads.insert(id, Rc::new(HeadRegions::default()));
        let Some(header) = self.header_of(id) else { return Rc::new(HeadRegions::default()) };
        let def = self.def(id).clone();
        let file = self.file(def.file);
        let nodes: Vec<NodeId> = file.children(def.node).filter(|child| is_type(file.kind(*child))).collect();
        let mut reader = self.reader(id, Elision::Fresh);
        let self_type = reader.read_whole(nodes.last().copied(), header.self_type);
        let mut trait_args = Vec::new();
        if let Some((_, args)) = header.trait_ref {
            let args: Vec<Ty> = reader.program.types.list(args).to_vec();
            trait_args.push(self_type.clone());
            trait_args.extend(reader.arguments(nodes[0], &args[1..]));
        }
        let head = Rc::new(HeadRegions { count: reader.count, self_type, trait_args });
        self.regions.heads.insert(id, head.clone());
        head
    }

    /// The regions of a function's signature; what is wrong with its lifetimes is reported.
    pub(crate) fn fn_regions(&mut self, id: DefId) -> Rc<FnRegions> {
        if let Some(known) = self.regions.signatures.get(&id) {
            return known.clone();
        }
        let def = self.def(id).clone();
        let mut out = FnRegions::default();
        if def.kind == DefKind::Fn {
            let signature = self.signature_of(id);
            let file = self.file(def.file);
            let list = file.child(def.node, NodeKind::ParamList);
            let nodes: Vec<NodeId> = list.map_or(Vec::new(), |list| {
                let is_param = |node: &NodeId| matches!(file.kind(*node), NodeKind::SelfParam | NodeKind::Param);
                file.children(list).filter(is_param).collect()
            });
            let result = file.child(def.node, NodeKind::RetType).and_then(|result| file.child_where(result, is_type));
            let mut reader = self.reader(id, Elision::Fresh);
            let mut self_region = None;
            for (node, ty) in nodes.iter().zip(&signature.parameters) {
                let regions = reader.parameter(*node, *ty);
                let is_self = reader.file().kind(*node) == NodeKind::SelfParam;
                if is_self && matches!(reader.program.types.kind(*ty), TyKind::Ref(..)) {
                    self_region = regions.first().copied();
                }
                out.parameters.push(regions);
            }
            reader.seen.retain(|region| *region != Region::UNKNOWN);
            reader.seen.sort_unstable_by_key(|region| region.0);
            reader.seen.dedup();
            reader.elision = match (self_region, reader.seen.as_slice()) {
                (Some(region), _) => Elision::Is(region),
                (None, [region]) => Elision::Is(*region),
                _ => Elision::Wrong,
            };
            out.result = reader.read_whole(result, signature.result);
            out.count = reader.count;
            let mut at = Some(id);
            while let Some(owner) = at {
                self.declared_outlives(owner, id, &mut out);
                at = self
                    .def(owner)
                    .parent
                    .filter(|parent| matches!(self.def(*parent).kind, DefKind::Trait | DefKind::Impl));
            }
            for (ty, regions) in signature.parameters.iter().zip(&out.parameters) {
                self.implied_outlives(*ty, &mut regions.iter(), &mut Vec::new(), &mut out.outlives);
            }
            self.implied_outlives(signature.result, &mut out.result.iter(), &mut Vec::new(), &mut out.outlives);
        } else {
            // A constructor takes its fields and gives the whole.
            let signature = self.constructor_signature(id);
            out.parameters = (*self.field_regions(id)).clone();
            if let TyKind::Adt(adt, _) = self.types.kind(signature.result) {
                out.count = self.lifetimes_of(adt).len() as u32;
                out.result = (0..out.count as usize).map(Region::of_parameter).collect();
            }
        }
        let out = Rc::new(out);
        self.regions.signatures.insert(id, out.clone());
        out
    }

    /// `'a: 'b`, `T: 'a` as an item's generics and `where` write them.
    fn declared_outlives(&mut self, owner: DefId, of: DefId, out: &mut FnRegions) {
        let def = self.def(owner).clone();
        let names = self.lifetimes_of(of);
        let file = &self.files[def.file.0 as usize];
        if !file.text[file.span(def.node).range()].contains('\'') {
            return;
        }
        let mut nodes: Vec<NodeId> = Vec::new();
        for child in file.children(def.node) {
            if matches!(file.kind(child), NodeKind::GenericParamList | NodeKind::WhereClause) {
                nodes.extend(file.children(child));
            }
        }
        let named = |strings: &mut rustg_base::Strings, token: usize| match file.token_text(token) {
            "'static" => Some(Region::STATIC),
            text => {
                let name = strings.intern(text);
                names.iter().position(|known| *known == name).map(Region::of_parameter)
            }
        };
        let mut types = Vec::new();
        for node in nodes {
            let is_lifetime = |token: &usize| file.parse.tokens.kind(*token) == TokenKind::Lifetime;
            let tokens: Vec<usize> = file.own_tokens(node).filter(is_lifetime).collect();
            let bounds = file.child(node, NodeKind::TypeBoundList);
            if let Some((&first, rest)) = tokens.split_first() {
                let mut rest = rest.to_vec();
                if let Some(bounds) = bounds {
                    rest.extend(file.tree().tokens(bounds).filter(is_lifetime));
                }
                for token in rest {
                    if let (Some(longer), Some(shorter)) =
                        (named(&mut self.strings, first), named(&mut self.strings, token))
                    {
                        out.outlives.push((longer, shorter));
                    }
                }
            } else if let Some(bounds) = bounds {
                for bound in file.children(bounds) {
                    let mut own = file.own_tokens(bound).filter(is_lifetime);
                    if let Some(token) = own.next()
                        && file.child_where(bound, is_type).is_none()
                        && let Some(region) = named(&mut self.strings, token)
                    {
                        types.push((node, region));
                    }
                }
            }
        }
        let scope = self.type_scope(owner);
        for (node, region) in types {
            let ty = match self.file(def.file).kind(node) {
                NodeKind::WherePred => {
                    let ty = self.file(def.file).child_where(node, is_type);
                    ty.map_or(known::ERROR, |ty| self.lower_type(&scope, ty))
                }
                _ => {
                    let generics = self.generics_of(owner);
                    let index = generics.params.iter().position(|param| param.node == Some(node));
                    index.map_or(known::ERROR, |index| self.types.intern(TyKind::Param(index as u32)))
                }
            };
            if let TyKind::Param(index) = self.types.kind(ty) {
                out.type_outlives.push((index, region));
            }
        }
    }

    /// What a type is only well formed with: what lies behind a reference outlives it.
    fn implied_outlives(
        &mut self,
        ty: Ty,
        regions: &mut std::slice::Iter<'_, Region>,
        around: &mut Vec<Region>,
        out: &mut Vec<(Region, Region)>,
    ) {
        let note = |region: Option<&Region>, around: &[Region], out: &mut Vec<(Region, Region)>| {
            if let Some(&region) = region {
                out.extend(around.iter().map(|outer| (region, *outer)));
            }
        };
        match self.types.kind(ty) {
            TyKind::Ref(target, _) => {
                let region = regions.next();
                note(region, around, out);
                around.extend(region);
                self.implied_outlives(target, regions, around, out);
                if region.is_some() {
                    around.pop();
                }
            }
            TyKind::Ptr(target, _) | TyKind::Slice(target) | TyKind::Array(target, _) => {
                self.implied_outlives(target, regions, around, out);
            }
            TyKind::Tuple(items) => {
                for ty in self.types.list(items).to_vec() {
                    self.implied_outlives(ty, regions, around, out);
                }
            }
            TyKind::Adt(def, args) => {
                let count = self.lifetimes_of(def).len();
                let own: Vec<Region> = regions.by_ref().take(count).copied().collect();
                own.iter().for_each(|region| note(Some(region), around, out));
                if count > 1 {
                    let mut declared = FnRegions::default();
                    self.declared_outlives(def, def, &mut declared);
                    let of = |region: Region| match region.parameter() {
                        Some(number) => own.get(number).copied(),
                        None => Some(region),
                    };
                    out.extend(declared.outlives.into_iter().filter_map(|(a, b)| Some((of(a)?, of(b)?))));
                }
                for ty in self.types.list(args).to_vec() {
                    self.implied_outlives(ty, regions, around, out);
                }
            }
            _ => {
                let count = self.slot_count(ty);
                regions.by_ref().take(count).for_each(drop);
            }
        }
    }

    /// The regions of a type that a body writes: only `'static` and the function's own names are known.
    pub(crate) fn written_regions(&mut self, owner: DefId, written: crate::hir::Written, ty: Ty) -> Vec<Region> {
        let mut reader = self.reader(owner, Elision::Unknown);
        reader.scope.module = written.module;
        reader.read_whole(Some(written.node), ty)
    }
}

impl Reader<'_> {
    fn file(&self) -> &crate::source::File {
        self.program.file(self.scope.file)
    }

    /// The regions of a type, exactly as many as it has slots.
    fn read_whole(&mut self, node: Option<NodeId>, ty: Ty) -> Vec<Region> {
        let count = self.program.slot_count(ty);
        if count == 0 {
            return Vec::new();
        }
        let mut out = Vec::new();
        if let Some(node) = node {
            self.read(node, ty, &mut out);
        }
        out.resize(count, Region::UNKNOWN);
        out
    }

    fn parameter(&mut self, node: NodeId, ty: Ty) -> Vec<Region> {
        let written = self.file().child_where(node, is_type);
        if self.file().kind(node) != NodeKind::SelfParam || written.is_some() {
            return self.read_whole(written, ty);
        }
        let mut out = Vec::new();
        let self_type = match self.program.types.kind(ty) {
            TyKind::Ref(target, _) if self.file().has_token(node, TokenKind::And) => {
                let region = self.own_lifetime(node);
                out.push(region);
                target
            }
            _ => ty,
        };
        self.self_regions(self_type, &mut out);
        let count = self.program.slot_count(ty);
        out.resize(count, Region::UNKNOWN);
        out
    }

    /// The lifetime among a node's own tokens, or what leaving it out means.
    fn own_lifetime(&mut self, node: NodeId) -> Region {
        let file = self.file();
        let is_lifetime = |token: &usize| file.parse.tokens.kind(*token) == TokenKind::Lifetime;
        let found = file.own_tokens(node).find(is_lifetime);
        let span = file.span(node);
        match found {
            Some(token) => self.named(token),
            None => self.elided(Span::new(span.start, span.start + 1)),
        }
    }

    fn named(&mut self, token: usize) -> Region {
        let file = &self.program.files[self.scope.file.0 as usize];
        let span = file.token_span(token);
        let text = file.token_text(token);
        if text == "'_" {
            return self.elided(span);
        }
        let region = if text == "'static" {
            Region::STATIC
        } else {
            let name = self.program.strings.intern(text);
            match self.names.iter().position(|known| *known == name) {
                Some(number) => Region::of_parameter(number),
                None => {
                    let text = text.to_owned();
                    let error =
                        Diagnostic::error(span, format!("use of undeclared lifetime name `{text}`")).with_code("E0261");
                    if matches!(self.elision, Elision::Fresh | Elision::Wrong | Elision::Is(_)) {
                        self.program.report(self.scope.file, error);
                    }
                    Region::UNKNOWN
                }
            }
        };
        self.seen.push(region);
        region
    }

    fn elided(&mut self, span: Span) -> Region {
        let region = match self.elision {
            Elision::Fresh => {
                self.count += 1;
                Region::of_parameter(self.count as usize - 1)
            }
            Elision::Is(region) => region,
            Elision::Unknown => Region::UNKNOWN,
            Elision::Wrong => {
                let error = Diagnostic::error(span, "missing lifetime specifier").with_code("E0106");
                self.program.report(self.scope.file, error);
                Region::UNKNOWN
            }
        };
        self.seen.push(region);
        region
    }

    /// The regions of what `Self` means.
    fn self_regions(&mut self, ty: Ty, out: &mut Vec<Region>) {
        let mut at = Some(self.scope.owner);
        while let Some(id) = at {
            match self.program.def(id).kind {
                DefKind::Impl => {
                    let head = self.program.head_regions(id);
                    self.seen.extend_from_slice(&head.self_type);
                    return out.extend_from_slice(&head.self_type);
                }
                DefKind::Struct | DefKind::Enum | DefKind::Union => {
                    let count = self.program.lifetimes_of(id).len();
                    return out.extend((0..count).map(Region::of_parameter));
                }
                DefKind::Trait | DefKind::Module => break,
                _ => at = self.program.def(id).parent,
            }
        }
        let count = self.program.slot_count(ty);
        out.extend(std::iter::repeat_n(Region::UNKNOWN, count));
    }

    fn read(&mut self, node: NodeId, ty: Ty, out: &mut Vec<Region>) {
        let start = out.len();
        let count = self.program.slot_count(ty);
        if count == 0 {
            return;
        }
        let inner = self.file().child_where(node, is_type);
        match (self.file().kind(node), self.program.types.kind(ty)) {
            (NodeKind::ParenType, _) => {
                if let Some(inner) = inner {
                    self.read(inner, ty, out);
                }
            }
            (NodeKind::RefType, TyKind::Ref(target, _)) => {
                let region = self.own_lifetime(node);
                out.push(region);
                if let Some(inner) = inner {
                    self.read(inner, target, out);
                }
            }
            (NodeKind::PtrType, TyKind::Ptr(target, _))
            | (NodeKind::SliceType, TyKind::Slice(target))
            | (NodeKind::ArrayType, TyKind::Array(target, _)) => {
                if let Some(inner) = inner {
                    self.read(inner, target, out);
                }
            }
            (NodeKind::TupleType, TyKind::Tuple(items)) => {
                let file = self.file();
                let nodes: Vec<NodeId> = file.children(node).filter(|child| is_type(file.kind(*child))).collect();
                let items: Vec<Ty> = self.program.types.list(items).to_vec();
                for (node, ty) in nodes.into_iter().zip(items) {
                    let start = out.len();
                    self.read(node, ty, out);
                    let count = self.program.slot_count(ty);
                    out.resize(start + count, Region::UNKNOWN);
                }
            }
            (NodeKind::PathType, kind) => self.path(node, ty, kind, out),
            _ => {}
        }
        out.resize(start + count, Region::UNKNOWN);
    }

    fn path(&mut self, node: NodeId, ty: Ty, kind: TyKind, out: &mut Vec<Region>) {
        let file = &self.program.files[self.scope.file.0 as usize];
        let path = file.path(&mut self.program.strings, node);
        let names: Vec<StringId> = path.segments.iter().map(|segment| segment.name).collect();
        if path.anchor.is_some() || names.is_empty() {
            return;
        }
        if names[0] == self.program.names.self_type {
            match names.len() {
                1 => self.self_regions(ty, out),
                2 => self.associated(names[1], out),
                _ => {}
            }
            return;
        }
        let Ok((Res::Def(id), 0)) = self.program.resolve_names(self.scope.module, &names, path.is_global, Space::Types)
        else {
            return;
        };
        match (self.program.def(id).kind, kind) {
            (DefKind::TypeAlias, _) => {
                // What the alias writes, with its parameters as they are given here.
                let regions = self.program.item_regions(id);
                let count = self.program.lifetimes_of(id).len();
                if self.program.generics_of(id).params.is_empty() {
                    let given = self.lifetime_arguments(node, count);
                    let of = |region: Region| match region.parameter() {
                        Some(number) => given.get(number).copied().unwrap_or(Region::UNKNOWN),
                        None => region,
                    };
                    out.extend(regions.iter().map(|region| of(*region)));
                }
            }
            (_, TyKind::Adt(def, args)) if def == id => {
                let count = self.program.lifetimes_of(def).len();
                let given = self.lifetime_arguments(node, count);
                out.extend(given);
                let args: Vec<Ty> = self.program.types.list(args).to_vec();
                out.extend(self.arguments(node, &args).into_iter().flatten());
            }
            _ => {}
        }
    }

    /// `Self::Name` within an impl.
    fn associated(&mut self, name: StringId, out: &mut Vec<Region>) {
        let mut at = Some(self.scope.owner);
        while let Some(id) = at {
            if self.program.def(id).kind == DefKind::Impl {
                if let Some(item) = self.program.assoc_item(id, name) {
                    let regions = self.program.item_regions(item);
                    self.seen.extend(regions.iter());
                    out.extend_from_slice(&regions);
                }
                return;
            }
            at = self.program.def(id).parent;
        }
    }

    /// The lifetimes among a path's last arguments; all are left out or none.
    fn lifetime_arguments(&mut self, node: NodeId, count: usize) -> Vec<Region> {
        let file = self.file();
        let span = file.span(node);
        let lists = file.children(node).filter(|child| file.kind(*child) == NodeKind::GenericArgList);
        let tokens: Vec<usize> = (lists.last().into_iter())
            .flat_map(|list| file.children(list))
            .filter(|child| file.kind(*child) == NodeKind::LifetimeArg)
            .filter_map(|child| file.own_tokens(child).next())
            .collect();
        let mut out: Vec<Region> = tokens.into_iter().map(|token| self.named(token)).collect();
        while out.len() < count {
            let region = self.elided(span);
            out.push(region);
        }
        out.truncate(count);
        out
    }

    /// The regions of the types among a path's last arguments.
    fn arguments(&mut self, node: NodeId, args: &[Ty]) -> Vec<Vec<Region>> {
        let file = self.file();
        let lists = file.children(node).filter(|child| file.kind(*child) == NodeKind::GenericArgList);
        let nodes: Vec<NodeId> = (lists.last().into_iter())
            .flat_map(|list| file.children(list))
            .filter(|child| is_type(file.kind(*child)) || file.kind(*child) == NodeKind::ConstArg)
            .collect();
        let mut out = Vec::new();
        for (at, ty) in args.iter().enumerate() {
            out.push(self.read_whole(nodes.get(at).copied(), *ty));
        }
        out
    }
}

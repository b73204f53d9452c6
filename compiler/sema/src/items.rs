//! The item tree: what each file declares, outlines only. Bodies stay opaque, so that an edit inside one changes nothing here.

use rustc_hash::FxHashMap;
use rustg_base::{Diagnostic, Span, StringId};
use rustg_syntax::{NodeId, NodeKind, TokenKind};

use crate::program::Program;
use crate::source::{FileId, is_item, is_type};
use crate::types::{IntTy, Ty, known};

/// A definition: anything that a name can stand for, and impls.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct DefId(pub u32);

impl DefId {
    /// As an index into tables by definition.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What kind of thing a definition is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DefKind {
    /// A module, or a crate's root.
    Module,
    /// A function, method or intrinsic.
    Fn,
    /// A structure.
    Struct,
    /// An enumeration.
    Enum,
    /// A variant of one.
    Variant,
    /// A union.
    Union,
    /// A constant, associated ones too.
    Const,
    /// A static.
    Static,
    /// A trait.
    Trait,
    /// An impl.
    Impl,
    /// A type alias; in a trait or impl an associated type.
    TypeAlias,
    /// Something that is refused where it is used, by that name.
    Refused(&'static str),
}

/// A definition's outline.
#[derive(Clone, Debug)]
pub struct Def {
    /// What it is.
    pub kind: DefKind,
    /// What it stands in: a module, enumeration, trait or impl; none for a crate's root.
    pub parent: Option<DefId>,
    /// Its file.
    pub file: FileId,
    /// Its node there.
    pub node: NodeId,
    /// Its name; empty for impls.
    pub name: StringId,
    /// The module that it is visible in with all that is below; none where it is public.
    pub visible_in: Option<DefId>,
    /// Properties that attributes and the outline say.
    pub flags: u16,
    /// A number: a variant's place among its enumeration's.
    pub number: u32,
    /// For what an `#[each(…)]` impl of the device library stands for the name it gives.
    pub each: Option<(StringId, Ty)>,
}

/// Properties of definitions.
pub mod def_flags {
    /// A kernel.
    pub const KERNEL: u16 = 1;
    /// Declared by the compiler: no body.
    pub const INTRINSIC: u16 = 2;
    /// `unsafe fn`
    pub const UNSAFE: u16 = 4;
    /// Has a `self` parameter.
    pub const METHOD: u16 = 8;
    /// `#[repr(C)]`
    pub const REPR_C: u16 = 16;
    /// `#[repr(transparent)]`
    pub const REPR_TRANSPARENT: u16 = 32;
    /// `const fn`
    pub const CONST: u16 = 128;
    /// Belongs to the device library.
    pub const LIBRARY: u16 = 256;
    /// Panics at its caller's place.
    pub const TRACK_CALLER: u16 = 512;
    /// `static mut`
    pub const MUTABLE: u16 = 1024;
    /// A negative impl, or another thing only named.
    pub const ASYNC: u16 = 2048;
}

/// An import that waits for resolution.
#[derive(Clone, Debug)]
pub struct Import {
    /// The module that it stands in.
    pub module: DefId,
    /// The path's names.
    pub path: Vec<StringId>,
    /// Whether the path begins with `::`.
    pub is_global: bool,
    /// The name it gets, or nothing for a glob.
    pub name: Option<StringId>,
    /// Where it is visible; none for everywhere.
    pub visible_in: Option<DefId>,
    /// Its place.
    pub file: FileId,
    /// Its span.
    pub span: Span,
}

/// What an item brings with it: where it stands and what it inherits.
#[derive(Clone, Copy)]
struct Place {
    parent: DefId,
    /// The nearest module.
    module: DefId,
    file: FileId,
    flags: u16,
}

impl Program {
    /// Collects the items under `node` into the module `module`.
    pub(crate) fn collect_items(&mut self, file: FileId, node: NodeId, module: DefId, flags: u16) {
        let items: Vec<NodeId> =
            self.file(file).children(node).filter(|child| is_item(self.file(file).kind(*child))).collect();
        for item in items {
            self.collect_item(item, Place { parent: module, module, file, flags });
        }
    }

    fn add_def(&mut self, kind: DefKind, node: NodeId, place: Place) -> DefId {
        let id = DefId(self.defs.len() as u32);
        let file = &self.files[place.file.0 as usize];
        let name = match kind {
            DefKind::Impl => StringId::EMPTY,
            DefKind::TypeAlias | DefKind::Const => {
                // The word before `=`, `:` or the generics; the last word may be of an operator's side.
                file.name(&mut self.strings, node)
            }
            _ => file.name(&mut self.strings, node),
        };
        let visible_in = self.visibility(node, place);
        self.defs.push(Def {
            kind,
            parent: Some(place.parent),
            file: place.file,
            node,
            name,
            visible_in,
            flags: place.flags,
            number: 0,
            each: None,
        });
        id
    }

    /// The module in which a node is visible; none where it is public.
    fn visibility(&mut self, node: NodeId, place: Place) -> Option<DefId> {
        // Blocks are no walls: what is private in one is seen in all of the module around it.
        let here = self.named_module(place.module);
        let file = self.file(place.file);
        let Some(visibility) = file.child(node, NodeKind::Visibility) else { return Some(here) };
        let Some(path) = file.child(visibility, NodeKind::Path) else {
            return if file.has_word(visibility, "crate") { Some(self.root_of(place.module)) } else { None };
        };
        match file.node_text(path) {
            "crate" => Some(self.root_of(place.module)),
            "super" => Some(self.parent_module(place.module)),
            "self" => Some(here),
            _ => {
                let names: Vec<String> = file.node_text(path).split("::").map(|name| name.trim().to_owned()).collect();
                let mut at = self.root_of(place.module);
                for name in names.iter().skip(1) {
                    let Some(name) = self.strings.find(name) else { break };
                    if let Some(next) = self.scopes.get(&at).and_then(|scope| scope.types.get(&name)) {
                        if let crate::resolve::Res::Def(next) = next.res {
                            at = next;
                        }
                    }
                }
                Some(at)
            }
        }
    }

    fn collect_item(&mut self, node: NodeId, place: Place) {
        let kind = self.file(place.file).kind(node);
        let attributes = self.file(place.file).attributes(node);
        for (name, meta) in &attributes {
            if name == "cfg" && !self.cfg_holds(place.file, *meta) {
                return;
            }
        }
        match kind {
            NodeKind::Use => self.collect_use(node, place),
            NodeKind::Module => self.collect_module(node, place),
            NodeKind::Fn => {
                let id = self.collect_fn(node, place, &attributes);
                self.define_value(place.parent, id);
            }
            NodeKind::Struct | NodeKind::Union => {
                let kind = if kind == NodeKind::Struct { DefKind::Struct } else { DefKind::Union };
                let id = self.add_def(kind, node, place);
                self.read_attributes(id, &attributes);
                self.define_type(place.parent, id);
                let is_record = self.file(place.file).child(node, NodeKind::RecordFieldList).is_some();
                if kind == DefKind::Struct && !is_record {
                    self.define_value(place.parent, id);
                }
                self.collect_derives(id, place.module, &attributes, place.flags);
            }
            NodeKind::Enum => {
                let id = self.add_def(DefKind::Enum, node, place);
                self.read_attributes(id, &attributes);
                self.define_type(place.parent, id);
                self.collect_variants(id, node, place);
                self.collect_derives(id, place.module, &attributes, place.flags);
            }
            NodeKind::Const | NodeKind::Static => {
                let def_kind = if kind == NodeKind::Const { DefKind::Const } else { DefKind::Static };
                let id = self.add_def(def_kind, node, place);
                if kind == NodeKind::Static && self.file(place.file).has_word(node, "mut") {
                    self.defs[id.index()].flags |= def_flags::MUTABLE;
                }
                self.read_attributes(id, &attributes);
                self.define_value(place.parent, id);
            }
            NodeKind::TypeAlias => {
                let id = self.add_def(DefKind::TypeAlias, node, place);
                self.define_type(place.parent, id);
            }
            NodeKind::Trait => {
                let id = self.add_def(DefKind::Trait, node, place);
                self.read_attributes(id, &attributes);
                self.define_type(place.parent, id);
                self.collect_assoc(id, node, Place { parent: id, ..place });
            }
            NodeKind::Impl => self.collect_impl(node, place, &attributes),
            NodeKind::ExternBlock => {
                let abi = self
                    .file(place.file)
                    .child(node, NodeKind::Abi)
                    .map(|abi| self.file(place.file).node_text(abi).to_owned());
                let is_ours =
                    abi.is_some_and(|abi| abi.contains("rustg-intrinsic")) && place.flags & def_flags::LIBRARY != 0;
                let Some(list) = self.file(place.file).child(node, NodeKind::ExternItemList) else { return };
                let items: Vec<NodeId> = self.file(place.file).children(list).collect();
                for item in items {
                    if self.file(place.file).kind(item) != NodeKind::Fn {
                        continue;
                    }
                    let kind = if is_ours { DefKind::Fn } else { DefKind::Refused("a foreign function") };
                    let id = self.add_def(kind, item, place);
                    self.defs[id.index()].flags |= def_flags::INTRINSIC;
                    let attributes = self.file(place.file).attributes(item);
                    self.read_attributes(id, &attributes);
                    self.define_value(place.parent, id);
                }
            }
            NodeKind::MacroRules | NodeKind::MacroDef => {
                let id = self.add_def(DefKind::Refused("a macro of the program"), node, place);
                let name = self.defs[id.index()].name;
                self.user_macros.insert(name, id);
            }
            _ => {}
        }
    }

    fn collect_fn(&mut self, node: NodeId, place: Place, attributes: &[(String, NodeId)]) -> DefId {
        let id = self.add_def(DefKind::Fn, node, place);
        let file = self.file(place.file);
        let mut flags = 0;
        for (word, flag) in [("unsafe", def_flags::UNSAFE), ("const", def_flags::CONST), ("async", def_flags::ASYNC)] {
            if file.has_word(node, word) {
                flags |= flag;
            }
        }
        let parameters = file.child(node, NodeKind::ParamList);
        if parameters.is_some_and(|list| file.child(list, NodeKind::SelfParam).is_some()) {
            flags |= def_flags::METHOD;
        }
        self.defs[id.index()].flags |= flags;
        self.read_attributes(id, attributes);
        if self.defs[id.index()].flags & def_flags::KERNEL != 0 {
            self.kernels.push(id);
        }
        id
    }

    fn read_attributes(&mut self, id: DefId, attributes: &[(String, NodeId)]) {
        let file = self.defs[id.index()].file;
        for (name, meta) in attributes {
            let words = self.file(file).attribute_words(*meta);
            let flags = &mut self.defs[id.index()].flags;
            match name.as_str() {
                "kernel" | "gpu_kernel" | "rustg::kernel" | "rustg::gpu_kernel" => *flags |= def_flags::KERNEL,
                "track_caller" => *flags |= def_flags::TRACK_CALLER,
                "repr" => {
                    for word in words {
                        let flags = &mut self.defs[id.index()].flags;
                        match word.as_str() {
                            "C" => *flags |= def_flags::REPR_C,
                            "transparent" => *flags |= def_flags::REPR_TRANSPARENT,
                            _ => {
                                self.reprs.entry(id).or_default().push(word);
                            }
                        }
                    }
                }
                "lang" => {
                    if let Some(word) = words.first() {
                        let word = self.strings.intern(word.trim_matches('"'));
                        self.lang.insert(word, id);
                    }
                }
                "launch_bounds" | "rustg::launch_bounds" => {
                    let numbers: Vec<u32> =
                        words.iter().filter_map(|word| word.replace('_', "").parse().ok()).collect();
                    self.launch_bounds.insert(id, numbers);
                }
                _ => {}
            }
        }
    }

    fn collect_variants(&mut self, id: DefId, node: NodeId, place: Place) {
        let Some(list) = self.file(place.file).child(node, NodeKind::VariantList) else { return };
        let variants: Vec<NodeId> = self.file(place.file).children(list).collect();
        for (number, variant) in variants.into_iter().enumerate() {
            if self.file(place.file).kind(variant) != NodeKind::Variant {
                continue;
            }
            let variant = self.add_def(DefKind::Variant, variant, Place { parent: id, ..place });
            self.defs[variant.index()].visible_in = self.defs[id.index()].visible_in;
            self.defs[variant.index()].number = number as u32;
            self.variants.entry(id).or_default().push(variant);
            self.define_type(id, variant);
            self.define_value(id, variant);
        }
    }

    fn collect_impl(&mut self, node: NodeId, place: Place, attributes: &[(String, NodeId)]) {
        let each = attributes.iter().find(|(name, _)| name == "each").map(|(_, meta)| *meta);
        let types: Vec<Option<(StringId, Ty)>> = match each {
            Some(meta) if place.flags & def_flags::LIBRARY != 0 => {
                let words = self.file(place.file).attribute_words(meta);
                let name = self.strings.intern(&words[0]);
                words[1..].iter().filter_map(|word| primitive(word)).map(|ty| Some((name, ty))).collect()
            }
            _ => vec![None],
        };
        for each in types {
            let id = self.add_def(DefKind::Impl, node, place);
            self.defs[id.index()].each = each;
            self.impls.push(id);
            self.collect_assoc(id, node, Place { parent: id, ..place });
        }
    }

    fn collect_assoc(&mut self, id: DefId, node: NodeId, place: Place) {
        let Some(list) = self.file(place.file).child(node, NodeKind::AssocItemList) else { return };
        let items: Vec<NodeId> = self.file(place.file).children(list).collect();
        let is_trait_like = {
            let def = &self.defs[id.index()];
            let file = self.file(place.file);
            def.kind == DefKind::Trait || file.children(node).filter(|child| is_type(file.kind(*child))).count() > 1
        };
        for item in items {
            let kind = self.file(place.file).kind(item);
            let attributes = self.file(place.file).attributes(item);
            let assoc = match kind {
                NodeKind::Fn => self.collect_fn(item, place, &attributes),
                NodeKind::Const => self.add_def(DefKind::Const, item, place),
                NodeKind::TypeAlias => self.add_def(DefKind::TypeAlias, item, place),
                _ => continue,
            };
            if kind != NodeKind::Fn {
                self.read_attributes(assoc, &attributes);
            }
            if is_trait_like {
                self.defs[assoc.index()].visible_in = None;
            }
            self.defs[assoc.index()].each = self.defs[id.index()].each;
            let name = self.defs[assoc.index()].name;
            self.assoc_items.entry(id).or_default().push((name, assoc));
            if kind != NodeKind::TypeAlias {
                self.assoc_by_name.entry(name).or_default().push(assoc);
            }
        }
    }

    fn collect_module(&mut self, node: NodeId, place: Place) {
        let id = self.add_def(DefKind::Module, node, place);
        self.scopes.entry(id).or_default();
        self.define_type(place.parent, id);
        if let Some(list) = self.file(place.file).child(node, NodeKind::ItemList) {
            self.module_folders.insert(id, self.folder_of(place.module, id));
            self.collect_items(place.file, list, id, place.flags);
            return;
        }
        // In a file of its own.
        let folder = self.folder_of(place.module, id);
        let found = [format!("{folder}.rs"), format!("{folder}/mod.rs")]
            .into_iter()
            .find_map(|path| self.files.iter().position(|file| file.path == path));
        match found {
            Some(at) => {
                let file = FileId(at as u32);
                self.module_folders.insert(id, folder);
                self.collect_items(file, NodeId::ROOT, id, place.flags);
            }
            None => {
                let name = self.strings.get(self.defs[id.index()].name).to_owned();
                let span = self.file(place.file).span(node);
                let error = Diagnostic::error(span, format!("file not found for module `{name}`"))
                    .with_code("E0583")
                    .with_help(format!("create the file `{folder}.rs` or `{folder}/mod.rs`"));
                self.report(place.file, error);
            }
        }
    }

    fn folder_of(&self, parent: DefId, id: DefId) -> String {
        let name = self.strings.get(self.defs[id.index()].name);
        match self.module_folders.get(&parent).map(String::as_str) {
            Some("") | None => name.to_owned(),
            Some(folder) => format!("{folder}/{name}"),
        }
    }

    fn collect_use(&mut self, node: NodeId, place: Place) {
        let visible_in = self.visibility(node, place);
        if let Some(tree) = self.file(place.file).child(node, NodeKind::UseTree) {
            self.collect_use_tree(tree, place, visible_in, &[], false);
        }
    }

    fn collect_use_tree(
        &mut self,
        tree: NodeId,
        place: Place,
        visible_in: Option<DefId>,
        prefix: &[StringId],
        is_global: bool,
    ) {
        let file = &self.files[place.file.0 as usize];
        let mut path = prefix.to_vec();
        // `::` before the first name, not the one behind a path and before its `{`.
        let starts_with_colon = file.own_tokens(tree).next().is_some_and(|token| {
            file.parse.tokens.kind(token) == TokenKind::Colon && file.token_span(token).start == file.span(tree).start
        });
        let mut is_global = is_global || (prefix.is_empty() && starts_with_colon);
        if let Some(node) = file.child(tree, NodeKind::Path) {
            let text = file.path(&mut self.strings, node);
            is_global |= text.is_global;
            path.extend(text.segments.iter().map(|segment| segment.name));
        }
        let file = self.file(place.file);
        if let Some(list) = file.child(tree, NodeKind::UseTreeList) {
            let trees: Vec<NodeId> = file.children(list).collect();
            for tree in trees {
                self.collect_use_tree(tree, place, visible_in, &path, is_global);
            }
            return;
        }
        let span = file.span(tree);
        let is_glob = file.has_token(tree, TokenKind::Star);
        let rename = file.child(tree, NodeKind::Rename);
        let self_name = self.strings.intern("self");
        if path.len() > 1 && path.last() == Some(&self_name) {
            path.pop();
        }
        let name = match rename {
            _ if is_glob => None,
            Some(rename) => {
                let file = &self.files[place.file.0 as usize];
                let token = file.own_tokens(rename).last().map(|token| file.token_text(token).to_owned());
                Some(self.strings.intern(token.as_deref().unwrap_or("_")))
            }
            None => path.last().copied(),
        };
        if path.is_empty() && !is_glob {
            return;
        }
        self.imports.push(Import { module: place.module, path, is_global, name, visible_in, file: place.file, span });
    }

    /// Collects the items of a block into a module of its own, once.
    pub(crate) fn block_module(&mut self, file: FileId, block: NodeId, module: DefId, owner: DefId) -> Option<DefId> {
        if let Some(&known) = self.block_modules.get(&(file, block)) {
            return known;
        }
        let source = self.file(file);
        let has_items = source
            .children(block)
            .any(|child| is_item(source.kind(child)) && source.kind(child) != NodeKind::MacroCall);
        let flags = self.defs[module.index()].flags & def_flags::LIBRARY;
        let id = has_items.then(|| {
            let id = DefId(self.defs.len() as u32);
            self.defs.push(Def {
                kind: DefKind::Module,
                parent: Some(module),
                file,
                node: block,
                name: StringId::EMPTY,
                visible_in: Some(module),
                flags,
                number: 1,
                each: None,
            });
            self.block_owners.insert(id, owner);
            self.scopes.entry(id).or_default();
            let first_impl = self.impls.len();
            self.collect_items(file, block, id, flags);
            self.resolve_imports();
            self.index_impls(first_impl);
            id
        });
        self.block_modules.insert((file, block), id);
        id
    }

    /// The variants of an enumeration.
    pub(crate) fn variants_of(&self, id: DefId) -> &[DefId] {
        self.variants.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The associated item of that name of a trait or impl.
    pub(crate) fn assoc_item(&self, id: DefId, name: StringId) -> Option<DefId> {
        self.assoc_items.get(&id)?.iter().find(|(known, _)| *known == name).map(|(_, item)| *item)
    }
}

/// The primitive type of that name.
pub(crate) fn primitive(name: &str) -> Option<Ty> {
    Some(match name {
        "bool" => known::BOOL,
        "char" => known::CHAR,
        "str" => known::STR,
        "f32" => known::F32,
        "f64" => known::F64,
        _ => known::int(IntTy::ALL.into_iter().find(|int| int.name() == name)?),
    })
}

/// Names by namespace, of one module.
pub type Names<T> = FxHashMap<StringId, T>;

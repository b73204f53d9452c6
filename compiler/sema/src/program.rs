//! The tables that every stage reads and adds to: files, definitions, types, and what is known of each definition.

use std::fmt::Write;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};
use rustg_base::{Diagnostic, Span, StringId, Strings};
use rustg_syntax::{Edition, NodeId, Scratch};

use crate::cfg::Crate;
use crate::closures::Closure;
use crate::items::{Def, DefId, DefKind, Import, def_flags};
use crate::place::Body;
use crate::resolve::Scope;
use crate::signatures::{Field, FnSignature, Generics, ImplHeader, Predicate};
use crate::source::{File, FileId};
use crate::types::{Ty, Types};

/// A program on its way from files to instances.
pub struct Program {
    /// Names and other texts.
    pub strings: Strings,
    /// Types.
    pub types: Types,
    /// The files: the device library's first.
    pub files: Vec<File>,
    /// What is wrong, and in which file.
    pub diagnostics: Vec<(FileId, Diagnostic)>,
    /// Definitions by [`DefId`].
    pub defs: Vec<Def>,
    /// The kernels of the program, in the order of the source.
    pub kernels: Vec<DefId>,
    /// The first file of the program itself; those before it are the library's.
    pub first_file: FileId,
    /// The crates among the program's files.
    pub(crate) crates: Vec<Crate>,
    pub(crate) edition: Edition,
    /// Definitions whose bodies were executed to tell a constant: whatever is lowered after that may depend on them.
    pub(crate) evaluated: FxHashSet<DefId>,
    /// Whether the library's bodies are checked as strictly as the program's.
    pub checks_library: bool,
    pub(crate) scratch: Scratch,
    pub(crate) scopes: FxHashMap<DefId, Scope>,
    pub(crate) imports: Vec<Import>,
    pub(crate) unresolved_imports: FxHashMap<(DefId, StringId), (FileId, Span, Vec<StringId>)>,
    pub(crate) extern_crates: FxHashMap<StringId, DefId>,
    pub(crate) prelude: Option<DefId>,
    pub(crate) module_folders: FxHashMap<DefId, String>,
    pub(crate) block_modules: FxHashMap<(FileId, NodeId), Option<DefId>>,
    /// The item whose body each block with a module stands in.
    pub(crate) block_owners: FxHashMap<DefId, DefId>,
    pub(crate) variants: FxHashMap<DefId, Vec<DefId>>,
    pub(crate) assoc_items: FxHashMap<DefId, Vec<(StringId, DefId)>>,
    pub(crate) assoc_by_name: FxHashMap<StringId, Vec<DefId>>,
    pub(crate) impls: Vec<DefId>,
    pub(crate) derived_files: FxHashMap<FileId, (FileId, NodeId)>,
    pub(crate) reprs: FxHashMap<DefId, Vec<String>>,
    pub(crate) lang: FxHashMap<StringId, DefId>,
    pub(crate) user_macros: FxHashMap<StringId, DefId>,
    pub(crate) launch_bounds: FxHashMap<DefId, Vec<u32>>,
    pub(crate) generics: FxHashMap<DefId, Rc<Generics>>,
    pub(crate) predicates: FxHashMap<DefId, Rc<Vec<Predicate>>>,
    pub(crate) signatures: FxHashMap<DefId, Rc<FnSignature>>,
    pub(crate) fields: FxHashMap<DefId, Rc<Vec<Field>>>,
    pub(crate) item_types: FxHashMap<DefId, Ty>,
    pub(crate) open_types: FxHashSet<DefId>,
    pub(crate) headers: FxHashMap<DefId, Option<Rc<ImplHeader>>>,
    pub(crate) impls_of_trait: FxHashMap<DefId, Vec<DefId>>,
    pub(crate) closures: Vec<Closure>,
    pub(crate) bodies: FxHashMap<DefId, Option<Rc<Body>>>,
    pub(crate) discriminants: FxHashMap<DefId, Rc<Vec<i128>>>,
    pub(crate) const_values: FxHashMap<DefId, Option<u128>>,
    pub(crate) regions: crate::borrow::RegionTables,
    pub(crate) rules: crate::rules::RuleTables,
    pub(crate) names: Names,
}

/// Texts that the compiler asks for by name.
#[derive(Clone, Copy)]
pub(crate) struct Names {
    pub self_value: StringId,
    pub self_type: StringId,
}

impl Program {
    /// Takes in the device library and crates, and resolves their names.
    ///
    /// `crates` says where each begins among `files`: the one that is compiled first, then those that it uses.
    pub fn load(library: Vec<File>, files: Vec<File>, crates: Vec<Crate>) -> Program {
        let mut strings = Strings::new();
        let names = Names { self_value: strings.intern("self"), self_type: strings.intern("Self") };
        let mut program = Program {
            strings,
            names,
            types: Types::new(),
            files: Vec::new(),
            diagnostics: Vec::new(),
            defs: Vec::new(),
            kernels: Vec::new(),
            first_file: FileId(0),
            crates: Vec::new(),
            edition: files.first().map_or(Edition::E2024, |file| file.parse.edition),
            evaluated: FxHashSet::default(),
            checks_library: false,
            scratch: Scratch::default(),
            scopes: FxHashMap::default(),
            imports: Vec::new(),
            unresolved_imports: FxHashMap::default(),
            extern_crates: FxHashMap::default(),
            prelude: None,
            module_folders: FxHashMap::default(),
            block_modules: FxHashMap::default(),
            block_owners: FxHashMap::default(),
            variants: FxHashMap::default(),
            assoc_items: FxHashMap::default(),
            assoc_by_name: FxHashMap::default(),
            impls: Vec::new(),
            derived_files: FxHashMap::default(),
            reprs: FxHashMap::default(),
            lang: FxHashMap::default(),
            user_macros: FxHashMap::default(),
            launch_bounds: FxHashMap::default(),
            generics: FxHashMap::default(),
            predicates: FxHashMap::default(),
            signatures: FxHashMap::default(),
            fields: FxHashMap::default(),
            item_types: FxHashMap::default(),
            open_types: FxHashSet::default(),
            headers: FxHashMap::default(),
            impls_of_trait: FxHashMap::default(),
            closures: Vec::new(),
            bodies: FxHashMap::default(),
            discriminants: FxHashMap::default(),
            const_values: FxHashMap::default(),
            regions: crate::borrow::RegionTables::default(),
            rules: crate::rules::RuleTables::default(),
        };
        let library_root = program.load_crate(library, def_flags::LIBRARY);
        let find = |program: &mut Program, path: &[&str]| {
            path.iter().try_fold(library_root, |module, name| {
                let name = program.strings.intern(name);
                match program.scopes.get(&module)?.types.get(&name)?.res {
                    crate::resolve::Res::Def(id) => Some(id),
                    crate::resolve::Res::Primitive(_) => None,
                }
            })
        };
        program.prelude = find(&mut program, &["prelude"]);
        let device = find(&mut program, &["device"]);
        for (name, root) in [("core", Some(library_root)), ("std", Some(library_root)), ("rustg", device)] {
            if let Some(root) = root {
                let name = program.strings.intern(name);
                program.extern_crates.insert(name, root);
            }
        }
        program.resolve_imports();
        program.first_file = FileId(program.files.len() as u32);
        let mut files = files.into_iter();
        let ends = crates.iter().skip(1).map(|of| Some(of.first_file)).chain([None]);
        let spans: Vec<(String, usize, Option<usize>)> =
            crates.iter().zip(ends).map(|(of, end)| (of.name.clone(), of.first_file, end)).collect();
        program.crates = crates;
        for (at, (name, start, end)) in spans.into_iter().enumerate() {
            let count = end.map_or(usize::MAX, |end| end.saturating_sub(start));
            let own = program.kernels.len();
            let root = program.load_crate(files.by_ref().take(count).collect(), 0);
            if at > 0 {
                let name = program.strings.intern(&name);
                program.defs[root.index()].name = name;
                program.extern_crates.entry(name).or_insert(root);
                // The kernels of another crate are compiled with that.
                program.kernels.truncate(own);
            }
        }
        program.resolve_imports();
        program.index_impls(0);
        program
    }

    fn load_crate(&mut self, files: Vec<File>, flags: u16) -> DefId {
        let first = FileId(self.files.len() as u32);
        for file in files {
            let id = FileId(self.files.len() as u32);
            self.diagnostics.extend(file.parse.diagnostics.iter().map(|diagnostic| (id, diagnostic.clone())));
            self.files.push(file);
        }
        let root = DefId(self.defs.len() as u32);
        let name = self.strings.intern("crate");
        self.defs.push(Def {
            kind: DefKind::Module,
            parent: None,
            file: first,
            node: NodeId::ROOT,
            name,
            visible_in: None,
            flags,
            number: 0,
            each: None,
        });
        self.scopes.insert(root, Scope::default());
        if let Some(file) = self.files.get(first.0 as usize) {
            let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            self.module_folders.insert(root, folder);
            self.collect_items(first, NodeId::ROOT, root, flags);
        }
        root
    }

    /// Checks the bodies of all the program's functions, whether a kernel reaches them or not; with [`Program::checks_library`] the library's too.
    pub fn check_bodies(&mut self) {
        for at in 0..self.defs.len() {
            let id = DefId(at as u32);
            let has_body = self.def(id).kind == DefKind::Fn && !self.has_flag(id, def_flags::INTRINSIC);
            if has_body && (self.checks_library || !self.has_flag(id, def_flags::LIBRARY)) {
                self.body_of(id);
            }
            if matches!(self.def(id).kind, DefKind::Struct | DefKind::Variant) && !self.has_flag(id, def_flags::LIBRARY)
            {
                self.field_regions(id);
            }
        }
    }

    /// A file.
    pub fn file(&self, id: FileId) -> &File {
        &self.files[id.0 as usize]
    }

    /// A definition.
    pub fn def(&self, id: DefId) -> &Def {
        &self.defs[id.index()]
    }

    /// Whether a definition has that property.
    pub fn has_flag(&self, id: DefId, flag: u16) -> bool {
        self.def(id).flags & flag != 0
    }

    /// Notes what is wrong in a file.
    pub(crate) fn report(&mut self, file: FileId, diagnostic: Diagnostic) {
        if self.diagnostics.len() < 200
            && !self.diagnostics.iter().any(|(at, known)| *at == file && *known == diagnostic)
        {
            self.diagnostics.push((file, diagnostic));
        }
    }

    /// The file that a derived one was made from, or the file itself.
    pub fn origin(&self, file: FileId) -> FileId {
        self.derived_files.get(&file).map_or(file, |(origin, _)| *origin)
    }

    /// Whether anything is wrong so far.
    pub fn has_errors(&self) -> bool {
        !self.diagnostics.is_empty()
    }

    /// The span of a definition's name, or of its node where it has none.
    pub fn name_span(&self, id: DefId) -> Span {
        let def = self.def(id);
        let file = self.file(def.file);
        file.name_token(def.node).map_or_else(|| file.span(def.node), |token| file.token_span(token))
    }

    /// The definition that the device library declares under that name with `#[lang = …]`.
    pub(crate) fn lang_item(&self, name: &str) -> Option<DefId> {
        self.lang.get(&self.strings.find(name)?).copied()
    }

    /// Whether a definition is that lang item.
    pub(crate) fn is_lang(&self, id: DefId, name: &str) -> bool {
        self.lang_item(name) == Some(id)
    }

    /// The path of a definition below its crate's root.
    pub fn path_of(&self, id: DefId) -> String {
        let def = self.def(id);
        let name = match def.kind {
            DefKind::Impl => return self.impl_name(id),
            _ => self.strings.get(def.name).to_owned(),
        };
        match def.parent {
            Some(parent) if self.def(parent).parent.is_some() || self.def(parent).kind != DefKind::Module => {
                let above = self.path_of(parent);
                if above.is_empty() { name } else { format!("{above}::{name}") }
            }
            // What another crate declares bears its name.
            Some(root) if def.file >= self.first_file && self.strings.get(self.def(root).name) != "crate" => {
                format!("{}::{name}", self.strings.get(self.def(root).name))
            }
            _ => name,
        }
    }

    /// A static's name in the module: its path, and of one that stands in a function which of that function's blocks it is in. It says nothing
    /// that an edit elsewhere would change.
    pub(crate) fn static_name(&self, id: DefId) -> String {
        let mut name = self.path_of(id);
        let mut at = id;
        while let Some(module) = self.def(at).parent.map(|parent| self.module_of(parent))
            && let Some(&owner) = self.block_owners.get(&module)
        {
            let (block, file) = (self.def(module).node, self.file(self.def(module).file));
            let has_items = |node: &NodeId| file.children(*node).any(|child| crate::source::is_item(file.kind(child)));
            let start = self.def(owner).node.0;
            let blocks = (start..block.0).map(NodeId).filter(has_items).count();
            let is_fn = |node: &NodeId| file.kind(*node) == rustg_syntax::NodeKind::Fn;
            let functions = (start..self.def(at).node.0).map(NodeId).filter(is_fn).count();
            let _ = write!(name, "@{}.{blocks}.{functions}", self.strings.get(self.def(owner).name));
            at = owner;
        }
        if at != id {
            // Of two owners of the same name the definition tells which.
            let _ = write!(name, "@{}", at.0);
        }
        name
    }

    fn impl_name(&self, id: DefId) -> String {
        match self.headers.get(&id) {
            Some(Some(header)) => self.type_name(header.self_type),
            _ => "impl".to_owned(),
        }
    }
}

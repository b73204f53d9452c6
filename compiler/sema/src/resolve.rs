//! Names: what each module's names stand for, imports to a fixed point, and paths.

use rustg_base::{Diagnostic, StringId};

use crate::items::{DefId, DefKind, Import, Names, primitive};
use crate::program::Program;
use crate::types::Ty;

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Res {
    /// A definition.
    Def(DefId),
    /// A primitive type.
    Primitive(Ty),
}

/// A name in a scope.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it stands for.
    pub res: Res,
    /// Where it is visible; none for everywhere.
    pub visible_in: Option<DefId>,
    /// Whether a glob brought it, which anything else shadows.
    pub is_glob: bool,
}

/// The names of a module, enumeration or block.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Types, modules, traits, enumerations.
    pub types: Names<Entry>,
    /// Functions, constants, constructors.
    pub values: Names<Entry>,
}

/// Which names are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Space {
    /// Types, modules, traits.
    Types,
    /// Functions, constants, constructors.
    Values,
}

/// Why a path leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unresolved {
    /// The segment that is not found.
    pub at: usize,
    /// It is there but private.
    pub is_private: bool,
}

impl Program {
    /// Enters a definition as a type.
    pub(crate) fn define_type(&mut self, scope: DefId, id: DefId) {
        let (name, visible_in) = (self.def(id).name, self.def(id).visible_in);
        let entry = Entry { res: Res::Def(id), visible_in, is_glob: false };
        let before = self.scopes.entry(scope).or_default().types.insert(name, entry);
        if let Some(Entry { res: Res::Def(before), is_glob: false, .. }) = before {
            self.report_duplicate(id, before);
        }
    }

    /// Enters a definition as a value.
    pub(crate) fn define_value(&mut self, scope: DefId, id: DefId) {
        let (name, visible_in) = (self.def(id).name, self.def(id).visible_in);
        if self.strings.get(name) == "_" {
            return;
        }
        let entry = Entry { res: Res::Def(id), visible_in, is_glob: false };
        let before = self.scopes.entry(scope).or_default().values.insert(name, entry);
        if let Some(Entry { res: Res::Def(before), is_glob: false, .. }) = before {
            self.report_duplicate(id, before);
        }
    }

    fn report_duplicate(&mut self, id: DefId, before: DefId) {
        let name = self.strings.get(self.def(id).name).to_owned();
        let span = self.name_span(id);
        let mut error =
            Diagnostic::error(span, format!("the name `{name}` is defined multiple times")).with_code("E0428");
        if self.def(before).file == self.def(id).file {
            error = error.with_label(self.name_span(before), format!("previous definition of `{name}` here"));
        }
        self.report(self.def(id).file, error);
    }

    /// The crate's root above a definition.
    pub(crate) fn root_of(&self, mut id: DefId) -> DefId {
        while let Some(parent) = self.def(id).parent {
            id = parent;
        }
        id
    }

    /// The nearest module that a definition stands in, or the module itself.
    pub(crate) fn module_of(&self, mut id: DefId) -> DefId {
        while self.def(id).kind != DefKind::Module {
            id = self.def(id).parent.expect("a crate's root is a module");
        }
        id
    }

    /// The nearest module with a name around a module: blocks' modules are skipped.
    pub(crate) fn named_module(&self, mut id: DefId) -> DefId {
        while self.def(id).number == 1 && self.def(id).parent.is_some() {
            id = self.module_of(self.def(id).parent.expect("checked above"));
        }
        id
    }

    /// The module around a module, or itself for a crate's root.
    pub(crate) fn parent_module(&self, id: DefId) -> DefId {
        let id = self.named_module(id);
        self.def(id).parent.map_or(id, |parent| self.module_of(parent))
    }

    /// Whether what is visible in `visible_in` is seen from `module`.
    pub(crate) fn is_visible(&self, visible_in: Option<DefId>, module: DefId) -> bool {
        let Some(wanted) = visible_in else { return true };
        // What a block declares is seen by all of the module around it that can name it.
        let wanted = self.named_module(wanted);
        let mut at = Some(module);
        while let Some(id) = at {
            if id == wanted {
                return true;
            }
            at = self.def(id).parent;
        }
        false
    }

    /// Brings every import that can be resolved into its module, until nothing changes; the others are kept for who uses their names.
    pub(crate) fn resolve_imports(&mut self) {
        let open = std::mem::take(&mut self.imports);
        loop {
            let mut changed = false;
            for import in &open {
                match import.name {
                    Some(name) => changed |= self.resolve_single_import(import, name),
                    None => changed |= self.resolve_glob_import(import),
                }
            }
            if !changed {
                break;
            }
        }
    }

    /// Enters what an import of one name leads to, in both spaces; whether anything changed.
    fn resolve_single_import(&mut self, import: &Import, name: StringId) -> bool {
        let (mut changed, mut found) = (false, false);
        for space in [Space::Types, Space::Values] {
            if let Ok((res, 0)) = self.resolve_names(import.module, &import.path, import.is_global, space) {
                let entry = Entry { res, visible_in: import.visible_in, is_glob: false };
                changed |= self.enter(import.module, space, name, entry);
                found = true;
            }
        }
        if found {
            self.unresolved_imports.remove(&(import.module, name));
        } else {
            let place = (import.file, import.span, import.path.clone());
            self.unresolved_imports.insert((import.module, name), place);
        }
        changed
    }

    /// Enters every visible name of what a glob import leads to; whether anything changed.
    fn resolve_glob_import(&mut self, import: &Import) -> bool {
        let target = match import.path.is_empty() {
            true => Ok((Res::Def(self.root_of(import.module)), 0)),
            false => self.resolve_names(import.module, &import.path, import.is_global, Space::Types),
        };
        let Ok((Res::Def(target), 0)) = target else { return false };
        if target == import.module {
            return false;
        }
        let Some(scope) = self.scopes.get(&target) else { return false };
        let names = |names: &Names<Entry>| names.iter().map(|(name, entry)| (*name, *entry)).collect();
        let lists: [(Space, Vec<(StringId, Entry)>); 2] =
            [(Space::Types, names(&scope.types)), (Space::Values, names(&scope.values))];
        let mut changed = false;
        for (space, list) in lists {
            for (name, entry) in list {
                if self.is_visible(entry.visible_in, import.module) {
                    let entry = Entry { visible_in: import.visible_in, is_glob: true, ..entry };
                    changed |= self.enter(import.module, space, name, entry);
                }
            }
        }
        changed
    }

    /// Enters a name that an import brings; whether that is news.
    fn enter(&mut self, module: DefId, space: Space, name: StringId, entry: Entry) -> bool {
        if self.strings.get(name) == "_" {
            return false;
        }
        let scope = self.scopes.entry(module).or_default();
        let names = if space == Space::Types { &mut scope.types } else { &mut scope.values };
        match names.get(&name) {
            Some(known) if known.res == entry.res => false,
            Some(known) if entry.is_glob || !known.is_glob => false,
            _ => {
                names.insert(name, entry);
                true
            }
        }
    }

    fn find_in(&self, scope: DefId, name: StringId, space: Space) -> Option<Entry> {
        let scope = self.scopes.get(&scope)?;
        let names = if space == Space::Types { &scope.types } else { &scope.values };
        names.get(&name).copied()
    }

    /// What a single name stands for where `module` is the innermost one; blocks' modules reach out to what is around them.
    pub(crate) fn resolve_name(&self, module: DefId, name: StringId, space: Space) -> Option<Res> {
        let mut at = module;
        loop {
            if let Some(entry) = self.find_in(at, name, space) {
                return Some(entry.res);
            }
            if self.def(at).number != 1 {
                break;
            }
            at = self.module_of(self.def(at).parent.expect("a block stands in a module"));
        }
        if space == Space::Types
            && let Some(&root) = self.extern_crates.get(&name)
        {
            return Some(Res::Def(root));
        }
        if let Some(prelude) = self.prelude
            && let Some(entry) = self.find_in(prelude, name, space)
        {
            return Some(entry.res);
        }
        if space == Space::Types {
            return primitive(self.strings.get(name)).map(Res::Primitive);
        }
        None
    }

    /// Resolves a path as far as modules and enumerations go: what it leads to, and how many names are left (associated items of a type).
    pub(crate) fn resolve_names(
        &self,
        module: DefId,
        path: &[StringId],
        is_global: bool,
        space: Space,
    ) -> Result<(Res, usize), Unresolved> {
        let fail = |at: usize| Err(Unresolved { at, is_private: false });
        let first = self.strings.get(path[0]);
        let mut at = 1;
        let mut res = match first {
            "crate" => Res::Def(self.root_of(module)),
            "self" => Res::Def(self.named_module(module)),
            "super" => {
                let mut id = self.parent_module(module);
                while path.get(at).is_some_and(|name| self.strings.get(*name) == "super") {
                    id = self.parent_module(id);
                    at += 1;
                }
                Res::Def(id)
            }
            _ => {
                let space = if path.len() == 1 { space } else { Space::Types };
                let found = if is_global {
                    self.extern_crates.get(&path[0]).map(|root| Res::Def(*root))
                } else {
                    self.resolve_name(module, path[0], space)
                };
                match found {
                    Some(res) => res,
                    None => return fail(0),
                }
            }
        };
        while at < path.len() {
            let Res::Def(id) = res else { return Ok((res, path.len() - at)) };
            let is_scope = matches!(self.def(id).kind, DefKind::Module | DefKind::Enum);
            if !is_scope {
                return Ok((res, path.len() - at));
            }
            let wanted = if at + 1 == path.len() { space } else { Space::Types };
            match self.find_in(id, path[at], wanted) {
                Some(entry) if self.is_visible(entry.visible_in, module) => res = entry.res,
                Some(_) => return Err(Unresolved { at, is_private: true }),
                None if self.def(id).kind == DefKind::Enum => return Ok((res, path.len() - at)),
                None => return fail(at),
            }
            at += 1;
        }
        Ok((res, 0))
    }
}

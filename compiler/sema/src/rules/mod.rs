//! The rules of kernels: what rustc accepts of host code and a device cannot keep. Each has a code and a section in `docs/kernel-rules.md`.
//!
//! They look at bodies in place form, of the program only. What is not sure is accepted, except writes through `&mut [T]`, which must be sure.

mod barriers;
pub(crate) mod host;
mod own_index;
pub(crate) mod shared;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::items::{DefId, DefKind};
use crate::place::{Body, Callee, StmtKind};
use crate::program::Program;

/// What is known of functions, for the rules.
#[derive(Default)]
pub(crate) struct RuleTables {
    /// Whether a function meets a barrier of the block.
    barriers: FxHashMap<DefId, bool>,
    /// Whether what a function returns differs from thread to thread, whatever it is given.
    varying: FxHashMap<DefId, bool>,
    /// Bodies whose barriers were looked at, and how many closures.
    checked: FxHashSet<DefId>,
    checked_closures: usize,
}

impl Program {
    /// The path of a library function below its crate, for the few that rules know; empty for the program's own.
    fn library_path(&self, id: DefId) -> String {
        match self.has_flag(id, crate::items::def_flags::LIBRARY) {
            true => self.path_of(id),
            false => String::new(),
        }
    }

    /// The functions that a body calls by name; methods of traits, which only an instance tells, left out.
    fn callees_of(&self, body: &Body) -> Vec<DefId> {
        let mut found = Vec::new();
        for stmt in body.blocks.iter().flat_map(|block| &block.stmts) {
            if let StmtKind::Call(_, Callee::Fn(def, _), _) = stmt.kind {
                let is_of_trait = self.def(def).parent.is_some_and(|parent| self.def(parent).kind == DefKind::Trait);
                if !is_of_trait && !found.contains(&def) {
                    found.push(def);
                }
            }
        }
        found
    }
}

//! Which operations come after which, on some path through their function.

use super::Program;
use super::operation::{Kind, PredicateRef};

impl Program {
    /// Whether control can come from operation `from` to operation `to` of the same function, by at least one step.
    pub(crate) fn leads_to(&self, from: u32, to: u32) -> bool {
        let mut seen = vec![false; self.ops.len()];
        let mut open = Vec::new();
        self.successors(from, &mut open);
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            if at as usize >= seen.len() || std::mem::replace(&mut seen[at as usize], true) {
                continue;
            }
            self.successors(at, &mut open);
        }
        false
    }

    fn successors(&self, at: u32, open: &mut Vec<u32>) {
        let Some(op) = self.ops.get(at as usize) else { return };
        let guarded = op.guard != PredicateRef::TRUE;
        let falls_through = match op.kind {
            Kind::Branch(to) => {
                open.push(to);
                guarded
            }
            Kind::BranchIndexed(table) => {
                open.extend(&self.branch_tables[table as usize]);
                guarded
            }
            Kind::Return | Kind::Exit | Kind::Trap | Kind::Refused(_) => guarded,
            Kind::End => false,
            _ => true,
        };
        if falls_through {
            open.push(at + 1);
        }
    }
}

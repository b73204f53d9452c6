//! What a kernel reaches: the definitions whose bodies its instances come from, and the variables that a host can name.

use rustg_mir::ids::{FunctionId, GlobalId};
use rustg_mir::opcode::Opcode;

use crate::items::DefId;
use crate::lower::{Instance, Lowering};
use crate::types::Args;

/// What a function speaks of.
struct Mentions {
    /// The functions that it calls, and those that computed the first contents of its variables.
    functions: Vec<FunctionId>,
    globals: Vec<GlobalId>,
}

impl Lowering<'_> {
    fn mentions(&self, id: FunctionId) -> Mentions {
        let function = self.module.function(id);
        let mut mentions = Mentions { functions: Vec::new(), globals: Vec::new() };
        for inst in function.blocks().flat_map(|block| function.insts(block)) {
            let data = function.inst(inst);
            match data.opcode {
                Opcode::Call | Opcode::FunctionAddress => mentions.functions.push(data.function()),
                Opcode::GlobalAddress => {
                    let owner = self.static_owners.get(&data.global());
                    let initial = owner.and_then(|def| self.instances.get(&Instance::Fn(*def, Args::EMPTY)));
                    mentions.functions.extend(initial);
                    mentions.globals.push(data.global());
                }
                _ => {}
            }
        }
        mentions
    }

    /// For each of the functions the definitions of the program that it reaches, itself among them, and the variables in constant memory; in order.
    pub(super) fn reached(&self, roots: impl Iterator<Item = FunctionId>) -> Vec<(Vec<DefId>, Vec<GlobalId>)> {
        let mentions: Vec<Mentions> =
            (0..self.module.functions.len()).map(|at| self.mentions(FunctionId::new(at))).collect();
        let reach = |root: FunctionId| {
            let mut seen = vec![false; mentions.len()];
            let (mut open, mut globals) = (vec![root], Vec::new());
            let evaluated = self.program.evaluated.iter().copied();
            let mut owners: Vec<DefId> =
                evaluated.filter(|id| self.program.def(*id).file >= self.program.first_file).collect();
            while let Some(id) = open.pop() {
                if std::mem::replace(&mut seen[id.index()], true) {
                    continue;
                }
                let owner = self.owners[id.index()];
                if self.program.def(owner).file >= self.program.first_file {
                    owners.push(owner);
                }
                globals.extend(&mentions[id.index()].globals);
                open.extend(&mentions[id.index()].functions);
            }
            owners.sort_unstable();
            owners.dedup();
            let mut constants: Vec<(DefId, GlobalId)> =
                self.constants.iter().copied().filter(|(_, id)| globals.contains(id)).collect();
            constants.sort_unstable();
            (owners, constants.into_iter().map(|(_, id)| id).collect())
        };
        roots.map(reach).collect()
    }
}

//! Panics of the device library are told where the program has called it, as `#[track_caller]` does.

use rustc_hash::FxHashMap;
use rustg_mir::ids::{LocationId, SiteId};
use rustg_mir::module::{Module, Site};
use rustg_mir::opcode::Opcode;
use rustg_mir::opt::inline_calls_of;

/// How the names of the library's files begin.
const LIBRARY: &str = "<rustg>/";

/// Inlines the library's functions and nothing else, so that their panics can be told at their callers: what optimisation would do anyway.
pub(crate) fn inline_library(module: &mut Module) {
    inline_calls_of(module, &|module, id| {
        let function = module.function(id);
        let insts = function.blocks().flat_map(|block| function.insts(block));
        let location = insts.map(|inst| function.location(inst)).find(|location| location.is_some());
        location.is_some_and(|at| module.strings.get(module.locations[at.index()].file).starts_with(LIBRARY))
    });
}

/// Gives every assertion and panic within the library a site at the innermost call that stands outside of it. What was not inlined
/// stays in the library.
pub(crate) fn place_panics_at_callers(module: &mut Module) {
    let mut sites: FxHashMap<Site, SiteId> = FxHashMap::default();
    for at in 0..module.functions.len() {
        let function = &module.functions[at];
        let insts = function.blocks().flat_map(|block| function.insts(block));
        let panics = insts.filter(|inst| matches!(function.inst(*inst).opcode, Opcode::Assert | Opcode::Panic));
        let moved: Vec<_> = panics
            .filter_map(|inst| {
                let site = module.sites[function.inst(inst).site().index()];
                let location = outside(module, site.location, function.location(inst))?;
                Some((inst, Site { location, ..site }))
            })
            .collect();
        for (inst, site) in moved {
            let id = *sites.entry(site).or_insert_with(|| {
                module.sites.push(site);
                SiteId::new(module.sites.len() - 1)
            });
            module.functions[at].inst_mut(inst).b = id.0;
        }
    }
}

/// The first call outside of the library on the way from an instruction to what it was inlined into; nothing where it is not in the library.
fn outside(module: &Module, site: LocationId, mut at: LocationId) -> Option<LocationId> {
    let is_library =
        |at: LocationId| at.is_some() && module.strings.get(module.locations[at.index()].file).starts_with(LIBRARY);
    if !is_library(site) {
        return None;
    }
    while is_library(at) {
        at = module.locations[at.index()].inlined_at;
    }
    at.is_some().then_some(at)
}

//! The borrow check: regions over the place form of a body, non-lexical.
//!
//! Types carry no regions; [`shape`] says where they would stand, [`annotate`] reads what signatures write, `instantiate` keeps them through
//! generic calls. A body becomes constraints between regions (`constraints`), which are solved over the body's points (`solve`); then every
//! access is held against the borrows that last (`conflicts`). The rules are those of rustc's checker (RFC 2094, two-phase borrows of RFC 2025).
//! What is not known of a region asks nothing: doubtful code is accepted here and left to rustc.

pub(crate) mod annotate;
mod conflicts;
mod constraints;
mod instantiate;
mod report;
pub(crate) mod shape;
mod solve;

use std::rc::Rc;

use rustc_hash::FxHashMap;
use rustg_base::StringId;

use crate::items::DefId;
use crate::place::Body;
use crate::program::Program;
use crate::types::{ClosureId, Ty};

use annotate::{FnRegions, HeadRegions, Region};
use constraints::{Checker, Subject};

/// What is known of regions, by type and by item.
#[derive(Default)]
pub(crate) struct RegionTables {
    pub(crate) shapes: FxHashMap<Ty, Rc<[u8]>>,
    pub(crate) variances: FxHashMap<DefId, Rc<Vec<u8>>>,
    pub(crate) lifetimes: FxHashMap<DefId, Rc<Vec<StringId>>>,
    pub(crate) fields: FxHashMap<DefId, Rc<Vec<Vec<Region>>>>,
    pub(crate) items: FxHashMap<DefId, Rc<Vec<Region>>>,
    pub(crate) heads: FxHashMap<DefId, Rc<HeadRegions>>,
    pub(crate) signatures: FxHashMap<DefId, Rc<FnRegions>>,
    pub(crate) closures: FxHashMap<ClosureId, Rc<ClosureRegions>>,
}

/// What a closure asks of the regions of its captures, parameters and result, which are numbered in that order behind `'static`.
pub(crate) struct ClosureRegions {
    pub(crate) universal_count: u32,
    pub(crate) outlives: Vec<(u32, u32)>,
}

impl Program {
    /// Checks a function's borrows and those of its closures; what is wrong is reported. Whether a constant that is lent leaves its body.
    pub(crate) fn check_borrows(&mut self, id: DefId, body: &Body, closures: &[ClosureId]) -> bool {
        let mut escapes = false;
        for &closure in closures {
            if let Some(body) = self.closures[closure.0 as usize].body.clone() {
                escapes |= self.check_body_borrows(Subject::Closure(closure), &body);
            }
        }
        escapes |= self.check_body_borrows(Subject::Item(id), body);
        escapes
    }

    fn check_body_borrows(&mut self, subject: Subject, body: &Body) -> bool {
        let mut has_slots = matches!(subject, Subject::Closure(_));
        for local in &body.locals {
            has_slots |= self.slot_count(local.ty) != 0;
        }
        if !has_slots {
            return false;
        }
        let mut checker = Checker::new(self, body, subject);
        if !checker.is_function() {
            return false;
        }
        checker.declare();
        checker.constrain();
        let values = checker.solve();
        let universals = 0..checker.universal_count as usize;
        let escapes = checker
            .promoted
            .iter()
            .any(|region| universals.clone().any(|end| values.has(*region as usize, checker.point_count + end)));
        let mut errors = report::Errors::default();
        if !checker.loans.is_empty() {
            let scopes = checker.scopes(&values);
            checker.check_accesses(&values, &scopes, &mut errors);
        }
        match subject {
            Subject::Item(_) => errors.check_universals(&mut checker, &values),
            Subject::Closure(id) => {
                let universal_count = checker.universal_count;
                let mut outlives = Vec::new();
                for longer in 1..universal_count {
                    for shorter in 0..universal_count {
                        if longer != shorter && values.has(longer as usize, checker.point_count + shorter as usize) {
                            outlives.push((longer, shorter));
                        }
                    }
                }
                self.regions.closures.insert(id, Rc::new(ClosureRegions { universal_count, outlives }));
            }
        }
        let file = self.def(body.owner).file;
        for diagnostic in errors.diagnostics {
            self.report(file, diagnostic);
        }
        escapes
    }
}

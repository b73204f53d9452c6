//! Search: the events whose names have a text, marked in every row, with their density over time.

use std::sync::Arc;

use rustg_analyze::lod::Matches;
use rustg_trace::names::demangle;

use crate::context::{Context, Loaded};
use crate::message::{Cmd, Job};
use crate::screen::ScreenId;

/// A search and, once it is there, its result.
#[derive(Clone, Debug)]
pub struct Search {
    /// What is searched, case ignored.
    pub text: String,
    /// Matches of each slot.
    pub found: Vec<Option<Arc<Matches>>>,
    /// The question's number.
    pub ticket: u64,
}

impl Search {
    /// How many events match, once that is known.
    pub fn total(&self) -> Option<u64> {
        let totals: Vec<u32> = self.found.iter().flatten().map(|matches| matches.total()).collect();
        (!totals.is_empty()).then(|| totals.iter().map(|&total| u64::from(total)).sum())
    }
}

/// The result of a search job.
pub struct Found {
    /// Matches of each slot.
    pub matches: Vec<Option<Arc<Matches>>>,
}

/// The command that searches all loaded traces for `text`.
pub fn search(context: &Context, text: &str, ticket: u64) -> Cmd {
    let traces: Vec<Option<Arc<Loaded>>> = context.slots.iter().map(|slot| slot.loaded.clone()).collect();
    let wanted = text.to_lowercase();
    let job: Job = Box::new(move |cancel| {
        let matches = traces.iter().map(|loaded| {
            let loaded = loaded.as_ref()?;
            let is_match = |name: &str| !cancel.is_cancelled() && name_matches(name, &wanted);
            Some(Arc::new(Matches::of_names(&loaded.trace, is_match)))
        });
        Box::new(Found { matches: matches.collect() })
    });
    Cmd::Compute { screen: ScreenId::Timeline, kind: "search", ticket, job }
}

/// Whether a name, as it is or demangled, contains the lower-case text `wanted`.
pub fn name_matches(name: &str, wanted: &str) -> bool {
    name.to_lowercase().contains(wanted) || {
        let readable = demangle(name);
        readable != name && readable.to_lowercase().contains(wanted)
    }
}

//! The saved index: a built [`Trace`] as one file, loaded in a fraction of the time that building it takes.
//!
//! A recording's index lies in its directory (`NAME.rgt/index`); an imported file's under the user's cache directory, whose
//! size is bounded. An index knows what it was built from and is ignored once that has changed; one that is damaged or
//! of another version is ignored too. Losing an index loses nothing.

mod format;
mod place;

use std::path::Path;

use crate::Trace;

pub use place::CACHE_BYTES_MAX;

/// Sources smaller than this are read so fast that an index does not pay.
pub const WORTH_BYTES: u64 = 8 << 20;

/// The trace of the file or recording at `source` as last saved, if it has been and nothing has changed since.
pub fn load(source: &Path) -> Option<Trace> {
    let place = place::find(source)?;
    let trace = format::read(&place.file, &place.identity);
    if trace.is_some() {
        place.touch();
    } else if format::is_current(&place.file, &place.identity) {
        // Damaged: gone, it makes room for a new one.
        let _ = std::fs::remove_file(&place.file);
    }
    trace
}

/// Saves `trace`, which has been read from `source`, for [`load`]. Says whether it did: small sources, recordings that
/// are still growing, places that cannot be written to and indexes that are up to date are left alone.
pub fn save(source: &Path, trace: &Trace) -> bool {
    let Some(place) = place::find(source).filter(|place| place.is_worth_it) else {
        return false;
    };
    if format::is_current(&place.file, &place.identity) {
        return false;
    }
    let saved = format::write(&place.file, &place.identity, trace).is_ok();
    if saved {
        place.evict_others();
    }
    saved
}

#[cfg(test)]
mod tests;

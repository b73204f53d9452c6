//! Counts: how often every instruction and line was executed, by how many lanes, and what it cost the memories. A profile without a GPU.
//!
//! [`Counts`] is the observer; [`source_lines`], [`ptx_lines`], [`intensity`] and [`folded`] are views of it. Times are not among them: the machine does
//! not model any.

mod folded;
mod render;
mod summary;
mod tally;
mod traffic;

pub use folded::{Weight, folded};
pub use render::{text, to_json};
pub use summary::{Intensity, LineCounts, intensity, ptx_lines, source_lines};
pub use tally::{Counts, SPACES, Tally};
pub use traffic::{BANKS, SECTOR_BYTES, bank_passes, contention, sectors};

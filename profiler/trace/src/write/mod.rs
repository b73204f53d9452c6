//! Writers: a [`Trace`] in, a file of another tool's format out.
//!
//! All stream: what they hold besides the trace does not grow with its events, but for one track's order at a time. What
//! needs a flame tree (folded stacks, speedscope, pprof) is `rustg-analyze`'s.

mod chrome;
mod perfetto;
mod tables;

use std::io;
use std::ops::ControlFlow;

pub use chrome::write_chrome;
pub use perfetto::write_perfetto;
pub use tables::{EventTable, TableFormat, write_json_tables, write_table};

/// Told now and then how many of how many events are written; `Break` stops the writer.
pub type Report<'a> = &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>;

/// Events between two reports.
const REPORT_EVENTS: u64 = 1 << 15;

/// Counts events and reports.
struct Meter<'a> {
    done: u64,
    total: u64,
    report: Report<'a>,
}

impl<'a> Meter<'a> {
    fn new(total: u64, report: Report<'a>) -> Self {
        Meter { done: 0, total, report }
    }

    /// One more event is written.
    ///
    /// # Errors
    /// [`io::ErrorKind::Interrupted`] when the report asks to stop.
    fn tick(&mut self) -> io::Result<()> {
        self.done += 1;
        if self.done.is_multiple_of(REPORT_EVENTS) && (self.report)(self.done, self.total).is_break() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! What other threads see of a launch while it runs, and how they stop it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How far launches are; shared by whoever gave it to a [`Config`](crate::device::Config). Figures are for people: they lag behind.
#[derive(Debug, Default)]
pub struct Progress {
    stopped: AtomicBool,
    blocks: AtomicU64,
    done: AtomicU64,
    findings: AtomicU64,
}

impl Progress {
    /// Nothing has run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the launch at hand, and every later one, within some thousand warp instructions; it fails with
    /// [`FaultKind::Interrupted`](crate::observe::FaultKind::Interrupted). May be called from anywhere.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether [`Progress::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Blocks that have ended, and blocks of the launch.
    pub fn blocks(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.blocks.load(Ordering::Relaxed))
    }

    /// What checks have found so far, before it is grouped.
    pub fn findings(&self) -> u64 {
        self.findings.load(Ordering::Relaxed)
    }

    pub(crate) fn begin(&self, blocks: u64) {
        self.blocks.store(blocks, Ordering::Relaxed);
        self.done.store(0, Ordering::Relaxed);
    }

    pub(crate) fn end_blocks(&self, blocks: u64) {
        self.done.fetch_add(blocks, Ordering::Relaxed);
    }

    #[cfg(feature = "checks")]
    pub(crate) fn found(&self, findings: u64) {
        self.findings.store(findings, Ordering::Relaxed);
    }
}

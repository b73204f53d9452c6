//! A run that is watched: how far it is, on standard error, and Ctrl-C, which ends it with what was found so far.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use rustg_simulator::progress::Progress;
use signal_hook::consts::SIGINT;

use crate::progress;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(50);

/// Does `work`, while another thread shows the progress of `kernel` and stops it at Ctrl-C. A second Ctrl-C ends the process.
pub fn watched<T>(kernel: &str, progress: &Arc<Progress>, shows_blocks: bool, work: impl FnOnce() -> T) -> T {
    let interrupted = Arc::new(AtomicBool::new(false));
    // Where signals cannot be had, Ctrl-C ends the process as ever.
    let _ = signal_hook::flag::register_conditional_default(SIGINT, Arc::clone(&interrupted));
    let _ = signal_hook::flag::register(SIGINT, Arc::clone(&interrupted));
    let (ended, is_ended) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut line = shows_blocks.then(|| progress::Progress::new(format!("running {kernel}")));
            while is_ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                if interrupted.load(Ordering::Relaxed) {
                    progress.stop();
                }
                if let Some(line) = &mut line {
                    let (done, blocks) = progress.blocks();
                    let found = match progress.findings() {
                        0 => "blocks".to_owned(),
                        1 => "blocks, 1 finding".to_owned(),
                        found => format!("blocks, {found} findings"),
                    };
                    line.items(done, blocks, &found);
                }
            }
        });
        let result = work();
        drop(ended);
        result
    })
}

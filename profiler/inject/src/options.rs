//! What the collector asks for, passed through the environment so that the program's children are recorded alike.

use std::path::PathBuf;
use std::time::Duration;

use crate::stack::Kinds;

/// The folder the ring goes to; without it nothing is recorded.
pub const DIR_VARIABLE: &str = "RUSTG_RECORD_DIR";
/// Words separated by blanks: see [`Options::parse`].
pub const OPTIONS_VARIABLE: &str = "RUSTG_RECORD_OPTIONS";
/// The NVTX range to record within.
pub const RANGE_VARIABLE: &str = "RUSTG_RECORD_RANGE";

/// What to record and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Where the ring file goes.
    pub dir: PathBuf,
    /// Frames to take at each launch.
    pub stacks: Kinds,
    /// All API calls instead of those that matter.
    pub all_api: bool,
    /// One record a graph launch instead of one a node.
    pub whole_graphs: bool,
    /// No NVTX ranges.
    pub no_nvtx: bool,
    /// The driver's synchronisation records too.
    pub sync: bool,
    /// No overhead records.
    pub no_overhead: bool,
    /// Start only so long after CUDA's initialisation.
    pub delay: Duration,
    /// Stop so long after the start.
    pub duration: Option<Duration>,
    /// Record only within NVTX ranges of this message.
    pub range: Option<Vec<u8>>,
}

impl Options {
    /// Reads the environment; `None` where this process is not to be recorded.
    pub fn from_environment() -> Option<Options> {
        let dir = PathBuf::from(std::env::var_os(DIR_VARIABLE)?);
        let words = std::env::var(OPTIONS_VARIABLE).unwrap_or_default();
        let range = std::env::var_os(RANGE_VARIABLE).map(std::os::unix::ffi::OsStringExt::into_vec);
        Some(Self::parse(dir, &words, range))
    }

    /// Reads `words`: `python`, `native`, `all-api`, `whole-graphs`, `no-nvtx`, `sync`, `no-overhead`,
    /// `delay-ms=N`, `duration-ms=N`. Unknown words are left alone.
    pub fn parse(dir: PathBuf, words: &str, range: Option<Vec<u8>>) -> Options {
        let stacks = Kinds { python: false, native: false };
        let mut options = Options {
            dir,
            stacks,
            all_api: false,
            whole_graphs: false,
            no_nvtx: false,
            sync: false,
            no_overhead: false,
            delay: Duration::ZERO,
            duration: None,
            range,
        };
        for word in words.split_whitespace() {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let time = || value.parse().ok().map(Duration::from_millis);
            match name {
                "python" => options.stacks.python = true,
                "native" => options.stacks.native = true,
                "all-api" => options.all_api = true,
                "whole-graphs" => options.whole_graphs = true,
                "no-nvtx" => options.no_nvtx = true,
                "sync" => options.sync = true,
                "no-overhead" => options.no_overhead = true,
                "delay-ms" => options.delay = time().unwrap_or_default(),
                "duration-ms" => options.duration = time(),
                _ => {}
            }
        }
        options
    }

    /// Whether any frames are to be taken.
    pub fn wants_stacks(&self) -> bool {
        self.stacks.python || self.stacks.native
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_understood_and_unknown_ones_do_no_harm() {
        let options = Options::parse(PathBuf::from("/r"), "python all-api new=1 delay-ms=1500 duration-ms=x", None);
        assert!(options.stacks.python && !options.stacks.native && options.all_api && !options.whole_graphs);
        assert_eq!((options.delay, options.duration), (Duration::from_millis(1500), None));
    }
}

//! Where results go: stdout, its colours and its width. Commands write through here and never with `println!`, so that a
//! reader that closes the pipe ends a command quietly.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU8, Ordering};

use crate::failure::Failure;

/// When to colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options every command takes.
#[derive(clap::Args)]
pub struct OutputArgs {
    /// Colour the output: on a terminal, always or never (NO_COLOR is honoured)
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, hide_possible_values = false)]
    color: ColorWhen,
}

static COLOR: AtomicU8 = AtomicU8::new(ColorWhen::Auto as u8);

impl OutputArgs {
    /// Remembers the choice for [`colored`].
    pub fn apply(&self) {
        COLOR.store(self.color as u8, Ordering::Relaxed);
    }
}

/// Whether results on stdout are coloured.
#[allow(dead_code, reason = "commands with coloured results use it")]
pub fn colored() -> bool {
    let when = COLOR.load(Ordering::Relaxed);
    if when == ColorWhen::Auto as u8 {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        io::stdout().is_terminal() && !refused && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    } else {
        when == ColorWhen::Always as u8
    }
}

/// Whether the locale shows text beyond ASCII; where it says nothing, it does.
#[allow(dead_code, reason = "commands with tables use it")]
pub fn unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(std::env::var_os).find(|value| !value.is_empty());
    locale.is_none_or(|value| {
        let value = value.to_string_lossy().to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}

/// Columns of the terminal that stdout is, `None` where it is none.
#[allow(dead_code, reason = "commands with tables use it")]
pub fn width() -> Option<usize> {
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    if !io::stdout().is_terminal() {
        return columns();
    }
    terminal_columns().or_else(columns).or(Some(80))
}

fn terminal_columns() -> Option<usize> {
    // SAFETY: TIOCGWINSZ writes one winsize, which is plain integers, to the place given.
    let size = unsafe {
        let mut size = std::mem::zeroed::<libc::winsize>();
        if libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size) != 0 {
            return None;
        }
        size
    };
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// Writes a whole result to stdout.
pub fn write_stdout(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| Failure::output("stdout", &error))
}

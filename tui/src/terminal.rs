//! The terminal: taken over on entry, given back as found on every way out.
//!
//! It owns modes (raw, alternate screen, mouse, paste), the panic hook and the question for the background colour. Signals
//! are turned into messages by the loop; what must happen to the terminal before the process ends is here.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute};

use crate::theme::Background;

/// Whether the terminal is ours now. Restoring twice must do nothing, and the panic hook must know.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Begin and end of a synchronised update (DEC private mode 2026): the terminal shows a frame at once or not at all.
pub const SYNC_BEGIN: &str = "\x1b[?2026h";
/// See [`SYNC_BEGIN`].
pub const SYNC_END: &str = "\x1b[?2026l";

/// The terminal in our modes; dropping it gives the terminal back.
pub struct Taken(());

impl Taken {
    /// Enters raw mode and the alternate screen, with mouse and pasted text as events.
    ///
    /// # Errors
    /// When stdout is no terminal or refuses the modes.
    pub fn enter() -> io::Result<Taken> {
        take()?;
        Ok(Taken(()))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        restore();
    }
}

/// Takes the terminal (again, after [`restore`]).
///
/// # Errors
/// When the terminal refuses raw mode or writing.
pub fn take() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste, cursor::Hide)
}

/// Gives the terminal back as it was; harmless when it is not ours. Errors are ignored: there is nobody left to tell.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        let _ = out.write_all(SYNC_END.as_bytes());
        let _ = execute!(out, DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, cursor::Show);
        let _ = terminal::disable_raw_mode();
        let _ = out.flush();
    }
}

/// Makes a panic of this thread give the terminal back before it prints. A panic of another thread is that thread's
/// business (see [`crate::perform::run_job`]) and must not write over the screen.
pub fn install_panic_hook() {
    let screen_thread = std::thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let ours = std::thread::current().id() == screen_thread;
        if ours {
            restore();
        }
        if ours || !TAKEN.load(Ordering::SeqCst) {
            before(panic);
        }
    }));
}

/// Asks the terminal for its background colour (OSC 11) and reads the answer for at most `patience`. A terminal that does
/// not know the question answers the one after it (primary device attributes) and ends the wait.
///
/// Must run before anything else reads the terminal.
pub fn ask_background(patience: Duration) -> Option<Background> {
    if !io::stdin().is_terminal() {
        return None;
    }
    let mut out = io::stdout();
    out.write_all(b"\x1b]11;?\x1b\\\x1b[c").and_then(|()| out.flush()).ok()?;
    let deadline = Instant::now() + patience;
    let mut answer = Vec::new();
    while !ends_with_attributes(&answer) && answer.len() < 1024 {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || !wait_readable(left) {
            break;
        }
        let mut bytes = [0u8; 256];
        // SAFETY: read writes at most the given length into the given array.
        let count = unsafe { libc::read(libc::STDIN_FILENO, bytes.as_mut_ptr().cast(), bytes.len()) };
        match usize::try_from(count) {
            Ok(count) if count > 0 => answer.extend_from_slice(&bytes[..count]),
            _ => break,
        }
    }
    parse_background(&answer)
}

fn wait_readable(patience: Duration) -> bool {
    let mut poll = libc::pollfd { fd: libc::STDIN_FILENO, events: libc::POLLIN, revents: 0 };
    let milliseconds = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX).max(1);
    // SAFETY: one pollfd is given and counted as one.
    unsafe { libc::poll(&mut poll, 1, milliseconds) > 0 }
}

fn ends_with_attributes(answer: &[u8]) -> bool {
    let start = answer.windows(3).rposition(|bytes| bytes == b"\x1b[?");
    start.is_some_and(|start| answer[start..].contains(&b'c'))
}

/// Reads `rgb:RRRR/GGGG/BBBB` (1 to 4 hexadecimal digits a channel) out of an answer to OSC 11.
fn parse_background(answer: &[u8]) -> Option<Background> {
    let text = String::from_utf8_lossy(answer);
    let colour = &text[text.find("]11;rgb:")? + "]11;rgb:".len()..];
    let end = colour.find(['\x1b', '\x07']).unwrap_or(colour.len());
    let mut channels = colour[..end].split('/').map(|channel| {
        let most = 16f32.powi(channel.len() as i32) - 1.0;
        let valid = (1..=4).contains(&channel.len());
        u32::from_str_radix(channel, 16).ok().filter(|_| valid).map(|value| value as f32 / most)
    });
    let (red, green, blue) = (channels.next()??, channels.next()??, channels.next()??);
    // Rec. 601 luma: how bright the eye finds it.
    let bright = 0.299 * red + 0.587 * green + 0.114 * blue;
    Some(if bright > 0.5 { Background::Light } else { Background::Dark })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backgrounds_are_read_from_every_form_of_answer() {
        let cases: [(&[u8], Option<Background>); 6] = [
            (b"\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;22c", Some(Background::Dark)),
            (b"\x1b]11;rgb:ffff/ffff/dddd\x07\x1b[?1;2c", Some(Background::Light)),
            (b"\x1b]11;rgb:fd/f6/e3\x1b\\", Some(Background::Light)),
            (b"\x1b[?62;22c", None),
            (b"\x1b]11;rgb:zz/00/00\x07", None),
            (b"", None),
        ];
        for (answer, background) in cases {
            assert_eq!(parse_background(answer), background, "{answer:?}");
        }
        assert!(ends_with_attributes(b"\x1b]11;rgb:0/0/0\x07\x1b[?62;22c"));
        assert!(!ends_with_attributes(b"\x1b]11;rgb:c0c0/c0c0/c0c0\x07"));
    }

    #[test]
    fn restoring_a_terminal_that_is_not_ours_does_nothing() {
        assert!(!TAKEN.load(Ordering::SeqCst));
        restore();
        assert!(!TAKEN.load(Ordering::SeqCst));
    }
}

//! The terminal is left as it was found: the binary under a pseudo-terminal of its own.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program::{PATIENCE, independent};

/// Written behind all output of a program that has ended, so that nobody has to guess whether more is to come.
const LAST_WORD: &str = "<end of output>";

/// A program on a pseudo-terminal.
struct Terminal {
    child: Child,
    master: File,
    /// Kept open, so that the modes can be asked after the program has left.
    line: OwnedFd,
    found: libc::termios,
    output: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    started: Instant,
    /// Where it runs: no recordings lie there.
    _dir: TempDir,
}

impl Terminal {
    fn start(arguments: &[&str]) -> Terminal {
        Terminal::start_program(std::path::Path::new(env!("CARGO_BIN_EXE_rustg")), arguments)
    }

    fn start_program(program: &std::path::Path, arguments: &[&str]) -> Terminal {
        let (mut master, mut line) = (-1, -1);
        let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: openpty writes two descriptors to the places given and reads one winsize; name and termios may be null.
        let opened = unsafe {
            libc::openpty(
                &mut master,
                &mut line,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                (&raw const size).cast_mut(),
            )
        };
        assert_eq!(opened, 0, "a pseudo-terminal can be opened");
        // SAFETY: openpty has just made both descriptors, and nobody else owns them.
        let (master, line) = unsafe { (File::from_raw_fd(master), OwnedFd::from_raw_fd(line)) };
        let found = modes(&line);
        for side in [master.as_raw_fd(), line.as_raw_fd()] {
            // SAFETY: the descriptor is open. Children of tests that run beside this one must not hold it.
            assert_eq!(unsafe { libc::fcntl(side, libc::F_SETFD, libc::FD_CLOEXEC) }, 0);
        }
        let dir = tempfile::tempdir().unwrap();
        let stdio = || Stdio::from(line.try_clone().unwrap());
        let mut command = independent(program);
        command.args(arguments).current_dir(&dir).stdin(stdio()).stdout(stdio()).stderr(stdio());
        // SAFETY: setsid and ioctl are async-signal-safe; the child makes the pseudo-terminal its controlling one.
        unsafe {
            command.pre_exec(|| {
                libc::setsid();
                libc::ioctl(0, libc::TIOCSCTTY, 0);
                Ok(())
            });
        }
        let started = Instant::now();
        let child = command.spawn().unwrap();
        let (sender, output) = channel();
        let mut reader = master.try_clone().unwrap();
        thread::spawn(move || {
            let mut bytes = [0u8; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Terminal { child, master, line, found, output, seen: Vec::new(), started, _dir: dir }
    }

    /// Waits until the output contains `wanted`.
    fn wait_for(&mut self, wanted: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !String::from_utf8_lossy(&self.seen).contains(wanted) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.seen.extend(bytes),
                Err(_) => {
                    let text = String::from_utf8_lossy(&self.seen);
                    let end: String = text.chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect();
                    panic!("no {wanted:?}; the output ends with {end:?}");
                }
            }
        }
    }

    fn press(&mut self, keys: &[u8]) {
        self.master.write_all(keys).unwrap();
    }

    fn signal(&self, signal: i32) {
        // SAFETY: kill only sends a signal, to the child that this test started and has not waited for.
        unsafe { libc::kill(self.child.id() as i32, signal) };
    }

    /// Waits until the program has been stopped; a signal to go on that came earlier would be lost.
    fn wait_until_stopped(&self) {
        let mut status = 0;
        // SAFETY: waits for the child that this test started, and writes one integer.
        let pid = unsafe { libc::waitpid(self.child.id() as i32, &mut status, libc::WUNTRACED) };
        assert!(pid == self.child.id() as i32 && libc::WIFSTOPPED(status), "it stops instead of ending: {status}");
    }

    /// Waits for the end and checks what it left behind.
    fn end(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                self.child.kill().unwrap();
                panic!("it does not end: {}", String::from_utf8_lossy(&self.seen));
            }
            while let Ok(bytes) = self.output.try_recv() {
                self.seen.extend(bytes);
            }
            thread::sleep(Duration::from_millis(10));
        };
        let left = modes(&self.line);
        File::from(self.line.try_clone().unwrap()).write_all(LAST_WORD.as_bytes()).unwrap();
        self.wait_for(LAST_WORD);
        assert_eq!(left.c_lflag, self.found.c_lflag, "local modes (echo, canonical input) are back");
        assert_eq!(left.c_iflag, self.found.c_iflag, "input modes are back");
        assert_eq!(left.c_oflag, self.found.c_oflag, "output modes are back");
        let seen = String::from_utf8_lossy(&self.seen).into_owned();
        // xterm's private modes: alternate screen, mouse, pasted text, cursor, synchronised update.
        for mode in ["1049", "1000", "1002", "1003", "1006", "2004", "2026"] {
            let (on, off) = (seen.rfind(&format!("\x1b[?{mode}h")), seen.rfind(&format!("\x1b[?{mode}l")));
            assert!(off >= on, "mode {mode} is off at the end");
        }
        let (hidden, visible) = (seen.rfind("\x1b[?25l"), seen.rfind("\x1b[?25h"));
        assert!(visible >= hidden, "the cursor is visible");
        (status, seen)
    }
}

fn modes(line: &OwnedFd) -> libc::termios {
    // SAFETY: termios is plain integers, and tcgetattr fills it.
    unsafe {
        let mut modes = std::mem::zeroed();
        assert_eq!(libc::tcgetattr(line.as_raw_fd(), &mut modes), 0);
        modes
    }
}

const ARGUMENTS: &[&str] = &["tui", "--background", "dark"];

#[test]
fn the_terminal_is_back_after_quitting() {
    let mut terminal = Terminal::start(ARGUMENTS);
    terminal.wait_for("GPU busy");
    terminal.press(b"g+?");
    terminal.wait_for("unfold");
    // Any key closes the help. Escape would too, but may arrive together with the next key, which means something else.
    terminal.press(b"?q");
    let (status, _) = terminal.end();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn the_terminal_is_back_after_signals() {
    for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGINT] {
        let mut terminal = Terminal::start(ARGUMENTS);
        terminal.wait_for("GPU busy");
        terminal.signal(signal);
        let (status, _) = terminal.end();
        assert_eq!(status.signal(), Some(signal), "the shell learns which signal it was");
    }
}

#[test]
fn a_stopped_program_gives_the_terminal_back_and_takes_it_again() {
    let mut terminal = Terminal::start(ARGUMENTS);
    terminal.wait_for("GPU busy");
    terminal.press(b"\x1a");
    terminal.wait_for("\x1b[?1049l");
    terminal.wait_until_stopped();
    assert_eq!(modes(&terminal.line).c_lflag, terminal.found.c_lflag, "the modes are back while it is stopped");
    terminal.seen.clear();
    terminal.signal(libc::SIGCONT);
    terminal.wait_for("\x1b[?1049h");
    terminal.wait_for("GPU busy");
    terminal.press(b"q");
    let (status, _) = terminal.end();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_trace_that_cannot_be_read_leaves_its_message_on_the_screen() {
    let terminal = Terminal::start(&["tui", "/nonexistent/trace.json", "--background", "dark"]);
    let (status, seen) = terminal.end();
    assert_eq!(status.code(), Some(2));
    let after = &seen[seen.rfind("\x1b[?1049l").unwrap()..];
    assert!(after.contains("/nonexistent/trace.json"), "{after}");
}

/// How long that takes is a matter of the machine: it is printed, and measured by whoever wants to know.
#[test]
fn the_first_frame_comes_before_the_trace_is_read() {
    let mut terminal = Terminal::start(ARGUMENTS);
    terminal.wait_for("opening");
    let first = terminal.started.elapsed();
    terminal.wait_for("GPU busy");
    terminal.press(b"q");
    terminal.end();
    println!("first frame after {first:?}");
}

/// Not a test by itself: the one below runs it on a terminal of its own.
#[test]
#[ignore = "panics on purpose; run by the_terminal_is_back_after_a_panic"]
fn panics_on_the_terminal() {
    rustg_tui::terminal::install_panic_hook();
    let _taken = rustg_tui::terminal::Taken::enter().unwrap();
    panic!("on purpose");
}

#[test]
fn the_terminal_is_back_after_a_panic() {
    let this = std::env::current_exe().unwrap();
    let arguments = ["--exact", "terminal::panics_on_the_terminal", "--ignored", "--nocapture", "--test-threads=1"];
    let (status, seen) = Terminal::start_program(&this, &arguments).end();
    assert!(!status.success());
    let (left, said) = (seen.find("\x1b[?1049l").unwrap(), seen.find("on purpose").unwrap());
    assert!(seen.contains("\x1b[?1049h") && left < said, "the message comes after the screens have gone: {seen:?}");
}

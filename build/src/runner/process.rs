//! One process that runs tests: started with a socket, watched until it ends, ended where a test takes too long or the GPU is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crate::bench::{self, Benchmark};
use crate::report::{self, Test};

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_millis(50);
/// So long what a process that has ended still said is waited for, where a process that it started holds its output open.
const LINGER: Duration = Duration::from_secs(1);

/// How a process ended.
pub(super) enum Ending {
    /// By itself, with all of its tests ended.
    Finished,
    /// A test left the GPU unusable.
    Lost,
    /// It was ended, because of these tests.
    Late(Vec<String>),
    /// In another way.
    Died(String),
}

/// What a process has told.
#[derive(Default)]
pub(super) struct Seen {
    pub printed: String,
    /// The tests that have started and not ended.
    pub running: BTreeMap<String, Instant>,
    pub durations_ns: BTreeMap<String, u64>,
    pub devices: BTreeSet<String>,
    pub benchmarks: Vec<Benchmark>,
    is_lost: bool,
    /// How much of what was printed was read as lines.
    read: usize,
}

enum Message {
    Printed(Vec<u8>),
    Told(String),
    /// One of the two readers has come to the end.
    End,
}

pub(super) struct Process {
    child: Child,
    messages: Receiver<Message>,
    socket: PathBuf,
    _folder: tempfile::TempDir,
}

impl Process {
    /// Starts it. `alone` says that there is a single test.
    pub fn start(mut command: Command, alone: bool) -> io::Result<Process> {
        let folder = socket_folder()?;
        let socket = folder.path().join("tests");
        let listener = UnixListener::bind(&socket)?;
        command.env("RUSTG_TEST_SOCKET", &socket).stdout(Stdio::piped()).stdin(Stdio::null());
        if alone {
            command.env("RUSTG_TEST_ALONE", "1");
        }
        let program = command.get_program().display().to_string();
        let mut child = command
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("{program} cannot be started: {error}")))?;
        let stdout = child.stdout.take().expect("its output was asked for");
        let (sender, messages) = channel();
        let told = sender.clone();
        std::thread::spawn(move || read_output(stdout, &sender));
        std::thread::spawn(move || read_socket(&listener, &told));
        Ok(Process { child, messages, socket, _folder: folder })
    }

    /// Waits for its end; tells each test as it ends, without what it printed.
    pub fn watch(mut self, timeout: Duration, told: &mut dyn FnMut(&Test)) -> io::Result<(Seen, Ending)> {
        let mut seen = Seen::default();
        let mut last = Instant::now();
        let mut status: Option<ExitStatus> = None;
        let mut open = 2;
        while open > 0 {
            match self.messages.recv_timeout(TICK) {
                Ok(message) => {
                    last = Instant::now();
                    match message {
                        Message::Printed(bytes) => seen.print(&bytes, told),
                        Message::Told(line) => seen.tell(&line),
                        Message::End => open -= 1,
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if status.is_none() {
                status = self.child.try_wait()?;
                if status.is_some() {
                    // Where it never connected, the reader still waits for it to.
                    drop(UnixStream::connect(&self.socket));
                    last = Instant::now();
                }
            } else if last.elapsed() > LINGER {
                break;
            }
            let late = seen.late(timeout, last);
            if status.is_none() && (seen.is_lost || late.is_some()) {
                self.child.kill()?;
                self.child.wait()?;
                return Ok(match late.filter(|_| !seen.is_lost) {
                    Some(names) => (seen, Ending::Late(names)),
                    None => (seen, Ending::Lost),
                });
            }
        }
        let status = match status {
            Some(status) => status,
            None => self.child.wait()?,
        };
        let ending = match (status.code(), status.signal()) {
            (Some(0 | 101), _) if seen.printed.contains("test result: ") => Ending::Finished,
            (_, Some(signal)) => Ending::Died(format!("signal {signal}")),
            (Some(0), _) if !seen.printed.contains("running ") => Ending::Finished,
            (code, _) => Ending::Died(format!("exit code {}", code.unwrap_or_default())),
        };
        Ok((seen, ending))
    }
}

impl Seen {
    fn print(&mut self, bytes: &[u8], told: &mut dyn FnMut(&Test)) {
        self.printed.push_str(&String::from_utf8_lossy(bytes));
        while let Some(length) = self.printed[self.read..].find('\n') {
            if let Some(test) = report::read_line(&self.printed[self.read..self.read + length]) {
                told(&test);
            }
            self.read += length + 1;
        }
    }

    fn tell(&mut self, line: &str) {
        let words: Vec<&str> = line.split('\t').collect();
        match words[..] {
            ["start", name] => drop(self.running.insert(name.to_owned(), Instant::now())),
            ["end", name, duration] => {
                self.running.remove(name);
                self.durations_ns.insert(name.to_owned(), duration.parse().unwrap_or(0));
            }
            ["device", name] => drop(self.devices.insert(name.to_owned())),
            ["lost", _] => self.is_lost = true,
            ["bench", ref rest @ ..] => self.benchmarks.extend(bench::read(rest)),
            _ => {}
        }
    }

    /// Whether time is over; the tests whose it is, as far as they are known.
    fn late(&self, timeout: Duration, last: Instant) -> Option<Vec<String>> {
        let late: Vec<String> =
            self.running.iter().filter(|(_, start)| start.elapsed() > timeout).map(|(name, _)| name.clone()).collect();
        let is_silent = self.running.is_empty() && last.elapsed() > timeout;
        match late.is_empty() {
            false => Some(late),
            true => is_silent.then(|| report::unfinished(&self.printed).into_iter().collect()),
        }
    }
}

fn read_output(mut pipe: impl Read, to: &Sender<Message>) {
    let mut part = [0; 16 << 10];
    while let Ok(count @ 1..) = pipe.read(&mut part) {
        if to.send(Message::Printed(part[..count].to_vec())).is_err() {
            return;
        }
    }
    let _ = to.send(Message::End);
}

fn read_socket(listener: &UnixListener, to: &Sender<Message>) {
    if let Ok((stream, _)) = listener.accept() {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if to.send(Message::Told(line)).is_err() {
                return;
            }
        }
    }
    let _ = to.send(Message::End);
}

/// A folder for the socket that is gone with the process; paths of sockets have little room, so it is a short one.
fn socket_folder() -> io::Result<tempfile::TempDir> {
    tempfile::tempdir_in("/tmp").or_else(|_| tempfile::tempdir())
}

//! The recorded program: started, its signals passed on, its end told as a shell would.

use std::ffi::OsString;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicI32, Ordering};

/// Signals that whoever runs `rustg record` means for the program.
const FORWARDED: [i32; 6] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2];

/// The program's process id, for the handler; 0 while there is none.
static PROGRAM: AtomicI32 = AtomicI32::new(0);

extern "C" fn forward(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    let program = PROGRAM.load(Ordering::Relaxed);
    // A terminal sends its signals (Ctrl-C) to the program as well; only what came to this process alone is passed on.
    // SAFETY: the kernel passes a valid structure; `kill` may be called in a handler.
    unsafe {
        let by_terminal = !info.is_null() && (*info).si_code > 0;
        if program > 0 && !by_terminal {
            libc::kill(program, signal);
        }
    }
}

/// Keeps the forwarded signals from this thread while it lives.
struct Held {
    before: libc::sigset_t,
}

impl Held {
    fn new() -> Held {
        // SAFETY: signal sets are plain integers that `sigemptyset` fills; `pthread_sigmask` reads one and writes one.
        unsafe {
            let mut forwarded = std::mem::zeroed();
            let mut before = std::mem::zeroed();
            libc::sigemptyset(&mut forwarded);
            for signal in FORWARDED {
                libc::sigaddset(&mut forwarded, signal);
            }
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const forwarded, &mut before);
            Held { before }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: puts back the set that `new` was given.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, std::ptr::null_mut()) };
    }
}

/// The program while it runs.
pub(crate) struct Program {
    child: Child,
}

impl Program {
    /// Starts `command` (program, arguments) with `environment` added. From here on, this process passes signals on
    /// instead of ending by them.
    pub fn start(command: &[OsString], environment: &[(&str, OsString)]) -> std::io::Result<Program> {
        let (program, arguments) = command.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments).envs(environment.iter().map(|(name, value)| (*name, value)));
        // A signal that comes between the program's start and the handler's waits, so that it is not this process's end.
        let held = Held::new();
        let before = held.before;
        // SAFETY: `pthread_sigmask` may be called between fork and exec; it reads a set that the closure owns.
        unsafe {
            command.pre_exec(move || {
                libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
                Ok(())
            });
        }
        let child = command.spawn()?;
        PROGRAM.store(child.id() as i32, Ordering::Relaxed);
        for signal in FORWARDED {
            // SAFETY: the handler is async-signal-safe and has the signature that SA_SIGINFO asks for.
            unsafe {
                let mut action = std::mem::zeroed::<libc::sigaction>();
                action.sa_sigaction = forward as *const () as libc::sighandler_t;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
                let mut before = std::mem::zeroed::<libc::sigaction>();
                libc::sigaction(signal, &raw const action, &raw mut before);
                if before.sa_sigaction == libc::SIG_IGN {
                    // As under `nohup`: what this process was told to ignore, it and the program go on ignoring.
                    libc::sigaction(signal, &raw const before, std::ptr::null_mut());
                }
            }
        }
        drop(held);
        Ok(Program { child })
    }

    /// The exit code once it has ended: its own, or 128 and the signal's number.
    pub fn exit_code(&mut self) -> std::io::Result<Option<i32>> {
        let status = self.child.try_wait()?;
        if status.is_some() {
            PROGRAM.store(0, Ordering::Relaxed);
        }
        Ok(status.map(code_of))
    }
}

fn code_of(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

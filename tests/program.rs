//! Runs the program under test.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A trace that the repository carries.
pub fn fixture(name: &str) -> PathBuf {
    root().join("tests/fixtures/traces").join(name)
}

/// How long a test waits for what another process does. It is no bound on anything: a machine that is slow enough to need
/// it all is still right, and only a hang ends here.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// `rustg` with nothing of the environment that changes what it does.
pub fn rustg() -> Command {
    independent(Path::new(env!("CARGO_BIN_EXE_rustg")))
}

/// A program that is given nothing of who runs the tests: no variables that change what it writes, no cache that an
/// earlier run filled, no ignored signals.
pub fn independent(program: &Path) -> Command {
    let mut command = Command::new(program);
    for variable in ["NO_COLOR", "COLUMNS", "COLORTERM", "COLORFGBG", "LC_ALL", "LC_CTYPE", "RUST_BACKTRACE"] {
        command.env_remove(variable);
    }
    for variable in ["CUDA_INJECTION64_PATH", "NVTX_INJECTION64_PATH", "RUSTG_CUPTI"] {
        command.env_remove(variable);
    }
    // Below a file no folder can be made, not even by root: indexes and views are neither found nor kept.
    command.env("LANG", "C.UTF-8").env("TERM", "xterm-256color").env("XDG_CACHE_HOME", "/dev/null/cache");
    // Whoever runs the tests under nohup or in the background of a shell ignores signals, and children inherit that.
    // SAFETY: these functions may be called between fork and exec; a signal set is plain integers.
    unsafe {
        command.pre_exec(|| {
            let mut none = std::mem::zeroed();
            libc::sigemptyset(&mut none);
            libc::pthread_sigmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
            for signal in [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP, libc::SIGTSTP, libc::SIGCONT] {
                libc::signal(signal, libc::SIG_DFL);
            }
            Ok(())
        });
    }
    command
}

/// What `rustg` with these arguments writes and how it ends.
pub fn run(arguments: &[&str]) -> Output {
    rustg().args(arguments).output().expect("the program can be started")
}

/// The stdout of a run that must succeed.
pub fn succeed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "rustg {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text is UTF-8")
}

/// The result of a Python script as JSON; `None`, visibly, where there is no Python.
pub fn python(script: &str, arguments: &[&Path]) -> Option<serde_json::Value> {
    let Some(mut python) = python3() else {
        eprintln!("SKIPPED: no python3 that works; {script} checks nothing");
        return None;
    };
    let output = python.arg(root().join("tests").join(script)).args(arguments).output().expect("it started before");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("the script prints JSON"))
}

/// Python, where there is one that starts, is new enough for our scripts and has what they import.
pub fn python3() -> Option<Command> {
    let needs = "import sys, json, gzip, sqlite3, decimal; sys.exit(sys.version_info < (3, 8))";
    let works = Command::new("python3").args(["-c", needs]).output().is_ok_and(|output| output.status.success());
    works.then(|| Command::new("python3"))
}

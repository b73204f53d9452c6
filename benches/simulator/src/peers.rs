//! The peers on the same algorithms: ptoxide as a library, Oclgrind as a program on OpenCL twins of the kernels.

use std::panic;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use ptoxide::{Argument, Context, LaunchParams};

use crate::{Seconds, cpu_seconds};

/// `sgemm` in ptoxide: A is 0.5, B is 2, so that C is n.
pub fn ptoxide_sgemm(ptx: &str, n: usize) -> Result<Seconds, String> {
    // What its reader takes: an older version's number, and no comments it does not expect.
    let text = ptx.replace(".version 9.5", ".version 8.0");
    quietly(|| {
        let mut context = Context::new_with_module(&text).map_err(|error| format!("{error:?}"))?;
        let (a, b, c) = (context.alloc::<f32>(n * n), context.alloc::<f32>(n * n), context.alloc::<f32>(n * n));
        context.write(a, &vec![0.5_f32; n * n]);
        context.write(b, &vec![2.0_f32; n * n]);
        let launch = LaunchParams::func("sgemm").grid2d(n as u32 / 16, n as u32 / 16).block2d(16, 16);
        let arguments = [Argument::U32(n as u32), Argument::ptr(a), Argument::ptr(b), Argument::ptr(c)];
        let started = Seconds::now();
        context.run(launch, &arguments).map_err(|error| format!("{error:?}"))?;
        let taken = Seconds::since(started);
        let mut result = vec![0.0_f32; n * n];
        context.read(c, &mut result);
        let wrong = result.iter().filter(|value| **value != n as f32).count();
        if wrong > 0 {
            return Err(format!("{wrong} of {} elements of its product are wrong", n * n));
        }
        Ok(taken)
    })
}

/// Why ptoxide does not read a module.
pub fn ptoxide_reads(ptx: &str) -> Result<Seconds, String> {
    quietly(|| match Context::new_with_module(ptx) {
        Ok(_) => Err("it reads the module, but was not asked to run it".to_owned()),
        Err(error) => Err(format!("{error:?}")),
    })
}

/// A panic of the peer (`todo!`) as an error.
fn quietly<T>(run: impl FnOnce() -> Result<T, String> + panic::UnwindSafe) -> Result<T, String> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(run);
    panic::set_hook(hook);
    result.unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        Err(message.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panics".to_owned()))
    })
}

/// A run of Oclgrind: its OpenCL source, kernel, global and local sizes, argument lines.
pub struct OclgrindRun<'a> {
    pub source: &'a Path,
    pub kernel: &'a str,
    pub global: [usize; 2],
    pub local: [usize; 2],
    pub arguments: String,
}

/// One run of Oclgrind on one thread, and what it printed; nothing where it is not installed.
fn execute(run: &OclgrindRun<'_>, [x, y]: [usize; 2], options: &[&str]) -> Option<(Seconds, String)> {
    let file = std::env::temp_dir().join(format!("rustg-oclgrind-{}.sim", std::process::id()));
    let [block_x, block_y] = run.local;
    let sizes = format!("{x} {y} 1\n{block_x} {block_y} 1");
    let text = format!("{}\n{}\n{sizes}\n\n{}", run.source.display(), run.kernel, run.arguments);
    std::fs::write(&file, text).expect("the folder for temporary files can be written");
    let (wall, cpu) = (Instant::now(), cpu_seconds(libc::RUSAGE_CHILDREN));
    let output = Command::new("oclgrind-kernel").args(["--num-threads", "1"]).args(options).arg(&file).output();
    let taken = Seconds { wall: wall.elapsed().as_secs_f64(), cpu: cpu_seconds(libc::RUSAGE_CHILDREN) - cpu };
    std::fs::remove_file(&file).expect("it was just written");
    let output = output.ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "oclgrind-kernel: {said}");
    Some((taken, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// Time of a kernel in Oclgrind with options, less start, compiler and one block.
pub fn oclgrind(run: &OclgrindRun<'_>, options: &[&str]) -> Option<Seconds> {
    let (whole, _) = execute(run, run.global, options)?;
    let (start, _) = execute(run, run.local, options)?;
    Some(Seconds { wall: whole.wall - start.wall, cpu: whole.cpu - start.cpu })
}

/// Instructions of all work items, by Oclgrind's own count.
pub fn oclgrind_instructions(run: &OclgrindRun<'_>) -> Option<u64> {
    let (_, counts) = execute(run, run.global, &["--inst-counts"])?;
    let lines = counts.lines().filter_map(|line| line.trim().split_once(" - "));
    Some(lines.filter_map(|(count, _)| count.trim().parse::<u64>().ok()).sum())
}

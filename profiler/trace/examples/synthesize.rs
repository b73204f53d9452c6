//! Writes a made-up recording: `cargo run --release -p rustg-trace --example synthesize -- DIR [EVENTS [GPUS [STREAMS [THREADS]]]]`.

use std::process::ExitCode;

use rustg_trace::recording::{Synthetic, write_synthetic};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(dir) = arguments.next() else {
        eprintln!("usage: synthesize DIR [EVENTS [GPUS [STREAMS [THREADS]]]]");
        return ExitCode::from(2);
    };
    let mut number = |default: u64| {
        arguments.next().map_or(Some(default), |text| text.replace('_', "").parse().ok()).ok_or("not a number")
    };
    let result = (|| {
        let (events, gpus) = (number(1_000_000)?, number(1)? as u32);
        let (streams, threads) = (number(4)? as u32, number(2)? as u32);
        write_synthetic(dir.as_ref(), Synthetic { events, gpus, streams, threads }).map_err(|error| error.to_string())
    })();
    match result {
        Ok(dir) => {
            println!("{}", dir.display());
            ExitCode::SUCCESS
        }
        Err::<_, String>(message) => {
            eprintln!("synthesize: {message}");
            ExitCode::from(2)
        }
    }
}

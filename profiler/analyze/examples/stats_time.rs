//! How long `stats` takes on a trace that is in memory: `cargo run --release -p rustg-analyze --example stats_time -- TRACE`.
//!
//! Prints the median of several runs for all tables together and for each alone, and the CPU time behind it: on a busy machine
//! only that is worth comparing.

use std::time::{Duration, Instant};

use rustg_analyze::stats::{Stats, StatsOptions, TableKind};
use rustg_trace::read::{OpenOptions, open};

const RUNS: usize = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("name a trace")?;
    let started = Instant::now();
    let trace = open(path.as_ref(), &OpenOptions::default())?;
    println!("read: {:?}, {} events", started.elapsed(), trace.events.len());
    let measure = |tables: &[TableKind]| {
        let options = StatsOptions { tables: tables.to_vec(), ..StatsOptions::default() };
        let cpu_before = cpu_time();
        let mut times: Vec<Duration> = (0..RUNS)
            .map(|_| {
                let started = Instant::now();
                std::hint::black_box(Stats::new(&trace, &options));
                started.elapsed()
            })
            .collect();
        times.sort();
        let cpu = cpu_time().zip(cpu_before).map(|(after, before)| (after - before) / RUNS as u32);
        format!("{:?}, CPU {}", times[RUNS / 2], cpu.map_or("unknown".into(), |cpu| format!("{cpu:?}")))
    };
    println!("all tables: {}", measure(&TableKind::ALL));
    for table in TableKind::ALL {
        println!("{} (with busy time and gaps): {}", table.key(), measure(&[table]));
    }
    Ok(())
}

/// User and system time of this process so far, where /proc says (in ticks of 10 ms, as proc(5) has them on Linux).
fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks()? + ticks()?) * 10))
}

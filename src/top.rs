//! `rustg top`: the GPUs of this machine, live; as a screen, or as JSON and CSV for scripts.

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rustg_analyze::figures::Figures as Numbers;
use rustg_record::telemetry::{
    Board, Figures, GpuInfo, GpuProcess, Metric, Rates, Sampling, Telemetry, throttle_reasons,
};
use rustg_tui::{Colours, Exit, Theme};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::output;

/// Watch the GPUs of this machine: SM, tensor, DRAM, power, memory, processes
///
/// Shows what the hardware counts (GPM, Hopper and newer) rather than "GPU utilization", which is 100 % as soon as any kernel
/// runs. Needs the NVIDIA driver, no privileges, and disturbs no profiler.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg top                                  live, q leaves
  rustg top --once                           one table
  rustg top --json | jq '.gpus[].sm_active_percent'
  rustg top --json --interval 1s             one JSON object a line, until Ctrl-C
  rustg top --csv --interval 100ms --count 600 > gpus.csv

Shares and rates are means over the interval. Exit code 3: no NVIDIA driver or no GPU.")]
pub struct Args {
    /// Print one table and exit; what happens too where stdout is no terminal
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    once: bool,
    /// Print one JSON object with all GPUs and their processes; with --interval, one a line
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV, one row a GPU; with --interval, for every interval
    #[arg(long)]
    csv: bool,
    /// Go on, once every so long: 100ms, 1s, 1min
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    interval: Option<Duration>,
    /// With --interval, stop after N intervals
    #[arg(long, value_name = "N", requires = "interval")]
    count: Option<u64>,
    /// Plain ASCII instead of Unicode
    #[arg(long)]
    ascii: bool,
}

/// "100ms", "1s", "2.5s", "1min"; a bare number is seconds.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds = match unit.trim() {
        "ms" => 1e-3,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        _ => return Err(format!("{unit:?} is no unit here: ms, s or min, from 20ms to a day")),
    };
    let number: f64 = number.parse().map_err(|_| "a time like 100ms or 1s".to_owned())?;
    let duration = number * seconds;
    if !(0.02..=86_400.0).contains(&duration) {
        return Err("between 20ms and a day".to_owned());
    }
    Ok(Duration::from_secs_f64(duration))
}

/// The least time that a single look averages over.
const ONE_LOOK: Duration = Duration::from_millis(300);
/// How long GPUs may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let telemetry = Telemetry::open().map_err(Failure::missing)?;
    let scripted = args.once || args.json || args.csv || args.interval.is_some();
    if !scripted && io::stdout().is_terminal() && io::stdin().is_terminal() {
        return live(args, Arc::new(telemetry));
    }
    let interval = args.interval.unwrap_or(ONE_LOOK);
    let defaults = Rates::default();
    let rates = Rates {
        counters: (interval / 4).clamp(Duration::from_millis(20), Duration::from_millis(250)),
        readings: interval.clamp(Duration::from_millis(200), defaults.readings),
        ..defaults
    };
    let mut watch = Watch::start(&telemetry, rates);
    let count = if args.interval.is_some() { args.count.unwrap_or(u64::MAX) } else { 1 };
    for round in 0..count {
        let look = watch.look(&telemetry, interval, !args.csv);
        let text = if args.json {
            look.json(&telemetry, args.interval.is_none())
        } else if args.csv {
            look.csv(telemetry.gpus(), round == 0)
        } else {
            look.table(telemetry.gpus(), Numbers { ascii: args.ascii || !output::unicode() })
        };
        output::write_stdout(text.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn live(args: &Args, telemetry: Arc<Telemetry>) -> Result<ExitCode, Failure> {
    let mut theme = Theme::from_environment(|name| std::env::var(name).ok());
    theme.ascii = args.ascii || !output::unicode();
    let background_given = theme.colours == Colours::None;
    // The plots show quarters of a second at the finest; the rest of 2 % of a core is for drawing.
    let rates = Rates { counters: Duration::from_millis(100), cpu_share: 0.015, ..Rates::default() };
    match rustg_tui::top::run(&telemetry, rates, theme, background_given) {
        Ok(Exit::Code(code)) => Ok(ExitCode::from(code)),
        Ok(Exit::Signal(signal)) => Ok(ExitCode::from(128u8.saturating_add(signal as u8))),
        Ok(Exit::Unreadable(messages)) => Err(Failure::input(messages.join("\nrustg: "))),
        Err(error) => Err(Failure::input(format_args!("cannot use this terminal: {error}"))),
    }
}

/// Sampling, and when the next interval ends.
struct Watch {
    sampling: Sampling,
    board: Board,
    until: Instant,
    complete: bool,
}

/// What one interval showed.
struct Look {
    unix_ms: u128,
    gpus: Vec<Figures>,
    processes: Vec<Vec<GpuProcess>>,
}

impl Watch {
    fn start(telemetry: &Telemetry, rates: Rates) -> Watch {
        let board = Board::new(telemetry.gpus().len());
        Watch { sampling: telemetry.start(rates), board, until: Instant::now(), complete: false }
    }

    fn look(&mut self, telemetry: &Telemetry, interval: Duration, with_processes: bool) -> Look {
        let has_counters: Vec<bool> = telemetry.gpus().iter().map(|gpu| gpu.has_gpm).collect();
        self.until = (self.until + interval).max(Instant::now());
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now = Instant::now();
            // The first interval is over when all GPUs have answered.
            self.complete = self.complete || self.board.is_complete(&has_counters) || now >= deadline;
            let left = self.until.saturating_duration_since(now);
            if left.is_zero() && self.complete {
                break;
            }
            let patience = if left.is_zero() { deadline.saturating_duration_since(now) } else { left };
            if let Some(sample) = self.sampling.wait(patience.min(Duration::from_millis(50))) {
                self.board.add(&sample);
            }
        }
        let processes = |gpu| if with_processes { telemetry.processes(gpu) } else { Vec::new() };
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Look {
            unix_ms: unix.as_millis(),
            gpus: self.board.take(),
            processes: (0..telemetry.gpus().len()).map(processes).collect(),
        }
    }
}

impl Look {
    fn json(&self, telemetry: &Telemetry, pretty: bool) -> String {
        let gpus: Vec<Value> = (telemetry.gpus().iter().zip(&self.gpus).zip(&self.processes))
            .map(|((info, figures), processes)| gpu_json(info, figures, processes))
            .collect();
        let whole = json!({
            "time_unix_ms": self.unix_ms as u64,
            "driver_version": telemetry.driver_version(),
            "gpus": gpus,
        });
        let text = if pretty { serde_json::to_string_pretty(&whole) } else { serde_json::to_string(&whole) };
        text.expect("a JSON value can always be written") + "\n"
    }

    fn csv(&self, gpus: &[GpuInfo], with_header: bool) -> String {
        let mut text = String::new();
        if with_header {
            text.push_str("time_unix_ms,gpu,uuid,name");
            for metric in Metric::ALL {
                text.push(',');
                text.push_str(metric.key());
            }
            text.push('\n');
        }
        for (info, figures) in gpus.iter().zip(&self.gpus) {
            let name = info.name.replace(['"', ',', '\n'], " ");
            text.push_str(&format!("{},{},{},{name}", self.unix_ms, info.index, info.uuid));
            for metric in Metric::ALL {
                text.push(',');
                if let Some(&value) = figures.get(metric) {
                    text.push_str(&match metric {
                        Metric::ThrottleReasons => throttle_reasons(value as u64).join("+"),
                        _ => exact(value, *metric).to_string(),
                    });
                }
            }
            text.push('\n');
        }
        text
    }

    fn table(&self, gpus: &[GpuInfo], numbers: Numbers) -> String {
        let mut text = String::new();
        for ((info, figures), processes) in gpus.iter().zip(&self.gpus).zip(&self.processes) {
            text.push_str(&format!("GPU {}  {}  {}\n", info.index, info.name, info.uuid));
            for (metric, value) in figures {
                let shown = match metric {
                    Metric::ThrottleReasons => match throttle_reasons(*value as u64).join(", ") {
                        none if none.is_empty() => continue,
                        reasons => reasons,
                    },
                    Metric::MemoryUsed if info.memory_bytes > 0 => {
                        format!("{} of {}", numbers.quantity(*value, "B"), numbers.bytes_short(info.memory_bytes))
                    }
                    Metric::Power if info.power_limit_watts > 0.0 => {
                        format!("{} of {:.0} W", numbers.quantity(*value, "W"), info.power_limit_watts)
                    }
                    _ => numbers.quantity(*value, metric.unit()),
                };
                text.push_str(&format!("  {:<18} {shown}\n", metric.name()));
            }
            for process in processes {
                let memory = process.memory_bytes.map_or("-".to_owned(), |bytes| numbers.bytes_short(bytes));
                let command: String = process.command.chars().take(100).collect();
                text.push_str(&format!("  {:>7}  {:<10} {memory:>10}  {command}\n", process.pid, process.user));
            }
        }
        text
    }
}

fn gpu_json(info: &GpuInfo, figures: &Figures, processes: &[GpuProcess]) -> Value {
    let mut gpu = Map::new();
    gpu.insert("index".into(), info.index.into());
    gpu.insert("name".into(), info.name.as_str().into());
    gpu.insert("uuid".into(), info.uuid.as_str().into());
    gpu.insert("pci_bus".into(), info.pci_bus.as_str().into());
    gpu.insert("memory_total_bytes".into(), info.memory_bytes.into());
    gpu.insert("power_limit_watts".into(), info.power_limit_watts.into());
    for (metric, value) in figures {
        let value = match metric {
            Metric::ThrottleReasons => throttle_reasons(*value as u64).into(),
            _ => exact(*value, *metric),
        };
        gpu.insert(metric.key().into(), value);
    }
    let processes = processes.iter().map(|process| {
        json!({
            "pid": process.pid,
            "user": process.user,
            "memory_bytes": process.memory_bytes,
            "sm_percent": process.sm_percent,
            "command": process.command,
        })
    });
    gpu.insert("processes".into(), processes.collect());
    Value::Object(gpu)
}

/// A value as a script wants it: whole numbers whole, shares to a hundredth.
fn exact(value: f64, metric: Metric) -> Value {
    match metric.unit() {
        "%" | "W" => json!((value * 100.0).round() / 100.0),
        _ => json!(value.round() as i64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look() -> (Vec<GpuInfo>, Look) {
        let info = GpuInfo {
            index: 0,
            name: "NVIDIA H200".into(),
            uuid: "GPU-1".into(),
            pci_bus: "0000:1B:00.0".into(),
            memory_bytes: 150_754_820_096,
            power_limit_watts: 700.0,
            has_gpm: true,
        };
        let figures = Figures::from([
            (Metric::SmActive, 71.25),
            (Metric::PcieSent, 1.2e9),
            (Metric::Power, 412.337),
            (Metric::MemoryUsed, 8.8e10),
            (Metric::ThrottleReasons, 4.0),
        ]);
        let process = GpuProcess {
            pid: 42,
            command: "python train.py".into(),
            user: "ada".into(),
            memory_bytes: Some(88_000_000_000),
            sm_percent: None,
        };
        (vec![info], Look { unix_ms: 1_700_000_000_000, gpus: vec![figures], processes: vec![vec![process]] })
    }

    #[test]
    fn times_are_read_with_and_without_units() {
        assert_eq!(parse_duration("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(parse_duration("2.5s"), Ok(Duration::from_millis(2500)));
        assert_eq!(parse_duration("3"), Ok(Duration::from_secs(3)));
        for wrong in ["", "1h", "ms", "0", "1e9", "-1s", "1..2s", "100000s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn csv_has_a_column_for_every_figure_and_holes_where_there_is_none() {
        let (gpus, look) = look();
        let text = look.csv(&gpus, true);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(lines[0].len(), lines[1].len());
        let cell = |key: &str| lines[1][lines[0].iter().position(|column| *column == key).unwrap()];
        assert_eq!(cell("time_unix_ms"), "1700000000000");
        assert_eq!((cell("sm_active_percent"), cell("power_watts")), ("71.25", "412.34"));
        assert_eq!((cell("pcie_sent_bytes_per_s"), cell("throttle_reasons")), ("1200000000", "power cap"));
        assert_eq!(cell("temperature_celsius"), "");
    }

    #[test]
    fn json_of_a_gpu_names_its_units_and_lists_its_processes() {
        let (gpus, look) = look();
        let gpu = gpu_json(&gpus[0], &look.gpus[0], &look.processes[0]);
        assert_eq!(gpu["sm_active_percent"], 71.25);
        assert_eq!(gpu["memory_used_bytes"], 88_000_000_000u64);
        assert_eq!(gpu["throttle_reasons"], json!(["power cap"]));
        assert_eq!(gpu["processes"][0]["command"], "python train.py");
        assert_eq!(gpu["processes"][0]["sm_percent"], Value::Null);
        assert_eq!(gpu.get("temperature_celsius"), None);
    }

    #[test]
    fn the_table_says_of_how_much() {
        let (gpus, look) = look();
        let text = look.table(&gpus, Numbers { ascii: true });
        assert!(text.contains("power              412 W of 700 W"), "{text}");
        assert!(text.contains("SM active          71.2 %") || text.contains("71.3 %"), "{text}");
        assert!(text.contains("python train.py"), "{text}");
    }
}

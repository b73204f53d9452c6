//! Outcomes told: text, JSON, SARIF, folded stacks.

use std::fmt::Write as _;
use std::path::Path;

use rustg_simulator::check::render::{self, Sources};
use rustg_simulator::count::{self, Weight};
use rustg_simulator::device::LaunchShape;
use serde_json::{Value, json};

use super::kernel::Chosen;
use super::plan::Plan;
use super::results;
use super::run::Outcome;
use super::seeds::Explored;
use crate::output;

/// Everything that renderings need.
pub struct Telling<'a> {
    /// What was asked for.
    pub plan: &'a Plan,
    /// The kernel.
    pub chosen: &'a Chosen,
    /// How it was launched.
    pub shape: &'a LaunchShape,
    /// What came of it.
    pub explored: &'a Explored,
    /// Whether times are told.
    pub timings: bool,
}

/// Source files larger than this are not quoted.
const SOURCE_BYTES_MAX: u64 = 16 << 20;

impl Telling<'_> {
    /// What the kernel printed, dumps, findings, expectations, counts, and a line that sums it up.
    pub fn text(&self) -> Vec<u8> {
        let folder = self.plan.file.parent().unwrap_or(Path::new(""));
        let read = |path: &str| read_source(path, folder);
        let mut sources = Sources::new(&read);
        let mut told = Vec::new();
        for (index, outcome) in self.explored.outcomes.iter().enumerate() {
            let mut text = String::new();
            if index == 0 {
                told.extend(&outcome.report.output);
                if !told.is_empty() && !told.ends_with(b"\n") {
                    told.push(b'\n');
                }
                text += &results::text(&self.plan.dumps, &outcome.held);
            }
            let subject = outcome.subject(self.chosen, self.shape, Some(self.replay(outcome.seed)));
            text += &render::text(&outcome.findings, &subject, &mut sources, output::colored());
            for (name, words, comparison) in &outcome.comparisons {
                let _ = writeln!(text, "{name}, expected {words}: {comparison}");
            }
            if let Some(counts) = &outcome.counts {
                text += &count::text(counts, &self.chosen.module, &self.chosen.text, &self.chosen.path);
            }
            told.extend(text.as_bytes());
        }
        let _ = writeln!(Text(&mut told), "{}", self.summary());
        told
    }

    /// One line: what ran, and how it ended.
    fn summary(&self) -> String {
        let kernel = &self.chosen.signature.kernel;
        let size = |[x, y, z]: [u32; 3]| match (y, z) {
            (1, 1) => x.to_string(),
            (_, 1) => format!("{x}×{y}"),
            _ => format!("{x}×{y}×{z}"),
        };
        let launch = format!("{kernel}, {} blocks of {} threads", size(self.shape.grid), size(self.shape.block));
        let Explored { count, failing, outcomes } = self.explored;
        if self.plan.seeds == 1 {
            let Some(outcome) = outcomes.first() else { return launch };
            let end = match (outcome.ended_early, outcome.findings.findings.is_empty()) {
                (true, _) => "ended early",
                (false, true) => "no findings",
                (false, false) => "ran to its end",
            };
            return format!("{launch}: {} warp instructions, {end}", outcome.report.steps);
        }
        let of = if *count < self.plan.seeds { format!(" of {}", self.plan.seeds) } else { String::new() };
        let last = self.plan.seed.wrapping_add(count.saturating_sub(1));
        let seeds = format!("{count}{of} schedules (seeds {} to {last})", self.plan.seed);
        match failing[..] {
            [] => format!("{launch}: {seeds}, no findings"),
            [seed] => format!("{launch}: {seeds}, findings with seed {seed}"),
            [first, .., last] => format!("{launch}: {seeds}, findings with {} seeds ({first} … {last})", failing.len()),
        }
    }

    /// One object for all of it; `runs` holds an object for each seed that is told.
    pub fn json(&self) -> Value {
        let runs: Vec<Value> = self.explored.outcomes.iter().map(|outcome| self.outcome_json(outcome)).collect();
        json!({
            "version": 1,
            "file": self.chosen.path,
            "kernel": self.chosen.signature.kernel,
            "grid": self.shape.grid,
            "block": self.shape.block,
            "seeds": self.explored.count,
            "failing_seeds": self.explored.failing,
            "runs": runs,
        })
    }

    fn outcome_json(&self, outcome: &Outcome) -> Value {
        let subject = outcome.subject(self.chosen, self.shape, Some(self.replay(outcome.seed)));
        let findings = render::json(&outcome.findings, &subject);
        let mut object = json!({
            "seed": outcome.seed,
            "replay": findings["replay"],
            "steps": outcome.report.steps,
            "ended_early": outcome.ended_early,
            "output": String::from_utf8_lossy(&outcome.report.output),
            "findings": findings["findings"],
            "limits": findings["limits"],
            "expectations": results::comparisons_json(&outcome.comparisons),
            "dumps": results::dumps_json(&self.plan.dumps, &outcome.held),
        });
        if let Some(counts) = &outcome.counts {
            object["counts"] = count::to_json(counts, &self.chosen.module, &self.chosen.text, &self.chosen.path);
        }
        if self.timings {
            object["load_ns"] = json!(outcome.load.as_nanos() as u64);
            object["launch_ns"] = json!(outcome.launch.as_nanos() as u64);
        }
        object
    }

    /// SARIF of the first outcome that is told.
    pub fn sarif(&self) -> Option<Value> {
        let outcome = self.explored.outcomes.first()?;
        let subject = outcome.subject(self.chosen, self.shape, Some(self.replay(outcome.seed)));
        Some(render::sarif(&outcome.findings, &subject))
    }

    /// Folded stacks of the first outcome.
    pub fn folded(&self, weight: Weight) -> String {
        let counts = self.explored.outcomes.first().and_then(|outcome| outcome.counts.as_ref());
        counts.map(|counts| count::folded(counts, &self.chosen.module, weight)).unwrap_or_default()
    }

    /// Times and the rate, for standard error.
    pub fn timings_text(&self) -> String {
        let mut text = String::new();
        for outcome in &self.explored.outcomes {
            let seconds = outcome.launch.as_secs_f64();
            let rate = outcome.report.steps as f64 / seconds.max(1e-9) / 1e6;
            let _ = writeln!(
                text,
                "seed {}: loaded in {:.1} ms, ran in {:.1} ms: {rate:.1} M warp instructions/s",
                outcome.seed,
                outcome.load.as_secs_f64() * 1e3,
                seconds * 1e3,
            );
        }
        text
    }

    /// The command line with this seed in place of others.
    fn replay(&self, seed: u64) -> String {
        let mut words = vec!["rustg".to_owned()];
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--seed" | "--seeds" => drop(arguments.next()),
                "--keep-going" | "--json" | "--sarif" | "--timings" => {}
                _ if argument.starts_with("--seed=") || argument.starts_with("--seeds=") => {}
                _ => words.push(super::quoted(&argument)),
            }
        }
        words.push(format!("--seed {seed}"));
        words.join(" ")
    }
}

/// A source text as line information names it: there, or in the folder of the file that named it.
fn read_source(path: &str, folder: &Path) -> Option<String> {
    let path = Path::new(path);
    let beside = folder.join(path.file_name()?);
    let found = [path, &beside].into_iter().find(|path| {
        std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= SOURCE_BYTES_MAX)
    })?;
    std::fs::read_to_string(found).ok()
}

/// `fmt::Write` into bytes.
struct Text<'a>(&'a mut Vec<u8>);

impl std::fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend(text.as_bytes());
        Ok(())
    }
}

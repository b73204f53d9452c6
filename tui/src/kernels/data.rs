//! What the kernels screen shows: rows of one grouping of one part of a trace, and the job that computes them.

use std::collections::HashMap;
use std::sync::Arc;

use rustg_analyze::diff::Change;
use rustg_analyze::stats::{
    GroupBy, Grouping, KernelRow, KernelTimes, OccupancyRow, Window, kernel_rows, kernel_times, occupancy_rows,
};
use rustg_trace::{KernelConfig, TimeRange, Trace};

use super::compare::compare;
use crate::context::{Context, Loaded};
use crate::flame::Scope;
use crate::message::{Cmd, Job};
use crate::screen::ScreenId;
use crate::theme::Paint;

/// Equal parts of the window that a sparkline is made of; the screen joins neighbours where it has less room.
pub const PARTS: usize = 120;

/// Everything that decides the rows, besides the traces.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Question {
    /// What rows stand for.
    pub by: GroupBy,
    /// Which part.
    pub scope: Scope,
    /// The part in nanoseconds of the view; `None` is the whole.
    pub range: Option<TimeRange>,
    /// Which of the traces.
    pub slot: usize,
    /// The second trace against the first.
    pub compares: bool,
}

impl Question {
    /// With the range that its scope means now.
    pub fn with_range(self, context: &Context) -> Self {
        Question { range: self.scope.range(context), ..self }
    }
}

impl Question {
    /// The next way to look at two traces: the first, the second, the second against the first.
    pub fn next_side(self) -> Self {
        let (slot, compares) = match (self.slot, self.compares) {
            (_, true) => (0, false),
            (0, false) => (1, false),
            _ => (1, true),
        };
        Question { slot, compares, ..self }
    }
}

/// One row of the screen.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its figures.
    pub kernel: KernelRow,
    /// When it ran.
    pub times: KernelTimes,
    /// What it is painted with.
    pub paint: Paint,
    /// Its name in lower case, for the filter.
    pub lower: String,
    /// Its configurations, with the GPU's verdict on each; the one in which it took most of its time first.
    pub resources: Vec<OccupancyRow>,
    /// The configuration of its longest launch.
    pub config: Option<KernelConfig>,
    /// The longest launch's name: what a group stands for.
    pub example: String,
}

/// The answer to a [`Question`]. Rows are by total time.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked.
    pub question: Question,
    /// The rows.
    pub lines: Vec<Line>,
    /// Where traces are compared: each kernel before and after.
    pub changes: Vec<Change>,
    /// The window's length.
    pub wall_ns: u64,
}

/// The command that computes the rows; its result is an `Arc<Answer>`.
pub fn ask(question: Question, context: &Context, ticket: u64) -> Vec<Cmd> {
    let Some(loaded) = context.trace(question.slot).cloned() else { return Vec::new() };
    let range = question.range.map(|range| context.to_trace(question.slot, range));
    let before = question.compares.then(|| context.trace(0).cloned()).flatten();
    let range_before = question.range.map(|range| context.to_trace(0, range));
    let job: Job = Box::new(move |_cancel| {
        let mut answer = answer(question, &loaded, range);
        if let Some(before) = before {
            let window = Window::new(&before.trace, range_before);
            let before = kernel_rows(&window, &Grouping::new(&window, question.by), &[]);
            let after: Vec<KernelRow> = answer.lines.iter().map(|line| line.kernel.clone()).collect();
            answer.changes = compare(&before, &after, question.by);
        }
        Box::new(Arc::new(answer))
    });
    vec![Cmd::Compute { screen: ScreenId::Kernels, kind: "kernels", ticket, job }]
}

fn answer(question: Question, loaded: &Loaded, range: Option<TimeRange>) -> Answer {
    let trace = &loaded.trace;
    let window = Window::new(trace, range);
    let grouping = Grouping::new(&window, question.by);
    let occupancy = occupancy_rows(&window, &grouping);
    let rows = kernel_rows(&window, &grouping, &occupancy);
    let times = kernel_times(&window, &grouping, &rows, PARTS);
    // The rows of occupancy come by total time: the first of a group is its heaviest.
    let mut resources: HashMap<String, Vec<OccupancyRow>> = HashMap::new();
    for row in occupancy {
        resources.entry(row.name.clone()).or_default().push(row);
    }
    let lines = rows.into_iter().zip(times).map(|(kernel, times)| line(trace, kernel, times, &mut resources)).collect();
    Answer { question, lines, changes: Vec::new(), wall_ns: window.range.dur_ns() }
}

fn line(
    trace: &Trace,
    kernel: KernelRow,
    times: KernelTimes,
    resources: &mut HashMap<String, Vec<OccupancyRow>>,
) -> Line {
    Line {
        paint: Paint::gpu(&kernel.name),
        lower: kernel.name.to_lowercase(),
        resources: resources.remove(&kernel.name).unwrap_or_default(),
        config: trace.kernel_of(times.longest).copied(),
        example: trace.name(times.longest).to_owned(),
        kernel,
        times,
    }
}

/// A column of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Column {
    Name,
    #[default]
    Total,
    Share,
    Count,
    Min,
    Median,
    P95,
    Max,
    Occupancy,
}

impl Column {
    /// All columns, from left to right.
    pub const ALL: [Column; 9] = [
        Column::Name,
        Column::Total,
        Column::Share,
        Column::Count,
        Column::Min,
        Column::Median,
        Column::P95,
        Column::Max,
        Column::Occupancy,
    ];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Column::Name => "kernel",
            Column::Total => "total",
            Column::Share => "%",
            Column::Count => "count",
            Column::Min => "min",
            Column::Median => "median",
            Column::P95 => "p95",
            Column::Max => "max",
            Column::Occupancy => "occ",
        }
    }

    /// Sorts lines by this column, the largest first (names from A); equal ones by total time.
    pub fn sort(self, lines: &mut [&Line], reversed: bool) {
        lines.sort_by(|a, b| {
            let (left, right) = (&a.kernel, &b.kernel);
            let order = match self {
                Column::Name => a.lower.cmp(&b.lower),
                Column::Total | Column::Share => right.dur_ns.total.cmp(&left.dur_ns.total),
                Column::Count => right.dur_ns.count.cmp(&left.dur_ns.count),
                Column::Min => right.dur_ns.min.cmp(&left.dur_ns.min),
                Column::Median => right.dur_ns.median.cmp(&left.dur_ns.median),
                Column::P95 => right.dur_ns.p95.cmp(&left.dur_ns.p95),
                Column::Max => right.dur_ns.max.cmp(&left.dur_ns.max),
                Column::Occupancy => right.occupancy.unwrap_or(-1.0).total_cmp(&left.occupancy.unwrap_or(-1.0)),
            };
            let order = if reversed { order.reverse() } else { order };
            order.then_with(|| right.dur_ns.total.cmp(&left.dur_ns.total)).then_with(|| left.name.cmp(&right.name))
        });
    }
}

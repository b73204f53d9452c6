//! Which tree is shown, and the job that builds it.

use std::sync::Arc;

use rustg_analyze::figures::Figures;
use rustg_analyze::flame::{FlameOptions, FlameTree, Overlap, Weight};
use rustg_trace::TimeRange;

use crate::context::{Context, Loaded};
use crate::message::{Cmd, Job};
use crate::screen::ScreenId;

/// Which part of the trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Scope {
    /// All of it.
    #[default]
    Whole,
    /// The range that is selected on the timeline.
    Selection,
    /// What the timeline shows.
    Window,
}

impl Scope {
    /// The next one that is not the same as the whole.
    pub fn next(self, context: &Context) -> Self {
        match self {
            Scope::Whole if context.selected_range().is_some() => Scope::Selection,
            Scope::Whole | Scope::Selection if context.window != context.whole() => Scope::Window,
            _ => Scope::Whole,
        }
    }

    /// The range it means now, in nanoseconds of the view; `None` is the whole.
    pub fn range(self, context: &Context) -> Option<TimeRange> {
        match self {
            Scope::Whole => None,
            Scope::Selection => context.selected_range(),
            Scope::Window => Some(context.window).filter(|&window| window != context.whole()),
        }
    }
}

/// Which of two traces.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sides {
    /// The first alone.
    #[default]
    First,
    /// The second, with its difference to the first.
    Difference,
    /// The second alone.
    Second,
}

impl Sides {
    /// The next one.
    pub fn next(self) -> Self {
        match self {
            Sides::First => Sides::Second,
            Sides::Second => Sides::Difference,
            Sides::Difference => Sides::First,
        }
    }
}

/// Everything that decides a tree, besides the traces.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shape {
    /// What widths mean.
    pub weight: Weight,
    /// How simultaneous work counts.
    pub overlap: Overlap,
    /// Bottom-up.
    pub reversed: bool,
    /// Without idle time.
    pub busy: bool,
    /// Which part.
    pub scope: Scope,
    /// The part in nanoseconds of the view; `None` is the whole.
    pub range: Option<TimeRange>,
    /// Which trace.
    pub sides: Sides,
}

impl Shape {
    /// With the range that its scope means now.
    pub fn with_range(self, context: &Context) -> Self {
        Shape { range: self.scope.range(context), ..self }
    }

    /// Whether idle time is left out; where it is what is shown, it cannot be.
    pub fn hides_idle(&self) -> bool {
        self.busy && self.weight == Weight::Time
    }

    fn options(&self, context: &Context, slot: usize) -> FlameOptions {
        let range = self.range.map(|range| context.to_trace(slot, range));
        FlameOptions { weight: self.weight, overlap: self.overlap, range, ..FlameOptions::default() }
    }
}

/// The command that builds the tree; its result is `(Shape, Arc<FlameTree>)`.
pub fn build(shape: Shape, context: &Context, ticket: u64) -> Vec<Cmd> {
    let of = |slot: usize| context.trace(slot).map(|loaded| (loaded.clone(), shape.options(context, slot)));
    let (shown, before) = match shape.sides {
        Sides::First => (of(0).or_else(|| of(1)), None),
        Sides::Second => (of(1).or_else(|| of(0)), None),
        Sides::Difference => (of(1).or_else(|| of(0)), of(0).filter(|_| context.trace(1).is_some())),
    };
    let Some(shown) = shown else { return Vec::new() };
    let tree = |(loaded, options): &(Arc<Loaded>, FlameOptions)| FlameTree::of(&loaded.trace, options);
    let job: Job = Box::new(move |cancel| {
        let mut built = tree(&shown);
        if let Some(before) = before.as_ref().filter(|_| !cancel.is_cancelled()) {
            built = built.compare(&tree(before));
        }
        if shape.hides_idle() && !cancel.is_cancelled() {
            built = built.without_idle();
        }
        if shape.reversed && !cancel.is_cancelled() {
            built = built.reversed();
        }
        Box::new((shape, Arc::new(built)))
    });
    vec![Cmd::Compute { screen: ScreenId::Flame, kind: "flame graph", ticket, job }]
}

/// The node of `new` with the same path as `node` of `old`.
pub fn same_frame(old: &FlameTree, node: u32, new: &FlameTree) -> Option<u32> {
    old.path(node).into_iter().try_fold(0, |at, step| {
        let (name, kind) = (old.name(step), old.nodes()[step as usize].kind);
        new.children(at).find(|&child| new.nodes()[child as usize].kind == kind && new.name(child) == name)
    })
}

/// The command line that draws the same graph.
pub fn command_line(shape: &Shape, context: &Context) -> String {
    let path = |slot: usize| {
        let path = context.trace(slot)?.path.as_ref()?.to_string_lossy().into_owned();
        let plain = path.chars().all(|sign| sign.is_ascii_alphanumeric() || "/._-+=:,@".contains(sign));
        Some(if plain { path } else { format!("'{}'", path.replace('\'', "'\\''")) })
    };
    let (shown, before) = match shape.sides {
        Sides::First => (path(0), None),
        Sides::Second => (path(1), None),
        Sides::Difference => (path(1), path(0)),
    };
    let mut line = "rustg flame".to_owned();
    if let Some(path) = shown.or_else(|| path(0)) {
        line.push_str(&format!(" {path}"));
    }
    if let Some(before) = before {
        line.push_str(&format!(" --diff {before}"));
    }
    if shape.weight != Weight::Time {
        line.push_str(&format!(" --weight {}", shape.weight.name()));
    }
    if shape.overlap == Overlap::Sum {
        line.push_str(" --overlap sum");
    }
    if shape.hides_idle() {
        line.push_str(" --busy");
    }
    if shape.reversed {
        line.push_str(" --reverse");
    }
    if let Some(range) = shape.range {
        let time = |ns: i64| Figures::ASCII.time(ns, range.dur_ns()).replace(' ', "");
        line.push_str(&format!(" --range {}..{}", time(range.start_ns), time(range.end_ns)));
    }
    line + " > flame.svg"
}

/// The name of the file that the SVG goes to, in the working directory: `train.idle.flame.svg`.
pub fn file_name(shape: &Shape, context: &Context) -> String {
    let slot = if shape.sides == Sides::First { 0 } else { 1 };
    let title = context.slots.get(slot).or(context.slots.first()).map_or("trace", |slot| slot.title.as_str());
    let stem = title.trim_end_matches(".gz").trim_end_matches(".json").trim_end_matches(".sqlite");
    let mut name: String =
        stem.chars().map(|sign| if sign.is_alphanumeric() || "._-".contains(sign) { sign } else { '-' }).collect();
    if shape.weight != Weight::Time {
        name.push_str(&format!(".{}", shape.weight.name()));
    }
    if shape.hides_idle() {
        name.push_str(".busy");
    }
    if shape.reversed {
        name.push_str(".bottom-up");
    }
    if shape.sides == Sides::Difference {
        name.push_str(".diff");
    }
    name.trim_start_matches('.').to_owned() + ".flame.svg"
}

//! Commands of the timeline: the words of `:` and `--batch`.

use rustg_analyze::range::RangeSpec;
use rustg_trace::EventId;

use super::navigate::Step;
use super::{Action, Timeline};
use crate::context::Context;
use crate::message::Cmd;

impl Timeline {
    pub(super) fn command(&mut self, context: &mut Context, words: &[&str]) -> Option<Result<Vec<Cmd>, String>> {
        let (&name, rest) = words.split_first()?;
        let argument = rest.join(" ");
        let simple = |timeline: &mut Self, context: &mut Context, action| Some(Ok(timeline.act(context, action)));
        match name {
            "at" => Some(self.at(context, &argument)),
            "range" => Some(self.range(context, &argument)),
            "select" => Some(self.select(context, &argument)),
            "find" => Some(Ok(self.find(context, &argument))),
            "gap" if rest.is_empty() => simple(self, context, Action::NextGap),
            "gap" => Some(duration_ns(&argument).map(|min_ns| {
                self.to_gap(context, true, Some(min_ns));
                Vec::new()
            })),
            "zoom" => Some(self.zoom_by(context, &argument)),
            "fit" => simple(self, context, Action::Whole),
            "next" => simple(self, context, Action::NextMatch),
            "previous" => simple(self, context, Action::PreviousMatch),
            "follow" => simple(self, context, Action::Follow),
            "copy" => simple(self, context, Action::Copy),
            "align" => Some(self.align(context, &argument)),
            _ => None,
        }
    }

    fn at(&mut self, context: &mut Context, text: &str) -> Result<Vec<Cmd>, String> {
        let window = resolve(context, text)?;
        self.remember(context, Step::Jump);
        self.set_window(context, window);
        Ok(Vec::new())
    }

    fn range(&mut self, context: &mut Context, text: &str) -> Result<Vec<Cmd>, String> {
        let range = resolve(context, text)?;
        Ok(self.select_range(context, range))
    }

    fn zoom_by(&mut self, context: &mut Context, text: &str) -> Result<Vec<Cmd>, String> {
        let factor: f64 = text.parse().map_err(|_| format!("zoom takes a factor, not {text}"))?;
        if !(1e-6..=1e6).contains(&factor) {
            return Err(format!("zoom takes a factor above 0, not {text}"));
        }
        self.zoom_at_selection(context, 1.0 / factor);
        Ok(Vec::new())
    }

    /// A row by its label (blanks do not count), else the first event in view, or of all, whose name has the text.
    fn select(&mut self, context: &mut Context, text: &str) -> Result<Vec<Cmd>, String> {
        let plain = |text: &str| text.replace(' ', "").to_lowercase();
        let wanted = plain(text);
        if wanted.is_empty() {
            return Err("select takes a row (stream7) or a part of an event's name".to_owned());
        }
        let group = self.rows.groups.iter().position(|group| plain(&group.label) == wanted);
        if let Some(row) = group.and_then(|group| self.rows.rows.iter().position(|row| row.group == group)) {
            self.to_row(context, row);
            return Ok(Vec::new());
        }
        let lower = text.to_lowercase();
        let mut best: Option<((bool, bool, i64), usize, EventId)> = None;
        for (slot, loaded) in context.loaded() {
            let trace = &loaded.trace;
            let known: Vec<bool> =
                trace.strings.iter().map(|(_, name)| super::search::name_matches(name, &lower)).collect();
            let named = (0..trace.events.len()).filter(|&row| known[trace.events.name[row].index()]);
            for event in named.map(|row| EventId(row as u32)) {
                let range = context.to_view(slot, trace.range(event));
                let hidden = range.intersect(context.window).dur_ns() == 0;
                let host = !trace.events.kind[event.index()].is_gpu_work();
                let order = (hidden, host, range.start_ns);
                if best.is_none_or(|(least, ..)| order < least) {
                    best = Some((order, slot, event));
                }
            }
        }
        let (_, slot, event) = best.ok_or_else(|| format!("no row and no event is called {text}"))?;
        self.remember(context, Step::Jump);
        self.select_event(context, slot, event);
        Ok(Vec::new())
    }

    /// Shifts the second trace so that the first events of a name coincide.
    fn align(&mut self, context: &mut Context, text: &str) -> Result<Vec<Cmd>, String> {
        if context.loaded().count() < 2 {
            return Err("align needs two traces: rustg tui A B".to_owned());
        }
        let lower = text.to_lowercase();
        let mut starts = Vec::new();
        for (slot, loaded) in context.loaded() {
            let trace = &loaded.trace;
            let names: Vec<bool> =
                trace.strings.iter().map(|(_, name)| super::search::name_matches(name, &lower)).collect();
            let rows = (0..trace.events.len()).filter(|&row| names[trace.events.name[row].index()]);
            let first = rows.map(|row| trace.events.start_ns[row]).min();
            starts.push(first.ok_or_else(|| format!("{} has no event called {text}", context.slots[slot].title))?);
        }
        let first_at = starts[0] - context.slots[0].origin_ns;
        context.slots[1].origin_ns = starts[1].saturating_sub(first_at);
        self.measure_minimap(context);
        context.notice = Some(format!("B is shifted so that {text} starts where A's does"));
        Ok(Vec::new())
    }
}

fn resolve(context: &Context, text: &str) -> Result<rustg_trace::TimeRange, String> {
    let spec: RangeSpec = text.parse().map_err(|error| format!("{error}"))?;
    let loaded = context.trace(0).ok_or("no trace is open")?;
    let range = spec.resolve(&loaded.trace).map_err(|error| error.to_string())?;
    Ok(context.to_view(0, range))
}

/// A duration as people write it: `50us`, `1.5ms`, `200` (nanoseconds).
fn duration_ns(text: &str) -> Result<u64, String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (figure, unit) = (&text[..split], text[split..].trim());
    let scale = match unit {
        "" | "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return Err(format!("{unit} is no unit of time: ns, us, ms or s")),
    };
    let figure: f64 = figure.parse().map_err(|_| format!("{text} is no duration; 50us is one"))?;
    Ok((figure * scale) as u64)
}

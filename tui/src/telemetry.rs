//! Telemetry: what was the machine doing, in the timeline's window and under its ruler.
//!
//! It owns the plots of counters over time. [`draw_plot`] takes plain columns of values, so that anything that has some can
//! be drawn the same way.

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use rustg_analyze::lod::column_edge;
use rustg_trace::names::KernelFamily;
use rustg_trace::{Counter, GpuId, TimeRange};

use crate::context::Context;
use crate::draw::{EIGHTHS, Pieces, eighth, put, text};
use crate::keys::{Binding, Chord, KeyLine, action_of, lines};
use crate::message::{Cmd, Goto, Msg};
use crate::screen::{Screen, ScreenId};
use crate::theme::Paint;
use crate::timeline::layout::Layout;
use crate::timeline::ruler;

/// The state of the screen: which series is the first one drawn.
#[derive(Default)]
pub struct Telemetry {
    first: usize,
}

#[derive(Clone, Copy)]
enum Action {
    Pan(f64),
    Zoom(f64),
    Whole,
    Scroll(isize),
}

/// The keys of the screen: those of the timeline, for the window is the same.
const KEYS: &[Binding<Action>] = &[
    Binding {
        chords: &[Chord::Key(KeyCode::Left), Chord::Key(KeyCode::Right), Chord::Char('h'), Chord::Char('l')],
        shown: "←→",
        label: "pan",
        what: "pan by a tenth, with the timeline",
        actions: &[Action::Pan(-0.1), Action::Pan(0.1), Action::Pan(-0.1), Action::Pan(0.1)],
    },
    Binding {
        chords: &[Chord::Char('+'), Chord::Char('-'), Chord::Char('='), Chord::Char('_')],
        shown: "+−",
        label: "zoom",
        what: "zoom at the middle; the mouse wheel zooms at the pointer",
        actions: &[Action::Zoom(0.5), Action::Zoom(2.0), Action::Zoom(0.5), Action::Zoom(2.0)],
    },
    Binding {
        chords: &[Chord::Char('0'), Chord::Key(KeyCode::Home)],
        shown: "0",
        label: "all",
        what: "the whole trace",
        actions: &[Action::Whole],
    },
    Binding {
        chords: &[Chord::Key(KeyCode::Up), Chord::Key(KeyCode::Down), Chord::Char('k'), Chord::Char('j')],
        shown: "↑↓",
        label: "series",
        what: "series above, series below",
        actions: &[Action::Scroll(-1), Action::Scroll(1), Action::Scroll(-1), Action::Scroll(1)],
    },
    Binding {
        chords: &[Chord::Shift(KeyCode::Left), Chord::Shift(KeyCode::Right), Chord::Char('H'), Chord::Char('L')],
        shown: "shift ←→",
        label: "",
        what: "pan by the whole window",
        actions: &[Action::Pan(-0.95), Action::Pan(0.95), Action::Pan(-0.95), Action::Pan(0.95)],
    },
];

/// One series of one trace.
#[derive(Clone, Copy)]
struct Series {
    slot: usize,
    counter: usize,
}

/// What the name of a series must contain to come early, in this order, and the hue it is drawn with.
const ORDER: &[(&str, KernelFamily)] = &[
    ("sm active", KernelFamily::Gemm),
    ("sm", KernelFamily::Gemm),
    ("tensor", KernelFamily::Attention),
    ("dram", KernelFamily::Reduction),
    ("power", KernelFamily::Elementwise),
    ("clock", KernelFamily::Convolution),
    ("memory", KernelFamily::Memory),
    ("nvlink", KernelFamily::Communication),
    ("pcie", KernelFamily::Communication),
];

fn place_of(name: &str) -> (usize, KernelFamily) {
    let lower = name.to_ascii_lowercase();
    // "SM clock" is a clock first.
    let clock = lower.contains("clock");
    let found = ORDER.iter().position(|(part, _)| lower.contains(part) && (!clock || *part == "clock"));
    found.map_or((ORDER.len(), KernelFamily::Other), |place| (place, ORDER[place].1))
}

/// All series with samples: by trace and GPU, the ones that matter first.
fn series(context: &Context) -> Vec<Series> {
    let mut all: Vec<Series> = context
        .loaded()
        .flat_map(|(slot, loaded)| {
            let counters = loaded.trace.counters.iter().enumerate();
            counters.filter(|(_, counter)| !counter.ts_ns.is_empty()).map(move |(counter, _)| Series { slot, counter })
        })
        .collect();
    let key = |series: &Series| {
        let counter = counter_of(context, *series);
        (series.slot, counter.map(|counter| (counter.gpu, place_of(&counter.name).0, series.counter)))
    };
    all.sort_by_key(key);
    all
}

fn counter_of(context: &Context, series: Series) -> Option<&Counter> {
    context.trace(series.slot)?.trace.counters.get(series.counter)
}

impl Screen for Telemetry {
    fn id(&self) -> ScreenId {
        ScreenId::Telemetry
    }

    fn available(&self, context: &Context) -> bool {
        context.loaded().any(|(_, loaded)| loaded.trace.counters.iter().any(|counter| counter.ts_ns.len() > 1))
    }

    fn keys(&self) -> Vec<KeyLine> {
        lines(KEYS)
    }

    fn on_key(&mut self, context: &mut Context, key: &KeyEvent) -> Option<Vec<Cmd>> {
        let columns = columns_of(context);
        match action_of(KEYS, key)? {
            Action::Pan(share) => {
                context.pan(share, columns);
                context.follow &= share > 0.0;
            }
            Action::Zoom(factor) => context.zoom(factor, context.middle_ns(), columns),
            Action::Whole => context.window = context.whole(),
            Action::Scroll(by) => {
                let last = series(context).len().saturating_sub(1);
                self.first = self.first.saturating_add_signed(by).min(last);
            }
        }
        Some(Vec::new())
    }

    fn on_mouse(&mut self, context: &mut Context, mouse: &MouseEvent, area: Rect) -> Vec<Cmd> {
        let layout = Layout::new(area, false);
        let Some(column) = layout.column_of(mouse.column) else { return Vec::new() };
        let at_ns = layout.slice(context.window, column).start_ns;
        match mouse.kind {
            MouseEventKind::ScrollUp => context.zoom(0.8, at_ns, layout.columns),
            MouseEventKind::ScrollDown => context.zoom(1.25, at_ns, layout.columns),
            MouseEventKind::Down(MouseButton::Left) => {
                let width = context.window.dur_ns() as i64 / 8;
                let window = TimeRange { start_ns: at_ns - width, end_ns: at_ns + width };
                return vec![Cmd::Post(Msg::Goto(Goto::Window(window)))];
            }
            _ => {}
        }
        Vec::new()
    }

    fn view(&self, context: &Context, buffer: &mut Buffer, area: Rect) {
        let layout = Layout { ruler: Rect { height: 1, ..area }, ..Layout::new(area, false) };
        ruler::draw(context, buffer, layout);
        let all = series(context);
        let theme = context.theme;
        let mut owners: Vec<(usize, Option<GpuId>)> = Vec::new();
        for &series in &all {
            let owner = (series.slot, counter_of(context, series).and_then(|counter| counter.gpu));
            if owners.last() != Some(&owner) {
                owners.push(owner);
            }
        }
        let room = area.height.saturating_sub(1 + owners.len() as u16);
        let height = (room / all.len().max(1) as u16).clamp(1, 5);
        let mut y = area.y + 1;
        let mut owner = None;
        for &series in all.iter().skip(self.first) {
            let Some(counter) = counter_of(context, series) else { continue };
            if owner != Some((series.slot, counter.gpu)) {
                owner = Some((series.slot, counter.gpu));
                if y >= area.bottom() {
                    break;
                }
                draw_owner(context, series.slot, counter.gpu, buffer, layout, y);
                y += 1;
            }
            if y + height > area.bottom() {
                break;
            }
            let place = Rect { x: area.x, y, width: area.width, height };
            draw_series(context, series, counter, buffer, layout, place);
            y += height;
        }
        if all.is_empty() {
            text(buffer, area.x + 2, area.y + 2, 60, "this trace has no telemetry", theme.dim());
        }
    }
}

fn columns_of(context: &Context) -> u16 {
    Layout::new(Rect { x: 0, y: 1, width: context.size.0, height: context.size.1.saturating_sub(2) }, false).columns
}

/// The line above a GPU's series: its busy time, so that telemetry can be read against it.
fn draw_owner(context: &Context, slot: usize, gpu: Option<GpuId>, buffer: &mut Buffer, layout: Layout, y: u16) {
    let Some(loaded) = context.trace(slot) else { return };
    let theme = context.theme;
    let which = if context.slots.len() > 1 { ["A ", "B "][slot.min(1)] } else { "" };
    let Some(gpu) = gpu else {
        text(buffer, 1, y, usize::from(layout.chart_x) - 2, &format!("{which}host"), theme.strong());
        return;
    };
    let label = format!("{which}GPU {} busy", loaded.trace.gpus[gpu.index()].device);
    text(buffer, 1, y, usize::from(layout.chart_x) - 2, &label, theme.strong());
    let window = context.to_trace(slot, context.window);
    let mut busy = vec![0u64; usize::from(layout.columns)];
    loaded.lod.gpu_columns(&loaded.trace, gpu, window, &mut busy);
    for (column, &busy_ns) in busy.iter().enumerate() {
        let slice = column_edge(window, busy.len(), column + 1) - column_edge(window, busy.len(), column);
        put(buffer, layout.chart_x + column as u16, y, eighth(busy_ns, slice as u64), theme.busy());
    }
}

fn draw_series(context: &Context, series: Series, counter: &Counter, buffer: &mut Buffer, layout: Layout, place: Rect) {
    let (theme, figures) = (context.theme, context.theme.figures());
    let window = context.to_trace(series.slot, context.window);
    let means = column_means(counter, window, usize::from(layout.columns));
    let most = scale_of(counter);
    let shown: Vec<f64> = means.iter().flatten().copied().collect();
    let mean = (!shown.is_empty()).then(|| shown.iter().sum::<f64>() / shown.len() as f64);
    let label = Rect { width: layout.chart_x - place.x - 1, ..place };
    let value = mean.map_or_else(|| "-".to_owned(), |mean| figures.quantity(mean, &counter.unit));
    let mut line = Pieces::new(buffer, label, 0);
    line.add("  ", theme.text());
    if place.height > 1 {
        line.add(&counter.name, theme.text());
        let mut line = Pieces::new(buffer, label, 1);
        line.add("  ", theme.text()).add(&value, theme.accent());
        if place.height > 2 {
            let mut line = Pieces::new(buffer, label, 2);
            line.add(&format!("  of {}", figures.quantity(most, &counter.unit)), theme.faint());
        }
    } else {
        let room = line.room().saturating_sub(value.chars().count() + 1);
        line.add(&crate::draw::cut(&counter.name, room), theme.text());
        line.to_right(value.chars().count());
        line.add(&value, theme.accent());
    }
    let family = place_of(&counter.name).1;
    let style = theme.event(Paint { family, shade: 0, muted: false, waits: false });
    let plot = Rect { x: layout.chart_x, width: layout.columns, ..place };
    draw_plot(buffer, plot, &means, most, style);
}

/// The top of a series' plot: 100 for per cents, else its largest value.
fn scale_of(counter: &Counter) -> f64 {
    let most = counter.values.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    if counter.unit == "%" { 100.0 } else { most.max(f64::MIN_POSITIVE) }
}

/// The mean of the samples in each column of `window`; where there is none, the last value before it, up to the last sample.
pub fn column_means(counter: &Counter, window: TimeRange, columns: usize) -> Vec<Option<f64>> {
    let mut first = counter.ts_ns.partition_point(|&at| at < window.start_ns);
    let column = |index: usize| {
        let end_ns = column_edge(window, columns, index + 1);
        let count = counter.ts_ns[first..].partition_point(|&at| at < end_ns);
        let own = &counter.values[first..first + count];
        first += count;
        let finite = own.iter().copied().filter(|value| value.is_finite());
        let (sum, count) = finite.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
        match count {
            0 if first < counter.ts_ns.len() => first.checked_sub(1).map(|last| counter.values[last]),
            0 => None,
            _ => Some(sum / f64::from(count)),
        }
    };
    (0..columns).map(column).collect()
}

/// Draws a column of eighth blocks for each value, `most` filling the height of `place`.
pub fn draw_plot(buffer: &mut Buffer, place: Rect, values: &[Option<f64>], most: f64, style: Style) {
    let eighths = f64::from(place.height) * 8.0;
    for (x, value) in (place.left()..place.right()).zip(values) {
        let Some(value) = value.filter(|value| value.is_finite()) else { continue };
        let level = (value.clamp(0.0, most) / most * eighths).round() as u16;
        // Nothing is a thin line, so that it is told from no sample.
        let level = level.max(1);
        for row in 0..place.height {
            let filled = level.saturating_sub(row * 8).min(8);
            if filled > 0 {
                put(buffer, x, place.bottom() - 1 - row, EIGHTHS[usize::from(filled)], style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_hold_means_and_carry_the_last_value_over_gaps() {
        let counter = Counter {
            name: "power".into(),
            unit: "W".into(),
            gpu: None,
            ts_ns: vec![0, 10, 15, 40],
            values: vec![100.0, 200.0, 400.0, 50.0],
        };
        let window = TimeRange { start_ns: 0, end_ns: 60 };
        let means = column_means(&counter, window, 6);
        assert_eq!(means, [Some(100.0), Some(300.0), Some(400.0), Some(400.0), Some(50.0), None]);
        let later = column_means(&counter, TimeRange { start_ns: 20, end_ns: 40 }, 2);
        assert_eq!(later, [Some(400.0), Some(400.0)]);
    }

    #[test]
    fn a_plot_is_as_high_as_its_value() {
        let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: 4, height: 2 });
        let values = [Some(0.0), Some(50.0), Some(100.0), None];
        draw_plot(&mut buffer, Rect { x: 0, y: 0, width: 4, height: 2 }, &values, 100.0, Style::new());
        assert_eq!(crate::headless::to_text(&buffer), "  █\n▁██\n");
    }

    #[test]
    fn what_matters_comes_first() {
        let mut names = ["temperature", "SM clock", "power", "DRAM bandwidth", "NVLink sent", "SM active"];
        names.sort_by_key(|name| place_of(name).0);
        assert_eq!(names, ["SM active", "DRAM bandwidth", "power", "SM clock", "NVLink sent", "temperature"]);
    }
}

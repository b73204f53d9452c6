//! Drawing [`TopState`].

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use rustg_record::telemetry::{Metric, throttle_reasons};
use rustg_trace::names::KernelFamily;

use super::history::SPANS;
use super::{Sort, TopState};
use crate::draw::{EIGHTHS, Pieces, put, text};
use crate::theme::{Paint, to_ascii};

/// Narrower or lower than this, a sentence is shown instead.
const SIZE_MIN: (u16, u16) = (60, 12);

/// A plotted figure: its short label and whose hue it has.
const PLOTS: [(Metric, &str, KernelFamily); 12] = [
    (Metric::SmActive, "SM", KernelFamily::Gemm),
    (Metric::GpuUtilization, "GPU", KernelFamily::Gemm),
    (Metric::TensorActive, "tensor", KernelFamily::Attention),
    (Metric::DramBandwidth, "DRAM", KernelFamily::Elementwise),
    (Metric::MemoryUtilization, "memory", KernelFamily::Elementwise),
    (Metric::Power, "power", KernelFamily::Convolution),
    (Metric::SmOccupancy, "occupancy", KernelFamily::Reduction),
    (Metric::MemoryUsed, "used", KernelFamily::Memory),
    (Metric::NvlinkSent, "NVLink out", KernelFamily::Communication),
    (Metric::NvlinkReceived, "NVLink in", KernelFamily::Communication),
    (Metric::PcieSent, "PCIe out", KernelFamily::Communication),
    (Metric::PcieReceived, "PCIe in", KernelFamily::Communication),
];

/// Columns of a plot's label and value.
const LABEL: u16 = 14;
const VALUE: u16 = 11;

/// Draws the state.
pub fn view(state: &TopState, buffer: &mut Buffer) {
    let area = *buffer.area();
    if area.width < SIZE_MIN.0 || area.height < SIZE_MIN.1 {
        let sentence = format!("rustg top needs {} columns and {} rows", SIZE_MIN.0, SIZE_MIN.1);
        text(buffer, area.x, area.y, area.width.into(), &sentence, state.theme.text());
    } else if state.help {
        help(state, buffer, area);
    } else {
        header(state, buffer, area);
        let rows = process_rows(state, area.height);
        let middle = Rect { y: area.y + 2, height: area.height - 3 - rows, ..area };
        gpus(state, buffer, middle);
        processes(state, buffer, Rect { y: middle.bottom(), height: rows, ..area });
        footer(state, buffer, area);
    }
    if state.theme.ascii {
        to_ascii(buffer);
    }
}

/// The processes get what they need, up to a third of the screen; a screen full of GPUs leaves them four rows.
fn process_rows(state: &TopState, height: u16) -> u16 {
    let wanted = (state.processes.len() as u16).saturating_add(3);
    let most = (height / 3).max(4);
    let gpus = state.gpus.len() as u16;
    wanted.clamp(4, most).min(height.saturating_sub(3 + gpus).max(4))
}

fn header(state: &TopState, buffer: &mut Buffer, area: Rect) {
    let theme = &state.theme;
    let mut pieces = Pieces::new(buffer, area, 0);
    pieces.add(" rustg top ", theme.strong());
    let what = match state.gpus.len() {
        1 => format!(" {}", state.gpus[0].name),
        count => format!(" {count} GPUs"),
    };
    pieces.add(&what, theme.text());
    if !state.driver.is_empty() {
        pieces.add(&format!(" · driver {}", state.driver), theme.dim());
    }
    pieces.add(&format!(" · {} a column", SPANS[state.span].1), theme.dim());
    if state.paused {
        pieces.add("  paused", theme.accent());
    }
}

fn gpus(state: &TopState, buffer: &mut Buffer, area: Rect) {
    let count = state.gpus.len();
    let fitting = (area.height as usize).min(count).max(1);
    let first = state.first_gpu.min(count - fitting.min(count));
    let height = area.height / fitting as u16;
    // More than this per GPU is plots taller than they are telling.
    let height = height.min(1 + plots_of(state, first).len() as u16 * 4 + 1);
    for row in 0..fitting {
        let y = area.y + row as u16 * height;
        let block = Rect { y, height, ..area };
        if first + row < count {
            match height {
                0..3 => line_of_gpu(state, buffer, block, first + row),
                _ => block_of_gpu(state, buffer, block, first + row),
            }
        }
    }
}

fn plots_of(state: &TopState, gpu: usize) -> Vec<&'static (Metric, &'static str, KernelFamily)> {
    PLOTS.iter().filter(|(metric, _, _)| state.histories[gpu].has(*metric)).collect()
}

/// A GPU on one line: the shares with a short plot each, then the figures.
fn line_of_gpu(state: &TopState, buffer: &mut Buffer, area: Rect, gpu: usize) {
    const PLOT: u16 = 8;
    let theme = &state.theme;
    let mut pieces = Pieces::new(buffer, area, 0);
    pieces.add(&format!("{:>3} ", state.gpus[gpu].index), theme.strong());
    let mut plotted = Vec::new();
    for plot in plots_of(state, gpu).iter().filter(|plot| plot.0.unit() == "%").take(3) {
        let value = state.now(gpu, plot.0).unwrap_or(0.0);
        if pieces.room() < 30 + PLOT as usize {
            break;
        }
        pieces.add(&format!("{} {value:>3.0} % ", plot.1), theme.text());
        plotted.push((pieces.column(), *plot));
        pieces.add(&" ".repeat(PLOT as usize + 1), theme.text());
    }
    for piece in figures_of(state, gpu) {
        pieces.add_whole(&format!(" {}", piece.0), piece.1);
    }
    for (x, plot) in plotted {
        draw_plot(state, buffer, Rect { x, y: area.y, width: PLOT, height: 1 }, gpu, plot);
    }
}

/// A GPU as a title and as many plots as there is room for.
fn block_of_gpu(state: &TopState, buffer: &mut Buffer, area: Rect, gpu: usize) {
    let theme = &state.theme;
    let mut pieces = Pieces::new(buffer, area, 0);
    pieces.add(&format!(" {} ", state.gpus[gpu].index), theme.strong());
    pieces.add(&state.gpus[gpu].name, theme.strong());
    for piece in figures_of(state, gpu) {
        pieces.add_whole(&format!("  {}", piece.0), piece.1);
    }
    let plots = plots_of(state, gpu);
    if plots.is_empty() {
        text(buffer, area.x + 3, area.y + 1, area.width.into(), "first samples are coming", theme.dim());
        return;
    }
    // Rows are dealt out evenly, the first plots get what is left over; three rows and more end with a blank one.
    let room = area.height - 1;
    let (each, extra) = (room / plots.len() as u16, room % plots.len() as u16);
    let mut y = area.y + 1;
    for (index, plot) in plots.iter().enumerate() {
        let rows = (each + u16::from((index as u16) < extra)).min(4);
        if rows == 0 {
            break;
        }
        let height = if rows > 2 { rows - 1 } else { rows };
        let value = state.now(gpu, plot.0).unwrap_or(0.0);
        let value = theme.figures().quantity(rounded(value, plot.0), plot.0.unit());
        let base = y + height - 1;
        text(buffer, area.x + 3, base, (LABEL - 3).into(), plot.1, theme.dim());
        let shown = format!("{value:>width$}", width = usize::from(VALUE) - 1);
        text(buffer, area.x + LABEL, base, VALUE.into(), &shown, theme.text());
        let x = area.x + LABEL + VALUE;
        let width = area.right().saturating_sub(x + 1);
        draw_plot(state, buffer, Rect { x, y, width, height }, gpu, plot);
        y += rows;
    }
}

/// Shares and watts without decimals: they jump about.
fn rounded(value: f64, metric: Metric) -> f64 {
    if matches!(metric.unit(), "%" | "W") { value.round() } else { value }
}

/// Power, memory, temperature, clock and what holds the clocks down.
fn figures_of(state: &TopState, gpu: usize) -> Vec<(String, Style)> {
    let (theme, info) = (&state.theme, &state.gpus[gpu]);
    let figures = theme.figures();
    let mut pieces = Vec::new();
    if let Some(power) = state.now(gpu, Metric::Power) {
        let limit =
            if info.power_limit_watts > 0.0 { format!(" of {:.0}", info.power_limit_watts) } else { String::new() };
        pieces.push((format!("{power:.0}{limit} W"), theme.text()));
    }
    if let Some(used) = state.now(gpu, Metric::MemoryUsed) {
        let total = if info.memory_bytes > 0 {
            format!(" of {}", figures.bytes_short(info.memory_bytes))
        } else {
            String::new()
        };
        pieces.push((format!("{}{total}", figures.bytes_short(used.max(0.0) as u64)), theme.text()));
    }
    if let Some(temperature) = state.now(gpu, Metric::Temperature) {
        pieces.push((figures.quantity(temperature, "°C"), theme.text()));
    }
    if let Some(clock) = state.now(gpu, Metric::SmClock) {
        pieces.push((figures.quantity(clock, "MHz"), theme.text()));
    }
    let reasons = throttle_reasons(state.now(gpu, Metric::ThrottleReasons).unwrap_or(0.0) as u64);
    if !reasons.is_empty() {
        pieces.push((format!("held by {}", reasons.join(", ")), theme.warning()));
    }
    pieces
}

/// The past of a figure as bars of eighths, newest at the right.
fn draw_plot(
    state: &TopState,
    buffer: &mut Buffer,
    area: Rect,
    gpu: usize,
    &(metric, _, family): &(Metric, &str, KernelFamily),
) {
    let columns = state.histories[gpu].columns(metric, SPANS[state.span].0, area.width.into());
    let info = &state.gpus[gpu];
    let most = match metric.unit() {
        "%" => 100.0,
        "W" if info.power_limit_watts > 0.0 => info.power_limit_watts,
        "B" if info.memory_bytes > 0 => info.memory_bytes as f64,
        // Rates have no known limit: the most of what is shown.
        _ => columns.iter().flatten().copied().fold(1.0, f64::max),
    };
    let style = state.theme.event(Paint { family, shade: 0, muted: false, waits: false });
    let levels = f64::from(area.height) * 8.0;
    for (column, value) in columns.iter().enumerate() {
        let x = area.x + column as u16;
        let Some(value) = value else {
            put(buffer, x, area.bottom() - 1, '·', state.theme.faint());
            continue;
        };
        let mut level = (value / most * levels).clamp(0.0, levels).round() as u16;
        if level == 0 && *value > 0.0 {
            level = 1;
        }
        for row in 0..area.height {
            let eighths = level.saturating_sub(row * 8).min(8);
            put(buffer, x, area.bottom() - 1 - row, EIGHTHS[usize::from(eighths)], style);
        }
    }
}

fn processes(state: &TopState, buffer: &mut Buffer, area: Rect) {
    let theme = &state.theme;
    let mark = |sort: Sort| if state.sort == sort { "▾" } else { " " };
    let title = format!(
        " GPU {:>9}{} {:<10} {:>5}{} {:>10}{}  command",
        "pid",
        mark(Sort::Pid),
        "user",
        "SM",
        mark(Sort::Share),
        "memory",
        mark(Sort::Memory)
    );
    text(buffer, area.x, area.y + 1, area.width.into(), &title, theme.dim());
    let room = usize::from(area.height.saturating_sub(2));
    if state.processes.is_empty() {
        text(buffer, area.x + 1, area.y + 2, area.width.into(), "no process uses a GPU", theme.dim());
    }
    for (row, (gpu, process)) in state.processes.iter().skip(state.first_process).take(room).enumerate() {
        let share = process.sm_percent.map_or("-".to_owned(), |percent| format!("{percent} %"));
        let memory = process.memory_bytes.map_or("-".to_owned(), |bytes| theme.figures().bytes_short(bytes));
        let user: String = process.user.chars().take(10).collect();
        let command = if process.command.is_empty() { "(of another container)" } else { &process.command };
        let index = state.gpus.get(*gpu).map_or(0, |gpu| gpu.index);
        let line = format!(" {index:>3} {:>9}  {user:<10} {share:>5}  {memory:>10}   {command}", process.pid);
        text(buffer, area.x, area.y + 2 + row as u16, area.width.into(), &line, theme.text());
    }
}

fn footer(state: &TopState, buffer: &mut Buffer, area: Rect) {
    let mut pieces = Pieces::new(buffer, area, area.height - 1);
    pieces.add(" ", state.theme.text());
    for line in TopState::key_lines().iter().filter(|line| !line.label.is_empty()) {
        if pieces.add_whole(line.shown, state.theme.accent()) {
            pieces.add(&format!(" {}  ", line.label), state.theme.dim());
        }
    }
}

fn help(state: &TopState, buffer: &mut Buffer, area: Rect) {
    let theme = &state.theme;
    let about = [
        "SM         share of time an SM had a warp, mean of all SMs",
        "tensor     share of time the tensor cores worked",
        "DRAM       share of the memory bandwidth",
        "occupancy  resident warps of the most that fit",
        "GPU        share of time any kernel ran: before Hopper, all there is",
        "SM share of a process is the driver's figure; it counts like GPU, not like SM",
    ];
    let mut y = area.y + 1;
    text(buffer, area.x + 2, y, area.width.into(), "Keys", theme.strong());
    for line in TopState::key_lines() {
        y += 1;
        text(buffer, area.x + 4, y, 10, line.shown, theme.accent());
        text(buffer, area.x + 14, y, area.width.into(), line.what, theme.text());
    }
    y += 2;
    text(buffer, area.x + 2, y, area.width.into(), "Figures", theme.strong());
    for line in about {
        y += 1;
        text(buffer, area.x + 4, y, area.width.saturating_sub(4).into(), line, theme.text());
    }
}

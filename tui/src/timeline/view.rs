//! Drawing the timeline.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use rustg_analyze::lod::{Column, Matches, column_edge};
use rustg_trace::{EventId, GpuId, TimeRange, TrackId};

use super::Timeline;
use super::gap::{display_name, gap_of};
use super::layout::Layout;
use super::rows::{Row, Shows};
use crate::context::{Context, Loaded, Selection};
use crate::draw::{Pieces, cut, eighth, put, text};
use crate::theme::Paint;

/// A run of columns at least this long that one event fills is drawn as a labelled bar.
const BAR_COLUMNS: usize = 3;
/// Idle time at least this many columns wide says how long it is and why.
const GAP_COLUMNS: usize = 20;

pub(super) fn draw(timeline: &Timeline, context: &Context, buffer: &mut Buffer, area: Rect) {
    let layout = Layout::new(area, timeline.search.is_some());
    draw_minimap(timeline, context, buffer, layout);
    draw_ruler(timeline, context, buffer, layout);
    if layout.density.height > 0 {
        draw_density(timeline, context, buffer, layout);
    }
    let mut columns = vec![Column::default(); usize::from(layout.columns)];
    let rows = timeline.rows.rows.iter().enumerate().skip(timeline.scroll).take(usize::from(layout.rows.height));
    for (y, (index, row)) in (layout.rows.top()..).zip(rows) {
        draw_label(timeline, context, buffer, layout, y, index, row);
        let Some(loaded) = context.trace(row.slot) else { continue };
        match row.shows {
            Shows::Gpu(gpu) => draw_gpu(timeline, context, loaded, row.slot, gpu, buffer, layout, y),
            Shows::Counter(counter) => draw_counter(context, loaded, row.slot, counter, buffer, layout, y),
            Shows::Track(track) => {
                let window = context.to_trace(row.slot, context.window);
                let mut names = loaded.scratch.lock().expect("no holder panics");
                loaded.lod.columns(&loaded.trace, track, window, &mut names, &mut columns);
                drop(names);
                let matches = timeline.search.as_ref().and_then(|search| search.found.get(row.slot)?.as_deref());
                Cells { context, loaded, layout, slot: row.slot, y, window, matches }.draw(&columns, buffer);
            }
        }
    }
    draw_selection(timeline, context, buffer, layout);
    if timeline.rows.rows.len() > usize::from(layout.rows.height) {
        draw_scrollbar(timeline, context, buffer, layout);
    }
    super::panel::draw(timeline, context, buffer, layout.panel);
}

fn draw_minimap(timeline: &Timeline, context: &Context, buffer: &mut Buffer, layout: Layout) {
    let (theme, area) = (context.theme, layout.minimap);
    let whole = context.whole();
    let columns = usize::from(area.width);
    let (total, gpus) = (&timeline.minimap.0, timeline.minimap.1);
    let first = Timeline::minimap_column(context, area.width, context.window.start_ns);
    let last = Timeline::minimap_column(context, area.width, context.window.end_ns - 1);
    let all = context.window == whole;
    for (column, &busy) in total.iter().enumerate() {
        let slice = (column_edge(whole, columns, column + 1) - column_edge(whole, columns, column)) as u64;
        let x = column as u16;
        let inside = (first..=last).contains(&x);
        let style = if inside { theme.busy() } else { theme.faint() };
        put(buffer, area.x + x, area.y, eighth(busy, slice * gpus), style);
    }
    if gpus == 0 {
        text(buffer, area.x + 1, area.y, columns, "no GPU work in this trace", theme.dim());
    }
    if !all {
        let bracket = theme.accent().add_modifier(Modifier::BOLD);
        put(buffer, area.x + first, area.y, '[', bracket);
        put(buffer, area.x + last.max(first + 1).min(area.width - 1), area.y, ']', bracket);
    } else if let Some(report) = timeline.shown_gap() {
        let at = context.to_view(0, report.gap.range);
        let x = Timeline::minimap_column(context, area.width, at.start_ns + (at.dur_ns() / 2) as i64);
        put(buffer, area.x + x, area.y, '▼', theme.accent());
    }
}

fn draw_ruler(timeline: &Timeline, context: &Context, buffer: &mut Buffer, layout: Layout) {
    let (theme, y, window) = (context.theme, layout.ruler.y, context.window);
    super::ruler::draw(context, buffer, layout);
    for (&letter, &mark) in &timeline.marks {
        let column = layout.column_at(window, mark.start_ns + (mark.dur_ns() / 2) as i64);
        if (0..i64::from(layout.columns)).contains(&column) {
            put(buffer, layout.chart_x + column as u16, y, letter, theme.accent().add_modifier(Modifier::REVERSED));
        }
    }
    if context.selection.is_none()
        && let Some(report) = timeline.shown_gap()
        && let Some((first, last)) = visible_columns(context, layout, context.to_view(0, report.gap.range))
    {
        // Over the gap's middle, or the nearest column of it that says nothing else.
        let middle = (first + last) / 2;
        let blank = |column: &u16| {
            buffer.cell((layout.chart_x + column, y)).is_some_and(|cell| matches!(cell.symbol(), " " | "▏"))
        };
        let column = (first..=last).filter(blank).min_by_key(|column| column.abs_diff(middle)).unwrap_or(middle);
        put(buffer, layout.chart_x + column, y, '▼', theme.accent());
    }
    if let Some(range) = timeline.selected_range(context) {
        let middle = range.start_ns + (range.dur_ns() / 2) as i64;
        let column = layout.column_at(window, middle);
        if (0..i64::from(layout.columns)).contains(&column)
            && matches!(context.selection, Some(Selection::Event { .. }))
        {
            put(buffer, layout.chart_x + column as u16, y, '▼', theme.accent());
        }
    }
}

fn draw_density(timeline: &Timeline, context: &Context, buffer: &mut Buffer, layout: Layout) {
    let Some(search) = &timeline.search else { return };
    let (theme, y) = (context.theme, layout.density.y);
    let label = match search.total() {
        Some(total) => format!("{} found", theme.figures().count_short(total)),
        None => "searching".to_owned(),
    };
    text(buffer, layout.density.x + 1, y, usize::from(layout.chart_x - layout.density.x - 2), &label, theme.accent());
    let mut counts = vec![0u64; usize::from(layout.columns)];
    for (slot, loaded) in context.loaded() {
        let Some(matches) = search.found.get(slot).and_then(Option::as_ref) else { continue };
        for track in (0..loaded.trace.tracks.len() as u32).map(TrackId) {
            for (column, count) in counts.iter_mut().enumerate() {
                let slice = context.to_trace(slot, layout.slice(context.window, column as u16));
                *count += u64::from(matches.count(loaded.lod.rows(&loaded.trace, track, slice)));
            }
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    for (column, &count) in counts.iter().enumerate() {
        put(buffer, layout.chart_x + column as u16, y, eighth(count, most), theme.accent());
    }
}

fn draw_label(
    timeline: &Timeline,
    context: &Context,
    buffer: &mut Buffer,
    layout: Layout,
    y: u16,
    index: usize,
    row: &Row,
) {
    let theme = context.theme;
    let group = &timeline.rows.groups[row.group];
    let current = index == timeline.row;
    let style = if current { theme.accent().add_modifier(Modifier::BOLD) } else { theme.text() };
    let width = usize::from(layout.chart_x - layout.rows.x);
    if row.label.is_empty() {
        text(buffer, layout.rows.x, y, width, if current { "›" } else { " " }, style);
        return;
    }
    let sign = match (group.folds(), group.shown > 1) {
        (true, true) => '▾',
        (true, false) => '▸',
        (false, _) => ' ',
    };
    put(buffer, layout.rows.x, y, if current { '›' } else { ' ' }, style);
    put(buffer, layout.rows.x + 1, y, sign, theme.dim());
    text(buffer, layout.rows.x + 2, y, width - 3, &row.label, style);
}

#[allow(clippy::too_many_arguments, reason = "a place on the screen and what it shows")]
fn draw_gpu(
    timeline: &Timeline,
    context: &Context,
    loaded: &Loaded,
    slot: usize,
    gpu: GpuId,
    buffer: &mut Buffer,
    layout: Layout,
    y: u16,
) {
    let theme = context.theme;
    let window = context.to_trace(slot, context.window);
    let mut busy = vec![0u64; usize::from(layout.columns)];
    loaded.lod.gpu_columns(&loaded.trace, gpu, window, &mut busy);
    let count = busy.len();
    for (column, &busy_ns) in busy.iter().enumerate() {
        let slice = (column_edge(window, count, column + 1) - column_edge(window, count, column)) as u64;
        put(buffer, layout.chart_x + column as u16, y, eighth(busy_ns, slice), theme.busy());
    }
    if context.selection.is_none()
        && let Some(report) = timeline.shown_gap().filter(|report| slot == 0 && report.gap.gpu == gpu)
        && let Some((first, last)) = visible_columns(context, layout, context.to_view(0, report.gap.range))
    {
        for column in (first..=last).filter(|&column| busy[usize::from(column)] == 0) {
            put(buffer, layout.chart_x + column, y, '┄', theme.accent());
        }
    }
    let busy_ns: u64 = busy.iter().sum();
    let percent = u128::from(busy_ns) * 100 / u128::from(window.dur_ns().max(1));
    let percent = format!("{percent} %");
    let x = layout.chart_x.saturating_sub(percent.len() as u16 + 1);
    text(buffer, x, y, percent.len(), &percent, theme.dim());
    let mut column = 0;
    while column < count {
        let idle = busy[column..].iter().take_while(|&&busy_ns| busy_ns == 0).count();
        if idle >= GAP_COLUMNS {
            draw_gap(context, loaded, slot, gpu, buffer, layout, y, column, idle);
        }
        column += idle.max(1);
    }
}

#[allow(clippy::too_many_arguments, reason = "a place on the screen and what it shows")]
fn draw_gap(
    context: &Context,
    loaded: &Loaded,
    slot: usize,
    gpu: GpuId,
    buffer: &mut Buffer,
    layout: Layout,
    y: u16,
    column: usize,
    idle: usize,
) {
    let theme = context.theme;
    let slice = context.to_trace(slot, layout.slice(context.window, (column + idle / 2) as u16));
    let gap = loaded.lod.previous_gap(&loaded.trace, gpu, slice.start_ns + 1, 1);
    let Some(range) = gap.filter(|gap| gap.end_ns > slice.start_ns) else { return };
    let length = theme.figures().duration_short(range.dur_ns());
    let cause = gap_of(loaded, gpu, range).cause;
    let label = format!("◁ {length} idle: {} ▷", cause.label());
    let wide = label.chars().count();
    if wide <= idle {
        let x = layout.chart_x + (column + (idle - wide) / 2) as u16;
        text(buffer, x, y, wide, &label, theme.accent());
    }
}

fn draw_counter(
    context: &Context,
    loaded: &Loaded,
    slot: usize,
    counter: usize,
    buffer: &mut Buffer,
    layout: Layout,
    y: u16,
) {
    let counter = &loaded.trace.counters[counter];
    let window = context.to_trace(slot, context.window);
    let count = usize::from(layout.columns);
    for column in 0..count {
        let slice =
            TimeRange { start_ns: column_edge(window, count, column), end_ns: column_edge(window, count, column + 1) };
        let last = counter.ts_ns.partition_point(|&at| at < slice.end_ns);
        let first = counter.ts_ns.partition_point(|&at| at < slice.start_ns).min(last.saturating_sub(1));
        let values = &counter.values[first..last];
        if values.is_empty() {
            continue;
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let sign = eighth((mean.clamp(0.0, 100.0) * 100.0) as u64, 10_000);
        put(buffer, layout.chart_x + column as u16, y, sign, context.theme.busy());
    }
}

/// The cells of one track's row.
struct Cells<'a> {
    context: &'a Context,
    loaded: &'a Loaded,
    layout: Layout,
    slot: usize,
    y: u16,
    window: TimeRange,
    matches: Option<&'a Matches>,
}

impl Cells<'_> {
    fn draw(&self, columns: &[Column], buffer: &mut Buffer) {
        let slice_ns = |column: usize| {
            let edge = |index| column_edge(self.window, columns.len(), index);
            (edge(column + 1) - edge(column)) as u64
        };
        let mut column = 0;
        while column < columns.len() {
            let here = columns[column];
            if here.events == 0 {
                column += 1;
                continue;
            }
            let alone = |index: usize| {
                let other = columns[index];
                other.events == 1 && other.first == here.first && other.busy_ns == slice_ns(index)
            };
            let run = (column..columns.len()).take_while(|&index| alone(index)).count();
            if run >= BAR_COLUMNS {
                self.bar(column, run, EventId(here.first), buffer);
                column += run;
            } else {
                self.block(column, here, slice_ns(column), buffer);
                column += 1;
            }
        }
    }

    fn paint(&self, name: rustg_trace::StringId) -> Paint {
        self.loaded.paints[name.index()]
    }

    /// A column in which something happens: as high as it is busy, coloured by what dominates.
    fn block(&self, column: usize, of: Column, slice_ns: u64, buffer: &mut Buffer) {
        let theme = self.context.theme;
        let paint = self.paint(of.dominant);
        let sign = match (of.busy_ns, paint.waits) {
            (0, _) => '╵',
            (busy, true) if busy * 2 >= slice_ns => '░',
            (busy, _) => eighth(busy, slice_ns),
        };
        let style = self.searched(of.first..of.first + of.events, theme.event(paint));
        put(buffer, self.layout.chart_x + column as u16, self.y, sign, style);
    }

    /// One event over several columns, with its name.
    fn bar(&self, column: usize, run: usize, event: EventId, buffer: &mut Buffer) {
        let theme = self.context.theme;
        let paint = self.paint(self.loaded.trace.events.name[event.index()]);
        let x = self.layout.chart_x + column as u16;
        let (fill, style) = if paint.waits { ('░', theme.event(paint)) } else { (' ', theme.bar(paint)) };
        let faded = self.matches.is_some_and(|matches| !matches.contains(event));
        let (fill, style) = if faded { ('─', theme.faint()) } else { (fill, style) };
        for place in 0..run as u16 {
            put(buffer, x + place, self.y, fill, style);
        }
        let starts_here =
            self.context.to_view(self.slot, self.loaded.trace.range(event)).start_ns >= self.context.window.start_ns;
        if starts_here && !faded {
            put(buffer, x, self.y, if paint.waits { '░' } else { '▏' }, style);
        }
        if run > BAR_COLUMNS {
            let name = display_name(&self.loaded.trace, event);
            let style = if self.matches.is_some() && !faded { style.add_modifier(Modifier::BOLD) } else { style };
            text(buffer, x + 1, self.y, run - 1, &cut(&name, run - 1), style);
        }
    }

    /// While something is searched, only what matches keeps its colour.
    fn searched(&self, rows: std::ops::Range<u32>, style: Style) -> Style {
        match self.matches {
            Some(matches) if matches.count(rows) == 0 => self.context.theme.faint(),
            Some(_) => style.add_modifier(Modifier::BOLD),
            None => style,
        }
    }
}

/// The selected range behind everything, the selected event over everything, and the arrow between launch and kernel.
fn draw_selection(timeline: &Timeline, context: &Context, buffer: &mut Buffer, layout: Layout) {
    let theme = context.theme;
    match context.selection {
        Some(Selection::Range(range)) => {
            let Some((first, last)) = visible_columns(context, layout, range) else { return };
            let area = Rect {
                x: layout.chart_x + first,
                y: layout.ruler.y,
                width: last - first + 1,
                height: layout.rows.bottom() - layout.ruler.y,
            };
            buffer.set_style(area, theme.selected());
        }
        Some(Selection::Event { slot, event }) => {
            if let Some(link) = timeline.linked_to(slot, event) {
                draw_arrow(timeline, context, buffer, layout, slot, link.launch, link.work);
            }
            highlight(timeline, context, buffer, layout, slot, event);
        }
        None => {}
    }
}

/// The columns of the window that `range` of the view touches.
fn visible_columns(context: &Context, layout: Layout, range: TimeRange) -> Option<(u16, u16)> {
    let window = context.window;
    if range.end_ns < window.start_ns || range.start_ns >= window.end_ns {
        return None;
    }
    let clamp = |column: i64| column.clamp(0, i64::from(layout.columns) - 1) as u16;
    let first = clamp(layout.column_at(window, range.start_ns));
    let last = clamp(layout.column_at(window, (range.end_ns - 1).max(range.start_ns)));
    Some((first, last))
}

/// The screen row of the track an event is on, where it is on the screen.
fn screen_row(timeline: &Timeline, loaded: &Loaded, layout: Layout, slot: usize, event: EventId) -> Option<u16> {
    let shows = Shows::Track(loaded.trace.track_of(event));
    let index = timeline.rows.rows.iter().position(|row| row.slot == slot && row.shows == shows)?;
    let place = index.checked_sub(timeline.scroll)?;
    (place < usize::from(layout.rows.height)).then(|| layout.rows.y + place as u16)
}

fn highlight(timeline: &Timeline, context: &Context, buffer: &mut Buffer, layout: Layout, slot: usize, event: EventId) {
    let Some(loaded) = context.trace(slot) else { return };
    let range = context.to_view(slot, loaded.trace.range(event));
    let columns = visible_columns(context, layout, range);
    let row = screen_row(timeline, loaded, layout, slot, event);
    let (Some((first, last)), Some(y)) = (columns, row) else { return };
    let style = context.theme.accent().add_modifier(Modifier::BOLD);
    for column in first..=last {
        if let Some(cell) = buffer.cell_mut((layout.chart_x + column, y)) {
            if last > first {
                cell.set_style(Style::reset().patch(style).add_modifier(Modifier::REVERSED));
            } else {
                cell.set_style(style);
            }
        }
    }
}

/// From the launching call down to the kernel: a line over idle cells, so that it hides nothing.
fn draw_arrow(
    timeline: &Timeline,
    context: &Context,
    buffer: &mut Buffer,
    layout: Layout,
    slot: usize,
    launch: EventId,
    kernel: EventId,
) {
    let Some(loaded) = context.trace(slot) else { return };
    let row = |event| screen_row(timeline, loaded, layout, slot, event);
    let (Some(from_y), Some(to_y)) = (row(launch), row(kernel)) else { return };
    let column = |at_ns: i64| layout.column_at(context.window, at_ns - context.slots[slot].origin_ns);
    let columns = 0..i64::from(layout.columns);
    let from = column(loaded.trace.range(launch).start_ns);
    let to = column(loaded.trace.range(kernel).start_ns);
    let style = context.theme.accent();
    let mut over = |column: i64, y: u16, sign: char, always: bool| {
        if columns.contains(&column) {
            let position = (layout.chart_x + column as u16, y);
            if always || buffer.cell(position).is_some_and(|cell| cell.symbol() == " ") {
                put(buffer, position.0, y, sign, style);
            }
        }
    };
    let down = to_y > from_y;
    let between = if down { from_y + 1..to_y } else { to_y + 1..from_y };
    for y in between {
        over(from, y, '│', true);
    }
    if to > from {
        over(from, to_y, if down { '╰' } else { '╭' }, false);
        for column in (from + 1).max(0)..(to - 1).min(columns.end) {
            over(column, to_y, '─', false);
        }
        over(to - 1, to_y, '▶', false);
    }
    if from < columns.start {
        over(0, to_y, '◀', false);
    }
    if let Some(cell) =
        (columns.contains(&from)).then(|| buffer.cell_mut((layout.chart_x + from as u16, from_y))).flatten()
    {
        cell.set_style(style.add_modifier(Modifier::BOLD));
    }
}

fn draw_scrollbar(timeline: &Timeline, context: &Context, buffer: &mut Buffer, layout: Layout) {
    let (height, rows) = (usize::from(layout.rows.height), timeline.rows.rows.len());
    let below = rows - (timeline.scroll + height).min(rows);
    let mut hint = |y, count: usize, sign: char| {
        if count > 0 {
            let area = Rect { x: layout.rows.x, y, width: layout.chart_x - layout.rows.x, height: 1 };
            let label = format!("{sign}{count}");
            let mut line = Pieces::new(buffer, area, 0);
            line.to_right(label.chars().count() + 1);
            line.add(&label, context.theme.accent());
        }
    };
    hint(layout.rows.y, timeline.scroll, '▲');
    hint(layout.rows.bottom() - 1, below, '▼');
}

//! How the kernels screen is drawn: a line about the whole, the table, and a panel about the row under the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use rustg_analyze::stats::GroupBy;
use rustg_trace::names::{compact_name, demangle};

use super::data::{Column, Line};
use super::{Kernels, compare};
use crate::context::Context;
use crate::draw::{Pieces, eighth, text};
use crate::flame::Scope;
use crate::theme::Theme;

/// Row of the headings within the screen's area.
pub const HEADER_ROW: u16 = 1;
/// Rows of the panel at the bottom, its rule included.
pub(super) const PANEL_ROWS: u16 = 5;
/// Rows that are no rows of the table, besides the panel: the screen's own and the frame's two.
const OTHER_ROWS: u16 = HEADER_ROW + 1 + 2;

/// Rows of the table that fit on a terminal of this size.
pub(super) fn rows_shown(screen: &Kernels, size: (u16, u16)) -> usize {
    usize::from(size.1.saturating_sub(OTHER_ROWS + panel_rows(screen, size)))
}

/// Rows of the panel: half of the screen where it tells all there is.
fn panel_rows(screen: &Kernels, size: (u16, u16)) -> u16 {
    if screen.details && !screen.compares() { (size.1 / 2).max(PANEL_ROWS) } else { PANEL_ROWS }
}

/// The columns at this width, each with its columns of the terminal; the name has what is left.
pub fn columns(width: u16) -> Vec<(Column, u16)> {
    let fixed = |column| match column {
        Column::Name => 0,
        Column::Share => 5,
        Column::Count => 8,
        Column::Occupancy => 5,
        Column::Total => 10,
        _ => 9,
    };
    let room = |column| match column {
        Column::Min | Column::Max => width >= 110,
        Column::P95 => width >= 76,
        _ => true,
    };
    Column::ALL.into_iter().filter(|&column| room(column)).map(|column| (column, fixed(column))).collect()
}

/// Columns of the sparkline.
fn spark_width(width: u16) -> u16 {
    match width {
        0..=99 => 7,
        100..=159 => 20,
        _ => 40,
    }
}

fn name_width(width: u16) -> u16 {
    let fixed: u16 = columns(width).iter().map(|(_, width)| width).sum();
    width.saturating_sub(fixed + spark_width(width) + 3)
}

/// The column whose heading is at column `x` of the terminal.
pub fn column_at(width: u16, x: u16) -> Option<Column> {
    let mut end = 0;
    columns(width).into_iter().find_map(|(column, columns)| {
        end += if column == Column::Name { name_width(width) + 2 } else { columns };
        (x < end).then_some(column)
    })
}

pub(super) fn draw(screen: &Kernels, context: &Context, buffer: &mut Buffer, area: Rect) {
    let shown = screen.shown();
    let all_ns: u64 = {
        let lines = screen.answer.iter().flat_map(|answer| &answer.lines);
        let counted = lines.filter(|line| !screen.excluded.contains(&line.kernel.name));
        counted.map(|line| line.kernel.dur_ns.total).fold(0, u64::saturating_add)
    };
    draw_summary(screen, context, &shown, all_ns, buffer, area);
    if screen.compares() {
        return compare::draw(screen, context, buffer, area);
    }
    draw_headings(screen, context, buffer, area);
    let cursor = screen.cursor_index(&screen.names());
    for (row, line) in shown.iter().enumerate().skip(screen.scroll).take(rows_shown(screen, context.size)) {
        let y = HEADER_ROW + 1 + (row - screen.scroll) as u16;
        draw_row(screen, context, line, all_ns, row == cursor, buffer, Rect { y: area.y + y, height: 1, ..area });
    }
    if shown.is_empty() {
        let theme = &context.theme;
        let mut line = Pieces::new(buffer, area, HEADER_ROW + 1);
        let sentence = match &screen.answer {
            None => " adding up …",
            Some(answer) if answer.lines.is_empty() => " no kernel ran here",
            Some(_) => " no row has this text: Esc drops the filter",
        };
        line.add(sentence, theme.dim());
    }
    let height = panel_rows(screen, context.size);
    let panel = Rect { y: area.bottom().saturating_sub(height), height, ..area };
    if let Some(line) = shown.get(cursor) {
        draw_panel(screen, context, line, buffer, panel);
    }
}

fn draw_summary(screen: &Kernels, context: &Context, shown: &[&Line], all_ns: u64, buffer: &mut Buffer, area: Rect) {
    let (theme, figures) = (&context.theme, context.theme.figures());
    let mut line = Pieces::new(buffer, area, 0);
    line.add(" by ", theme.dim()).add(screen.question.by.name(), theme.accent());
    if screen.question.compares {
        line.add(" · B ", theme.faint()).add(&context.slots[1].title, theme.strong());
        line.add(" against A ", theme.faint()).add(&context.slots[0].title, theme.strong());
    } else if context.loaded().count() > 1 {
        line.add(" · ", theme.faint()).add(&context.slots[screen.question.slot].title, theme.strong());
    }
    let scope = match screen.question.scope {
        Scope::Whole => "whole trace",
        Scope::Selection => "selected range",
        Scope::Window => "timeline's window",
    };
    line.add(" · ", theme.faint()).add(scope, theme.text());
    let launches: u64 = shown.iter().map(|line| line.kernel.dur_ns.count).sum();
    let time_ns = shown.iter().map(|line| line.kernel.dur_ns.total).fold(0, u64::saturating_add);
    let facts = [
        counted(figures.count(shown.len() as u64), "row"),
        counted(figures.count(launches), "launch"),
        figures.duration(time_ns),
    ];
    for fact in facts {
        line.add_whole(&format!(" · {fact}"), theme.text());
    }
    if !screen.filter.is_empty() {
        line.add(" · filter ", theme.faint()).add(&screen.filter, theme.accent());
        line.add(&format!(" {} %", figures.percent_of(time_ns, all_ns)), theme.text());
    }
    if !screen.excluded.is_empty() {
        line.add_whole(&format!(" · {} excluded", screen.excluded.len()), theme.warning());
    }
    if screen.computing {
        line.add_whole(" · adding up …", theme.dim());
    }
}

/// "1 row", "2 rows", "3 launches".
fn counted(count: String, what: &str) -> String {
    let plural = match (count.as_str(), what.ends_with("ch")) {
        ("1", _) => "",
        (_, true) => "es",
        _ => "s",
    };
    format!("{count} {what}{plural}")
}

fn draw_headings(screen: &Kernels, context: &Context, buffer: &mut Buffer, area: Rect) {
    let theme = &context.theme;
    let width = area.width;
    let y = area.y + HEADER_ROW;
    let mut x = area.x;
    for (column, columns) in columns(width) {
        let sorted = column == screen.sort;
        let style = if sorted { theme.accent() } else { theme.dim() };
        // Figures fall from top to bottom and names rise, until the order is reversed.
        let falls = (column != Column::Name) != screen.reversed;
        let mark = if !sorted {
            ""
        } else if falls {
            "▾"
        } else {
            "▴"
        };
        let title = format!("{}{mark}", column.title());
        if column == Column::Name {
            text(buffer, x + 2, y, usize::from(name_width(width)), &title, style);
            x += name_width(width) + 2;
        } else {
            right(buffer, x, y, columns, &title, style);
            x += columns;
        }
    }
    text(buffer, x + 1, y, usize::from(spark_width(width)), "when", theme.dim());
}

/// Writes `words` so that they end at the last of `columns` columns from `x`.
pub(super) fn right(buffer: &mut Buffer, x: u16, y: u16, columns: u16, words: &str, style: Style) {
    let taken = unicode_width::UnicodeWidthStr::width(words).min(usize::from(columns)) as u16;
    text(buffer, x + columns - taken, y, usize::from(taken), words, style);
}

fn draw_row(
    screen: &Kernels,
    context: &Context,
    line: &Line,
    all_ns: u64,
    under_cursor: bool,
    buffer: &mut Buffer,
    area: Rect,
) {
    let (theme, figures) = (&context.theme, context.theme.figures());
    let (width, y) = (area.width, area.y);
    let dur_ns = &line.kernel.dur_ns;
    if under_cursor {
        buffer.set_style(area, theme.selected());
    }
    let patch = |style: Style| if under_cursor { theme.selected().patch(style) } else { style };
    let mut x = area.x;
    for (column, columns) in columns(width) {
        let cell = match column {
            Column::Name => {
                let mark = if under_cursor { "▶" } else { "▌" };
                text(buffer, x, y, 1, mark, patch(theme.event(line.paint)));
                let name = shown_name(screen, line);
                text(buffer, x + 2, y, usize::from(name_width(width)), &name, patch(theme.text()));
                x += name_width(width) + 2;
                continue;
            }
            Column::Total => figures.duration(dur_ns.total),
            Column::Share => figures.percent_of(dur_ns.total, all_ns),
            Column::Count => {
                let full = figures.count(dur_ns.count);
                if full.len() < usize::from(columns) { full } else { figures.count_short(dur_ns.count) }
            }
            Column::Min => figures.duration_short(dur_ns.min),
            Column::Median => figures.duration_short(dur_ns.median),
            Column::P95 => figures.duration_short(dur_ns.p95),
            Column::Max => figures.duration_short(dur_ns.max),
            Column::Occupancy => line.kernel.occupancy.map_or("-".into(), |share| format!("{:.0}", share * 100.0)),
        };
        let style = if column == screen.sort { theme.strong() } else { theme.text() };
        right(buffer, x, y, columns, &cell, patch(style));
        x += columns;
    }
    draw_spark(line, theme, under_cursor, buffer, Rect { x: x + 1, y, width: spark_width(width), height: 1 });
}

/// The kernel's part of the time in each part of the window; the highest is full.
fn draw_spark(line: &Line, theme: &Theme, under_cursor: bool, buffer: &mut Buffer, area: Rect) {
    let parts = &line.times.busy_ns;
    let count = usize::from(area.width);
    let sums: Vec<u64> = (0..count)
        .map(|column| parts[column * parts.len() / count..(column + 1) * parts.len() / count].iter().sum())
        .collect();
    let highest = sums.iter().copied().max().unwrap_or(0);
    let style = theme.event(line.paint);
    let style = if under_cursor { theme.selected().patch(style) } else { style };
    for (column, &sum) in sums.iter().enumerate() {
        crate::draw::put(buffer, area.x + column as u16, area.y, eighth(sum, highest), style);
    }
}

fn shown_name(screen: &Kernels, line: &Line) -> String {
    match screen.question.by {
        GroupBy::Name => compact_name(&line.kernel.name).into_owned(),
        _ => line.kernel.name.clone(),
    }
}

fn draw_panel(screen: &Kernels, context: &Context, line: &Line, buffer: &mut Buffer, area: Rect) {
    let (theme, figures) = (&context.theme, context.theme.figures());
    let rule = "┄".repeat(usize::from(area.width));
    text(buffer, area.x, area.y, usize::from(area.width), &rule, theme.faint());
    let is_kernel = matches!(screen.question.by, GroupBy::Name | GroupBy::Short | GroupBy::Config | GroupBy::Family);
    let kind = if is_kernel { line.paint.family.name() } else { screen.question.by.name() };
    text(buffer, area.x + 1, area.y, 40, &format!(" {kind} "), theme.event(line.paint));

    let name = demangle(&line.kernel.name);
    let room = usize::from(area.width.saturating_sub(3)).max(1);
    let characters: Vec<char> = name.chars().collect();
    for (row, part) in characters.chunks(room).take(2).enumerate() {
        let part: String = part.iter().collect();
        let style = if row == 0 { theme.strong() } else { theme.text() };
        text(buffer, area.x + 2, area.y + 1 + row as u16, room + 1, &part, style);
    }

    let mut pieces = Pieces::new(buffer, area, 3);
    pieces.add("  ", theme.text());
    let dur_ns = &line.kernel.dur_ns;
    let wall_ns = screen.answer.as_ref().map_or(0, |answer| answer.wall_ns);
    pieces.add_whole(&format!("{} % of wall", figures.percent_of(dur_ns.total, wall_ns)), theme.text());
    for (label, ns) in
        [("min", dur_ns.min), ("max", dur_ns.max), ("mean", dur_ns.mean() as u64), ("σ", dur_ns.stddev as u64)]
    {
        pieces.add_whole(&format!(" · {label} {}", figures.duration_short(ns)), theme.text());
    }
    if screen.details {
        draw_configurations(line, theme, buffer, Rect { y: area.y + 4, height: area.height - 4, ..area });
    } else if matches!(screen.question.by, GroupBy::Name | GroupBy::Short | GroupBy::Config) {
        draw_resources(line, theme, buffer, Rect { y: area.y + 4, height: 1, ..area });
    } else {
        let mut pieces = Pieces::new(buffer, area, 4);
        pieces.add("  longest: ", theme.dim()).add(&compact_name(&line.example), theme.text());
    }
}

/// Every configuration of the kernel, the heaviest first, and what bounds each one's occupancy.
fn draw_configurations(line: &Line, theme: &Theme, buffer: &mut Buffer, area: Rect) {
    let figures = theme.figures();
    let headings = format!(
        "  {:>10} {:>8} {:>6} {:>5} {:>8} {:>6} {:>6}  limited by",
        "total", "count", "block", "regs", "shared", "occ %", "waves"
    );
    text(buffer, area.x, area.y, usize::from(area.width), &headings, theme.dim());
    let (rows, last) = (usize::from(area.height.saturating_sub(2)), area.height - 1);
    for (row, one) in line.resources.iter().take(rows).enumerate() {
        let occupancy = one.occupancy.as_ref();
        let cells = format!(
            "  {:>10} {:>8} {:>6} {:>5} {:>8} {:>6} {:>6}  {}",
            figures.duration(one.total_ns),
            figures.count_short(one.count),
            one.block_threads,
            one.registers,
            figures.bytes_short(one.shared_bytes),
            occupancy.map_or("-".to_owned(), |occupancy| figures.percent(occupancy.share)),
            one.waves.map_or("-".to_owned(), |waves| format!("{waves:.2}")),
            occupancy.map_or("-", |occupancy| occupancy.limiter.name()),
        );
        text(buffer, area.x, area.y + 1 + row as u16, usize::from(area.width), &cells, theme.text());
    }
    let hidden = line.resources.len().saturating_sub(rows);
    let mut pieces = Pieces::new(buffer, area, last);
    if hidden > 0 {
        pieces.add_whole(&format!("  {hidden} more · "), theme.dim());
    } else {
        pieces.add("  ", theme.dim());
    }
    pieces.add_whole("no source: rustg did not compile this kernel, and the trace holds no cubin", theme.dim());
}

/// Grid and block of the longest launch, and what bounds the occupancy.
fn draw_resources(line: &Line, theme: &Theme, buffer: &mut Buffer, area: Rect) {
    let figures = theme.figures();
    let mut pieces = Pieces::new(buffer, area, 0);
    pieces.add("  ", theme.text());
    let mut facts = Vec::new();
    if let Some(config) = &line.config {
        let sides = |[x, y, z]: [u32; 3]| format!("{x}×{y}×{z}");
        facts.push(format!("grid {}", sides(config.grid)));
        facts.push(format!("block {}", sides(config.block)));
    }
    if let Some(resources) = line.resources.first() {
        facts.push(format!("{} regs", resources.registers));
        facts.push(format!("{} shared", figures.bytes_short(resources.shared_bytes)));
        if let Some(occupancy) = &resources.occupancy {
            facts.push(format!("occupancy {} %", figures.percent(occupancy.share)));
            facts.push(format!("limited by {}", occupancy.limiter.name()));
        }
        if let Some(waves) = resources.waves {
            facts.push(format!("{waves:.2} waves"));
        }
    }
    for (index, fact) in facts.iter().enumerate() {
        let separator = if index > 0 { " · " } else { "" };
        if !pieces.add_whole(&format!("{separator}{fact}"), theme.text()) {
            break;
        }
    }
}

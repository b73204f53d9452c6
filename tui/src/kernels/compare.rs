//! Two traces beside each other: each kernel's time before and after. What is paired with what is `rustg diff`'s business.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use rustg_analyze::diff::{Change, pair};
use rustg_analyze::stats::{GroupBy, KernelRow};
use rustg_trace::names::{compact_name, demangle, without_template_arguments};

use super::Kernels;
use super::view::{HEADER_ROW, PANEL_ROWS, right, rows_shown};
use crate::context::Context;
use crate::draw::{Pieces, text};
use crate::theme::{Paint, Theme};

/// Pairs the rows of two traces, grouped alike; the largest changes come first.
pub fn compare(before: &[KernelRow], after: &[KernelRow], by: GroupBy) -> Vec<Change> {
    let rows = |rows: &[KernelRow]| rows.iter().map(|row| (row.name.clone(), row.dur_ns)).collect();
    let family = |name: &str| (by == GroupBy::Name).then(|| without_template_arguments(&demangle(name)).into_owned());
    pair(rows(before), rows(after), family)
}

/// A column of the comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Column {
    Name,
    Before,
    After,
    #[default]
    Change,
    Ratio,
    Count,
    CountChange,
    Median,
}

impl Column {
    /// All columns, from left to right.
    pub const ALL: [Column; 8] = [
        Column::Name,
        Column::Before,
        Column::After,
        Column::Change,
        Column::Ratio,
        Column::Count,
        Column::CountChange,
        Column::Median,
    ];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Column::Name => "kernel",
            Column::Before => "A total",
            Column::After => "B total",
            Column::Change => "change",
            Column::Ratio => "%",
            Column::Count => "count",
            Column::CountChange => "±",
            Column::Median => "median %",
        }
    }

    fn width(self) -> u16 {
        match self {
            Column::Name => 0,
            Column::Before | Column::After => 10,
            Column::Change => 11,
            Column::Ratio | Column::Median => 9,
            Column::Count => 8,
            Column::CountChange => 8,
        }
    }

    /// Sorts changes by this column: what changed most, in either direction, first.
    pub fn sort(self, changes: &mut [&Change], reversed: bool) {
        let size = |ratio: Option<f64>| ratio.map_or(f64::INFINITY, f64::abs);
        let counts = |change: &Change| change.after.count.abs_diff(change.before.count);
        changes.sort_by(|a, b| {
            let order = match self {
                Column::Name => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
                Column::Before => b.before.total.cmp(&a.before.total),
                Column::After => b.after.total.cmp(&a.after.total),
                Column::Change => b.total_change_ns().unsigned_abs().cmp(&a.total_change_ns().unsigned_abs()),
                Column::Ratio => size(b.total_ratio()).total_cmp(&size(a.total_ratio())),
                Column::Count => b.after.count.cmp(&a.after.count),
                Column::CountChange => counts(b).cmp(&counts(a)),
                Column::Median => size(b.median_ratio()).total_cmp(&size(a.median_ratio())),
            };
            if reversed { order.reverse() } else { order }
        });
    }
}

/// The columns at this width.
pub fn columns(width: u16) -> Vec<Column> {
    let room = |column: &Column| match column {
        Column::Median => width >= 110,
        Column::CountChange => width >= 90,
        Column::Before => width >= 76,
        _ => true,
    };
    Column::ALL.into_iter().filter(room).collect()
}

fn name_width(width: u16) -> u16 {
    width.saturating_sub(columns(width).iter().map(|column| column.width()).sum::<u16>() + 2)
}

/// The column whose heading is at column `x` of the terminal.
pub fn column_at(width: u16, x: u16) -> Option<Column> {
    let mut end = 0;
    columns(width).into_iter().find(|&column| {
        end += if column == Column::Name { name_width(width) + 2 } else { column.width() };
        x < end
    })
}

/// Draws headings, rows and the panel about the row under the cursor.
pub(super) fn draw(screen: &Kernels, context: &Context, buffer: &mut Buffer, area: Rect) {
    let theme = &context.theme;
    let shown = screen.shown_changes();
    let mut x = area.x;
    for column in columns(area.width) {
        let sorted = column == screen.compared_by;
        let style = if sorted { theme.accent() } else { theme.dim() };
        let mark = match (sorted, screen.reversed) {
            (false, _) => "",
            (true, false) => "▾",
            (true, true) => "▴",
        };
        let title = format!("{}{mark}", column.title());
        if column == Column::Name {
            text(buffer, x + 2, area.y + HEADER_ROW, usize::from(name_width(area.width)), &title, style);
            x += name_width(area.width) + 2;
        } else {
            right(buffer, x, area.y + HEADER_ROW, column.width(), &title, style);
            x += column.width();
        }
    }
    let names: Vec<&str> = shown.iter().map(|change| change.name.as_str()).collect();
    let cursor = screen.cursor_index(&names);
    for (row, change) in shown.iter().enumerate().skip(screen.scroll).take(rows_shown(screen, context.size)) {
        let y = area.y + HEADER_ROW + 1 + (row - screen.scroll) as u16;
        draw_row(screen, theme, change, row == cursor, buffer, Rect { y, height: 1, ..area });
    }
    if let Some(change) = shown.get(cursor) {
        let panel = Rect { y: area.bottom().saturating_sub(PANEL_ROWS), height: PANEL_ROWS, ..area };
        draw_panel(theme, change, buffer, panel);
    }
}

fn draw_row(screen: &Kernels, theme: &Theme, change: &Change, under_cursor: bool, buffer: &mut Buffer, area: Rect) {
    let figures = theme.figures();
    if under_cursor {
        buffer.set_style(area, theme.selected());
    }
    let patch = |style: Style| if under_cursor { theme.selected().patch(style) } else { style };
    let total = |count: u64, ns: u64| if count == 0 { "-".to_owned() } else { figures.duration(ns) };
    // More time is the bad news; its sign says so without colour, too.
    let verdict = match change.total_change_ns() {
        1.. => theme.warning(),
        _ => theme.text(),
    };
    let mut x = area.x;
    for column in columns(area.width) {
        let (cell, style) = match column {
            Column::Name => {
                let mark = if under_cursor { "▶" } else { "▌" };
                text(buffer, x, area.y, 1, mark, patch(theme.event(Paint::gpu(&change.name))));
                let name = if screen.question.by == GroupBy::Name {
                    compact_name(&change.name).into_owned()
                } else {
                    change.name.clone()
                };
                text(buffer, x + 2, area.y, usize::from(name_width(area.width)), &name, patch(theme.text()));
                x += name_width(area.width) + 2;
                continue;
            }
            Column::Before => (total(change.before.count, change.before.total), theme.text()),
            Column::After => (total(change.after.count, change.after.total), theme.text()),
            Column::Change => (figures.duration_change(change.total_change_ns()), verdict),
            Column::Ratio => (change.total_ratio().map_or("new".into(), |ratio| percent(theme, ratio)), verdict),
            Column::Count => (figures.count_short(change.after.count), theme.text()),
            Column::CountChange => {
                let by = change.after.count as i64 - change.before.count as i64;
                (figures.count_change(by), theme.text())
            }
            Column::Median => (change.median_ratio().map_or("-".into(), |ratio| percent(theme, ratio)), theme.text()),
        };
        let style = if column == screen.compared_by { style.patch(theme.strong()) } else { style };
        right(buffer, x, area.y, column.width(), &cell, patch(style));
        x += column.width();
    }
}

/// A change as a column under a heading with the sign of per cent has it.
fn percent(theme: &Theme, ratio: f64) -> String {
    theme.figures().percent_change(ratio).trim_end_matches(" %").to_owned()
}

fn draw_panel(theme: &Theme, change: &Change, buffer: &mut Buffer, area: Rect) {
    let figures = theme.figures();
    let paint = Paint::gpu(&change.name);
    let rule = "┄".repeat(usize::from(area.width));
    text(buffer, area.x, area.y, usize::from(area.width), &rule, theme.faint());
    text(buffer, area.x + 1, area.y, 40, &format!(" {} ", paint.family.name()), theme.event(paint));
    let room = usize::from(area.width.saturating_sub(3));
    text(buffer, area.x + 2, area.y + 1, room, &demangle(&change.name), theme.strong());
    if let Some(before) = &change.name_before {
        text(buffer, area.x + 2, area.y + 2, room, &format!("was {}", demangle(before)), theme.dim());
    }
    let mut pieces = Pieces::new(buffer, area, 3);
    pieces.add("  ", theme.text());
    let sentence = match change.mean_ratio() {
        None => change.significance().label().to_owned(),
        Some(ratio) => format!(
            "mean {} to {} ({}): {}",
            figures.duration_short(change.before.mean() as u64),
            figures.duration_short(change.after.mean() as u64),
            figures.percent_change(ratio),
            match change.significance().label() {
                "~" => "within the spread of the launches",
                "?" => "a single launch shows no spread",
                clear => clear,
            },
        ),
    };
    pieces.add_whole(&sentence, theme.text());
    let mut pieces = Pieces::new(buffer, area, 4);
    pieces.add("  ", theme.text());
    for (label, before, after) in [
        ("median", change.before.median, change.after.median),
        ("p95", change.before.p95, change.after.p95),
        ("max", change.before.max, change.after.max),
    ] {
        let (before, after) = (figures.duration_short(before), figures.duration_short(after));
        pieces.add_whole(&format!("{label} {before} to {after}   "), theme.text());
    }
}

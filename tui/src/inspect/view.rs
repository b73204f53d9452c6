//! Drawing [`InspectState`].

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::InspectState;
use crate::draw::{Pieces, put, text};
use crate::theme::to_ascii;

/// Narrower or lower than this, a sentence is shown instead.
const SIZE_MIN: (u16, u16) = (60, 12);
/// A pane has at least so many columns.
const PANE_MIN: u16 = 38;
/// Columns before a line: the mark and the line's number.
const GUTTER: u16 = 6;

/// Draws the state.
pub fn view(state: &InspectState, buffer: &mut Buffer) {
    let area = *buffer.area();
    if area.width < SIZE_MIN.0 || area.height < SIZE_MIN.1 {
        let sentence = format!("rustg inspect needs {} columns and {} rows", SIZE_MIN.0, SIZE_MIN.1);
        text(buffer, area.x, area.y, area.width.into(), &sentence, state.theme.text());
    } else if state.help {
        help(state, buffer, area);
    } else {
        header(state, buffer, area);
        let panes = shown(state, area.width);
        let width = area.width / panes.len() as u16;
        for (at, pane) in panes.iter().enumerate() {
            let x = area.x + at as u16 * width;
            let width = if at + 1 == panes.len() { area.right() - x } else { width };
            draw_pane(state, *pane, buffer, Rect { x, y: area.y + 2, width, height: area.height - 3 });
        }
        footer(state, buffer, area);
    }
    if state.theme.ascii {
        to_ascii(buffer);
    }
}

/// The panes that fit: the source, then the listings from the one with the cursor on, in their order.
fn shown(state: &InspectState, width: u16) -> Vec<usize> {
    let (count, fit) = (state.cursors.len(), usize::from(width / PANE_MIN).max(1));
    if fit >= count {
        return (0..count).collect();
    }
    let listings = count - 1;
    let first = state.focus.saturating_sub(1).min(listings.saturating_sub(fit - 1));
    std::iter::once(0).chain((0..fit - 1).map(|at| first + at + 1)).collect()
}

fn header(state: &InspectState, buffer: &mut Buffer, area: Rect) {
    let theme = &state.theme;
    let inspection = &state.inspection;
    let mut pieces = Pieces::new(buffer, area, 0);
    pieces.add(" rustg inspect  ", theme.dim()).add(&inspection.kernel, theme.strong());
    pieces.add(&format!("  {}", inspection.shown(inspection.place)), theme.dim());
    let mut pieces = Pieces::new(buffer, area, 1);
    match inspection.machine_text() {
        Some(line) => pieces.add(" ", theme.text()).add(&line, theme.text()),
        None => pieces.add(" ", theme.text()).add(&inspection.missing.join("; "), theme.dim()),
    };
}

fn draw_pane(state: &InspectState, pane: usize, buffer: &mut Buffer, area: Rect) {
    let theme = &state.theme;
    let has_focus = pane == state.focus;
    let title = match pane {
        0 => state.inspection.files.get(state.file as usize).map_or("", |file| file.path.as_str()),
        _ => state.inspection.listings[pane - 1].title,
    };
    let style = if has_focus { theme.accent() } else { theme.strong() };
    text(buffer, area.x + 1, area.y, usize::from(area.width.saturating_sub(2)), title, style);
    let rows = usize::from(area.height - 1);
    let cursor = state.cursors[pane];
    // The line that is kept in sight stands in the middle, where the ends allow.
    let first = cursor.saturating_sub(rows / 2).min(state.len(pane).saturating_sub(rows));
    for row in first..state.len(pane).min(first + rows) {
        let y = area.y + 1 + (row - first) as u16;
        let (is_linked, is_cursor) = (state.is_linked(pane, row), has_focus && row == cursor);
        if is_cursor {
            let line = Rect { x: area.x, y, width: area.width.saturating_sub(1), height: 1 };
            buffer.set_style(line, theme.selected());
        }
        let mark = match (is_cursor, is_linked) {
            (true, _) => '▌',
            (false, true) => '▸',
            (false, false) => ' ',
        };
        put(buffer, area.x, y, mark, theme.accent());
        let (line, number) = match pane {
            0 => (state.inspection.files[state.file as usize].lines[row].as_str(), Some(row + 1)),
            _ => (state.inspection.listings[pane - 1].lines[row].text.as_str(), None),
        };
        let gutter = if number.is_some() { GUTTER } else { 2 };
        if let Some(number) = number {
            text(buffer, area.x + 1, y, usize::from(gutter), &format!("{number:>4}"), theme.faint());
        }
        let line = line.replace('\t', "    ");
        let room = usize::from(area.width.saturating_sub(gutter + 1));
        let style = match (is_linked, is_cursor) {
            (true, _) => theme.strong(),
            (false, true) => theme.text(),
            (false, false) => theme.dim(),
        };
        let style = if is_cursor { style.patch(theme.selected()) } else { style };
        text(buffer, area.x + gutter, y, room, &line, style);
    }
}

fn footer(state: &InspectState, buffer: &mut Buffer, area: Rect) {
    let mut pieces = Pieces::new(buffer, area, area.height - 1);
    pieces.add(" ", state.theme.text());
    for line in InspectState::key_lines().iter().filter(|line| !line.label.is_empty()) {
        if pieces.add_whole(line.shown, state.theme.accent()) {
            pieces.add(&format!(" {}  ", line.label), state.theme.dim());
        }
    }
}

fn help(state: &InspectState, buffer: &mut Buffer, area: Rect) {
    let theme = &state.theme;
    let about = [
        "▌ the cursor; ▸ what the line under the cursor became, or came from",
        "A line of the source is linked with everything that was inlined there.",
        "MIR is what the compiler's passes made of the kernel; checks that panic are `assert`.",
    ];
    let mut y = area.y + 1;
    text(buffer, area.x + 2, y, area.width.into(), "Keys", theme.strong());
    for line in InspectState::key_lines() {
        y += 1;
        text(buffer, area.x + 4, y, 10, line.shown, theme.accent());
        text(buffer, area.x + 16, y, area.width.saturating_sub(16).into(), line.what, theme.text());
    }
    y += 1;
    for line in about.into_iter().chain(state.inspection.missing.iter().map(String::as_str)) {
        y += 1;
        if y < area.bottom() {
            text(buffer, area.x + 2, y, area.width.saturating_sub(2).into(), line, theme.text());
        }
    }
}

//! Help: every key of the shown screen, from the same tables as dispatch and footer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::draw::{put, text};
use crate::keys::KeyLine;
use crate::screen::ScreenId;
use crate::theme::Theme;

/// Scrolling ends here; no table is longer.
pub const LINES_MAX: u16 = 80;

const COMMANDS: &[(&str, &str)] = &[
    (":at 118.8ms..119.1ms", "show that range; also 2s.. and nvtx:NAME#2"),
    (":select stream7", "select a row, or the first event whose name has that text"),
    (":find TEXT", "mark all events whose name has that text"),
    (":gap 50us", "the next gap of at least that length"),
    (":align NAME", "A/B: put the first event of that name of both traces at one place"),
    (":theme light", "dark, light, ascii, unicode"),
    (":screen kernels", "another screen"),
    (":write FILE.svg", "write the screen as a picture; .txt as text, .ansi with colours"),
    (":keys ++<Right>", "press keys"),
];

/// Draws help over `area`.
pub fn draw(
    theme: &Theme,
    screen: ScreenId,
    own: &[KeyLine],
    common: &[KeyLine],
    scroll: u16,
    buffer: &mut Buffer,
    area: Rect,
) {
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
            }
        }
    }
    let mut rows: Vec<(String, String, bool)> = Vec::new();
    rows.push((screen.title().to_owned(), screen.question().to_owned(), true));
    rows.extend(own.iter().map(|line| (line.shown.to_owned(), line.what.to_owned(), false)));
    rows.push(("Everywhere".to_owned(), String::new(), true));
    rows.extend(common.iter().map(|line| (line.shown.to_owned(), line.what.to_owned(), false)));
    rows.push(("Commands".to_owned(), String::new(), true));
    rows.extend(COMMANDS.iter().map(|&(command, what)| (command.to_owned(), what.to_owned(), false)));

    let columns: u16 = if area.width >= 150 { 2 } else { 1 };
    let height = area.height.saturating_sub(2);
    let width = area.width / columns;
    let per_page = usize::from(height * columns);
    let scroll = usize::from(scroll).min(rows.len().saturating_sub(per_page));
    for (place, (key, what, title)) in rows.iter().skip(scroll).take(per_page).enumerate() {
        let (column, row) = (place as u16 / height, place as u16 % height);
        let (x, y) = (area.x + 2 + column * width, area.y + 1 + row);
        let room = usize::from(width.saturating_sub(4));
        if *title {
            let taken = text(buffer, x, y, room, key, theme.accent());
            text(buffer, x + taken as u16 + 2, y, room.saturating_sub(taken + 2), what, theme.dim());
        } else {
            text(buffer, x, y, 22, key, theme.strong());
            text(buffer, x + 23, y, room.saturating_sub(23), what, theme.text());
        }
    }
    if scroll + per_page < rows.len() {
        put(buffer, area.right() - 3, area.bottom() - 1, '↓', theme.accent());
        let more = format!("{} more", rows.len() - scroll - per_page);
        text(buffer, area.x + 2, area.bottom() - 1, 40, &more, theme.dim());
    }
}

//! A screen as an SVG picture: what `e` and the command `write` leave, for documents and issues.

use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use crate::theme::{Background, Theme};

/// Width and height of a cell in pixels.
const CELL: (u32, u32) = (8, 17);

/// Draws a finished screen as SVG, a rectangle for each run of background and a text for each run of signs.
pub fn to_svg(buffer: &Buffer, theme: &Theme) -> String {
    let (columns, rows) = (u32::from(buffer.area.width), u32::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 16, rows * CELL.1 + 12);
    let dark = theme.background == Background::Dark;
    let (paper, ink) = if dark { ("#14161a", "#d8dadf") } else { ("#fafafa", "#22252a") };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"{paper}\"/>\n\
         <g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"13\" xml:space=\"preserve\">\n"
    );
    for (row, cells) in buffer.content.chunks(columns.max(1) as usize).enumerate() {
        let top = row as u32 * CELL.1 + 6;
        let mut column = 0;
        while column < cells.len() {
            let first = &cells[column];
            let same = |cell: &&ratatui::buffer::Cell| {
                (cell.fg, cell.bg, cell.modifier) == (first.fg, first.bg, first.modifier)
            };
            let run = cells[column..].iter().take_while(same).count();
            draw_run(&mut svg, &cells[column..column + run], column as u32 * CELL.0 + 8, top, (paper, ink));
            column += run;
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn draw_run(svg: &mut String, cells: &[ratatui::buffer::Cell], x: u32, top: u32, (paper, ink): (&str, &str)) {
    let first = &cells[0];
    let (mut front, mut behind) = (hex(first.fg, ink), hex(first.bg, paper));
    if first.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut front, &mut behind);
    }
    let width = cells.len() as u32 * CELL.0;
    if behind != paper {
        let _ =
            writeln!(svg, "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{behind}\"/>", CELL.1);
    }
    // Eighth blocks are drawn, not written: fonts disagree about where they end.
    let mut text = String::new();
    for (place, cell) in cells.iter().enumerate() {
        let level = crate::draw::EIGHTHS.iter().position(|sign| cell.symbol().starts_with(*sign)).unwrap_or(0) as u32;
        if level > 0 {
            let height = CELL.1 * level / 8;
            let (left, top) = (x + place as u32 * CELL.0, top + CELL.1 - height);
            let _ = writeln!(
                svg,
                "<rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{height}\" fill=\"{front}\"/>",
                CELL.0
            );
        }
        text.push_str(if level > 0 { " " } else { cell.symbol() });
    }
    let blanks = text.chars().take_while(|&sign| sign == ' ').count();
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    let (x, width) = (x + blanks as u32 * CELL.0, text.width() as u32 * CELL.0);
    let weight = if first.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let faint = if first.modifier.contains(Modifier::DIM) { " opacity=\"0.6\"" } else { "" };
    // Blanks within keep their width as no-break spaces.
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace("  ", " \u{a0}");
    let baseline = top + 13;
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{baseline}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{front}\"{weight}{faint}>{escaped}</text>"
    );
}

/// A colour as SVG writes it; the 16 of ANSI as most terminals show them.
fn hex(colour: Color, default: &str) -> String {
    let rgb = |red: u8, green: u8, blue: u8| format!("#{red:02x}{green:02x}{blue:02x}");
    match colour {
        Color::Reset => default.to_owned(),
        Color::Rgb(red, green, blue) => rgb(red, green, blue),
        Color::Indexed(index @ 16..=231) => {
            const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
            let index = usize::from(index - 16);
            rgb(STEPS[index / 36], STEPS[index / 6 % 6], STEPS[index % 6])
        }
        Color::Indexed(index @ 232..) => {
            let level = 8 + 10 * (index - 232);
            rgb(level, level, level)
        }
        Color::Black | Color::Indexed(0) => rgb(0, 0, 0),
        Color::Red | Color::Indexed(1) => rgb(0xcc, 0x33, 0x33),
        Color::Green | Color::Indexed(2) => rgb(0x33, 0xaa, 0x33),
        Color::Yellow | Color::Indexed(3) => rgb(0xaa, 0x88, 0x00),
        Color::Blue | Color::Indexed(4) => rgb(0x33, 0x66, 0xcc),
        Color::Magenta | Color::Indexed(5) => rgb(0xaa, 0x33, 0xaa),
        Color::Cyan | Color::Indexed(6) => rgb(0x33, 0xaa, 0xaa),
        Color::Gray | Color::Indexed(7) => rgb(0xcc, 0xcc, 0xcc),
        Color::DarkGray | Color::Indexed(8) => rgb(0x77, 0x77, 0x77),
        Color::LightRed | Color::Indexed(9) => rgb(0xff, 0x66, 0x66),
        Color::LightGreen | Color::Indexed(10) => rgb(0x66, 0xff, 0x66),
        Color::LightYellow | Color::Indexed(11) => rgb(0xff, 0xdd, 0x55),
        Color::LightBlue | Color::Indexed(12) => rgb(0x66, 0x99, 0xff),
        Color::LightMagenta | Color::Indexed(13) => rgb(0xff, 0x66, 0xff),
        Color::LightCyan | Color::Indexed(14) => rgb(0x66, 0xff, 0xff),
        Color::White | Color::Indexed(_) => rgb(0xff, 0xff, 0xff),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn a_picture_has_every_word_and_bar_and_escapes_names() {
        let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: 20, height: 2 });
        buffer.set_string(0, 0, "gemm<float> &", Style::new().fg(Color::Indexed(74)));
        buffer.set_string(0, 1, "█▄", Style::new().fg(Color::Rgb(1, 2, 3)));
        let svg = to_svg(&buffer, &Theme::default());
        assert!(svg.contains(">gemm&lt;float&gt; &amp;</text>"), "{svg}");
        assert!(svg.contains("fill=\"#5fafd7\""), "{svg}");
        assert_eq!(svg.matches("fill=\"#010203\"").count(), 2, "{svg}");
        assert!(
            svg.contains("height=\"17\" fill=\"#010203\"") && svg.contains("height=\"8\" fill=\"#010203\""),
            "{svg}"
        );
    }
}

//! The interactive SVG, drawn by inferno: root on top, search and zoom inside the file.

use std::io::{self, Write};

use inferno::flamegraph::color::StrokeColor;
use inferno::flamegraph::color::{BackgroundColor, Color, PaletteMap};
use inferno::flamegraph::{Direction, Options, TextTruncateDirection, from_lines};
use rustg_trace::names::{Rgb, compact_name};

use super::folded::FoldedLines;
use super::{FlameKind, FlameTree, Weight};
use crate::figures::Figures;

const BACKGROUND: Color = Color { r: 0xfb, g: 0xfb, b: 0xfb };

/// How an SVG is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SvgOptions {
    /// Width in pixels; without it the drawing is as wide as the window that shows it.
    pub width: Option<usize>,
    /// Root at the bottom.
    pub root_at_bottom: bool,
}

/// Writes the tree as an SVG. In a compared tree each frame says what it was, red ones grew, blue ones shrank.
///
/// # Errors
/// Those of `writer`, and [`io::ErrorKind::InvalidData`] where the tree has no weight, so that there is nothing to draw.
pub fn emit_svg(tree: &FlameTree, options: &SvgOptions, writer: &mut impl Write) -> io::Result<()> {
    if tree.total() == 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, nothing_to_draw(tree)));
    }
    let lines = FoldedLines::new(tree, label);
    let mut palette = PaletteMap::default();
    // Inferno's own root has no name.
    palette.insert("", rgb(tree.colour(0)));
    for index in 1..tree.nodes.len() as u32 {
        palette.insert(lines.frame(index), rgb(tree.colour(index)));
    }
    let mut drawing = Options::default();
    drawing.title = tree.title.clone();
    drawing.subtitle = Some(subtitle(tree));
    drawing.count_name = tree.weight.unit().to_owned();
    drawing.name_type = "Frame:".to_owned();
    drawing.notes = format!("made by rustg {}", env!("CARGO_PKG_VERSION"));
    drawing.direction = if options.root_at_bottom { Direction::Straight } else { Direction::Inverted };
    drawing.image_width = options.width;
    drawing.text_truncate_direction = TextTruncateDirection::Right;
    drawing.stroke_color = StrokeColor::Color(BACKGROUND);
    drawing.bgcolors = Some(BackgroundColor::Flat(BACKGROUND));
    drawing.palette_map = Some(&mut palette);
    drawing.deterministic = true;
    // Keeps the order of the tree instead of sorting by name; the lines are then taken from the last to the first.
    drawing.flame_chart = true;
    let mut stacks =
        lines.lines(|tree, node| Some(tree.nodes[node as usize].own).filter(|&own| own > 0).map(|own| own.to_string()));
    stacks.reverse();
    let mut svg = Vec::new();
    from_lines(&mut drawing, stacks.iter().map(String::as_str), &mut svg)?;
    write_with_root_label(&svg, &tree.root_label, writer)
}

fn rgb(Rgb(r, g, b): Rgb) -> Color {
    Color { r, g, b }
}

/// What a frame is called in the drawing: kernels by a short name first, since text is cut at its end; with what it was in
/// the tree it is compared with, since inferno's own differences are those of the innermost frames alone.
fn label(tree: &FlameTree, node: u32) -> String {
    let name = tree.name(node);
    let shown = &tree.nodes[node as usize];
    let mut label = match shown.kind {
        FlameKind::Kernel => compact_name(name).into_owned(),
        _ => name.to_owned(),
    };
    if let Some(change) = tree.change(node) {
        let before = quantity(tree.weight, shown.before);
        label = match shown.before {
            0 => format!("▲ new {label}"),
            _ if change == 0.0 => format!("{label} — as before"),
            was => {
                let sign = if change > 0.0 { '▲' } else { '▼' };
                let percent = Figures::UNICODE.percent_of(shown.total.abs_diff(was), was);
                let plus = if change > 0.0 { '+' } else { '−' };
                format!("{sign} {label} {plus}{percent}% — was {before}")
            }
        };
    }
    if !label.contains(name) {
        label = format!("{label} — {name}");
    }
    label
}

fn quantity(weight: Weight, value: u64) -> String {
    match weight {
        Weight::Time | Weight::Idle => Figures::UNICODE.duration(value),
        Weight::Launches => Figures::UNICODE.count(value),
        Weight::Bytes => Figures::UNICODE.bytes(value),
    }
}

fn subtitle(tree: &FlameTree) -> String {
    let mut parts = vec![tree.root_label.clone()];
    let idle = tree.sum_where(|node| tree.nodes[node as usize].kind.is_idle());
    if tree.weight == Weight::Time && idle > 0 {
        parts.push(format!("GPU busy {} %", Figures::UNICODE.percent_of(tree.total() - idle, tree.total())));
    }
    parts.extend(tree.notes.iter().cloned());
    parts.join(" · ")
}

fn nothing_to_draw(tree: &FlameTree) -> String {
    let what = match tree.weight {
        Weight::Time => "no time",
        Weight::Launches => "no launches",
        Weight::Bytes => "no copies or fills",
        Weight::Idle => "no idle time",
    };
    format!("{} has {what} to draw", tree.title)
}

/// Inferno calls the root "all"; it is wall time × GPUs here.
fn write_with_root_label(svg: &[u8], label: &str, writer: &mut impl Write) -> io::Result<()> {
    const ROOT: &[u8] = b"<title>all (";
    match svg.windows(ROOT.len()).position(|window| window == ROOT) {
        Some(at) => {
            let label = label.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            writer.write_all(&svg[..at])?;
            write!(writer, "<title>{label} (")?;
            writer.write_all(&svg[at + ROOT.len()..])
        }
        None => writer.write_all(svg),
    }
}

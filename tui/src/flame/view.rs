//! Draws the flame screen: what the widths mean, the frames, the frame under the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use rustg_analyze::flame::{FlameKind, FlameNode, FlameTree, Overlap, Weight};
use rustg_trace::names::{KernelFamily, compact_name};
use unicode_width::UnicodeWidthStr;

use super::Flame;
use super::layout::{Placed, place};
use super::shape::{Scope, Shape, Sides};
use crate::context::Context;
use crate::draw::{Pieces, cut, put, text};
use crate::theme::{Paint, Theme};

/// Rows above the frames.
pub const HEADER: u16 = 1;

/// Rows below the frames.
fn panel_height(context: &Context) -> u16 {
    if context.size.1 >= 40 { 6 } else { 3 }
}

/// Rows of frames.
pub fn rows(context: &Context) -> u32 {
    u32::from(context.size.1.saturating_sub(2 + HEADER + panel_height(context)))
}

/// Draws it all.
pub fn draw(flame: &Flame, context: &Context, buffer: &mut Buffer, area: Rect) {
    draw_status(flame, context, buffer, area);
    let Some(tree) = flame.shown() else {
        text(buffer, area.x + 1, area.y + 2, usize::from(area.width), "building the flame graph…", context.theme.dim());
        return;
    };
    if tree.total() == 0 {
        let what = match tree.weight {
            Weight::Time => "there is no time to show",
            Weight::Launches => "nothing was launched on a GPU",
            Weight::Bytes => "nothing was copied or filled",
            Weight::Idle => "no GPU was idle",
        };
        text(
            buffer,
            area.x + 1,
            area.y + 2,
            usize::from(area.width),
            &format!("{what}: w changes the weight"),
            context.theme.dim(),
        );
        return;
    }
    let frames = Rect { y: area.y + HEADER, height: rows(context) as u16, ..area };
    let placed = place(tree, flame.place.zoom, area.width);
    for frame in &placed {
        let row = i64::from(frame.row) - i64::from(flame.place.scroll);
        if (0..i64::from(frames.height)).contains(&row) {
            draw_frame(flame, tree, context, frame, buffer, frames.y + row as u16);
        }
    }
    draw_hidden(flame, &placed, context, buffer, frames);
    draw_panel(flame, tree, context, buffer, Rect { y: frames.bottom(), height: panel_height(context), ..area });
}

fn draw_status(flame: &Flame, context: &Context, buffer: &mut Buffer, area: Rect) {
    let (theme, figures) = (context.theme, context.theme.figures());
    let shape = flame.tree.as_ref().map_or(flame.shape, |(shape, _)| *shape);
    let mut right = String::new();
    if flame.computing {
        right = "building… ".to_owned();
    } else if let (Some(search), Some(tree)) = (&flame.search, flame.shown()) {
        let share = figures.percent_of(search.sum, tree.total());
        right = format!(
            "/{}  {} frames  {}  {share} % ",
            cut(&compact_name(&search.text), 28),
            search.count,
            quantity(tree, search.sum, &theme)
        );
    }
    let room = usize::from(area.width).saturating_sub(right.width());
    let left = Rect { width: room as u16, ..area };
    let mut line = Pieces::new(buffer, left, 0);
    line.add(&format!(" {}", meaning(&shape, context)), theme.strong());
    if let Some(tree) = flame.shown() {
        line.add("  ", theme.dim());
        let path = tree.path(flame.place.zoom);
        if path.is_empty() {
            line.add(&tree.root_label, theme.accent());
        } else if area.width >= 120 {
            line.add(&tree.root_label, theme.dim());
        }
        // The callers that are zoomed away, innermost last; where room is short the outer ones go.
        let names: Vec<String> = path.iter().map(|&node| label(tree, node)).collect();
        let mut skipped = 0;
        let width = |names: &[String]| names.iter().map(|name| name.width().min(24) + 3).sum::<usize>();
        while skipped + 1 < names.len() && width(&names[skipped..]) + 4 > line.room() {
            skipped += 1;
        }
        if skipped > 0 {
            line.add(" › …", theme.faint());
        }
        for (index, name) in names.iter().enumerate().skip(skipped) {
            let last = index + 1 == names.len();
            line.add(" › ", theme.faint());
            line.add(&cut(name, if last { 60 } else { 24 }), if last { theme.accent() } else { theme.dim() });
        }
    }
    let x = area.x + area.width.saturating_sub(right.width() as u16);
    text(buffer, x, area.y, usize::from(area.width), &right, theme.accent());
}

/// What is shown, in words.
fn meaning(shape: &Shape, context: &Context) -> String {
    let mut words = match (shape.weight, shape.overlap) {
        (Weight::Time, Overlap::Share) => "GPU time",
        (Weight::Time, Overlap::Sum) => "GPU time, overlap in full",
        (Weight::Launches, _) => "launches",
        (Weight::Bytes, _) => "bytes moved",
        (Weight::Idle, _) => "GPU idle time",
    }
    .to_owned();
    if shape.reversed {
        words.push_str(", bottom-up");
    }
    match shape.scope {
        _ if shape.range.is_none() => {}
        Scope::Selection => words.push_str(", selected range"),
        _ => words.push_str(", timeline's window"),
    }
    let title = |slot: usize| context.slots.get(slot).map_or("", |slot| slot.title.as_str());
    match shape.sides {
        _ if context.slots.len() < 2 => {}
        Sides::First => words.push_str(&format!(", {}", title(0))),
        Sides::Second => words.push_str(&format!(", {}", title(1))),
        Sides::Difference => words.push_str(&format!(", {} against {}", title(1), title(0))),
    }
    words
}

fn draw_frame(flame: &Flame, tree: &FlameTree, context: &Context, frame: &Placed, buffer: &mut Buffer, y: u16) {
    let theme = context.theme;
    let node = &tree.nodes()[frame.node as usize];
    let idle = node.kind.is_idle();
    let mut style = frame_style(tree, frame.node, &theme);
    let is_match = flame.search.as_ref().is_some_and(|search| search.matches.get(frame.node as usize) == Some(&true));
    if is_match {
        style = theme.accent().add_modifier(Modifier::REVERSED);
    }
    let selected = frame.node == flame.place.cursor;
    if selected {
        style = theme.strong().add_modifier(Modifier::REVERSED);
    }
    let fill = if idle && !selected && !is_match { '░' } else { ' ' };
    let fill_style = if fill == '░' { theme.faint() } else { style };
    for x in frame.x..frame.x + frame.width {
        put(buffer, x, y, fill, fill_style);
    }
    if frame.width >= 2 && frame.x > 0 {
        put(buffer, frame.x, y, '▏', fill_style.patch(theme_edge(&theme, idle)));
    }
    let inset = u16::from(frame.x > 0);
    let room = usize::from(frame.width.saturating_sub(inset + 1));
    if room < 2 {
        return;
    }
    let mut words = label(tree, frame.node);
    if let Some((arrow, change)) = change(tree, node, &theme) {
        words = format!("{arrow} {words}  {change}");
    }
    let share = format!("  {} %", theme.figures().percent_of(node.total, tree.total()));
    if words.width() + share.width() <= room {
        words.push_str(&share);
    }
    if fill == '░' {
        words.push(' ');
    }
    text(buffer, frame.x + inset, y, room, &words, style);
}

/// The line between neighbours.
fn theme_edge(theme: &Theme, idle: bool) -> Style {
    if idle { theme.faint() } else { Style::new().add_modifier(Modifier::DIM) }
}

fn frame_style(tree: &FlameTree, index: u32, theme: &Theme) -> Style {
    let (node, name) = (&tree.nodes()[index as usize], tree.name(index));
    if let Some(change) = tree.change(index).filter(|_| !node.kind.is_idle()) {
        // The hues of vermilion and blue; the larger the change, the stronger.
        let family = match change {
            change if change > 0.005 => KernelFamily::Convolution,
            change if change < -0.005 => KernelFamily::Communication,
            _ => return theme.tinted(tree.colour(0)),
        };
        let shade = 4 - (change.abs().sqrt() * 4.0).round() as i8;
        return theme.bar(Paint { family, shade, muted: false, waits: false });
    }
    match node.kind {
        FlameKind::Kernel | FlameKind::Memory => theme.bar(Paint::gpu(name)),
        FlameKind::Lost => theme.warning(),
        kind if kind.is_idle() => theme.dim(),
        _ => theme.tinted(tree.colour(index)),
    }
}

/// `▲` and `+12 %` against the other trace, or `new` where it had none.
fn change(tree: &FlameTree, node: &FlameNode, theme: &Theme) -> Option<(char, String)> {
    if !tree.compared || node.total == node.before {
        return None;
    }
    if node.before == 0 {
        return Some(('▲', "new".to_owned()));
    }
    let (arrow, sign) = if node.total > node.before { ('▲', '+') } else { ('▼', '−') };
    let percent = theme.figures().percent_of(node.total.abs_diff(node.before), node.before);
    Some((arrow, format!("{sign}{percent} %")))
}

/// Says that there are frames above or below what is drawn.
fn draw_hidden(flame: &Flame, placed: &[Placed], context: &Context, buffer: &mut Buffer, frames: Rect) {
    let deepest = placed.iter().map(|frame| frame.row).max().unwrap_or(0);
    let below = (deepest + 1).saturating_sub(flame.place.scroll + u32::from(frames.height));
    let mut mark = |y: u16, sign: char, count: u32| {
        let words = format!(" {sign}{count} ");
        let x = frames.right().saturating_sub(words.width() as u16);
        text(buffer, x, y, words.width(), &words, context.theme.accent());
    };
    if flame.place.scroll > 0 {
        mark(frames.y, '↑', flame.place.scroll);
    }
    if below > 0 {
        mark(frames.bottom().saturating_sub(1), '↓', below);
    }
}

fn draw_panel(flame: &Flame, tree: &FlameTree, context: &Context, buffer: &mut Buffer, area: Rect) {
    let (theme, figures) = (context.theme, context.theme.figures());
    let cursor = flame.place.cursor;
    let node = &tree.nodes()[cursor as usize];
    let mut line = Pieces::new(buffer, area, 0);
    line.add(&format!(" ┄ {} ┄ ", kind_word(node.kind)), theme.faint());
    line.add(&label(tree, cursor), theme.accent());
    line.add(" ", theme.faint());
    line.add(&"┄".repeat(line.room().min(usize::from(area.width))), theme.faint());

    let mut line = Pieces::new(buffer, area, 1);
    line.add(&format!("   {}", quantity(tree, node.total, &theme)), theme.strong());
    line.add_whole(&format!("  {} % of all", figures.percent_of(node.total, tree.total())), theme.text());
    let parent = &tree.nodes()[node.parent as usize];
    if node.parent != 0 {
        let share = figures.percent_of(node.total, parent.total);
        let caller = label(tree, node.parent);
        line.add_whole(&format!(" · {share} % of {}", cut(&caller, 32)), theme.dim());
    }
    if node.own > 0 && node.own < node.total {
        line.add_whole(&format!(" · own {}", quantity(tree, node.own, &theme)), theme.dim());
    }
    if tree.compared {
        let sign = if node.total >= node.before { "+" } else { "−" };
        let change = quantity(tree, node.total.abs_diff(node.before), &theme);
        line.add_whole(&format!(" · was {} ({sign}{change})", quantity(tree, node.before, &theme)), theme.accent());
    }
    let mut rest = Vec::new();
    if let Some(sentence) = tree.explanation(cursor) {
        rest.push(sentence.to_owned());
    } else if cursor == 0 {
        let share = |sum: u64| format!("{} %", figures.percent_of(sum, tree.total()));
        let named = |(name, sum): &(String, u64)| format!("{} {}", cut(name, 40), share(*sum));
        let most: Vec<String> = flame.heaviest.iter().map(named).collect();
        if !most.is_empty() {
            rest.push(format!("most: {}", most.join(" · ")));
        }
        rest.extend(tree.notes.iter().cloned());
    } else if label(tree, cursor) != tree.name(cursor) {
        rest.push(tree.name(cursor).to_owned());
    }
    if rest.is_empty() {
        let callers = tree.path(cursor);
        let callers: Vec<String> = callers.iter().rev().skip(1).map(|&node| label(tree, node)).collect();
        if !callers.is_empty() {
            rest.push(format!("from {}", callers.join(" ‹ ")));
        }
    }
    let width = usize::from(area.width).saturating_sub(5).max(1);
    let lines = rest.iter().flat_map(|sentence| wrapped(sentence, width));
    let room = usize::from(area.height - 2);
    for (row, words) in lines.take(room).enumerate() {
        text(buffer, area.x + 3, area.y + 2 + row as u16, width + 1, &words, theme.dim());
    }
}

/// Pieces of at most `width` columns; names have no spaces to break at, so they break anywhere.
fn wrapped(words: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut columns = 0;
    for character in words.chars() {
        let wide = unicode_width::UnicodeWidthChar::width(character).unwrap_or(0);
        if columns + wide > width {
            lines.push(String::new());
            columns = 0;
        }
        columns += wide;
        if let Some(line) = lines.last_mut() {
            line.push(character);
        }
    }
    lines
}

/// What a frame is called on the screen.
fn label(tree: &FlameTree, node: u32) -> String {
    let name = tree.name(node);
    match tree.nodes()[node as usize].kind {
        FlameKind::Kernel => compact_name(name).into_owned(),
        _ => name.to_owned(),
    }
}

fn kind_word(kind: FlameKind) -> &'static str {
    match kind {
        FlameKind::Root => "everything",
        FlameKind::Process => "process",
        FlameKind::Thread => "thread",
        FlameKind::Range => "range",
        FlameKind::Python => "Python function",
        FlameKind::Operator => "operator",
        FlameKind::Native => "native function",
        FlameKind::Host => "host frame",
        FlameKind::Call => "API call",
        FlameKind::Stream => "stream",
        FlameKind::Graph => "CUDA graph",
        FlameKind::Kernel => "kernel",
        FlameKind::Memory => "memory operation",
        FlameKind::Overhead => "overhead",
        FlameKind::Lost => "lost records",
        FlameKind::Idle => "idle",
    }
}

/// A weight as people read it.
fn quantity(tree: &FlameTree, weight: u64, theme: &Theme) -> String {
    let figures = theme.figures();
    match tree.weight {
        Weight::Time | Weight::Idle => figures.duration(weight),
        Weight::Launches => format!("{} launches", figures.count(weight)),
        Weight::Bytes => figures.bytes(weight),
    }
}

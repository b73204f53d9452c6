//! The ruler: times above the columns, in steps of 1, 2 or 5.

use ratatui::buffer::Buffer;

use super::layout::Layout;
use crate::context::Context;
use crate::draw::{put, text};

/// Columns between two labels of the ruler, at least.
const TICK_COLUMNS: u64 = 8;

/// Draws the ruler of the window.
pub(crate) fn draw(context: &Context, buffer: &mut Buffer, layout: Layout) {
    let (theme, y) = (context.theme, layout.ruler.y);
    let window = context.window;
    let figures = theme.figures();
    let width = figures.duration_short(window.dur_ns());
    text(buffer, layout.ruler.x + 1, y, usize::from(layout.chart_x - layout.ruler.x - 2), &width, theme.dim());
    // As fine as the step, and in milliseconds unless the window is long.
    let visible = if window.dur_ns() < 10_000_000_000 { 9_999_999_999 } else { u64::MAX };
    let label = |at_ns, step: u64| figures.time(at_ns, step.saturating_mul(1000).min(visible));
    let columns = u64::from(layout.columns);
    let mut step = nice_step(window.dur_ns() * TICK_COLUMNS / columns);
    while step * columns / window.dur_ns().max(1) < label(window.end_ns, step).chars().count() as u64 + 3 {
        step = nice_step(step + 1);
    }
    let mut at_ns = window.start_ns.div_euclid(step as i64) * step as i64;
    while at_ns < window.end_ns {
        let column = layout.column_at(window, at_ns);
        if (0..i64::from(layout.columns)).contains(&column) {
            let x = layout.chart_x + column as u16;
            put(buffer, x, y, '▏', theme.faint());
            let label = label(at_ns, step);
            let room = usize::from(layout.ruler.right().saturating_sub(x + 1));
            if label.chars().count() <= room {
                text(buffer, x + 1, y, room, &label, theme.dim());
            }
        }
        at_ns += step as i64;
    }
}

/// The least of 1, 2, 5 × 10ⁿ that is at least `ns`.
fn nice_step(ns: u64) -> u64 {
    let mut step: u64 = 1;
    loop {
        for factor in [1, 2, 5] {
            if step * factor >= ns || step > u64::MAX / 100 {
                return step * factor;
            }
        }
        step *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::nice_step;

    #[test]
    fn steps_are_one_two_five() {
        let cases = [(0, 1), (1, 1), (2, 2), (3, 5), (6, 10), (11, 20), (999, 1000), (1_000_001, 2_000_000)];
        for (ns, step) in cases {
            assert_eq!(nice_step(ns), step);
        }
        assert!(nice_step(u64::MAX) > 0);
    }
}

//! Where things are on the timeline screen, for drawing and for the mouse alike.

use ratatui::layout::Rect;
use rustg_analyze::lod::column_edge;
use rustg_trace::TimeRange;

/// The parts of the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// The whole trace with the window in it, one line.
    pub minimap: Rect,
    /// Time labels, one line.
    pub ruler: Rect,
    /// Match density, one line or none.
    pub density: Rect,
    /// Labels of rows and the rows themselves.
    pub rows: Rect,
    /// What is selected.
    pub panel: Rect,
    /// Where the columns of time begin.
    pub chart_x: u16,
    /// How many there are.
    pub columns: u16,
}

impl Layout {
    /// The layout of `area`; `searching` makes room for the density line.
    pub fn new(area: Rect, searching: bool) -> Self {
        let label = match area.width {
            0..100 => 14,
            100..160 => 18,
            _ => 24,
        };
        let panel = match area.height {
            0..30 => 4,
            30..45 => 7,
            _ => 10,
        };
        let line = |y, height| Rect { x: area.x, y: area.y + y, width: area.width, height };
        let density = u16::from(searching);
        let above = 2 + density;
        Layout {
            minimap: line(0, 1),
            ruler: line(1, 1),
            density: line(2, density),
            rows: line(above, area.height.saturating_sub(above + panel)),
            panel: line(area.height.saturating_sub(panel), panel),
            chart_x: area.x + label,
            columns: area.width.saturating_sub(label).max(1),
        }
    }

    /// The column of time that screen column `x` shows, where it is one.
    pub fn column_of(&self, x: u16) -> Option<u16> {
        x.checked_sub(self.chart_x).filter(|&column| column < self.columns)
    }

    /// The times of a column of `window`.
    pub fn slice(&self, window: TimeRange, column: u16) -> TimeRange {
        let edge = |index| column_edge(window, usize::from(self.columns), usize::from(index));
        TimeRange { start_ns: edge(column), end_ns: edge(column + 1) }
    }

    /// The column that shows `at_ns`; negative or beyond the last where it lies outside of `window`.
    pub fn column_at(&self, window: TimeRange, at_ns: i64) -> i64 {
        column_at(window, usize::from(self.columns), at_ns)
    }
}

/// The column of `columns` equal ones over `window` that shows `at_ns`, also outside of it.
pub fn column_at(window: TimeRange, columns: usize, at_ns: i64) -> i64 {
    let offset = i128::from(at_ns) - i128::from(window.start_ns);
    let scaled = offset * columns as i128;
    let column = scaled.div_euclid(i128::from(window.dur_ns().max(1)));
    column.clamp(-1_000_000, 1_000_000) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_the_column_whose_slice_holds_it() {
        let layout = Layout::new(Rect { x: 0, y: 1, width: 80, height: 22 }, false);
        let window = TimeRange { start_ns: -12_345, end_ns: 9_876_543 };
        for column in 0..layout.columns {
            let slice = layout.slice(window, column);
            for at in [slice.start_ns + 1, slice.end_ns - 1] {
                assert_eq!(layout.column_at(window, at), i64::from(column));
            }
        }
        assert_eq!(layout.column_at(window, window.start_ns - 1), -1);
        assert_eq!(layout.column_at(window, window.end_ns), i64::from(layout.columns));
        assert_eq!(layout.rows.bottom(), layout.panel.top());
        assert_eq!(layout.panel.bottom(), 23);
    }
}

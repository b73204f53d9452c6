//! The mouse on the timeline: wheel zooms at the pointer, left drag selects, right drag pans, click selects.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;
use rustg_trace::{EventId, TimeRange, TrackId};

use super::Timeline;
use super::layout::{Layout, column_at};
use super::navigate::Step;
use super::rows::Shows;
use crate::context::Context;
use crate::message::Cmd;

/// A button that is held down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Drag {
    /// Selecting from a column of time on a row.
    Select { column: u16, row: usize, moved: bool },
    /// Panning; the column at which the last event was.
    Pan { column: u16 },
    /// Moving the window on the minimap.
    Minimap,
}

/// Rows moved by one notch of the wheel with Shift.
const WHEEL_ROWS: usize = 3;

impl Timeline {
    pub(super) fn pointer(&mut self, context: &mut Context, mouse: &MouseEvent, _area: Rect) -> Vec<Cmd> {
        let layout = self.layout(context);
        let column = layout.column_of(mouse.column);
        let inside = |rect: Rect| (rect.top()..rect.bottom()).contains(&mouse.row);
        match mouse.kind {
            MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
                let up = mouse.kind == MouseEventKind::ScrollUp;
                match column.filter(|_| !mouse.modifiers.intersects(KeyModifiers::SHIFT | KeyModifiers::CONTROL)) {
                    Some(column) => {
                        let slice = layout.slice(context.window, column);
                        let at = slice.start_ns + (slice.dur_ns() / 2) as i64;
                        self.zoom(context, if up { 0.8 } else { 1.25 }, at);
                    }
                    None if up => self.to_row(context, self.row.saturating_sub(WHEEL_ROWS)),
                    None => self.to_row(context, self.row + WHEEL_ROWS),
                }
            }
            MouseEventKind::ScrollLeft => self.pan_by(context, -((context.window.dur_ns() / 20) as i64)),
            MouseEventKind::ScrollRight => self.pan_by(context, (context.window.dur_ns() / 20) as i64),
            MouseEventKind::Down(MouseButton::Left) if inside(layout.minimap) => {
                self.remember(context, Step::Jump);
                self.drag = Some(Drag::Minimap);
                self.centre_on_minimap(context, layout, mouse.column);
            }
            MouseEventKind::Down(MouseButton::Left) if inside(layout.rows) => {
                let row = self.scroll + usize::from(mouse.row - layout.rows.top());
                return self.press(context, column, row);
            }
            MouseEventKind::Down(MouseButton::Left) if inside(layout.ruler) => {
                self.drag = column.map(|column| Drag::Select { column, row: self.row, moved: false });
            }
            MouseEventKind::Down(MouseButton::Right | MouseButton::Middle) => {
                self.remember(context, Step::Jump);
                self.drag = Some(Drag::Pan { column: mouse.column });
            }
            MouseEventKind::Drag(_) => return self.dragged(context, layout, mouse),
            MouseEventKind::Up(_) => {
                if let Some(Drag::Select { column, row, moved: false }) = self.drag.take() {
                    self.click(context, layout, column, row);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn press(&mut self, context: &mut Context, column: Option<u16>, row: usize) -> Vec<Cmd> {
        if row >= self.rows.rows.len() {
            return Vec::new();
        }
        self.to_row(context, row);
        match column {
            Some(column) => self.drag = Some(Drag::Select { column, row, moved: false }),
            None => self.fold(context),
        }
        Vec::new()
    }

    fn dragged(&mut self, context: &mut Context, layout: Layout, mouse: &MouseEvent) -> Vec<Cmd> {
        match self.drag {
            Some(Drag::Select { column: from, row, moved }) => {
                let right = layout.chart_x + layout.columns - 1;
                let to = mouse.column.clamp(layout.chart_x, right) - layout.chart_x;
                if to == from && !moved {
                    return Vec::new();
                }
                self.drag = Some(Drag::Select { column: from, row, moved: true });
                let range = TimeRange {
                    start_ns: layout.slice(context.window, from.min(to)).start_ns,
                    end_ns: layout.slice(context.window, from.max(to)).end_ns,
                };
                self.select_range(context, range)
            }
            Some(Drag::Pan { column }) => {
                let columns = i64::from(column) - i64::from(mouse.column);
                let by = i128::from(context.window.dur_ns()) * i128::from(columns) / i128::from(layout.columns);
                self.pan_by(context, by as i64);
                self.drag = Some(Drag::Pan { column: mouse.column });
                Vec::new()
            }
            Some(Drag::Minimap) => {
                self.centre_on_minimap(context, layout, mouse.column);
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn centre_on_minimap(&mut self, context: &mut Context, layout: Layout, x: u16) {
        let whole = context.whole();
        let share = f64::from(x) / f64::from(layout.minimap.width.max(1));
        let middle = whole.start_ns + (whole.dur_ns() as f64 * share) as i64;
        let width = context.window.dur_ns() as i64;
        let start_ns = middle - width / 2;
        self.set_window(context, TimeRange { start_ns, end_ns: start_ns + width });
    }

    fn click(&mut self, context: &mut Context, layout: Layout, column: u16, row: usize) {
        let found = self.rows.rows.get(row).and_then(|row| {
            let loaded = context.trace(row.slot)?;
            let slice = context.to_trace(row.slot, layout.slice(context.window, column));
            let trace = &loaded.trace;
            let tracks: Vec<TrackId> = match row.shows {
                Shows::Track(track) => vec![track],
                Shows::Gpu(gpu) => {
                    trace.gpu_tracks().filter(|(_, track)| track.gpu == Some(gpu)).map(|(id, _)| id).collect()
                }
                Shows::Counter(_) => Vec::new(),
            };
            // The first few hundred tell; a column with more is a blur that one zooms into.
            let rows = tracks.into_iter().flat_map(|track| loaded.lod.rows(trace, track, slice).take(400));
            let longest = rows.max_by_key(|&row| {
                let range = trace.range(EventId(row));
                (range.intersect(slice).dur_ns(), std::cmp::Reverse(row))
            });
            longest.map(|event| (row.slot, EventId(event)))
        });
        match found {
            Some((slot, event)) => self.select_event(context, slot, event),
            None => {
                context.selection = None;
                self.gap_at(context, layout, column, row);
            }
        }
    }

    /// A click on idle time of a GPU speaks of that gap.
    fn gap_at(&mut self, context: &mut Context, layout: Layout, column: u16, row: usize) {
        let Some(row) = self.rows.rows.get(row).filter(|row| row.slot == 0) else { return };
        let Some(loaded) = context.trace(0) else { return };
        let gpu = match row.shows {
            Shows::Gpu(gpu) => Some(gpu),
            Shows::Track(track) => loaded.trace.tracks[track.index()].gpu,
            Shows::Counter(_) => None,
        };
        let Some(gpu) = gpu else { return };
        let slice = context.to_trace(0, layout.slice(context.window, column));
        let middle = slice.start_ns + (slice.dur_ns() / 2) as i64;
        let gap = loaded.lod.previous_gap(&loaded.trace, gpu, middle + 1, 1);
        if let Some(range) = gap.filter(|gap| gap.end_ns > middle) {
            self.gap = Some(super::GapReport::new(loaded, gpu, range));
        }
    }

    /// The column of the minimap that shows `at_ns` of the view.
    pub(super) fn minimap_column(context: &Context, width: u16, at_ns: i64) -> u16 {
        let column = column_at(context.whole(), usize::from(width), at_ns);
        column.clamp(0, i64::from(width.max(1)) - 1) as u16
    }
}

//! A view as it is kept between two sessions: window, rows, marks. What no longer fits the trace is left out.

use rustg_trace::TimeRange;
use serde_json::{Value, json};

use super::Timeline;
use super::rows::Shows;
use crate::context::Context;

/// Raised when the meaning of a field changes; others are not read.
const VERSION: u64 = 1;

impl Timeline {
    pub(super) fn saved_view(&self, context: &Context) -> Option<Value> {
        context.loaded().next()?;
        let range = |range: &TimeRange| json!([range.start_ns, range.end_ns]);
        let marks: serde_json::Map<String, Value> =
            self.marks.iter().map(|(letter, window)| (letter.to_string(), range(window))).collect();
        let folds: serde_json::Map<String, Value> =
            self.rows.groups.iter().map(|group| (group.label.clone(), json!(group.shown))).collect();
        let row = self.rows.rows.get(self.row)?;
        Some(json!({
            "version": VERSION,
            "whole": range(&context.whole()),
            "window": range(&context.window),
            "marks": marks,
            "shown_levels": folds,
            "row": self.rows.groups[row.group].label,
            "scroll": self.scroll,
        }))
    }

    /// Shows a saved view, where it is one of a trace of this length.
    pub(super) fn restore_view(&mut self, context: &mut Context, saved: &Value) {
        let range = |value: &Value| {
            let range = TimeRange { start_ns: value.get(0)?.as_i64()?, end_ns: value.get(1)?.as_i64()? };
            (range.start_ns < range.end_ns).then_some(range)
        };
        let same = saved["version"] == VERSION && range(&saved["whole"]) == Some(context.whole());
        if !same {
            return;
        }
        for (letter, window) in saved["marks"].as_object().into_iter().flatten() {
            if let (Some(letter), Some(window)) = (letter.chars().next(), range(window)) {
                self.marks.insert(letter, window);
            }
        }
        for group in &mut self.rows.groups {
            if let Some(shown) = saved["shown_levels"][group.label.as_str()].as_u64() {
                group.shown = (shown as usize).clamp(1, group.levels.len());
            }
        }
        self.rows.rebuild();
        let labelled = |row: &super::rows::Row| saved["row"] == row.label.as_str();
        if let Some(row) = self.rows.rows.iter().position(labelled) {
            self.row = row;
        }
        self.scroll = saved["scroll"].as_u64().unwrap_or(0) as usize;
        self.keep_row_visible(context);
        if let Some(window) = range(&saved["window"]).filter(|&window| window != context.whole()) {
            self.set_window(context, window);
            let gpu = self.rows.rows.iter().any(|row| matches!(row.shows, Shows::Gpu(_)));
            let hint = if gpu { "; g goes to the next gap" } else { "" };
            context.notice = Some(format!("the view you left; 0 shows the whole trace{hint}"));
        }
    }
}

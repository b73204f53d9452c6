//! Tables as text for people: aligned, as wide as the terminal, the name last and cut where it must be.

use rustg_analyze::figures::Figures;
use rustg_analyze::stats::{Column, Shown, Stats, Table, TableKind, Unit, Value};
use rustg_trace::Trace;
use rustg_trace::names::{compact_name, demangle};

/// How text is written.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// How figures are written.
    pub figures: Figures,
    /// Whether escape sequences may be written.
    pub colored: bool,
    /// Columns of the terminal; `None` writes names in full.
    pub width: Option<usize>,
    /// The time that is looked at; points in time are written as finely as it needs.
    pub wall_ns: u64,
    /// Whether the command takes `--tables`, for the hint on rows that are not shown.
    pub takes_tables: bool,
}

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

/// Columns that names are left at least; before they get less, columns that need not be there go.
const NAME_MIN: usize = 34;
/// Width at which a second text column is cut on a terminal.
const TEXT_MAX: usize = 40;

impl Style {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colored { format!("{code}{text}{RESET}") } else { text.to_owned() }
    }
}

/// The first lines: what the trace is and where its time went.
pub fn headline(trace: &Trace, stats: &Stats, style: &Style) -> String {
    let figures = style.figures;
    let summary = &stats.summary;
    let dot = format!(" {} ", figures.separator());
    let mut parts = Vec::new();
    let names: Vec<&str> =
        stats.overlap.iter().map(|gpu| gpu.gpu_name.as_str()).filter(|name| !name.is_empty()).collect();
    match (summary.gpus, names.first()) {
        (0, _) => parts.push("no GPU work".to_owned()),
        (1, Some(name)) => parts.push((*name).to_owned()),
        (count, Some(name)) => {
            parts.push(format!("{count} × {name}").replace('×', if figures.ascii { "x" } else { "×" }))
        }
        (count, None) => parts.push(format!("{count} GPU{}", if count == 1 { "" } else { "s" })),
    }
    parts.push(format!("{} wall", figures.duration(summary.wall_ns)));
    parts.push(format!("{} kernels", figures.count(summary.kernels)));
    if summary.gpus > 0 {
        parts.push(format!("GPU busy {} %", figures.percent(summary.busy_share())));
    }
    let width_max = style.width.unwrap_or(usize::MAX);
    let title = cut(&summary.title, width_max, figures);
    let mut column = width(&title);
    let mut text = style.paint(BOLD, &title);
    for part in parts {
        // A fact is never cut: what does not fit goes on below.
        let added = width(&dot) + width(&part);
        if column + added > width_max {
            text.push_str(&format!("\n{part}"));
            column = width(&part);
        } else {
            text.push_str(&format!("{dot}{part}"));
            column += added;
        }
    }
    text.push('\n');
    if let Some(idle) = idle_line(stats, figures) {
        text.push_str(&cut(&idle, width_max, figures));
        text.push('\n');
    }
    if let Some(largest) = stats.largest_gaps.first() {
        let at = figures.time(largest.start_ns, style.wall_ns / 1000);
        let idle = figures.duration(largest.gap.dur_ns());
        let host = innermost(&largest.host).map(|host| format!(" in {host}")).unwrap_or_default();
        let line = format!(
            "largest gap {idle} at {at}, {}{host}: {}",
            largest.gap.cause.label(),
            largest.gap.cause.explanation()
        );
        text.push_str(&cut(&line, width_max, figures));
        text.push('\n');
    }
    for lost in &trace.lost {
        text.push_str(&format!("lost: {} {}\n", figures.count(lost.count), lost.what));
    }
    for note in &trace.notes {
        text.push_str(&format!("note: {}\n", note.0));
    }
    if figures.ascii { text.replace('→', "->").chars().map(plain).collect() } else { text }
}

/// Idle time of all GPUs by cause, the largest parts first.
fn idle_line(stats: &Stats, figures: Figures) -> Option<String> {
    let mut causes: Vec<(&str, u64)> = Vec::new();
    for row in &stats.gaps {
        match causes.iter_mut().find(|(label, _)| *label == row.cause.label()) {
            Some((_, ns)) => *ns += row.dur_ns.total,
            None => causes.push((row.cause.label(), row.dur_ns.total)),
        }
    }
    causes.sort_by_key(|&(_, ns)| std::cmp::Reverse(ns));
    let wall_ns = stats.summary.wall_ns.saturating_mul(stats.summary.gpus);
    let parts: Vec<String> =
        (causes.iter().take(5)).map(|&(label, ns)| format!("{label} {} %", figures.percent_of(ns, wall_ns))).collect();
    (!parts.is_empty()).then(|| format!("idle: {}", parts.join(", ")))
}

fn innermost(host: &str) -> Option<&str> {
    host.rsplit(" → ").next().filter(|host| !host.is_empty())
}

/// Names may hold anything; `--ascii` promises that the terminal does not get it.
fn plain(character: char) -> char {
    if character.is_ascii() { character } else { '?' }
}

/// Appends a table, of which at most `top` rows are shown (0: all).
pub fn render(table: &Table, top: usize, style: &Style, out: &mut String) {
    let shown_rows = if top == 0 { table.rows.len() } else { table.rows.len().min(top) };
    let mut columns = chosen(table);
    let cells = |column: usize| -> Vec<String> {
        table.rows[..shown_rows].iter().map(|row| cell(table, row, column, style)).collect()
    };
    let mut texts: Vec<Vec<String>> = columns.iter().map(|&column| cells(column)).collect();
    let width_of = |columns: &[usize], texts: &[Vec<String>]| -> Vec<usize> {
        let widest = |cells: &Vec<String>| cells.iter().map(|cell| width(cell)).max().unwrap_or(0);
        columns
            .iter()
            .zip(texts)
            .map(|(&column, cells)| widest(cells).max(width(table.columns[column].title)))
            .collect()
    };
    let mut widths = width_of(&columns, &texts);
    if let Some(total) = style.width {
        let fixed = |widths: &[usize]| widths[..widths.len() - 1].iter().map(|width| width + 2).sum::<usize>();
        while fixed(&widths) + NAME_MIN.min(widths[widths.len() - 1]) > total {
            let Some(position) = columns.iter().rposition(|&column| table.columns[column].shown == Shown::IfRoom)
            else {
                break;
            };
            columns.remove(position);
            texts.remove(position);
            widths.remove(position);
        }
        let last = widths.len() - 1;
        widths[last] = widths[last].min(total.saturating_sub(fixed(&widths)).max(8));
    }
    let hidden_rows = table.rows.len() - shown_rows;
    let more = if hidden_rows == 0 {
        String::new()
    } else {
        let more = style.figures.count(hidden_rows as u64);
        let tables = if style.takes_tables { format!(" --tables {}", table.key) } else { String::new() };
        let more = format!("  {more} more: --top 0{tables}");
        let room = style.width.unwrap_or(usize::MAX).saturating_sub(width(&table.title));
        style.paint(DIM, &cut(&more, room, style.figures))
    };
    out.push_str(&format!("{}{more}\n", style.paint(BOLD, &table.title)));
    let header = columns.iter().map(|&column| table.columns[column].title.to_owned());
    let header = line(table, &columns, &widths, &header.collect::<Vec<_>>(), style);
    out.push_str(&style.paint(DIM, &header));
    out.push('\n');
    for row in 0..shown_rows {
        let cells: Vec<String> = texts.iter().map(|column| column[row].clone()).collect();
        out.push_str(&line(table, &columns, &widths, &cells, style));
        out.push('\n');
    }
}

/// The columns people see: those without a single value left out, the name moved to the end.
fn chosen(table: &Table) -> Vec<usize> {
    let has_values = |column: usize| {
        table.rows.iter().any(|row| match &row[column] {
            Value::Null => false,
            Value::Text(text) => !text.is_empty(),
            Value::Integer(value) => *value != 0 || table.columns[column].shown == Shown::Always,
            _ => true,
        })
    };
    // Of one GPU everything is that GPU's.
    let same_gpu = |column: usize| {
        let first = table.rows.first().map(|row| &row[column]);
        table.columns[column].key == "gpu" && table.rows.iter().all(|row| Some(&row[column]) == first)
    };
    let shown = |&column: &usize| {
        table.columns[column].shown != Shown::Never
            && has_values(column)
            && (table.key == TableKind::Overlap.key() || !same_gpu(column))
    };
    let mut columns: Vec<usize> = (0..table.columns.len()).filter(shown).collect();
    if let Some(position) = columns.iter().position(|&column| table.columns[column].key == "name") {
        let name = columns.remove(position);
        columns.push(name);
    }
    columns
}

fn line(table: &Table, columns: &[usize], widths: &[usize], cells: &[String], style: &Style) -> String {
    let mut line = String::new();
    for (position, (&column, text)) in columns.iter().zip(cells).enumerate() {
        let last = position + 1 == columns.len();
        let text = cut(text, widths[position], style.figures);
        let padding = " ".repeat(widths[position].saturating_sub(width(&text)));
        match is_text(&table.columns[column]) {
            true if last => line.push_str(&text),
            true => line.push_str(&format!("{text}{padding}  ")),
            false => line.push_str(&format!("{padding}{text}  ")),
        }
    }
    line.truncate(line.trim_end().len());
    line
}

fn is_text(column: &Column) -> bool {
    column.unit == Unit::Text
}

fn cell(table: &Table, row: &[Value], column: usize, style: &Style) -> String {
    let figures = style.figures;
    let Column { unit, key, .. } = table.columns[column];
    match (&row[column], unit) {
        (Value::Null, _) => "-".to_owned(),
        (Value::Text(text), _) => text_cell(table, key, text, style),
        (Value::Integer(value), Unit::DurNs) => figures.duration(*value),
        (Value::Integer(value), Unit::Bytes) => figures.bytes_short(*value),
        (Value::Integer(value), Unit::Number) if quantity_unit(table, row) == "ns" => figures.duration(*value),
        (Value::Integer(value), _) => figures.count(*value),
        (Value::Signed(value), Unit::TimeNs) => figures.time(*value, style.wall_ns / 1000),
        (Value::Signed(value), Unit::ChangeNs) => figures.duration_change(*value),
        (Value::Signed(value), Unit::Number) if quantity_unit(table, row) == "ns" => figures.duration_change(*value),
        (Value::Signed(value), _) => figures.count_change(*value),
        (Value::Float(value), Unit::Share) => figures.percent(*value),
        (Value::Float(value), Unit::Change) => figures.percent_change(*value),
        (Value::Float(value), Unit::BytesPerSecond) => figures.rate(*value),
        (Value::Float(value), _) => figures.quantity(*value, quantity_unit(table, row)),
        (Value::Flag(value), _) => if *value { "yes" } else { "no" }.to_owned(),
    }
}

/// The unit that a row itself names.
fn quantity_unit<'a>(table: &Table, row: &'a [Value]) -> &'a str {
    let position = table.columns.iter().position(|column| column.key == "unit");
    match position.map(|position| &row[position]) {
        Some(Value::Text(unit)) => unit,
        _ => "",
    }
}

fn text_cell(table: &Table, key: &str, text: &str, style: &Style) -> String {
    // The comparison's kernels table has the same key.
    let kernels = [TableKind::Kernels.key(), TableKind::Occupancy.key()];
    let mut text = match style.width {
        Some(_) if key == "name" && kernels.contains(&table.key) => compact_name(text).into_owned(),
        Some(_) if key != "name" => cut(text, TEXT_MAX, style.figures),
        _ => demangle(text).into_owned(),
    };
    if style.figures.ascii {
        text = text.replace('→', "->").chars().map(plain).collect();
    }
    // A name must not break the table, nor reach the terminal as a command.
    if text.contains(char::is_control) {
        text = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    }
    text
}

/// Cells of the terminal that a text takes.
fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// `text` in at most `columns` cells, with a mark where it was cut.
fn cut(text: &str, columns: usize, figures: Figures) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mark = figures.ellipsis();
    let room = columns.saturating_sub(width(mark));
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += unicode_width::UnicodeWidthChar::width(character).unwrap_or(0);
        if used > room {
            break;
        }
        kept.push(character);
    }
    kept.push_str(mark);
    kept
}

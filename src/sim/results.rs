//! What a launch left in its buffers: held against expectations, written to files, shown as text.

use std::fmt::Write as _;
use std::path::PathBuf;

use rustg_simulator::launch::{Buffer, Class, Comparison, Element, Initialiser, LaunchError, Tolerance, compare, npy};
use serde_json::{Value, json};

use super::plan::Plan;
use crate::failure::Failure;

/// A buffer and what it holds after the launch.
pub struct Held {
    /// The buffer.
    pub buffer: Buffer,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The buffers that the plan wants to see, by place among the launch's buffers. A name that is none of them is refused before the launch.
pub fn wanted(plan: &Plan, buffers: &[Buffer]) -> Result<Vec<usize>, Failure> {
    let asked = plan.expectations.iter().map(|(name, _)| ("--expect", name));
    let asked = asked.chain(plan.dumps.iter().map(|(name, _)| ("--dump", name)));
    let mut places = Vec::new();
    for (option, name) in asked {
        let place = buffers.iter().position(|buffer| buffer.name == *name).ok_or_else(|| {
            let names: Vec<&str> = buffers.iter().map(|buffer| buffer.name.as_str()).collect();
            let known =
                if names.is_empty() { "there is none".into() } else { format!("there are {}", names.join(", ")) };
            Failure::input(format_args!("{option} {name}: no argument's buffer is called so; {known}"))
        })?;
        places.push(place);
    }
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

/// The expectations' bytes, read before the launch so that a missing file is told at once: the buffer's name, the words, the bytes.
pub fn expected(plan: &Plan, buffers: &[Buffer]) -> Result<Vec<(String, String, Vec<u8>)>, Failure> {
    let mut all = Vec::new();
    for (name, words) in &plan.expectations {
        let fail = |error: LaunchError| Failure::input(error.of(format_args!("--expect {name}={words}")));
        let buffer = buffers.iter().find(|buffer| buffer.name == *name);
        let Some(buffer) = buffer else { continue };
        let count = (buffer.size_bytes / buffer.element.size_bytes() as u64) as usize;
        let initialiser = Initialiser::parse(words).map_err(fail)?;
        let bytes = initialiser.bytes(buffer.element, count, 0, &plan.folder).map_err(fail)?;
        let bytes = bytes.ok_or_else(|| fail(LaunchError::new("uninitialised memory equals nothing")))?;
        all.push((name.clone(), words.clone(), bytes));
    }
    Ok(all)
}

/// Compares; one entry an expectation, in their order.
pub fn check(
    expected: &[(String, String, Vec<u8>)],
    held: &[Held],
    tolerance: Tolerance,
) -> Vec<(String, String, Comparison)> {
    let find = |name: &str| held.iter().find(|held| held.buffer.name == name);
    (expected.iter())
        .filter_map(|(name, words, bytes)| {
            let held = find(name)?;
            let comparison = compare(&held.bytes, bytes, held.buffer.element, &held.buffer.shape, tolerance);
            Some((name.clone(), words.clone(), comparison))
        })
        .collect()
}

/// Writes the dumps that go to files.
pub fn write_files(dumps: &[(String, Option<PathBuf>)], held: &[Held]) -> Result<(), Failure> {
    for (name, path) in dumps {
        let (Some(path), Some(held)) = (path, held.iter().find(|held| held.buffer.name == *name)) else { continue };
        let is_npy = path.extension().is_some_and(|extension| extension == "npy");
        let written = match is_npy {
            true => std::fs::write(path, npy::write(held.buffer.element, &held.buffer.shape, &held.bytes)),
            false => std::fs::write(path, &held.bytes),
        };
        written.map_err(|error| Failure::output(path.display(), &error))?;
    }
    Ok(())
}

/// The dumps that go to standard output: a heading, then a line a row.
pub fn text(dumps: &[(String, Option<PathBuf>)], held: &[Held]) -> String {
    let mut text = String::new();
    for Held { buffer, bytes } in shown(dumps, held) {
        let shape: Vec<String> = buffer.shape.iter().map(u64::to_string).collect();
        let _ = writeln!(text, "{} = {}[{}]", buffer.name, buffer.element.name(), shape.join(","));
        // Long rows are broken where a terminal would break them.
        let row = buffer.shape.last().map_or(1, |&last| last.max(1) as usize);
        let numbers: Vec<String> = (0..bytes.len() / buffer.element.size_bytes())
            .map(|index| shown_number(buffer.element, bytes, index))
            .collect();
        let width = numbers.iter().map(String::len).max().unwrap_or(1);
        let per_line = (96 / (width + 1)).clamp(1, row);
        for line in numbers.chunks(row).flat_map(|row| row.chunks(per_line)) {
            let padded: Vec<String> = line.iter().map(|number| format!("{number:>width$}")).collect();
            let _ = writeln!(text, "{}", padded.join(" "));
        }
    }
    text
}

fn shown_number(element: Element, bytes: &[u8], index: usize) -> String {
    element.show(element.at(bytes, index))
}

/// The dumps to standard output as JSON: type, shape, numbers; what is no JSON number (infinities, NaN) is text.
pub fn dumps_json(dumps: &[(String, Option<PathBuf>)], held: &[Held]) -> Value {
    let mut object = serde_json::Map::new();
    for Held { buffer, bytes } in shown(dumps, held) {
        let count = bytes.len() / buffer.element.size_bytes();
        let values: Vec<Value> =
            (0..count).map(|index| number(buffer.element, buffer.element.at(bytes, index))).collect();
        object.insert(
            buffer.name.clone(),
            json!({ "type": buffer.element.name(), "shape": buffer.shape, "values": values }),
        );
    }
    Value::Object(object)
}

fn shown<'a>(dumps: &'a [(String, Option<PathBuf>)], held: &'a [Held]) -> impl Iterator<Item = &'a Held> {
    let to_stdout = dumps.iter().filter(|(_, path)| path.is_none());
    to_stdout.filter_map(|(name, _)| held.iter().find(|held| held.buffer.name == *name))
}

/// The comparisons as JSON.
pub fn comparisons_json(comparisons: &[(String, String, Comparison)]) -> Value {
    let one = |(name, words, comparison): &(String, String, Comparison)| {
        let difference = |difference: &Option<rustg_simulator::launch::Difference>| {
            difference.map(|found| {
                json!({
                    "index": found.index,
                    "have": number(comparison.element, found.have),
                    "want": number(comparison.element, found.want),
                    "ulp": found.ulp,
                })
            })
        };
        json!({
            "buffer": name,
            "expected": words,
            "holds": comparison.holds(),
            "elements": comparison.count,
            "differing": comparison.differing,
            "first": difference(&comparison.first),
            "worst": difference(&comparison.worst),
        })
    };
    comparisons.iter().map(one).collect()
}

fn number(element: Element, bits: u64) -> Value {
    if element.class() != Class::Float {
        return match i64::try_from(element.integer(bits)) {
            Ok(number) => json!(number),
            Err(_) => json!(bits),
        };
    }
    let value = element.number(bits);
    if !value.is_finite() {
        return json!(value.to_string());
    }
    // The shortest decimal that gives the same number of its own type.
    element.show(bits).parse::<f64>().map_or(Value::Null, |number| json!(number))
}

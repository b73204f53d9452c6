//! Findings as SARIF 2.1.0 (OASIS standard), which code hosts show beside the lines.

use serde_json::{Value, json as value};

use super::replay;
use crate::check::finding::{Finding, Findings, RULES, Severity, Spot};
use crate::check::subject::Subject;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A SARIF log of one run.
pub fn sarif(findings: &Findings, subject: &Subject<'_>) -> Value {
    let rules: Vec<_> = (RULES.iter())
        .map(|rule| {
            value!({
                "id": rule.code,
                "shortDescription": { "text": rule.meaning },
                "properties": { "check": rule.check.name() },
            })
        })
        .collect();
    let notifications: Vec<_> =
        findings.limits.iter().map(|limit| value!({ "level": "note", "message": { "text": limit } })).collect();
    value!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "rustg sim", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notifications }],
            "results": findings.findings.iter().map(|finding| result(finding, subject)).collect::<Vec<_>>(),
            "columnKind": "unicodeCodePoints",
            "properties": { "seed": subject.seed, "replay": subject.replay },
        }],
    })
}

fn result(finding: &Finding, subject: &Subject<'_>) -> Value {
    let rule = RULES.iter().position(|rule| rule.code == finding.rule.code);
    let text =
        std::iter::once(&finding.message).chain(&finding.notes).chain(&finding.help).cloned().collect::<Vec<_>>();
    let mut result = value!({
        "ruleId": finding.rule.code,
        "ruleIndex": rule,
        "level": if finding.severity == Severity::Error { "error" } else { "warning" },
        "message": { "text": format!("{}. {}", text.join(". "), replay(subject)) },
        "occurrenceCount": finding.count,
        "locations": finding.spots.first().map(|spot| location(spot, subject, None)).into_iter().collect::<Vec<_>>(),
    });
    // Other places, and where the code of each was inlined.
    let mut related = Vec::new();
    for (index, spot) in finding.spots.iter().enumerate() {
        if index > 0 {
            related.push(location(spot, subject, Some(&spot.label)));
        }
        for frame in spot.place.frames.iter().skip(1) {
            related.push(physical(&frame.path, frame.line, frame.column, Some("inlined here")));
        }
    }
    if !related.is_empty() {
        result["relatedLocations"] = Value::Array(related);
    }
    result
}

fn location(spot: &Spot, subject: &Subject<'_>, message: Option<&str>) -> Value {
    let line = spot.place.line(subject.path);
    let mut location = physical(&line.path, line.line, line.column, message);
    location["logicalLocations"] = value!([{ "name": spot.place.function, "kind": "function" }]);
    location
}

fn physical(path: &str, line: u32, column: u32, message: Option<&str>) -> Value {
    let mut region = value!({ "startLine": line.max(1) });
    if column > 0 {
        region["startColumn"] = column.into();
    }
    let mut location = value!({ "physicalLocation": { "artifactLocation": { "uri": uri(path) }, "region": region } });
    if let Some(message) = message {
        location["message"] = value!({ "text": message });
    }
    location
}

/// A path as a URI reference: bytes that RFC 3986 does not allow in a path are escaped.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' | b'+' => uri.push(byte as char),
            b'\\' => uri.push('/'),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

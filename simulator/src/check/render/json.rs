//! Findings as one JSON object. Keys are stable; new ones may be added.

use serde_json::{Value, json as value};

use super::{action, scope};
use crate::check::finding::{Finding, Findings, Involved, Severity, Spot};
use crate::check::subject::Subject;

/// All findings: `seed`, `replay`, `findings`, `limits`.
pub fn json(findings: &Findings, subject: &Subject<'_>) -> Value {
    let all: Vec<_> = findings.findings.iter().map(|finding| one(finding, subject)).collect();
    value!({
        "version": 1,
        "path": subject.path,
        "seed": subject.seed,
        "replay": subject.replay,
        "grid": subject.grid,
        "block": subject.block,
        "findings": all,
        "limits": findings.limits,
    })
}

fn one(finding: &Finding, subject: &Subject<'_>) -> Value {
    value!({
        "code": finding.rule.code,
        "check": finding.rule.check.name(),
        "severity": if finding.severity == Severity::Error { "error" } else { "warning" },
        "message": finding.message,
        "count": finding.count,
        "address": finding.address,
        "places": finding.spots.iter().map(|spot| place(spot, subject)).collect::<Vec<_>>(),
        "threads": finding.involved.iter().map(|one| involved(one, subject)).collect::<Vec<_>>(),
        "notes": finding.notes,
        "help": finding.help,
    })
}

fn place(spot: &Spot, subject: &Subject<'_>) -> Value {
    let place = &spot.place;
    let frames: Vec<_> = (place.frames.iter())
        .map(|frame| value!({ "path": frame.path, "line": frame.line, "column": frame.column }))
        .collect();
    value!({
        "label": spot.label,
        "function": place.function,
        "ptx": { "path": subject.path, "line": place.ptx_line, "instruction": place.instruction },
        "source": frames.first(),
        "inlined_at": frames.iter().skip(1).collect::<Vec<_>>(),
    })
}

fn involved(one: &Involved, subject: &Subject<'_>) -> Value {
    let lane = one.lanes.trailing_zeros().min(31);
    let access = one.access.map(|access| {
        value!({
            "action": action(access.kind),
            "scope": scope(access.scope),
            "size_bytes": access.size_bytes,
            "value": access.value,
        })
    });
    value!({
        "block": subject.block_index(one.site.block),
        "thread": subject.thread_index(one.site.warp, lane),
        "warp": one.site.warp,
        "lanes": one.lanes,
        "step": one.site.step,
        "access": access,
    })
}

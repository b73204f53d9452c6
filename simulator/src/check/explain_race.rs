//! Races in words.

use rustg_base::LineIndex;

use super::finding::{self, Finding, Involved, InvolvedAccess, Rule, Severity, Spot};
use super::race::{Race, RaceKind, RaceSide};
use super::subject::Subject;
use crate::observe::{AccessKind, Scope, Space};

/// A race as a finding.
pub(super) fn explain(race: &Race, subject: &Subject<'_>, lines: &LineIndex) -> Finding {
    let what = match race.space {
        Space::Shared => subject.shared(race.address),
        _ => subject.global(race.address),
    };
    let memory = if race.space == Space::Shared { "shared" } else { "global" };
    let same_value = race.first.value.is_some() && race.first.value == race.second.value;
    let harmless = same_value && race.first.kind.writes() && race.second.kind.writes();
    let spot = |side: &RaceSide| Spot { place: subject.place(side.site.pc, lines), label: describe(side, subject) };
    let (mut spots, mut involved) = (vec![spot(&race.second)], vec![side(&race.second), side(&race.first)]);
    if race.kind == RaceKind::SameInstruction {
        spots[0].label = format!(
            "lanes {} and {} of one warp write the same bytes here{}",
            race.first.lane,
            race.second.lane,
            values(race)
        );
        involved.reverse();
    } else {
        spots.push(spot(&race.first));
    }
    let (rule, message) = headline(race, memory, &what);
    Finding {
        rule,
        severity: if harmless { Severity::Warning } else { Severity::Error },
        message,
        spots,
        notes: notes(race, harmless),
        help: help(race),
        involved,
        address: Some(race.address),
        count: race.count,
    }
}

fn side(side: &RaceSide) -> Involved {
    let RaceSide { kind, scope, value, .. } = *side;
    let access = InvolvedAccess { kind, scope, size_bytes: u32::from(side.size_bytes), value };
    Involved { site: side.site, lanes: 1 << side.lane, access: Some(access) }
}

fn headline(race: &Race, memory: &str, what: &str) -> (Rule, String) {
    let (first, second) = (verb(&race.first), verb(&race.second));
    let threads = relation(race);
    match race.kind {
        RaceKind::Data => (
            finding::RACE,
            format!("data race in {memory} memory: {what} is {first} and {second} by {threads}, unordered"),
        ),
        RaceKind::Scope => (
            finding::RACE_SCOPE,
            format!(
                "scope race in {memory} memory: {what} is {first} and {second} by {threads} with a scope too narrow"
            ),
        ),
        RaceKind::MixedSize => (
            finding::RACE_MIXED_SIZE,
            format!(
                "mixed-size race in {memory} memory: {what} is {first} and {second} by {threads} in different sizes"
            ),
        ),
        RaceKind::AsyncCopy => (
            finding::RACE_ASYNC,
            format!(
                "race with an asynchronous copy in {memory} memory: {what} is {second} before the copy was waited for"
            ),
        ),
        RaceKind::SameInstruction => (
            finding::RACE_SAME_INSTRUCTION,
            format!("race in {memory} memory: {what} is written by several lanes with one instruction"),
        ),
    }
}

fn verb(side: &RaceSide) -> &'static str {
    match (side.kind, side.scope) {
        (AccessKind::Atomic | AccessKind::Reduction, _) => "updated atomically",
        (AccessKind::Load | AccessKind::AsyncRead, _) => "read",
        (AccessKind::Store | AccessKind::AsyncWrite, _) => "written",
    }
}

fn relation(race: &Race) -> &'static str {
    let (first, second) = (race.first.site, race.second.site);
    if first.block != second.block {
        "threads of two blocks"
    } else if first.warp != second.warp {
        "two warps of a block"
    } else {
        "two lanes of a warp"
    }
}

fn describe(side: &RaceSide, subject: &Subject<'_>) -> String {
    let does = match side.kind {
        AccessKind::Load => "reads",
        AccessKind::Store => "writes",
        AccessKind::Atomic | AccessKind::Reduction => "atomically updates",
        AccessKind::AsyncRead => "starts an asynchronous copy that reads",
        AccessKind::AsyncWrite => "starts an asynchronous copy that writes",
    };
    let strength = match side.scope {
        Scope::None => "",
        Scope::Block => " (strong, scope `cta`)",
        Scope::Cluster => " (strong, scope `cluster`)",
        Scope::Gpu => " (strong, scope `gpu`)",
        Scope::System => " (strong, scope `sys`)",
    };
    let plural = if side.size_bytes == 1 { "" } else { "s" };
    let value = side.value.map_or_else(String::new, |value| format!(", value {value:#x}"));
    format!(
        "{} {does} {} byte{plural}{strength}{value} (warp {}, lane {}, step {})",
        subject.thread(side.site, side.lane),
        side.size_bytes,
        side.site.warp,
        side.lane,
        side.site.step
    )
}

fn values(race: &Race) -> String {
    match (race.first.value, race.second.value) {
        (Some(first), Some(second)) => format!(": {first:#x} and {second:#x}"),
        _ => String::new(),
    }
}

fn notes(race: &Race, harmless: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let (first, second) = (&race.first, &race.second);
    if harmless {
        notes.push(
            "both write the same value, so the result is the same today; the memory model still calls it a race"
                .to_owned(),
        );
    }
    let same_warp = first.site.block == second.site.block && first.site.warp == second.site.warp;
    if same_warp && matches!(race.kind, RaceKind::Data) {
        notes.push(
            "lanes of a warp need not execute in lockstep: without a barrier between them, different instructions are unordered"
                .to_owned(),
        );
    }
    let atomic = |side: &RaceSide| matches!(side.kind, AccessKind::Atomic | AccessKind::Reduction);
    if race.kind == RaceKind::Data && atomic(first) != atomic(second) {
        notes.push("an atomic is no protection against an ordinary access to the same bytes".to_owned());
    } else if race.kind == RaceKind::Data && (first.scope == Scope::None) != (second.scope == Scope::None) {
        notes.push(
            "a volatile or relaxed access is no protection against an ordinary access to the same bytes".to_owned(),
        );
    }
    notes
}

fn help(race: &Race) -> Vec<String> {
    let (first, second) = (&race.first, &race.second);
    let (same_block, shared) = (first.site.block == second.site.block, race.space == Space::Shared);
    let same_warp = same_block && first.site.warp == second.site.warp;
    let strong = |side: &RaceSide| side.scope != Scope::None;
    let text = match race.kind {
        RaceKind::Scope => {
            let scope = if first.site.block == second.site.block { "block" } else { "device" };
            format!("give both accesses at least {scope} scope (`.{}`)", if scope == "block" { "cta" } else { "gpu" })
        }
        RaceKind::MixedSize => "access the location with one size everywhere, or order the accesses".to_owned(),
        RaceKind::AsyncCopy if same_block => {
            "wait for the copy (`cp.async.wait_group` or `wait_all`, or its mbarrier) in the thread that started it, then add a `__syncthreads()` if other threads use the data"
                .to_owned()
        }
        RaceKind::SameInstruction => "let one lane write, or use an atomic".to_owned(),
        _ if strong(first) != strong(second) => {
            "make the ordinary access atomic or volatile too, or order the two".to_owned()
        }
        _ if same_warp => "add `__syncwarp()` between the two accesses".to_owned(),
        _ if same_block => "add `__syncthreads()` between the two accesses, reached by all threads of the block".to_owned(),
        _ if shared => "synchronise the cluster (`cluster.sync()`) between the two accesses".to_owned(),
        _ => "order the blocks with a release and an acquire (`__threadfence()` and an atomic flag at both ends), a grid-wide barrier, or two launches"
            .to_owned(),
    };
    vec![text]
}

//! Faults of the machine in words.

use rustg_base::LineIndex;

use super::finding::{self, Finding, Involved, Rule, Severity, Spot};
use super::subject::Subject;
use crate::observe::{AccessKind, AllocationInfo, Fault, FaultKind, Site, Space, WaitReason, Waiter, shared_offset};

/// What a fault comes to.
struct Words {
    rule: Rule,
    message: String,
    label: String,
    notes: Vec<String>,
    help: Vec<String>,
    address: Option<u64>,
}

fn words(rule: Rule, message: impl Into<String>, label: impl Into<String>) -> Words {
    let (message, label) = (message.into(), label.into());
    Words { rule, message, label, notes: Vec::new(), help: Vec::new(), address: None }
}

impl Words {
    fn note(mut self, note: impl Into<String>) -> Words {
        self.notes.push(note.into());
        self
    }

    fn help(mut self, help: impl Into<String>) -> Words {
        self.help.push(help.into());
        self
    }

    fn at(mut self, address: u64) -> Words {
        self.address = Some(address);
        self
    }
}

/// A fault that happened `count` times as a finding.
pub(super) fn explain(site: Site, fault: &Fault, count: u64, subject: &Subject<'_>, lines: &LineIndex) -> Finding {
    let lane = fault.lanes.trailing_zeros().min(31);
    let who = subject.thread(site, lane);
    let Words { rule, message, label, notes, help, address } = word(fault, &who, subject, lines);
    let mut spots = vec![Spot { place: subject.place(site.pc, lines), label }];
    let mut involved = vec![Involved { site, lanes: fault.lanes, access: None }];
    if let FaultKind::Deadlock { waiting } = &fault.kind {
        waiters(waiting, subject, lines, &mut spots, &mut involved);
    }
    Finding { rule, severity: Severity::Error, message, spots, notes, help, involved, address, count }
}

fn word(fault: &Fault, who: &str, subject: &Subject<'_>, lines: &LineIndex) -> Words {
    let lanes = Subject::lanes(fault.lanes);
    match &fault.kind {
        FaultKind::OutOfBounds { space, kind, address, size_bytes, nearest } => {
            bounds(*space, *kind, *address, *size_bytes, nearest.as_ref(), who, subject)
        }
        FaultKind::Misaligned { space, kind, address, align_bytes } => words(
            finding::MISALIGNED,
            format!("misaligned {} of {} memory", noun(*kind), space_name(*space)),
            format!("{who} uses address {address:#x}, which is no multiple of {align_bytes}"),
        )
        .note(format!("an access of {align_bytes} bytes needs an address that is a multiple of {align_bytes}"))
        .help("align the base and the index, or access the elements one by one")
        .at(*address),
        FaultKind::ReadOnly { space, address } => words(
            finding::READ_ONLY,
            format!("store to {} memory, which is read-only", space_name(*space)),
            format!("{who} writes to {address:#x}"),
        )
        .at(*address),
        FaultKind::DivisionByZero => words(
            finding::DIVISION_BY_ZERO,
            "integer division by zero",
            format!("{who} ({lanes}) divides by zero"),
        )
        .note("hardware does not trap: the result is unspecified (all bits set, mostly), and the program goes on with it")
        .help("check the divisor before the division"),
        FaultKind::ShuffleInactive { sources } => words(
            finding::SHUFFLE_INACTIVE,
            "shuffle reads a lane that does not take part",
            format!("{who} ({lanes}) reads {}, which did not execute this shuffle", Subject::lanes(*sources)),
        )
        .note("the value read is undefined")
        .help("let all source lanes execute the shuffle, and name them in its mask"),
        FaultKind::BadMask { mask, active, ended } => bad_mask(*mask, *active, *ended, who),
        FaultKind::BarrierDivergence { barrier, live } => words(
            finding::DIVERGENT_BARRIER,
            format!("barrier {barrier} reached by a part of a warp"),
            format!("{who} is here with {} of the warp's {} live lanes", fault.lanes.count_ones(), live.count_ones()),
        )
        .note("`__syncthreads()` is an aligned barrier: all lanes of a warp must reach the same one together; hardware may hang or corrupt the barrier")
        .help("move the barrier out of the divergent branch, so that every thread reaches it"),
        FaultKind::BadBarrier { reason } => words(finding::BAD_BARRIER, format!("wrong use of a barrier: {reason}"), who),
        FaultKind::Deadlock { waiting } => deadlock(waiting, subject, lines),
        FaultKind::Unsupported { what } => words(
            finding::UNSUPPORTED,
            format!("the simulator does not execute {what}"),
            format!("{who} reaches it"),
        ),
        FaultKind::StepBudget { steps } => words(
            finding::STEP_BUDGET,
            format!("the launch executed more than {steps} warp instructions"),
            format!("{who} was here then"),
        )
        .help("a loop that never ends, or a budget too small (`--steps`)"),
        FaultKind::MemoryLimit { limit_bytes } => words(
            finding::MEMORY_LIMIT,
            format!("the launch needs more than {limit_bytes} bytes of memory"),
            format!("{who} asks for more here"),
        )
        .help("raise the limit (`--memory`)"),
        FaultKind::StackOverflow { limit_bytes } => words(
            finding::STACK_OVERFLOW,
            format!("calls nest deeper than the stack of {limit_bytes} bytes allows"),
            format!("{who} calls once too often"),
        ),
        FaultKind::Interrupted => words(finding::INTERRUPTED, "the launch was interrupted", format!("{who} was here then")),
        FaultKind::Trap => words(finding::TRAP, "the program trapped", format!("{who} executes a trap")),
        FaultKind::Assertion { message, file, line, function } => words(
            finding::ASSERTION,
            format!("assertion failed: {message}"),
            format!("{who} fails it"),
        )
        .note(format!("asserted at {file}:{line}, in `{function}`")),
        FaultKind::BadTarget { target } => words(
            finding::BAD_TARGET,
            "indirect call or branch to something that is no code",
            format!("{who} jumps to {target:#x}"),
        ),
        FaultKind::BadFree { address, nearest } => {
            let told = words(finding::BAD_FREE, "free of something that `malloc` did not give", format!("{who} frees {address:#x}"));
            match nearest {
                Some(info) if info.freed => told.note(format!("{} was freed before", name(info))),
                Some(info) => told.note(format!("the pointer lies in {}", name(info))),
                None => told,
            }
            .at(*address)
        }
        FaultKind::BadMbarrier { address, reason } => words(
            finding::BAD_MBARRIER,
            format!("wrong use of an mbarrier: {reason}"),
            format!("{who}, on the object {}", subject.shared(u64::from(shared_offset(*address)))),
        )
        .at(*address),
        FaultKind::RanOffEnd => {
            words(finding::RAN_OFF_END, "control ran past the end of the function", format!("{who} was last here"))
        }
    }
}

fn bounds(
    space: Space,
    kind: AccessKind,
    address: u64,
    size_bytes: u32,
    nearest: Option<&AllocationInfo>,
    who: &str,
    subject: &Subject<'_>,
) -> Words {
    let does = if kind.writes() { "writes" } else { "reads" };
    let freed = nearest.is_some_and(|info| info.freed && inside(info, address));
    let (what, distance) = match nearest {
        Some(info) if freed => (name(info), format!("inside {}, which has been freed", name(info))),
        Some(info) => (name(info), distance(info, address, size_bytes)),
        None if space == Space::Shared => {
            let end = subject.shared.iter().map(|(_, start, size)| start + size).max().unwrap_or(0);
            ("shared memory".to_owned(), format!("outside the block's shared memory ({end} bytes have names)"))
        }
        None => (format!("{} memory", space_name(space)), "no allocation is near".to_owned()),
    };
    let rule = if freed { finding::USE_AFTER_FREE } else { finding::OUT_OF_BOUNDS };
    let told = if freed {
        format!("{} of {what} after it was freed", noun(kind))
    } else {
        format!("out-of-bounds {} of {} memory, {distance}", noun(kind), space_name(space))
    };
    words(rule, told, format!("{who} {does} {size_bytes} bytes at {address:#x}"))
        .note(distance)
        .help("check the index against the size before the access")
        .at(address)
}

fn inside(info: &AllocationInfo, address: u64) -> bool {
    (info.address..info.address + info.size_bytes).contains(&address)
}

fn name(info: &AllocationInfo) -> String {
    format!("`{}` ({} bytes)", info.name, info.size_bytes)
}

/// How far an access is from an allocation: "4 bytes past the end of `y` (4096 bytes)".
fn distance(info: &AllocationInfo, address: u64, size_bytes: u32) -> String {
    let end = info.address + info.size_bytes;
    let bytes = |count: u64| if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") };
    if address >= end {
        match address - end {
            0 => format!("right behind the end of {}", name(info)),
            past => format!("{} past the end of {}", bytes(past), name(info)),
        }
    } else if address < info.address {
        format!("{} before the start of {}", bytes(info.address - address), name(info))
    } else {
        let over = (address + u64::from(size_bytes)).saturating_sub(end);
        format!("its last {} past the end of {}", bytes(over), name(info))
    }
}

fn bad_mask(mask: u32, active: u32, ended: u32, who: &str) -> Words {
    let (message, label) = if active & !mask != 0 {
        let outside = Subject::lanes(active & !mask);
        ("warp operation by a lane that its mask does not name", format!("{outside} are not in the mask {mask:#010x}"))
    } else {
        let absent = Subject::lanes(ended);
        (
            "warp operation whose mask names lanes that have ended",
            format!("{absent} of the mask {mask:#010x} have ended"),
        )
    };
    words(finding::BAD_MASK, message, format!("{who}: {label}")).note(format!("executing lanes: {active:#010x}")).help(
        "compute the mask with `__ballot_sync` or `__activemask()` before lanes leave, and pass it to all of them",
    )
}

fn deadlock(waiting: &[Waiter], subject: &Subject<'_>, lines: &LineIndex) -> Words {
    let threads: u32 = waiting.iter().map(|waiter| waiter.lanes.count_ones()).sum();
    let label = waiting.first().map_or_else(String::new, |waiter| waits(waiter, subject));
    let mut told = words(finding::DEADLOCK, format!("deadlock: {threads} threads wait and none can go on"), label);
    // One sentence for each place and reason.
    let mut groups: Vec<(u32, &WaitReason, u32, &Waiter)> = Vec::new();
    for waiter in waiting {
        let like =
            |group: &&mut (u32, &WaitReason, u32, &Waiter)| group.0 == waiter.site.pc && group.1 == &waiter.reason;
        match groups.iter_mut().find(like) {
            Some(group) => group.2 += waiter.lanes.count_ones(),
            None => groups.push((waiter.site.pc, &waiter.reason, waiter.lanes.count_ones(), waiter)),
        }
    }
    for (pc, reason, threads, waiter) in groups.into_iter().take(8) {
        let at = subject.place(pc, lines).line(subject.path);
        told = told.note(format!(
            "{threads} threads (among them {}) wait at {at} {}",
            subject.thread(waiter.site, waiter.lanes.trailing_zeros().min(31)),
            why(reason)
        ));
    }
    told.help("let all threads that a barrier waits for reach it, on every path")
}

fn waits(waiter: &Waiter, subject: &Subject<'_>) -> String {
    format!("{} waits {}", subject.thread(waiter.site, waiter.lanes.trailing_zeros().min(31)), why(&waiter.reason))
}

fn why(reason: &WaitReason) -> String {
    match reason {
        WaitReason::Barrier { barrier, arrived, expected } => {
            format!("for barrier {barrier}, which {arrived} of {expected} threads have reached")
        }
        WaitReason::WarpSync { mask, missing } => {
            format!("for {} of the mask {mask:#010x}, which are elsewhere", Subject::lanes(*missing))
        }
        WaitReason::Cluster { arrived, expected } => {
            format!("for the cluster's barrier, which {arrived} of {expected} threads have reached")
        }
        WaitReason::Grid => "for the grid's barrier".to_owned(),
    }
}

/// The other places of a deadlock as spots of their own.
fn waiters(
    waiting: &[Waiter],
    subject: &Subject<'_>,
    lines: &LineIndex,
    spots: &mut Vec<Spot>,
    involved: &mut Vec<Involved>,
) {
    let Some(first) = waiting.first() else { return };
    spots[0].place = subject.place(first.site.pc, lines);
    involved[0] = Involved { site: first.site, lanes: first.lanes, access: None };
    for waiter in &waiting[1..] {
        if spots.len() < 8 && spots.iter().all(|spot| spot.place.pc != waiter.site.pc) {
            spots.push(Spot { place: subject.place(waiter.site.pc, lines), label: waits(waiter, subject) });
            involved.push(Involved { site: waiter.site, lanes: waiter.lanes, access: None });
        }
    }
}

fn noun(kind: AccessKind) -> &'static str {
    match kind {
        AccessKind::Load => "read",
        AccessKind::Store => "write",
        AccessKind::Atomic | AccessKind::Reduction => "atomic",
        AccessKind::AsyncRead => "asynchronous read",
        AccessKind::AsyncWrite => "asynchronous write",
    }
}

fn space_name(space: Space) -> &'static str {
    match space {
        Space::Global => "global",
        Space::Shared => "shared",
        Space::Local => "local",
        Space::Const => "constant",
        Space::Param => "parameter",
    }
}

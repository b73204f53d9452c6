//! Panics of kernels that rustg compiled: the record that the first one leaves, and where it came from.
//!
//! `rustg-codegen` documents the record: its address is the kernel's last parameter, and the cold blocks that write it end in one block labelled
//! [`RECORD_LABEL`]. What is said at a panic stands in the compilation, not in PTX; the place is found here by the branch to the cold block.

use rustg_base::LineIndex;
use rustg_ptx::{Function, Module, Opcode, Operand};

use super::finding::{self, Finding, Involved, Severity, Spot};
use super::subject::Subject;
use crate::observe::Site;

/// Bytes of a record.
pub const PANIC_RECORD_BYTES: usize = 64;
/// The block that writes records.
const RECORD_LABEL: &str = "$L_record";
/// The state of a record that is complete.
const COMPLETE: u32 = 2;

/// The first panic of a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PanicRecord {
    /// The number of the place that panicked.
    pub site: u32,
    /// The block's coordinates.
    pub block: [u32; 3],
    /// The thread's coordinates in its block.
    pub thread: [u32; 3],
    /// What the panic reports, as bits.
    pub values: [u64; 4],
}

impl PanicRecord {
    /// Reads a record; nothing when no thread has panicked, or the bytes are too few.
    pub fn read(bytes: &[u8]) -> Option<PanicRecord> {
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let long = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        (word(0)? == COMPLETE).then_some(())?;
        Some(PanicRecord {
            site: word(4)?,
            block: [word(8)?, word(12)?, word(16)?],
            thread: [word(20)?, word(24)?, word(28)?],
            values: [long(32)?, long(40)?, long(48)?, long(56)?],
        })
    }

    /// The panic as a finding of the kernel `kernel`.
    pub fn explain(&self, kernel: &str, subject: &Subject<'_>) -> Finding {
        let lines = LineIndex::new(subject.text);
        let module = subject.module;
        let function = module.find_function(kernel).map(|id| &module.functions[id.index()]);
        let pc = function
            .map_or(0, |function| branch_to(module, function, self.site).unwrap_or(function.instructions.start));
        let linear = |at: [u32; 3], size: [u32; 3]| {
            let [x, y, _] = size.map(|axis| axis.max(1));
            at[0].wrapping_add(x.wrapping_mul(at[1].wrapping_add(y.wrapping_mul(at[2]))))
        };
        let thread = linear(self.thread, subject.block);
        let block = linear(self.block, subject.grid);
        let site = Site { block, warp: (thread / 32) as u16, function: 0, pc, step: 0 };
        let place = subject.place(pc, &lines);
        let words: Vec<String> = (self.values.iter()).map(|value| format!("{value:#x}")).collect();
        let known = self.values.iter().rposition(|value| *value != 0).map_or(0, |last| last + 1);
        let mut notes =
            vec![format!("the first panic of the launch is told; it is number {} of the compilation", self.site)];
        if known > 0 {
            notes.push(format!("it reports {}", words[..known].join(", ")));
        }
        Finding {
            rule: finding::PANIC,
            severity: Severity::Error,
            message: format!("the kernel panicked at {}", place.line(subject.path)),
            spots: vec![Spot { place, label: format!("{} panics here", subject.thread(site, thread % 32)) }],
            notes,
            help: Vec::new(),
            involved: vec![Involved { site, lanes: 1 << (thread % 32), access: None }],
            address: None,
            count: 1,
        }
    }
}

/// Whether a kernel writes panic records, so that its last parameter is the record's address.
pub fn writes_panic_records(module: &Module, function: &Function) -> bool {
    label(module, function, RECORD_LABEL).is_some()
        && module.parameters_of(function).last().is_some_and(|last| last.size_bytes == 8)
}

/// The instruction that a label of the function stands before.
fn label(module: &Module, function: &Function, name: &str) -> Option<u32> {
    let of_function = |at: u32| function.instructions.contains(&at);
    (module.labels.iter())
        .find(|label| of_function(label.instruction) && module.name(label.name) == name)
        .map(|label| label.instruction)
}

/// The branch to the cold block of a site: the block begins with a move of the site's number, and ends at the record's.
fn branch_to(module: &Module, function: &Function, site: u32) -> Option<u32> {
    let record = label(module, function, RECORD_LABEL)?;
    let targets = function.instructions.clone().filter_map(|at| {
        let instruction = &module.instructions[at as usize];
        match (instruction.opcode, module.operands_of(instruction)) {
            (Opcode::Bra, [Operand::Label(to)]) => Some((at, module.labels[to.index()].instruction)),
            _ => None,
        }
    });
    let is_cold = |start: u32| {
        let first = module.instructions.get(start as usize);
        let moves = first.is_some_and(|first| {
            first.opcode == Opcode::Mov
                && matches!(module.operands_of(first), [_, Operand::Integer(number)] if *number == u64::from(site))
        });
        moves && start < record
    };
    targets.into_iter().find(|(at, start)| is_cold(*start) && at < start).map(|found| found.0)
}

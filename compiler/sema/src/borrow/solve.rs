//! Which points each region holds: liveness of variables, then what outlives what, until nothing changes.

use crate::place::{Operand, Place, Rvalue, Step, StmtKind, Terminator};

use super::constraints::{Checker, Var};

/// Rows of bits, all of the same length.
pub(super) struct Bits {
    words: usize,
    rows: Vec<u64>,
}

impl Bits {
    pub(super) fn new(rows: usize, columns: usize) -> Bits {
        let words = columns.div_ceil(64);
        Bits { words, rows: vec![0; rows * words] }
    }

    pub(super) fn has(&self, row: usize, column: usize) -> bool {
        self.rows[row * self.words + column / 64] & 1 << (column % 64) != 0
    }

    pub(super) fn set(&mut self, row: usize, column: usize) {
        self.rows[row * self.words + column / 64] |= 1 << (column % 64);
    }

    fn clear(&mut self, row: usize, column: usize) {
        self.rows[row * self.words + column / 64] &= !(1 << (column % 64));
    }

    /// Adds the bits of `from` to `to`; whether that changed it.
    pub(super) fn add(&mut self, to: usize, from: usize) -> bool {
        let (mut changed, words) = (false, self.words);
        for word in 0..words {
            let bits = self.rows[from * words + word];
            let slot = &mut self.rows[to * words + word];
            changed |= bits & !*slot != 0;
            *slot |= bits;
        }
        changed
    }

    fn copy(&mut self, to: usize, from: usize) {
        let words = self.words;
        self.rows.copy_within(from * words..(from + 1) * words, to * words);
    }

    fn columns(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        let words = &self.rows[row * self.words..(row + 1) * self.words];
        words.iter().enumerate().flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros() as usize;
                    left &= left - 1;
                    at * 64 + bit
                })
            })
        })
    }
}

/// What a statement does with a variable, as liveness sees it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Use,
    Set,
}

fn place_used(place: &Place, visit: &mut dyn FnMut(usize, Effect)) {
    visit(place.local.0 as usize, Effect::Use);
    for step in &place.steps {
        if let Step::Index(local) = step {
            visit(local.0 as usize, Effect::Use);
        }
    }
}

fn place_set(place: &Place, visit: &mut dyn FnMut(usize, Effect)) {
    if place.steps.is_empty() {
        visit(place.local.0 as usize, Effect::Set);
    } else {
        place_used(place, visit);
    }
}

fn operand_used(operand: &Operand, visit: &mut dyn FnMut(usize, Effect)) {
    if let Operand::Copy(place) | Operand::Move(place) = operand {
        place_used(place, visit);
    }
}

/// The effects of a statement: those of its values, then that of where they go.
fn effects(kind: &StmtKind, visit: &mut dyn FnMut(usize, Effect)) {
    match kind {
        StmtKind::Assign(place, value) => {
            place_set(place, visit);
            match value {
                Rvalue::Use(operand)
                | Rvalue::Unary(_, _, operand)
                | Rvalue::Cast(_, _, operand)
                | Rvalue::Repeat(_, operand) => operand_used(operand, visit),
                Rvalue::Binary(_, _, a, b) | Rvalue::Wrapping(_, _, a, b) => {
                    operand_used(a, visit);
                    operand_used(b, visit);
                }
                Rvalue::Aggregate(_, operands) => operands.iter().for_each(|operand| operand_used(operand, visit)),
                Rvalue::Ref(_, place) | Rvalue::Address(_, place) | Rvalue::Variant(place) | Rvalue::Length(place) => {
                    place_used(place, visit);
                }
            }
        }
        StmtKind::Call(place, _, operands) => {
            place_set(place, visit);
            operands.iter().for_each(|operand| operand_used(operand, visit));
        }
        StmtKind::CheckIndex(operand, place) => {
            operand_used(operand, visit);
            place_used(place, visit);
        }
        StmtKind::Assert(operand, message) => {
            operand_used(operand, visit);
            message.values.iter().for_each(|(operand, ..)| operand_used(operand, visit));
        }
        StmtKind::Print(message) => message.values.iter().for_each(|(operand, ..)| operand_used(operand, visit)),
        StmtKind::Dead(local) | StmtKind::End(local) => visit(local.0 as usize, Effect::Set),
        StmtKind::Unmoved(_) => {}
    }
}

fn terminator_effects(terminator: &Terminator, visit: &mut dyn FnMut(usize, Effect)) {
    match terminator {
        Terminator::Switch(operand, ..) => operand_used(operand, visit),
        Terminator::Panic(message, _) => {
            message.values.iter().for_each(|(operand, ..)| operand_used(operand, visit));
        }
        Terminator::Return => visit(0, Effect::Use),
        _ => {}
    }
}

impl Checker<'_> {
    /// Whether a statement or the end of a block at that point uses a variable.
    pub(super) fn uses_at(&self, point: usize, accepts: &dyn Fn(usize) -> bool) -> bool {
        let block = self.block_of(point);
        let mut found = false;
        let mut visit = |local: usize, effect: Effect| found |= effect == Effect::Use && accepts(local);
        match self.body.blocks[block].stmts.get(point - self.starts[block]) {
            Some(stmt) => effects(&stmt.kind, &mut visit),
            None => terminator_effects(&self.body.blocks[block].terminator, &mut visit),
        }
        found
    }

    /// By region: the points it holds, then the universal regions whose ends it reaches.
    pub(super) fn solve(&mut self) -> Bits {
        let columns = self.point_count + self.universal_count as usize;
        let mut values = Bits::new(self.region_count as usize, columns);
        for universal in 0..self.universal_count as usize {
            for point in 0..self.point_count {
                values.set(universal, point);
            }
            values.set(universal, self.point_count + universal);
        }
        self.add_liveness(&mut values);
        // By region: the regions that must outlive it.
        let mut longer: Vec<Vec<Var>> = vec![Vec::new(); self.region_count as usize];
        for constraint in &self.constraints {
            longer[constraint.shorter as usize].push(constraint.longer);
        }
        let mut open: Vec<Var> = (0..self.region_count).collect();
        let mut is_open = vec![true; self.region_count as usize];
        while let Some(at) = open.pop() {
            is_open[at as usize] = false;
            for &to in &longer[at as usize] {
                if values.add(to as usize, at as usize) && !is_open[to as usize] {
                    is_open[to as usize] = true;
                    open.push(to);
                }
            }
        }
        values
    }

    fn add_liveness(&mut self, values: &mut Bits) {
        let body = self.body;
        let blocks = body.blocks.len();
        // The rows: what is live at each block's start, then one to work with.
        let mut live = Bits::new(blocks + 1, body.locals.len());
        let work = blocks;
        let mut predecessors: Vec<Vec<usize>> = vec![Vec::new(); blocks];
        for block in 0..blocks {
            let end = self.starts[block] + body.blocks[block].stmts.len();
            for next in self.successors(end) {
                predecessors[self.block_of(next)].push(block);
            }
        }
        let has_slots: Vec<bool> = self.locals.iter().map(|typed| !typed.regions.is_empty()).collect();
        let mut open: Vec<usize> = (0..blocks).collect();
        let mut is_open = vec![true; blocks];
        while let Some(block) = open.pop() {
            is_open[block] = false;
            self.walk_back(block, &mut live, work, &has_slots, &mut |_, _| {});
            if live.add(block, work) {
                for &before in &predecessors[block] {
                    if !is_open[before] {
                        is_open[before] = true;
                        open.push(before);
                    }
                }
            }
        }
        for block in 0..blocks {
            let mut seen: Vec<(usize, Vec<usize>)> = Vec::new();
            self.walk_back(block, &mut live, work, &has_slots, &mut |point, live| {
                seen.push((point, live.columns(work).collect()));
            });
            for (point, locals) in seen {
                for local in locals {
                    for &region in &self.locals[local].regions {
                        values.set(region as usize, point);
                    }
                }
            }
        }
    }

    /// Computes what is live before each point of a block, from its end.
    fn walk_back(
        &self,
        block: usize,
        live: &mut Bits,
        work: usize,
        has_slots: &[bool],
        visit: &mut dyn FnMut(usize, &Bits),
    ) {
        let stmts = &self.body.blocks[block].stmts;
        let end = self.starts[block] + stmts.len();
        let next: Vec<usize> = self.successors(end);
        let mut first = true;
        for next in next {
            let next = self.block_of(next);
            if first {
                live.copy(work, next);
                first = false;
            } else {
                live.add(work, next);
            }
        }
        if first {
            for column in 0..has_slots.len() {
                live.clear(work, column);
            }
        }
        let apply = |live: &mut Bits, found: &[(usize, Effect)]| {
            for (local, effect) in found {
                if *effect == Effect::Set {
                    live.clear(work, *local);
                }
            }
            for (local, effect) in found {
                if *effect == Effect::Use && has_slots[*local] {
                    live.set(work, *local);
                }
            }
        };
        let mut found = Vec::new();
        terminator_effects(&self.body.blocks[block].terminator, &mut |local, effect| found.push((local, effect)));
        apply(live, &found);
        visit(end, live);
        for (at, stmt) in stmts.iter().enumerate().rev() {
            found.clear();
            effects(&stmt.kind, &mut |local, effect| found.push((local, effect)));
            apply(live, &found);
            visit(self.starts[block] + at, live);
        }
    }
}

//! Barriers that only some threads of a block come to, while the others wait at another one.
//!
//! A branch is thread-dependent where its condition is computed from the thread's index or lane. It is refused where one side has a barrier, the
//! other has none, and both come to a barrier afterwards: threads that wait at different barriers would go on together. A branch that others
//! leave by returning is fine: a thread that has ended counts as arrived. Loops are left alone, as their counts may well be equal.

use std::rc::Rc;

use rustg_base::{Diagnostic, Span};

use crate::items::{DefId, def_flags};
use crate::place::{BlockId, Body, Callee, Operand, Place, Rvalue, Step, StmtKind, Terminator};
use crate::program::Program;

/// Intrinsics that meet all threads of the block.
const BARRIERS: &[&str] = &["sync_threads"];
/// Intrinsics that differ between the threads of a block.
const VARYING: &[&str] = &[
    "thread_x",
    "thread_y",
    "thread_z",
    "lane",
    "lanemask_eq",
    "lanemask_lt",
    "lanemask_le",
    "lanemask_gt",
    "lanemask_ge",
];

impl Program {
    /// Checks all bodies of the program that kernels reach, once they are built.
    pub(crate) fn check_all_barriers(&mut self) {
        let mut built: Vec<(DefId, Rc<Body>)> = (self.bodies.iter())
            .filter(|(id, _)| !self.rules.checked.contains(id) && !self.has_flag(**id, def_flags::LIBRARY))
            .filter_map(|(id, body)| Some((*id, body.clone()?)))
            .collect();
        built.sort_by_key(|(id, _)| *id);
        for (id, body) in built {
            self.check_barriers(&body);
            self.rules.checked.insert(id);
        }
        for at in self.rules.checked_closures..self.closures.len() {
            if let Some(body) = self.closures[at].body.clone()
                && !self.has_flag(body.owner, def_flags::LIBRARY)
            {
                self.check_barriers(&body);
            }
        }
        self.rules.checked_closures = self.closures.len();
    }

    fn check_barriers(&mut self, body: &Body) {
        let callees = self.callees_of(body);
        if !callees.into_iter().any(|def| self.meets_barrier(def)) {
            return;
        }
        let barriers: Vec<Option<Span>> = body.blocks.iter().map(|block| self.first_barrier(&block.stmts)).collect();
        let varying = self.varying_locals(body);
        let next: Vec<Vec<usize>> = body.blocks.iter().map(|block| successors(&block.terminator)).collect();
        for (at, block) in body.blocks.iter().enumerate() {
            let Terminator::Switch(Operand::Copy(place) | Operand::Move(place), ..) = &block.terminator else {
                continue;
            };
            if !varying[place.local.0 as usize] {
                continue;
            }
            let Some(join) = join_of(body, &next, at) else { continue };
            let sides: Vec<Vec<usize>> = next[at].iter().map(|side| reached(&next, *side, Some(join))).collect();
            if sides.iter().any(|side| side.contains(&at)) {
                continue;
            }
            let found: Vec<Option<Span>> =
                sides.iter().map(|side| side.iter().find_map(|block| barriers[*block])).collect();
            let after = reached(&next, join, None).into_iter().find_map(|block| barriers[block]);
            let (Some(here), Some(after)) = (found.iter().flatten().next(), after) else { continue };
            if found.iter().all(Option::is_some) {
                continue;
            }
            let condition = block.stmts.last().map(|stmt| stmt.span).unwrap_or_default();
            let mut error = Diagnostic::error(*here, "only some threads of the block come to this barrier")
                .with_code("G0104")
                .with_label(condition, "this depends on the thread's own index");
            error = match after == *here {
                true => error.with_primary("the others go on without it"),
                false => error.with_label(after, "the others wait here instead, and both go on together"),
            };
            let error = error
                .with_help("move the barrier behind the branch, so that every thread of the block comes to it")
                .with_help("for the threads of one warp, `warp::sync_mask` waits for those it names");
            let file = self.def(body.owner).file;
            self.report(file, error);
        }
    }

    fn first_barrier(&mut self, stmts: &[crate::place::Stmt]) -> Option<Span> {
        stmts.iter().find_map(|stmt| match stmt.kind {
            StmtKind::Call(_, Callee::Fn(def, _), _) if self.meets_barrier(def) => Some(stmt.span),
            _ => None,
        })
    }

    /// Whether a function surely calls a barrier of the block, on whatever way.
    fn meets_barrier(&mut self, def: DefId) -> bool {
        if let Some(&known) = self.rules.barriers.get(&def) {
            return known;
        }
        self.rules.barriers.insert(def, false);
        let name = self.strings.get(self.def(def).name).to_owned();
        let meets = if self.has_flag(def, def_flags::INTRINSIC) {
            BARRIERS.contains(&name.as_str())
        } else {
            match self.bodies.get(&def).cloned().flatten() {
                Some(body) => self.callees_of(&body).into_iter().any(|def| self.meets_barrier(def)),
                None => false,
            }
        };
        self.rules.barriers.insert(def, meets);
        meets
    }

    /// Whether what a function returns differs from thread to thread by itself.
    fn is_varying(&mut self, def: DefId) -> bool {
        if let Some(&known) = self.rules.varying.get(&def) {
            return known;
        }
        self.rules.varying.insert(def, false);
        let name = self.strings.get(self.def(def).name).to_owned();
        let varies = if self.has_flag(def, def_flags::INTRINSIC) {
            VARYING.contains(&name.as_str())
        } else {
            match self.bodies.get(&def).cloned().flatten() {
                Some(body) => self.varying_locals(&body)[0],
                None => false,
            }
        };
        self.rules.varying.insert(def, varies);
        varies
    }

    /// By variable: whether its value is computed from the thread's index.
    fn varying_locals(&mut self, body: &Body) -> Vec<bool> {
        let mut varying = vec![false; body.locals.len()];
        loop {
            let before = varying.clone();
            for stmt in body.blocks.iter().flat_map(|block| &block.stmts) {
                let (dest, varies) = match &stmt.kind {
                    StmtKind::Assign(dest, value) => (dest, value_varies(value, &varying)),
                    StmtKind::Call(dest, callee, operands) => {
                        let by_itself = match callee {
                            Callee::Fn(def, _) => self.is_varying(*def),
                            Callee::Closure(..) => false,
                        };
                        (dest, by_itself || operands.iter().any(|operand| operand_varies(operand, &varying)))
                    }
                    _ => continue,
                };
                // What is stored behind a reference is memory: what comes back from there is not followed.
                if varies && !dest.steps.contains(&Step::Deref) {
                    varying[dest.local.0 as usize] = true;
                }
            }
            if varying == before {
                return varying;
            }
        }
    }
}

fn place_varies(place: &Place, varying: &[bool]) -> bool {
    varying[place.local.0 as usize]
}

fn operand_varies(operand: &Operand, varying: &[bool]) -> bool {
    match operand {
        Operand::Copy(place) | Operand::Move(place) => place_varies(place, varying),
        Operand::Const(_) => false,
    }
}

fn value_varies(value: &Rvalue, varying: &[bool]) -> bool {
    match value {
        Rvalue::Use(operand)
        | Rvalue::Unary(_, _, operand)
        | Rvalue::Cast(_, _, operand)
        | Rvalue::Repeat(_, operand) => operand_varies(operand, varying),
        Rvalue::Binary(_, _, a, b) | Rvalue::Wrapping(_, _, a, b) => {
            operand_varies(a, varying) || operand_varies(b, varying)
        }
        Rvalue::Aggregate(_, operands) => operands.iter().any(|operand| operand_varies(operand, varying)),
        Rvalue::Ref(_, place) | Rvalue::Address(_, place) | Rvalue::Variant(place) => place_varies(place, varying),
        Rvalue::Length(_) => false,
    }
}

fn successors(terminator: &Terminator) -> Vec<usize> {
    let block = |block: &BlockId| block.0 as usize;
    match terminator {
        Terminator::Goto(next) => vec![block(next)],
        Terminator::Switch(_, _, cases, default) => {
            let mut all: Vec<usize> = cases.iter().map(|(_, next)| block(next)).chain([block(default)]).collect();
            all.sort_unstable();
            all.dedup();
            all
        }
        _ => Vec::new(),
    }
}

/// The blocks reached from one, that one included, without going through `end`.
fn reached(next: &[Vec<usize>], from: usize, end: Option<usize>) -> Vec<usize> {
    let mut seen = vec![false; next.len()];
    let (mut open, mut all) = (vec![from], Vec::new());
    while let Some(at) = open.pop() {
        if Some(at) == end || std::mem::replace(&mut seen[at], true) {
            continue;
        }
        all.push(at);
        open.extend(&next[at]);
    }
    all.sort_unstable();
    all
}

/// The first block that all ways from a branch to an end of the body come to; none where there is none.
fn join_of(body: &Body, next: &[Vec<usize>], branch: usize) -> Option<usize> {
    let ends = |blocks: &[usize]| blocks.iter().any(|block| body.blocks[*block].terminator == Terminator::Return);
    let (first, rest) = next[branch].split_first()?;
    let others: Vec<Vec<usize>> = rest.iter().map(|side| reached(next, *side, None)).collect();
    let common = reached(next, *first, None).into_iter().filter(|block| others.iter().all(|side| side.contains(block)));
    // Without it no end is reached; the nearest leaves least before it.
    common
        .filter_map(|join| {
            let before: Vec<Vec<usize>> = next[branch].iter().map(|side| reached(next, *side, Some(join))).collect();
            let is_join = before.iter().all(|side| !ends(side));
            is_join.then(|| (before.iter().map(Vec::len).sum::<usize>(), join))
        })
        .min()
        .map(|(_, join)| join)
}

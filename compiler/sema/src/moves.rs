//! Moves and initialisation: nothing is used before it has a value or after it was moved, and only what is declared `mut` changes.

use rustc_hash::FxHashMap;
use rustg_base::{Diagnostic, Span};

use crate::place::*;
use crate::program::Program;
use crate::types::{Ty, TyKind, known};

/// What a place is of, for moves: the variable and the fields on the way; nothing behind a reference or in an array.
type Path = (Local, Vec<Step>);

struct Checker<'a> {
    program: &'a mut Program,
    body: &'a Body,
    /// The paths that are moved out of or declared, with their numbers.
    paths: Vec<Path>,
    numbers: FxHashMap<Path, usize>,
}

#[derive(Clone, PartialEq)]
struct State {
    /// By path: it may hold nothing.
    empty: Vec<bool>,
    /// By path: it was moved, rather than never set.
    moved: Vec<bool>,
    /// By variable: it may hold something.
    set: Vec<bool>,
}

impl Program {
    /// Checks a body; what is wrong is reported.
    pub(crate) fn check_moves(&mut self, body: &Body) {
        let mut checker = Checker { program: self, body, paths: Vec::new(), numbers: FxHashMap::default() };
        for at in 0..body.locals.len() {
            checker.add_path((Local(at as u32), Vec::new()));
        }
        for block in &body.blocks {
            for stmt in &block.stmts {
                for_each_operand(&stmt.kind, &mut |operand| {
                    if let Operand::Move(place) = operand
                        && let Some(path) = path_of(place)
                    {
                        checker.add_path(path);
                    }
                });
            }
        }
        checker.run();
    }

    /// Checks only that what changes among the variables `outer` was declared `mut`: a closure's, before they become what it keeps.
    pub(crate) fn check_outer_mutability(&mut self, body: &Body, outer: &[Local]) {
        let mut checker = Checker { program: self, body, paths: Vec::new(), numbers: FxHashMap::default() };
        for stmt in body.blocks.iter().flat_map(|block| &block.stmts) {
            match &stmt.kind {
                StmtKind::Assign(place, value) => {
                    if let Rvalue::Ref(_, target) | Rvalue::Address(_, target) = value
                        && outer.contains(&target.local)
                        && borrows_mutably(value)
                    {
                        checker.check_mutable(target, stmt.span, "borrow", "E0596");
                    }
                    if outer.contains(&place.local) {
                        checker.check_mutable(place, stmt.span, "assign to", "E0594");
                    }
                }
                StmtKind::Call(place, ..) if outer.contains(&place.local) => {
                    checker.check_mutable(place, stmt.span, "assign to", "E0594");
                }
                _ => {}
            }
        }
    }
}

/// The path of a place that can be moved out of.
fn path_of(place: &Place) -> Option<Path> {
    let fields = |step: &Step| matches!(step, Step::Field(_) | Step::Variant(_));
    place.steps.iter().all(fields).then(|| (place.local, place.steps.clone()))
}

/// The path as far as it goes without a reference or an index.
fn prefix_of(place: &Place) -> (Path, bool) {
    let end = place.steps.iter().position(|step| !matches!(step, Step::Field(_) | Step::Variant(_)));
    match end {
        Some(end) => ((place.local, place.steps[..end].to_vec()), true),
        None => ((place.local, place.steps.clone()), false),
    }
}

fn for_each_operand<'a>(kind: &'a StmtKind, visit: &mut dyn FnMut(&'a Operand)) {
    match kind {
        StmtKind::Assign(_, value) => match value {
            Rvalue::Use(operand)
            | Rvalue::Unary(_, _, operand)
            | Rvalue::Cast(_, _, operand)
            | Rvalue::Repeat(_, operand) => visit(operand),
            Rvalue::Binary(_, _, a, b) | Rvalue::Wrapping(_, _, a, b) => {
                visit(a);
                visit(b);
            }
            Rvalue::Aggregate(_, operands) => operands.iter().for_each(visit),
            Rvalue::Ref(..) | Rvalue::Address(..) | Rvalue::Variant(_) | Rvalue::Length(_) => {}
        },
        StmtKind::Call(_, _, operands) => operands.iter().for_each(visit),
        StmtKind::CheckIndex(operand, _) => visit(operand),
        StmtKind::Assert(operand, message) => {
            visit(operand);
            message.values.iter().for_each(|(operand, ..)| visit(operand));
        }
        StmtKind::Print(message) => message.values.iter().for_each(|(operand, ..)| visit(operand)),
        StmtKind::Dead(_) | StmtKind::End(_) | StmtKind::Unmoved(_) => {}
    }
}

impl Checker<'_> {
    fn add_path(&mut self, path: Path) {
        if !self.numbers.contains_key(&path) {
            self.numbers.insert(path.clone(), self.paths.len());
            self.paths.push(path);
        }
    }

    fn run(&mut self) {
        let count = self.paths.len();
        let parameters = self.body.parameter_count;
        let mut entry =
            State { empty: vec![true; count], moved: vec![false; count], set: vec![false; self.body.locals.len()] };
        for (at, (local, _)) in self.paths.iter().enumerate() {
            if local.0 >= 1 && local.0 <= parameters {
                entry.empty[at] = false;
                entry.set[local.0 as usize] = true;
            }
        }
        let mut states: Vec<Option<State>> = vec![None; self.body.blocks.len()];
        states[0] = Some(entry);
        let mut open = vec![0];
        while let Some(at) = open.pop() {
            let mut state = states[at].clone().expect("it was given a state before it was opened");
            self.block(at, &mut state, false);
            for next in successors(&self.body.blocks[at].terminator) {
                let next = next.0 as usize;
                let changed = match &mut states[next] {
                    None => {
                        states[next] = Some(state.clone());
                        true
                    }
                    Some(known) => {
                        let mut changed = false;
                        for (mine, other) in [
                            (&mut known.empty, &state.empty),
                            (&mut known.moved, &state.moved),
                            (&mut known.set, &state.set),
                        ] {
                            for (mine, other) in mine.iter_mut().zip(other) {
                                changed |= *other && !*mine;
                                *mine |= *other;
                            }
                        }
                        changed
                    }
                };
                if changed && !open.contains(&next) {
                    open.push(next);
                }
            }
        }
        for at in 0..states.len() {
            if let Some(mut state) = states[at].clone() {
                self.block(at, &mut state, true);
            }
        }
    }

    fn block(&mut self, at: usize, state: &mut State, report: bool) {
        let body = self.body;
        let block = &body.blocks[at];
        for stmt in &block.stmts {
            for_each_operand(&stmt.kind, &mut |operand| self.operand(operand, state, stmt.span, report));
            match &stmt.kind {
                StmtKind::Assign(place, value) => {
                    match value {
                        Rvalue::Ref(_, target) | Rvalue::Address(_, target) => {
                            self.used(target, state, stmt.span, report);
                            if report && borrows_mutably(value) {
                                self.check_mutable(target, stmt.span, "borrow", "E0596");
                            }
                        }
                        Rvalue::Variant(target) | Rvalue::Length(target) => self.used(target, state, stmt.span, report),
                        _ => {}
                    }
                    self.assigned(place, state, stmt.span, report);
                }
                StmtKind::Call(place, ..) => self.assigned(place, state, stmt.span, report),
                StmtKind::CheckIndex(_, place) => self.used(place, state, stmt.span, report),
                StmtKind::Unmoved(place) => {
                    if let Some(path) = path_of(place) {
                        for at in 0..self.paths.len() {
                            if starts_with(&self.paths[at], &path) {
                                state.empty[at] = false;
                                state.moved[at] = false;
                            }
                        }
                    }
                }
                StmtKind::Dead(local) => {
                    for (at, (owner, _)) in self.paths.iter().enumerate() {
                        if owner == local {
                            state.empty[at] = true;
                            state.moved[at] = false;
                        }
                    }
                    state.set[local.0 as usize] = false;
                }
                _ => {}
            }
        }
        match &block.terminator {
            Terminator::Switch(operand, ..) => self.operand(operand, state, Span::default(), false),
            Terminator::Panic(message, span) => {
                message.values.iter().for_each(|(operand, ..)| self.operand(operand, state, *span, report));
            }
            _ => {}
        }
    }

    fn operand(&mut self, operand: &Operand, state: &mut State, span: Span, report: bool) {
        match operand {
            Operand::Copy(place) => self.used(place, state, span, report),
            Operand::Move(place) => {
                self.used(place, state, span, report);
                match path_of(place) {
                    Some(path) => {
                        for at in 0..self.paths.len() {
                            if starts_with(&self.paths[at], &path) {
                                state.empty[at] = true;
                                state.moved[at] = true;
                            }
                        }
                    }
                    None if report => {
                        let ty = self.place_type(place);
                        let ty = self.program.type_name(ty);
                        let last = place.steps.iter().rposition(|step| *step == Step::Deref);
                        let is_element = |step: &Step| matches!(step, Step::Index(_) | Step::Element(..));
                        let in_array = place.steps[last.unwrap_or(0)..].iter().any(is_element);
                        let (code, what) = if !in_array { ("E0507", "a borrow") } else { ("E0508", "an array") };
                        self.error(span, code, format!("cannot move out of {what}: `{ty}` is not `Copy`"));
                    }
                    None => {}
                }
            }
            Operand::Const(_) => {}
        }
    }

    fn used(&mut self, place: &Place, state: &State, span: Span, report: bool) {
        if !report {
            return;
        }
        let (path, is_behind) = prefix_of(place);
        let ty = self.body.locals[path.0.0 as usize].ty;
        if ty == known::NEVER {
            return;
        }
        for at in 0..self.paths.len() {
            let known = &self.paths[at];
            // A part that is moved counts where the whole is used, and the whole where a part is.
            let matters = starts_with(&path, known)
                || (starts_with(known, &path) && !is_behind)
                || (is_behind && starts_with(known, &path) && known.1.len() <= path.1.len());
            if matters && state.empty[at] {
                let is_moved = state.moved[at];
                let name = self.name_of(place.local);
                let Some(name) = name else { continue };
                let (code, message) = if is_moved {
                    ("E0382", format!("use of moved value: `{name}`"))
                } else {
                    ("E0381", format!("used binding `{name}` is possibly-uninitialized"))
                };
                return self.error(span, code, message);
            }
        }
    }

    fn assigned(&mut self, place: &Place, state: &mut State, span: Span, report: bool) {
        if report {
            if place.steps.is_empty() {
                let local = self.body.locals[place.local.0 as usize];
                if local.name.is_some() && !local.is_mutable && state.set[place.local.0 as usize] {
                    let name = self.name_of(place.local).unwrap_or_default();
                    self.error(span, "E0384", format!("cannot assign twice to immutable variable `{name}`"));
                }
            } else {
                let mut base = place.clone();
                while matches!(base.steps.last(), Some(Step::Field(_) | Step::Variant(_))) {
                    base.steps.pop();
                }
                if !base.steps.is_empty() || state.empty[place.local.0 as usize] {
                    self.used(&base, state, span, report);
                }
                self.check_mutable(place, span, "assign to", "E0594");
            }
        }
        if let Some(path) = path_of(place) {
            for at in 0..self.paths.len() {
                if starts_with(&self.paths[at], &path) {
                    state.empty[at] = false;
                    state.moved[at] = false;
                }
            }
        }
        if place.steps.is_empty() {
            state.set[place.local.0 as usize] = true;
        }
    }

    /// Whether a place may change: by its variable, or by the references on the way.
    fn check_mutable(&mut self, place: &Place, span: Span, what: &str, code: &'static str) {
        let mut ty = self.body.locals[place.local.0 as usize].ty;
        let local = self.body.locals[place.local.0 as usize];
        let mut mutable = local.is_mutable || local.name.is_none() && place.local.0 > self.body.parameter_count;
        let mut is_shared = false;
        let mut variant = None;
        for step in &place.steps {
            if *step == Step::Deref {
                match self.program.types.kind(ty) {
                    TyKind::Ref(_, is_mutable) => {
                        is_shared |= !is_mutable;
                        mutable = !is_shared;
                    }
                    TyKind::Ptr(_, is_mutable) => (mutable, is_shared) = (is_mutable, false),
                    _ => {}
                }
            }
            ty = self.program.step_type(ty, *step, &mut variant);
        }
        if !mutable {
            let name = self.name_of(place.local).unwrap_or_else(|| "this".to_owned());
            let message = if place.steps.contains(&Step::Deref) {
                format!("cannot {what} what `{name}` refers to as mutable, as it is behind a `&` reference")
            } else {
                format!("cannot {what} `{name}` as mutable, as it is not declared as mutable")
            };
            self.error(span, code, message);
        }
    }

    fn place_type(&mut self, place: &Place) -> Ty {
        let mut ty = self.body.locals[place.local.0 as usize].ty;
        let mut variant = None;
        for step in &place.steps {
            ty = self.program.step_type(ty, *step, &mut variant);
        }
        ty
    }

    fn name_of(&self, local: Local) -> Option<String> {
        self.body.locals[local.0 as usize].name.map(|name| self.program.strings.get(name).to_owned())
    }

    fn error(&mut self, span: Span, code: &'static str, message: String) {
        let file = self.program.def(self.body.owner).file;
        self.program.report(file, Diagnostic::error(span, message).with_code(code));
    }
}

/// Whether a value is a borrow that needs its place to be mutable.
fn borrows_mutably(value: &Rvalue) -> bool {
    match value {
        Rvalue::Ref(kind, _) => kind.is_mutable() && *kind != BorrowKind::Unique,
        Rvalue::Address(is_mutable, _) => *is_mutable,
        _ => false,
    }
}

/// Whether `path` is `prefix` or lies within it.
fn starts_with(path: &Path, prefix: &Path) -> bool {
    path.0 == prefix.0 && path.1.starts_with(&prefix.1)
}

fn successors(terminator: &Terminator) -> Vec<BlockId> {
    match terminator {
        Terminator::Goto(next) => vec![*next],
        Terminator::Switch(_, _, cases, default) => cases.iter().map(|(_, block)| *block).chain([*default]).collect(),
        _ => Vec::new(),
    }
}

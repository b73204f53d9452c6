//! A body → which region must outlive which, and what is borrowed where.

use std::rc::Rc;

use rustg_base::Span;

use crate::closures::ClosureKind;
use crate::items::{DefId, DefKind};
use crate::place::{
    Aggregate, Body, BorrowKind, Callee, Const, Local, Operand, Place, Rvalue, Step, StmtKind, Terminator,
};
use crate::program::Program;
use crate::signatures::Predicate;
use crate::types::{ClosureId, Ty, TyKind, known};

use super::instantiate::Typed;
use super::shape::variance;

/// A region of the body that is checked: universal ones first, `'static` before all.
pub(super) type Var = u32;

/// Why a region must outlive another: what an error is blamed on, the best reason first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Category {
    /// It is returned.
    Return,
    /// It is handed to a call.
    Argument,
    /// It is assigned to a variable.
    Assignment,
    /// Nothing that the source shows.
    Other,
}

/// `longer: shorter`
#[derive(Clone, Copy, Debug)]
pub(super) struct Constraint {
    pub longer: Var,
    pub shorter: Var,
    pub category: Category,
    pub span: Span,
}

/// A borrow.
#[derive(Clone, Debug)]
pub(super) struct Loan {
    pub region: Var,
    pub place: Place,
    pub kind: BorrowKind,
    /// The statement that makes it.
    pub point: usize,
    pub span: Span,
    /// Where the reference goes, if that is a whole variable.
    pub holder: Option<Local>,
    /// It is made for a closure.
    pub is_capture: bool,
}

/// Whose body is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Subject {
    Item(DefId),
    Closure(ClosureId),
}

pub(super) struct Checker<'a> {
    pub program: &'a mut Program,
    pub body: &'a Body,
    pub subject: Subject,
    pub env: Rc<Vec<Predicate>>,
    pub depth: u32,
    /// Where the statement is that is looked at.
    pub span: Span,
    pub region_count: u32,
    /// How many of them are universal: given from outside.
    pub universal_count: u32,
    /// What is known of universal regions.
    pub known: Vec<(Var, Var)>,
    pub constraints: Vec<Constraint>,
    pub loans: Vec<Loan>,
    /// The regions of borrows of constants.
    pub promoted: Vec<Var>,
    pub locals: Vec<Typed>,
    /// By block: its first point; each statement is one, and each end of a block.
    pub starts: Vec<usize>,
    pub point_count: usize,
}

impl<'a> Checker<'a> {
    pub(super) const STATIC: Var = 0;

    pub(super) fn new(program: &'a mut Program, body: &'a Body, subject: Subject) -> Checker<'a> {
        let env = program.predicates_of(body.owner);
        let mut starts = Vec::with_capacity(body.blocks.len());
        let mut point_count = 0;
        for block in &body.blocks {
            starts.push(point_count);
            point_count += block.stmts.len() + 1;
        }
        Checker {
            program,
            body,
            subject,
            env,
            depth: 0,
            span: Span::default(),
            region_count: 1,
            universal_count: 1,
            known: Vec::new(),
            constraints: Vec::new(),
            loans: Vec::new(),
            promoted: Vec::new(),
            locals: Vec::new(),
            starts,
            point_count,
        }
    }

    pub(super) fn new_region(&mut self) -> Var {
        self.region_count += 1;
        self.region_count - 1
    }

    pub(super) fn outlives(&mut self, longer: Var, shorter: Var, category: Category, span: Span) {
        if longer != shorter && longer != Checker::STATIC {
            self.constraints.push(Constraint { longer, shorter, category, span });
        }
    }

    pub(super) fn equate(&mut self, a: Var, b: Var) {
        let span = self.span;
        self.outlives(a, b, Category::Other, span);
        self.outlives(b, a, Category::Other, span);
    }

    /// A value of one type goes where the other is wanted. Types that differ in shape (a coercion that is a cast) tell nothing.
    pub(super) fn flow(&mut self, from: &Typed, to: &Typed, category: Category, span: Span) {
        let shape = self.program.shape(to.ty);
        if from.regions.len() != to.regions.len() || shape.len() != to.regions.len() {
            return;
        }
        for ((&a, &b), &how) in from.regions.iter().zip(&to.regions).zip(shape.iter()) {
            if how & variance::CO != 0 {
                self.outlives(a, b, category, span);
            }
            if how & variance::CONTRA != 0 {
                self.outlives(b, a, category, span);
            }
        }
    }

    /// Gives variables their regions, and parameters and result those of the signature.
    pub(super) fn declare(&mut self) {
        match self.subject {
            Subject::Item(id) => self.declare_item(id),
            Subject::Closure(id) => self.declare_closure(id),
        }
        for (local, written) in &self.body.annotations {
            let typed = self.locals[local.0 as usize].clone();
            let regions = self.program.written_regions(self.body.owner, *written, typed.ty);
            let is_item = matches!(self.subject, Subject::Item(_));
            for (region, var) in regions.into_iter().zip(typed.regions) {
                let named = match region.parameter() {
                    None if region == super::annotate::Region::STATIC => Checker::STATIC,
                    Some(number) if is_item => number as u32 + 1,
                    _ => continue,
                };
                let span = self.body.locals[local.0 as usize].span;
                self.outlives(var, named, Category::Assignment, span);
                self.outlives(named, var, Category::Assignment, span);
            }
        }
    }

    fn declare_item(&mut self, id: DefId) {
        let regions = self.program.fn_regions(id);
        let signature = self.program.signature_of(id);
        let lifetimes = self.fresh_regions(regions.count as usize);
        self.universal_count = self.region_count;
        let identity = self.program.identity_args(id);
        let identity: Vec<Ty> = self.program.types.list(identity).to_vec();
        let identity: Vec<Typed> = identity.into_iter().map(Typed::plain).collect();
        let result = self.instantiate(signature.result, &regions.result, &lifetimes, &identity);
        let mut given = vec![result];
        for (ty, regions) in signature.parameters.iter().zip(&regions.parameters) {
            given.push(self.instantiate(*ty, regions, &lifetimes, &identity));
        }
        for &(longer, shorter) in &regions.outlives {
            let (longer, shorter) = (self.region_of(longer, &lifetimes), self.region_of(shorter, &lifetimes));
            if longer < self.universal_count && shorter < self.universal_count {
                self.known.push((longer, shorter));
            }
        }
        for at in 0..self.body.locals.len() {
            let ty = given.get(at).map_or(self.body.locals[at].ty, |given| given.ty);
            let typed = self.fresh(ty);
            if let Some(given) = given.get(at) {
                for (a, b) in given.regions.clone().into_iter().zip(typed.regions.clone()) {
                    self.equate(a, b);
                }
            }
            self.locals.push(typed);
        }
    }

    fn declare_closure(&mut self, id: ClosureId) {
        let closure = self.program.closures[id.0 as usize].clone();
        let mut captures = Vec::new();
        for capture in &closure.captures {
            let typed = self.fresh(capture.ty);
            captures.extend(typed.regions);
        }
        let mut given = Vec::new();
        for at in 0..self.body.parameter_count.saturating_sub(1) {
            let ty = self.body.locals[at as usize + 2].ty;
            given.push(self.fresh(ty));
        }
        let result = self.fresh(self.body.locals[0].ty);
        let env_region = self.new_region();
        self.universal_count = self.region_count;
        let env_type = self.body.locals[1].ty;
        let mut env = Typed { ty: env_type, regions: captures };
        if closure.kind != Some(ClosureKind::FnOnce) {
            env.regions.insert(0, env_region);
        }
        let mut all = vec![result, env];
        all.extend(given);
        for at in 0..self.body.locals.len() {
            let typed = self.fresh(self.body.locals[at].ty);
            if let Some(given) = all.get(at) {
                for (a, b) in given.regions.clone().into_iter().zip(typed.regions.clone()) {
                    self.equate(a, b);
                }
            }
            self.locals.push(typed);
        }
    }

    // Types of places and values.

    pub(super) fn place(&mut self, place: &Place) -> Typed {
        self.place_prefix(place, place.steps.len())
    }

    /// The type of a place up to so many of its steps.
    pub(super) fn place_prefix(&mut self, place: &Place, count: usize) -> Typed {
        let mut typed = self.locals[place.local.0 as usize].clone();
        let mut variant = None;
        for step in &place.steps[..count] {
            typed = self.step(typed, *step, &mut variant);
        }
        typed
    }

    fn step(&mut self, typed: Typed, step: Step, variant: &mut Option<u32>) -> Typed {
        let Typed { ty, regions } = typed;
        match (step, self.program.types.kind(ty)) {
            (Step::Deref, TyKind::Ref(target, _)) => {
                Typed { ty: target, regions: regions.get(1..).unwrap_or_default().to_vec() }
            }
            (Step::Deref, TyKind::Ptr(target, _)) => Typed { ty: target, regions },
            (Step::Index(_) | Step::Element(..), TyKind::Slice(element) | TyKind::Array(element, _)) => {
                Typed { ty: element, regions }
            }
            (Step::Variant(number), _) => {
                *variant = Some(number);
                Typed { ty, regions }
            }
            (Step::Field(number), TyKind::Tuple(items)) => {
                let items: Vec<Ty> = self.program.types.list(items).to_vec();
                self.part(&items, &regions, number)
            }
            (Step::Field(number), TyKind::Closure(id, _)) => {
                let items: Vec<Ty> =
                    self.program.closures[id.0 as usize].captures.iter().map(|capture| capture.ty).collect();
                self.part(&items, &regions, number)
            }
            (Step::Field(number), TyKind::Adt(def, args)) => {
                let part = match variant.take() {
                    Some(variant) => self.program.variants_of(def).get(variant as usize).copied().unwrap_or(def),
                    None => def,
                };
                let fields = self.program.fields_of(part);
                let Some(field) = fields.get(number as usize).copied() else { return Typed::plain(known::ERROR) };
                if regions.is_empty() {
                    // Nothing inside can have regions but `'static`, or what an argument without slots hides.
                    let list: Vec<Ty> = self.program.types.list(args).to_vec();
                    let ty = self.program.types.substitute(field.ty, &list);
                    if self.program.slot_count(ty) == 0 {
                        return self.normalize(Typed::plain(ty));
                    }
                }
                let names = self.program.field_regions(part);
                let count = self.program.lifetimes_of(def).len().min(regions.len());
                let list: Vec<Ty> = self.program.types.list(args).to_vec();
                let generic = self.split(&list, &regions[count..]);
                let names = names.get(number as usize).cloned().unwrap_or_default();
                self.instantiate(field.ty, &names, &regions[..count], &generic)
            }
            _ => Typed::plain(known::ERROR),
        }
    }

    fn part(&mut self, items: &[Ty], regions: &[Var], number: u32) -> Typed {
        let mut parts = self.split(items, regions);
        if (number as usize) < parts.len() { parts.swap_remove(number as usize) } else { Typed::plain(known::ERROR) }
    }

    fn operand(&mut self, operand: &Operand) -> Typed {
        match operand {
            Operand::Copy(place) | Operand::Move(place) => self.place(place),
            Operand::Const(constant) => self.constant(constant),
        }
    }

    fn constant(&mut self, constant: &Const) -> Typed {
        match constant {
            Const::Bits(_, ty) | Const::Param(_, ty) => Typed::plain(*ty),
            Const::Unit(ty) => self.fresh(*ty),
            Const::Str(_) => {
                Typed { ty: self.program.types.reference(known::STR, false), regions: vec![Checker::STATIC] }
            }
            Const::Bytes(_, ty) => Typed { ty: *ty, regions: vec![Checker::STATIC] },
            Const::Item(def, args, ty) => {
                if self.program.slot_count(*ty) == 0 {
                    return Typed::plain(*ty);
                }
                let generic = self.fresh_arguments(*args);
                let (own, regions) = (self.program.item_type(*def), self.program.item_regions(*def));
                let lifetimes = self.program.lifetimes_of(*def).len();
                let lifetimes = self.fresh_regions(lifetimes);
                self.instantiate(own, &regions, &lifetimes, &generic)
            }
            Const::Static(_, ty) | Const::Promoted(_, ty) => {
                let count = self.program.slot_count(*ty);
                Typed { ty: *ty, regions: vec![Checker::STATIC; count] }
            }
        }
    }

    // Statements.

    pub(super) fn constrain(&mut self) {
        let body = self.body;
        let mut captured = Vec::new();
        for (at, block) in body.blocks.iter().enumerate() {
            for (offset, stmt) in block.stmts.iter().enumerate() {
                self.span = stmt.span;
                let point = self.starts[at] + offset;
                match &stmt.kind {
                    StmtKind::Assign(place, value) => {
                        if let Rvalue::Aggregate(Aggregate::Closure(_), operands) = value {
                            captured.extend(operands.iter().filter_map(|operand| match operand {
                                Operand::Move(place) => Some(place.local),
                                _ => None,
                            }));
                        }
                        self.assign(place, value, point, stmt.span);
                    }
                    StmtKind::Call(place, callee, operands) => self.call(place, *callee, operands, stmt.span),
                    _ => {}
                }
            }
        }
        for loan in &mut self.loans {
            loan.is_capture = loan.holder.is_some_and(|holder| captured.contains(&holder));
        }
    }

    fn category(&self, dest: &Place) -> Category {
        let local = self.body.locals[dest.local.0 as usize];
        match dest.local.0 {
            0 => Category::Return,
            _ if local.name.is_none() && dest.steps.is_empty() => Category::Other,
            _ => Category::Assignment,
        }
    }

    fn assign(&mut self, dest: &Place, value: &Rvalue, point: usize, span: Span) {
        let target = self.place(dest);
        let is_borrow = matches!(value, Rvalue::Ref(..));
        if target.regions.is_empty() && !is_borrow {
            return;
        }
        let category = self.category(dest);
        match value {
            Rvalue::Use(operand) => {
                let from = self.operand(operand);
                self.flow(&from, &target, category, span);
            }
            Rvalue::Ref(kind, place) => self.borrow(*kind, place, dest, &target, point, span),
            Rvalue::Address(_, place) => {
                let from = self.place(place);
                let from = Typed { ty: target.ty, regions: from.regions };
                self.flow(&from, &target, category, span);
            }
            Rvalue::Cast(_, _, operand) => {
                let mut from = self.operand(operand);
                let kinds = (self.program.types.kind(from.ty), self.program.types.kind(target.ty));
                if let (TyKind::Ref(..), TyKind::Ptr(..)) = kinds {
                    from.regions.remove(0);
                }
                from.ty = target.ty;
                self.flow(&from, &target, category, span);
            }
            Rvalue::Aggregate(aggregate, operands) => {
                let variant = match aggregate {
                    Aggregate::Adt(_, variant) => *variant,
                    _ => None,
                };
                for (at, operand) in operands.iter().enumerate() {
                    let from = self.operand(operand);
                    if from.regions.is_empty() {
                        continue;
                    }
                    let step = match self.program.types.kind(target.ty) {
                        TyKind::Array(..) => Step::Element(at as u32, false),
                        _ => Step::Field(at as u32),
                    };
                    let mut variant = variant;
                    let part = self.step(target.clone(), step, &mut variant);
                    self.flow(&from, &part, category, span);
                }
            }
            Rvalue::Repeat(_, operand) => {
                let from = self.operand(operand);
                let part = self.step(target, Step::Element(0, false), &mut None);
                self.flow(&from, &part, category, span);
            }
            Rvalue::Binary(..) | Rvalue::Wrapping(..) | Rvalue::Unary(..) | Rvalue::Variant(_) | Rvalue::Length(_) => {}
        }
    }

    fn borrow(&mut self, kind: BorrowKind, place: &Place, dest: &Place, target: &Typed, point: usize, span: Span) {
        let region = self.new_region();
        let from = self.place(place);
        let mut regions = vec![region];
        regions.extend(from.regions);
        let ty = self.program.types.reference(from.ty, kind.is_mutable());
        let category = self.category(dest);
        self.flow(&Typed { ty, regions }, target, category, span);
        // What lies behind references is lent no longer than they are.
        let mut is_behind_shared = false;
        for at in (0..place.steps.len()).rev() {
            if place.steps[at] != Step::Deref {
                continue;
            }
            let base = self.place_prefix(place, at);
            match self.program.types.kind(base.ty) {
                TyKind::Ref(_, is_mutable) => {
                    if let Some(&longer) = base.regions.first()
                        && !is_behind_shared
                    {
                        self.outlives(longer, region, Category::Other, span);
                    }
                    is_behind_shared |= !is_mutable;
                }
                _ => is_behind_shared = true,
            }
        }
        // Nobody can conflict with what is behind a shared reference or a pointer, nor with a constant.
        let is_constant = self.body.locals[place.local.0 as usize].is_promoted && !kind.is_mutable();
        if is_constant {
            self.promoted.push(region);
        }
        if !is_behind_shared && !is_constant {
            let holder = dest.steps.is_empty().then_some(dest.local);
            self.loans.push(Loan { region, place: place.clone(), kind, point, span, holder, is_capture: false });
        }
    }

    fn call(&mut self, dest: &Place, callee: Callee, operands: &[Operand], span: Span) {
        let given: Vec<Typed> = operands.iter().map(|operand| self.operand(operand)).collect();
        let target = self.place(dest);
        let category = self.category(dest);
        if target.regions.is_empty() && given.iter().all(|given| given.regions.is_empty()) {
            return;
        }
        match callee {
            Callee::Fn(def, args) => {
                let generic = self.fresh_arguments(args);
                let (mut parameters, result) = self.signature(def, &generic);
                if parameters.len() != given.len()
                    && parameters.len() == 2
                    && let TyKind::Tuple(items) = self.program.types.kind(parameters[1].ty)
                {
                    // A call by a bound hands its arguments over one by one.
                    let items: Vec<Ty> = self.program.types.list(items).to_vec();
                    let tuple = parameters.pop().expect("there are two");
                    parameters.extend(self.split(&items, &tuple.regions));
                }
                for (given, parameter) in given.iter().zip(&parameters) {
                    self.flow(given, parameter, Category::Argument, span);
                }
                self.flow(&result, &target, category, span);
            }
            Callee::Closure(id, _) => {
                let Some((env, rest)) = given.split_first() else { return };
                let captures = match self.program.types.kind(env.ty) {
                    TyKind::Ref(..) => env.regions.get(1..).unwrap_or_default(),
                    _ => &env.regions,
                };
                self.closure_call(id, captures, rest, &target, category, span);
            }
        }
    }

    /// What calling a closure asks of what it keeps, takes and returns.
    pub(super) fn closure_call(
        &mut self,
        id: ClosureId,
        captures: &[Var],
        given: &[Typed],
        result: &Typed,
        category: Category,
        span: Span,
    ) {
        let Some(summary) = self.program.regions.closures.get(&id).cloned() else { return };
        let mut vars = vec![Checker::STATIC];
        vars.extend_from_slice(captures);
        given.iter().for_each(|given| vars.extend_from_slice(&given.regions));
        vars.extend_from_slice(&result.regions);
        vars.push(self.new_region());
        if vars.len() != summary.universal_count as usize {
            return;
        }
        for &(longer, shorter) in &summary.outlives {
            let (longer, shorter) = (vars[longer as usize], vars[shorter as usize]);
            self.outlives(longer, shorter, category, span);
        }
    }

    // The graph.

    pub(super) fn block_of(&self, point: usize) -> usize {
        self.starts.partition_point(|start| *start <= point) - 1
    }

    pub(super) fn successors(&self, point: usize) -> Vec<usize> {
        let block = self.block_of(point);
        if point < self.starts[block] + self.body.blocks[block].stmts.len() {
            return vec![point + 1];
        }
        match &self.body.blocks[block].terminator {
            Terminator::Goto(next) => vec![self.starts[next.0 as usize]],
            Terminator::Switch(_, _, cases, default) => cases
                .iter()
                .map(|(_, block)| *block)
                .chain([*default])
                .map(|next| self.starts[next.0 as usize])
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the item is one of the program rather than the library's.
    pub(super) fn is_function(&self) -> bool {
        self.program.def(self.body.owner).kind == DefKind::Fn
    }
}

//! What is said of conflicts and of lifetimes that do not fit: code, place and reason as rustc gives them, in sentences of our own.

use rustg_base::{Diagnostic, Span};

use crate::place::{BorrowKind, Place, Step};

use super::conflicts::{Access, is_named};
use super::constraints::{Category, Checker, Constraint, Subject, Var};
use super::solve::Bits;

/// What was found, each once.
#[derive(Default)]
pub(super) struct Errors {
    found: Vec<(Span, Option<&'static str>)>,
    /// What was told of an access: once for each place and statement.
    told: Vec<(Span, Place)>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Errors {
    fn push(&mut self, diagnostic: Diagnostic, code: Option<&'static str>) {
        let key = (diagnostic.primary.span, code);
        if !self.found.contains(&key) {
            self.found.push(key);
            self.diagnostics.push(match code {
                Some(code) => diagnostic.with_code(code),
                None => diagnostic,
            });
        }
    }

    /// An access that a loan forbids.
    #[allow(clippy::too_many_arguments, reason = "it is all that is known of a conflict")]
    pub(super) fn conflict(
        &mut self,
        checker: &mut Checker<'_>,
        values: &Bits,
        number: usize,
        place: &Place,
        access: Access,
        point: usize,
        span: Span,
    ) {
        let key = (span, place.clone());
        if !matches!(access, Access::End | Access::Leave) {
            if self.told.contains(&key) {
                return;
            }
            self.told.push(key);
        }
        let loan = checker.loans[number].clone();
        let name = describe(checker, place);
        let lent = describe(checker, &loan.place);
        let of = |name: &Option<String>| name.as_ref().map_or("this value".to_owned(), |name| format!("`{name}`"));
        let (name_text, lent_text) = (of(&name), of(&lent));
        let how = if loan.kind.is_mutable() { "mutably " } else { "" };
        let here = format!("{lent_text} is {how}borrowed here");
        let error = |span: Span, message: String| Diagnostic::error(span, message);
        let (diagnostic, code) = match access {
            Access::End | Access::Leave => return self.lives_too_short(checker, values, number, point, span),
            Access::Assign if !is_named(checker, place.local) && place.steps.is_empty() => {
                return self.lives_too_short(checker, values, number, point, span);
            }
            Access::Read if checker.is_comparing_macro(span) => (
                error(span, format!("cannot borrow {name_text} as immutable because it is also borrowed as mutable"))
                    .with_label(loan.span, here),
                "E0502",
            ),
            Access::Read => (
                error(span, format!("cannot use {name_text} because it was mutably borrowed"))
                    .with_label(loan.span, here),
                "E0503",
            ),
            Access::Move => (
                error(span, format!("cannot move out of {name_text} because it is borrowed"))
                    .with_label(loan.span, here),
                "E0505",
            ),
            Access::Assign => (
                error(span, format!("cannot assign to {name_text} because it is borrowed")).with_label(loan.span, here),
                "E0506",
            ),
            Access::Borrow(..) | Access::Activate(_) => {
                let kind = match access {
                    Access::Borrow(kind, _) => kind,
                    _ => BorrowKind::TwoPhase,
                };
                let code = match (kind.is_mutable(), loan.kind.is_mutable()) {
                    (true, true) => "E0499",
                    _ => "E0502",
                };
                let what = if kind.is_mutable() { "mutable" } else { "immutable" };
                let also = match (kind.is_mutable(), loan.kind.is_mutable()) {
                    (true, true) => "more than once at a time",
                    (false, _) => "because it is also borrowed as mutable",
                    (true, false) => "because it is also borrowed as immutable",
                };
                (error(span, format!("cannot borrow {name_text} as {what} {also}")).with_label(loan.span, here), code)
            }
        };
        let diagnostic = match later_use(checker, values, loan.region, point) {
            Some(later) if later != span => diagnostic.with_label(later, "the borrow is used here later"),
            _ => diagnostic,
        };
        self.push(diagnostic, Some(code));
    }

    /// A borrow that lasts longer than what it is of.
    fn lives_too_short(&mut self, checker: &mut Checker<'_>, values: &Bits, number: usize, point: usize, span: Span) {
        let loan = checker.loans[number].clone();
        let name = describe(checker, &loan.place);
        let is_variable = is_named(checker, loan.place.local);
        // Whether the caller wants it, or something later in this body.
        let universals = checker.universal_count;
        let is_late = values.has(loan.region as usize, point);
        let path = path_to(checker, loan.region, &|region| region < universals);
        if let Some(path) = path.filter(|_| is_late) {
            let blame = blamed(&path);
            if loan.is_capture && is_variable && matches!(blame.category, Category::Return | Category::Argument) {
                let name = name.unwrap_or_default();
                let message = format!("closure may outlive the current function, but it borrows `{name}`");
                let diagnostic = Diagnostic::error(loan.span, message)
                    .with_help("let the closure take what it uses: write `move` before its parameters");
                return self.push(diagnostic, Some("E0373"));
            }
            if blame.category == Category::Return {
                let message = match &name {
                    Some(name) if is_variable => {
                        format!("cannot return a reference to `{name}`, which ends with this function")
                    }
                    _ => "cannot return a reference to a temporary value".to_owned(),
                };
                let mut diagnostic = Diagnostic::error(blame.span, message);
                if loan.span != blame.span {
                    diagnostic = diagnostic.with_label(loan.span, "borrowed here");
                }
                return self.push(diagnostic, Some("E0515"));
            }
        }
        let later = later_use(checker, values, loan.region, point);
        let mut diagnostic = match &name {
            Some(name) if is_variable => {
                let mut diagnostic = Diagnostic::error(loan.span, format!("`{name}` does not live long enough"));
                if span != loan.span && span != Span::default() {
                    diagnostic = diagnostic.with_label(span, format!("`{name}` ends here, still borrowed"));
                }
                diagnostic
            }
            _ => Diagnostic::error(loan.span, "temporary value dropped while borrowed")
                .with_help("give the value a name with `let`, so that it lives longer"),
        };
        if let Some(later) = later.filter(|later| *later != loan.span) {
            diagnostic = diagnostic.with_label(later, "the borrow is used here later");
        }
        self.push(diagnostic, Some(if is_variable { "E0597" } else { "E0716" }));
    }

    /// Universal regions that would have to outlive others, of which nothing says that they do.
    pub(super) fn check_universals(&mut self, checker: &mut Checker<'_>, values: &Bits) {
        let count = checker.universal_count as usize;
        for longer in 1..count {
            for shorter in 0..count {
                let needs = longer != shorter && values.has(longer, checker.point_count + shorter);
                if !needs || checker.is_known(longer as Var, shorter as Var) {
                    continue;
                }
                let Some(path) = path_to(checker, longer as Var, &|region| region as usize == shorter) else {
                    continue;
                };
                // What lies between two others is told of those.
                if path[..path.len() - 1].iter().any(|step| (step.shorter as usize) < count) {
                    continue;
                }
                let blame = blamed(&path);
                self.lifetime(checker, longer as Var, shorter as Var, blame);
            }
        }
    }

    fn lifetime(&mut self, checker: &mut Checker<'_>, longer: Var, shorter: Var, blame: Constraint) {
        let (a, b) = (checker.universal_name(longer), checker.universal_name(shorter));
        if let (Subject::Item(id), Some(parameter)) = (checker.subject, checker.anonymous_parameter(longer))
            && b.is_some()
            && shorter != Checker::STATIC
        {
            let ty = checker.locals[parameter].ty;
            let (ty, b) = (checker.program.type_name(ty), b.unwrap_or_default());
            let name = checker.body.locals[parameter].name.map(|name| checker.program.strings.get(name).to_owned());
            let name = name.unwrap_or_else(|| "the parameter".to_owned());
            let message = format!("explicit lifetime required in the type of `{name}`");
            let diagnostic = Diagnostic::error(blame.span, message)
                .with_primary(format!("lifetime `{b}` required"))
                .with_label(checker.body.locals[parameter].span, format!("give `{ty}` the lifetime `{b}`"));
            let _ = id;
            return self.push(diagnostic, Some("E0621"));
        }
        let of = |name: Option<String>| name.map_or("an unnamed lifetime".to_owned(), |name| format!("`{name}`"));
        if shorter == Checker::STATIC && blame.category == Category::Argument {
            let message = "borrowed data escapes outside of function: the call wants it for `'static`".to_owned();
            return self.push(Diagnostic::error(blame.span, message), Some("E0521"));
        }
        let what = match blame.category {
            Category::Return => "what is returned",
            Category::Argument => "this argument",
            _ => "this",
        };
        let diagnostic = Diagnostic::error(blame.span, "lifetime may not live long enough").with_primary(format!(
            "{what} asks {} to outlive {}",
            of(a),
            of(b)
        ));
        self.push(diagnostic, None);
    }
}

impl Checker<'_> {
    /// Whether one universal region is known to outlive another.
    fn is_known(&self, longer: Var, shorter: Var) -> bool {
        if longer == Checker::STATIC || longer == shorter {
            return true;
        }
        let (mut seen, mut open) = (vec![longer], vec![longer]);
        while let Some(at) = open.pop() {
            if at == shorter || at == Checker::STATIC {
                return true;
            }
            for &(a, b) in &self.known {
                if a == at && !seen.contains(&b) {
                    seen.push(b);
                    open.push(b);
                }
            }
        }
        false
    }

    /// Whether a statement is of a macro that borrows what it compares.
    fn is_comparing_macro(&self, span: Span) -> bool {
        let file = self.program.file(self.program.def(self.body.owner).file);
        file.text.get(span.range()).is_some_and(|text| text.starts_with("assert_eq") || text.starts_with("assert_ne"))
    }

    /// The name that the source gives a universal region.
    fn universal_name(&self, region: Var) -> Option<String> {
        if region == Checker::STATIC {
            return Some("'static".to_owned());
        }
        let Subject::Item(id) = self.subject else { return None };
        let names = self.program.regions.lifetimes.get(&id)?;
        let name = names.get(region as usize - 1)?;
        let text = self.program.strings.get(*name);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The parameter whose type holds an unnamed region that the result has not: it could be named there.
    fn anonymous_parameter(&mut self, region: Var) -> Option<usize> {
        let Subject::Item(id) = self.subject else { return None };
        if self.universal_name(region).is_some() {
            return None;
        }
        let regions = self.program.fn_regions(id);
        let is_it =
            |known: &super::annotate::Region| known.parameter().is_some_and(|number| number as u32 + 1 == region);
        if regions.result.iter().any(is_it) {
            return None;
        }
        let at = regions.parameters.iter().position(|list| list.iter().any(is_it))?;
        let is_self = self.body.locals[at + 1].name == Some(self.program.names.self_value);
        (!is_self).then_some(at + 1)
    }
}

/// The shortest way from a region along what it must outlive to one that is looked for.
fn path_to(checker: &Checker<'_>, from: Var, accepts: &dyn Fn(Var) -> bool) -> Option<Vec<Constraint>> {
    let mut by_longer: Vec<Vec<usize>> = vec![Vec::new(); checker.region_count as usize];
    for (at, constraint) in checker.constraints.iter().enumerate() {
        by_longer[constraint.longer as usize].push(at);
    }
    let mut came: Vec<Option<usize>> = vec![None; checker.region_count as usize];
    let mut open = std::collections::VecDeque::from([from]);
    let mut seen = vec![false; checker.region_count as usize];
    seen[from as usize] = true;
    while let Some(at) = open.pop_front() {
        if at != from && accepts(at) {
            let (mut path, mut at) = (Vec::new(), at);
            while at != from {
                let constraint = checker.constraints[came[at as usize]?];
                path.push(constraint);
                at = constraint.longer;
            }
            path.reverse();
            return Some(path);
        }
        for &next in &by_longer[at as usize] {
            let to = checker.constraints[next].shorter;
            if !seen[to as usize] {
                seen[to as usize] = true;
                came[to as usize] = Some(next);
                open.push_back(to);
            }
        }
    }
    None
}

/// The step of a way that an error is told at.
fn blamed(path: &[Constraint]) -> Constraint {
    let best = path.iter().map(|step| step.category).min().unwrap_or(Category::Other);
    *path.iter().find(|step| step.category == best).expect("one has the least category")
}

/// Where something that holds the region is used after a point.
fn later_use(checker: &Checker<'_>, values: &Bits, region: Var, point: usize) -> Option<Span> {
    // The regions that this one must outlive: whoever holds one of those keeps the borrow alive.
    let mut held = vec![false; checker.region_count as usize];
    held[region as usize] = true;
    loop {
        let mut changed = false;
        for constraint in &checker.constraints {
            if held[constraint.longer as usize] && !held[constraint.shorter as usize] {
                held[constraint.shorter as usize] = true;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let holds = |local: usize| checker.locals[local].regions.iter().any(|region| held[*region as usize]);
    let mut open = std::collections::VecDeque::from(checker.successors(point));
    let mut seen = vec![false; checker.point_count];
    while let Some(at) = open.pop_front() {
        if std::mem::replace(&mut seen[at], true) || !values.has(region as usize, at) {
            continue;
        }
        if checker.uses_at(at, &holds) {
            let block = checker.block_of(at);
            return checker.body.blocks[block].stmts.get(at - checker.starts[block]).map(|stmt| stmt.span);
        }
        open.extend(checker.successors(at));
    }
    None
}

/// A place as the source would write it; none for temporaries.
fn describe(checker: &Checker<'_>, place: &Place) -> Option<String> {
    let name = checker.body.locals[place.local.0 as usize].name?;
    let mut text = checker.program.strings.get(name).to_owned();
    let mut derefs = 0;
    for step in &place.steps {
        match step {
            Step::Deref => {
                text = format!("*{text}");
                derefs += 1;
            }
            Step::Field(number) => {
                // A field looks through references by itself.
                for _ in 0..derefs {
                    text.remove(0);
                }
                derefs = 0;
                text = format!("{text}.{number}");
            }
            Step::Index(_) | Step::Element(..) => text = format!("{text}[_]"),
            Step::Variant(_) => {}
        }
    }
    Some(text)
}

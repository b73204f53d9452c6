//! Exhaustiveness of patterns: whether values are left that no arm takes (Maranget, "Warnings for pattern matching", 2007).

use rustg_base::{Diagnostic, Span};

use crate::build::Builder;
use crate::hir::*;
use crate::items::{DefId, DefKind};
use crate::types::{Ty, TyKind};

/// Slices that are shorter are told apart by their length.
const LENGTHS: usize = 8;

/// A pattern, seen as constructors.
#[derive(Clone, PartialEq, Debug)]
enum Shape {
    /// Everything.
    Wild,
    /// A variant (or the only form of a type, 0) with its fields.
    Form(u32, Vec<Shape>),
    /// Numbers from, to, both included, in an order that begins at 0.
    Between(u128, u128),
    /// Something that never covers its type: a text, a float, a long slice.
    Some,
    /// One of several.
    Either(Vec<Shape>),
}

/// How the values of a type are made.
enum Forms {
    /// By number, each with its fields' types.
    Of(Vec<Vec<Ty>>),
    /// Numbers up to that.
    UpTo(u128),
    /// Not to be listed.
    Endless,
}

impl Builder<'_> {
    /// Reports arms that leave values out.
    pub(crate) fn check_exhaustive(&mut self, arms: &[Arm], ty: Ty, span: Span) {
        let rows: Vec<Vec<Shape>> =
            arms.iter().filter(|arm| arm.guard.is_none()).map(|arm| vec![self.shape(arm.pattern)]).collect();
        let types = vec![self.matched_type(ty)];
        let mut budget = 20_000;
        if self.leaves_something(&rows, &types, &mut budget) {
            let name = self.program_mut().type_name(ty);
            let error = Diagnostic::error(span, format!("non-exhaustive patterns for `{name}`"))
                .with_code("E0004")
                .with_help("add an arm for the values that are left, or `_ => …`");
            let file = self.file_of_owner();
            self.program_mut().report(file, error);
        }
    }

    /// Reports a pattern of `let` or a parameter that may not match.
    pub(crate) fn check_irrefutable(&mut self, pat: PatId) {
        let rows = vec![vec![self.shape(pat)]];
        let ty = self.pattern_own_type(pat);
        let mut budget = 20_000;
        if self.leaves_something(&rows, &[ty], &mut budget) {
            let span = self.pattern_span(pat);
            let file = self.file_of_owner();
            let error = Diagnostic::error(span, "refutable pattern in local binding")
                .with_code("E0005")
                .with_help("use `let … else { … }` or `if let`");
            self.program_mut().report(file, error);
        }
    }

    fn matched_type(&mut self, ty: Ty) -> Ty {
        match self.program_mut().types.kind(ty) {
            TyKind::Ref(target, _) => self.matched_type(target),
            _ => ty,
        }
    }

    fn shape(&mut self, pat: PatId) -> Shape {
        let hir = self.hir_of();
        match &hir.pat(pat).kind {
            PatKind::Wild | PatKind::Rest | PatKind::Binding(_, _, None) => Shape::Wild,
            PatKind::Binding(_, _, Some(inner)) | PatKind::Ref(inner, _) => self.shape(*inner),
            PatKind::Or(pats) => Shape::Either(pats.iter().map(|pat| self.shape(*pat)).collect()),
            PatKind::Literal(value) => match self.number(*value) {
                Some(number) => Shape::Between(number, number),
                None => Shape::Some,
            },
            PatKind::Range(start, end, inclusive) => {
                let ty = self.pattern_own_type(pat);
                let Some(most) = self.most(ty) else { return Shape::Some };
                let low = match start {
                    Some(start) => self.number(*start),
                    None => Some(0),
                };
                let high = match end {
                    Some(end) => {
                        self.number(*end).and_then(|end| if *inclusive { Some(end) } else { end.checked_sub(1) })
                    }
                    None => Some(most),
                };
                match (low, high) {
                    (Some(low), Some(high)) => Shape::Between(low, high),
                    _ => Shape::Some,
                }
            }
            PatKind::Path(_) | PatKind::TupleStruct(..) | PatKind::Record(..) => {
                self.adt_shape(pat, &hir.pat(pat).kind)
            }
            PatKind::Tuple(pats) => {
                let count = match self.pattern_own_type(pat) {
                    ty => match self.program_mut().types.kind(ty) {
                        TyKind::Tuple(items) => self.program_mut().types.list(items).len(),
                        _ => pats.len(),
                    },
                };
                Shape::Form(0, self.spread(pats, count))
            }
            PatKind::Slice(pats) => {
                let ty = self.pattern_own_type(pat);
                match self.program_mut().types.kind(ty) {
                    TyKind::Array(_, length) => match self.program_mut().types.kind(length) {
                        TyKind::Const(count) if count <= 64 => Shape::Form(0, self.spread(pats, count as usize)),
                        _ => Shape::Some,
                    },
                    TyKind::Slice(_) => self.slice_shape(pats),
                    _ => Shape::Some,
                }
            }
        }
    }

    /// Slices are made by length: [`LENGTHS`] short ones, and one form for all that are longer.
    fn slice_shape(&mut self, pats: &[PatId]) -> Shape {
        let hir = self.hir_of();
        let has_rest = pats.iter().any(|pat| hir.pat(*pat).kind == PatKind::Rest);
        let least = pats.len() - usize::from(has_rest);
        match (has_rest, least) {
            (true, 0) => Shape::Wild,
            (true, _) if least <= LENGTHS => Shape::Either(
                (least..=LENGTHS).map(|count| Shape::Form(count as u32, self.spread(pats, count))).collect(),
            ),
            (false, _) if least < LENGTHS => Shape::Form(least as u32, self.spread(pats, least)),
            _ => Shape::Some,
        }
    }

    fn spread(&mut self, pats: &[PatId], count: usize) -> Vec<Shape> {
        let hir = self.hir_of();
        let mut shapes = vec![Shape::Wild; count];
        let rest = pats.iter().position(|pat| hir.pat(*pat).kind == PatKind::Rest);
        for (at, pat) in pats.iter().enumerate() {
            let place = match rest {
                Some(rest) if at > rest => (count + at).checked_sub(pats.len()),
                Some(rest) if at == rest => None,
                _ => Some(at),
            };
            if let Some(place) = place.filter(|place| *place < count) {
                shapes[place] = self.shape(*pat);
            }
        }
        shapes
    }

    fn adt_shape(&mut self, pat: PatId, kind: &PatKind) -> Shape {
        let Some((def, _)) = self.pattern_def(pat) else { return Shape::Wild };
        if self.program_mut().def(def).kind == DefKind::Const {
            let value = self.program_mut().const_item_value(def);
            let ty = self.pattern_own_type(pat);
            return match (value, self.most(ty)) {
                (Some(value), Some(most)) if value <= most => {
                    let number = self.order(value, ty);
                    Shape::Between(number, number)
                }
                _ => Shape::Some,
            };
        }
        let number =
            if self.program_mut().def(def).kind == DefKind::Variant { self.program_mut().def(def).number } else { 0 };
        let fields = self.program_mut().fields_of(def);
        let shapes = match kind {
            PatKind::TupleStruct(_, pats) => self.spread(pats, fields.len()),
            PatKind::Record(_, named, _) => {
                let mut shapes = vec![Shape::Wild; fields.len()];
                for (name, inner) in named {
                    if let Some(at) = fields.iter().position(|field| field.name == *name) {
                        shapes[at] = self.shape(*inner);
                    }
                }
                shapes
            }
            _ => vec![Shape::Wild; fields.len()],
        };
        Shape::Form(number, shapes)
    }

    /// The greatest number in the order of a type's values.
    fn most(&mut self, ty: Ty) -> Option<u128> {
        match self.program_mut().types.kind(ty) {
            TyKind::Bool => Some(1),
            TyKind::Char => Some(0x10_ffff),
            TyKind::Int(int) => Some(if int.bits() == 128 { u128::MAX } else { (1 << int.bits()) - 1 }),
            _ => None,
        }
    }

    /// The place of a value's bits in the order of its type.
    fn order(&mut self, bits: u128, ty: Ty) -> u128 {
        match (self.program_mut().types.kind(ty), self.most(ty)) {
            (TyKind::Int(int), Some(most)) if int.is_signed() => (bits ^ (1 << (int.bits() - 1))) & most,
            (_, Some(most)) => bits & most,
            _ => bits,
        }
    }

    fn number(&mut self, value: ExprId) -> Option<u128> {
        let hir = self.hir_of();
        let (literal, negative) = match &hir.expr(value).kind {
            ExprKind::Literal(literal) => (literal, false),
            ExprKind::Unary(UnaryOp::Neg, inner) => match &hir.expr(*inner).kind {
                ExprKind::Literal(literal) => (literal, true),
                _ => return None,
            },
            ExprKind::Path(_) => {
                let (def, ty) = self.path_constant(value)?;
                let bits = self.program_mut().const_item_value(def)?;
                return Some(self.order(bits, ty));
            }
            _ => return None,
        };
        let ty = self.value_type(value);
        match literal {
            Literal::Int(bits, _) => {
                self.most(ty)?;
                Some(self.order(if negative { bits.wrapping_neg() } else { *bits }, ty))
            }
            Literal::Bool(value) => Some(u128::from(*value)),
            Literal::Char(value) => Some(*value as u128),
            _ => None,
        }
    }

    fn forms(&mut self, ty: Ty) -> Forms {
        let ty = self.matched_type(ty);
        if let Some(most) = self.most(ty) {
            return Forms::UpTo(most);
        }
        match self.program_mut().types.kind(ty) {
            TyKind::Never => Forms::Of(Vec::new()),
            TyKind::Tuple(items) => Forms::Of(vec![self.program_mut().types.list(items).to_vec()]),
            TyKind::Array(element, length) => match self.program_mut().types.kind(length) {
                TyKind::Const(count) if count <= 64 => Forms::Of(vec![vec![element; count as usize]]),
                _ => Forms::Endless,
            },
            TyKind::Slice(element) => Forms::Of((0..=LENGTHS).map(|count| vec![element; count]).collect()),
            TyKind::Adt(def, args) => {
                let args: Vec<Ty> = self.program_mut().types.list(args).to_vec();
                let ids: Vec<DefId> = match self.program_mut().def(def).kind {
                    DefKind::Enum => self.program_mut().variants_of(def).to_vec(),
                    _ => vec![def],
                };
                Forms::Of(
                    ids.into_iter()
                        .map(|id| {
                            let fields = self.program_mut().fields_of(id);
                            fields.iter().map(|field| self.program_mut().types.substitute(field.ty, &args)).collect()
                        })
                        .collect(),
                )
            }
            _ => Forms::Endless,
        }
    }

    /// Whether a row of values is left that none of the rows takes.
    fn leaves_something(&mut self, rows: &[Vec<Shape>], types: &[Ty], budget: &mut u32) -> bool {
        let Some((&first, rest)) = types.split_first() else { return rows.is_empty() };
        if *budget == 0 {
            return false;
        }
        *budget -= 1;
        let mut flat: Vec<Vec<Shape>> = Vec::new();
        for row in rows {
            flatten(row, &mut flat);
        }
        match self.forms(first) {
            Forms::Of(forms) => {
                let used =
                    |number: u32| flat.iter().any(|row| matches!(row[0], Shape::Form(known, _) if known == number));
                let all_wild = !(0..forms.len() as u32).any(used);
                if all_wild && !forms.is_empty() {
                    return self.leaves_default(&flat, rest, budget);
                }
                for (number, fields) in forms.iter().enumerate() {
                    let mut next = Vec::new();
                    for row in &flat {
                        let head = match &row[0] {
                            Shape::Wild => vec![Shape::Wild; fields.len()],
                            // A pattern with too many or too few fields is told elsewhere.
                            Shape::Form(known, shapes) if *known == number as u32 => {
                                let mut shapes = shapes.clone();
                                shapes.resize(fields.len(), Shape::Wild);
                                shapes
                            }
                            _ => continue,
                        };
                        next.push(head.into_iter().chain(row[1..].iter().cloned()).collect());
                    }
                    let types: Vec<Ty> = fields.iter().copied().chain(rest.iter().copied()).collect();
                    if self.leaves_something(&next, &types, budget) {
                        return true;
                    }
                }
                false
            }
            Forms::UpTo(most) => {
                // Pieces between the bounds that patterns name: within one, all numbers are alike.
                let mut starts = vec![0];
                for row in &flat {
                    if let Shape::Between(low, high) = row[0] {
                        starts.push(low);
                        starts.extend(high.checked_add(1).filter(|next| *next <= most));
                    }
                }
                starts.sort_unstable();
                starts.dedup();
                for start in starts {
                    let next: Vec<Vec<Shape>> = (flat.iter())
                        .filter(|row| match row[0] {
                            Shape::Wild => true,
                            Shape::Between(low, high) => low <= start && start <= high,
                            _ => false,
                        })
                        .map(|row| row[1..].to_vec())
                        .collect();
                    if self.leaves_something(&next, rest, budget) {
                        return true;
                    }
                }
                false
            }
            Forms::Endless => self.leaves_default(&flat, rest, budget),
        }
    }

    fn leaves_default(&mut self, rows: &[Vec<Shape>], rest: &[Ty], budget: &mut u32) -> bool {
        let next: Vec<Vec<Shape>> =
            rows.iter().filter(|row| row[0] == Shape::Wild).map(|row| row[1..].to_vec()).collect();
        self.leaves_something(&next, rest, budget)
    }

    fn pattern_own_type(&mut self, pat: PatId) -> Ty {
        self.type_of_pattern(pat)
    }
}

/// Rows without alternatives in front.
fn flatten(row: &[Shape], out: &mut Vec<Vec<Shape>>) {
    match &row[0] {
        Shape::Either(shapes) => {
            for shape in shapes {
                let mut row = row.to_vec();
                row[0] = shape.clone();
                flatten(&row, out);
            }
        }
        _ => out.push(row.to_vec()),
    }
}

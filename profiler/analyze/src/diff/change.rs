//! One row of a comparison: what was, what is, and whether the difference means anything.

use rustc_hash::FxHashMap;

use crate::stats::{Column, Distribution, Row, Unit, Value, hidden, roomy, shown};

/// Whether a change of the mean is more than the spread of the launches explains.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Significance {
    /// Not there before.
    New,
    /// Not there any more.
    Gone,
    /// The mean changed by at least 1 %, and by more than three standard errors (Welch's t).
    Clear,
    /// The mean hardly changed, or within the spread of the launches.
    Unclear,
    /// One side has a single launch: no spread to compare with.
    TooFew,
}

impl Significance {
    /// A word.
    pub fn label(self) -> &'static str {
        match self {
            Significance::New => "new",
            Significance::Gone => "gone",
            Significance::Clear => "clear",
            Significance::Unclear => "~",
            Significance::TooFew => "?",
        }
    }
}

/// Standard errors that a change of the mean must exceed to be called clear.
const STANDARD_ERRORS: f64 = 3.0;
/// Part of the mean that a change must exceed to be called clear.
const CLEAR_RATIO: f64 = 0.01;

/// One name, before and after.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// The name; where its template arguments changed, the new one.
    pub name: String,
    /// The old name, where it is another.
    pub name_before: Option<String>,
    /// Before; a count of 0 where it was not there.
    pub before: Distribution,
    /// After; a count of 0 where it is not there.
    pub after: Distribution,
}

impl Change {
    /// By how much the total grew.
    pub fn total_change_ns(&self) -> i64 {
        let change = i128::from(self.after.total) - i128::from(self.before.total);
        i64::try_from(change).unwrap_or(if change > 0 { i64::MAX } else { i64::MIN })
    }

    /// By how much the total grew, as a ratio; `None` where there was nothing before.
    pub fn total_ratio(&self) -> Option<f64> {
        ratio(self.before.total as f64, self.after.total as f64)
    }

    /// By how much the mean grew, as a ratio; `None` where either side has none.
    pub fn mean_ratio(&self) -> Option<f64> {
        self.both().then(|| ratio(self.before.mean(), self.after.mean())).flatten()
    }

    /// By how much the median grew, as a ratio; `None` where either side has none.
    pub fn median_ratio(&self) -> Option<f64> {
        self.both().then(|| ratio(self.before.median as f64, self.after.median as f64)).flatten()
    }

    /// Whether the change of the mean means anything.
    pub fn significance(&self) -> Significance {
        match (self.before.count, self.after.count) {
            (0, _) => return Significance::New,
            (_, 0) => return Significance::Gone,
            (1, _) | (_, 1) => return Significance::TooFew,
            _ => {}
        }
        let error = |side: &Distribution| side.stddev * side.stddev / side.count as f64;
        let standard_error = (error(&self.before) + error(&self.after)).sqrt();
        let change = (self.after.mean() - self.before.mean()).abs();
        let clear = change > STANDARD_ERRORS * standard_error && change > CLEAR_RATIO * self.before.mean();
        if clear { Significance::Clear } else { Significance::Unclear }
    }

    fn both(&self) -> bool {
        self.before.count > 0 && self.after.count > 0
    }
}

impl Row for Change {
    const COLUMNS: &'static [Column] = &[
        shown("name", "name", Unit::Text),
        hidden("name_before", Unit::Text),
        shown("total_change_ns", "change", Unit::ChangeNs),
        shown("total_change_ratio", "%", Unit::Change),
        shown("before_total_ns", "before", Unit::DurNs),
        shown("after_total_ns", "after", Unit::DurNs),
        roomy("before_count", "count", Unit::Count),
        roomy("after_count", "now", Unit::Count),
        shown("median_change_ratio", "median", Unit::Change),
        roomy("mean_change_ratio", "mean", Unit::Change),
        shown("significance", "sure", Unit::Text),
        hidden("before_median_ns", Unit::DurNs),
        hidden("after_median_ns", Unit::DurNs),
        hidden("before_mean_ns", Unit::Number),
        hidden("after_mean_ns", Unit::Number),
    ];

    fn values(&self) -> Vec<Value> {
        vec![
            self.name.as_str().into(),
            self.name_before.clone().into(),
            self.total_change_ns().into(),
            self.total_ratio().into(),
            self.before.total.into(),
            self.after.total.into(),
            self.before.count.into(),
            self.after.count.into(),
            self.median_ratio().into(),
            self.mean_ratio().into(),
            self.significance().label().into(),
            self.before.median.into(),
            self.after.median.into(),
            self.before.mean().into(),
            self.after.mean().into(),
        ]
    }
}

fn ratio(before: f64, after: f64) -> Option<f64> {
    (before > 0.0).then(|| after / before - 1.0)
}

/// Pairs rows by name. Names that only one side has are paired where `family` makes one of each side equal: a kernel whose
/// template arguments changed. Sorted by the size of the change of the total.
pub fn pair(
    before: Vec<(String, Distribution)>,
    after: Vec<(String, Distribution)>,
    family: impl Fn(&str) -> Option<String>,
) -> Vec<Change> {
    let mut old: FxHashMap<String, Distribution> = before.into_iter().collect();
    let (mut changes, mut fresh) = (Vec::new(), Vec::new());
    for (name, after) in after {
        match old.remove(&name) {
            Some(before) => changes.push(Change { name, name_before: None, before, after }),
            None => fresh.push((name, after)),
        }
    }
    // Only one of each: of several there is no telling which became which.
    let mut families: FxHashMap<String, (Vec<String>, usize)> = FxHashMap::default();
    for name in old.keys() {
        if let Some(family) = family(name) {
            families.entry(family).or_default().0.push(name.clone());
        }
    }
    let fresh_families: Vec<Option<String>> = fresh.iter().map(|(name, _)| family(name)).collect();
    for family in fresh_families.iter().flatten() {
        if let Some((_, count)) = families.get_mut(family) {
            *count += 1;
        }
    }
    for ((name, after), family) in fresh.into_iter().zip(fresh_families) {
        let found = family.and_then(|family| families.get(&family));
        let name_before = match found {
            Some((names, 1)) if names.len() == 1 => Some(names[0].clone()),
            _ => None,
        };
        let before = name_before.as_ref().and_then(|name| old.remove(name)).unwrap_or_default();
        changes.push(Change { name, name_before, before, after });
    }
    let gone = |(name, before)| Change { name, name_before: None, before, after: Distribution::default() };
    changes.extend(old.into_iter().map(gone));
    changes.sort_by(|a, b| {
        let size = |change: &Change| change.total_change_ns().unsigned_abs();
        size(b).cmp(&size(a)).then_with(|| b.after.total.cmp(&a.after.total)).then_with(|| a.name.cmp(&b.name))
    });
    changes
}

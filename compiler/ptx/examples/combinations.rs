//! Instructions that the table allows for a target, one a line: `combinations 90a`. Every row, each of its words in turn; `benches/ptx/verdicts.py`
//! asks ptxas about them. Rows whose operands the table leaves open (matrices, tensor copies, calls) are left out.

use std::collections::BTreeSet;

use rustg_ptx::table::{self, Choice, Group, Kind, OperandRule, Row};
use rustg_ptx::{Form, Type};

/// Rows with fewer combinations of words are written out in full.
const PRODUCT_MAX: usize = 96;

fn word(choice: &Choice) -> String {
    match choice {
        Choice::Type(found) => format!(".{}", found.text()),
        Choice::Modifier(modifier) => format!(".{}", modifier.text()),
        Choice::Shape(shape) if shape.k == 0 => format!(".m{}n{}", shape.m, shape.n),
        Choice::Shape(shape) => format!(".m{}n{}k{}", shape.m, shape.n, shape.k),
        Choice::AnyShape => ".m16n16k16".to_owned(),
    }
}

/// What a group may contribute: nothing, or one of its words.
fn options(group: &Group) -> Vec<String> {
    let words = group.choices.iter().map(word);
    if group.required { words.collect() } else { std::iter::once(String::new()).chain(words).collect() }
}

fn spellings(row: &Row) -> Vec<String> {
    let groups: Vec<_> = row.groups.iter().map(options).collect();
    let join =
        |picks: &[usize]| groups.iter().zip(picks).map(|(group, &pick)| group[pick].as_str()).collect::<String>();
    let product: usize = groups.iter().map(Vec::len).try_fold(1usize, |a, b| a.checked_mul(b)).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let mut picks = vec![0; groups.len()];
    if product <= PRODUCT_MAX {
        for mut index in 0..product {
            for (pick, group) in picks.iter_mut().zip(&groups) {
                *pick = index % group.len();
                index /= group.len();
            }
            found.push(join(&picks));
        }
        return found;
    }
    // Each pair of neighbouring groups in full, the others at rest.
    for first in 0..groups.len() {
        let second = (first + 1).min(groups.len() - 1);
        for a in 0..groups[first].len() {
            for b in 0..groups[second].len() {
                let mut picks = vec![0; groups.len()];
                picks[first] = a;
                picks[second] = if first == second { a } else { b };
                found.push(join(&picks));
            }
        }
    }
    found
}

fn register(kind: Type, number: usize) -> String {
    match (kind, kind.bits()) {
        (Type::Pred, _) => format!("%p{number}"),
        (_, ..=16) => format!("%h{number}"),
        (_, 32) => format!("%r{number}"),
        (_, 64) => format!("%rd{number}"),
        _ => format!("%q{number}"),
    }
}

fn operand(rule: &OperandRule, form: &Form, number: usize) -> Option<String> {
    let kind = |index: usize| form.type_at(index);
    let vector = |kind: Type, count: usize| {
        let elements: Vec<_> = (0..count).map(|lane| register(kind, (number + lane) % 4)).collect();
        format!("{{{}}}", elements.join(", "))
    };
    Some(match rule.kind {
        Kind::Value(index) | Kind::Relaxed(index) => register(kind(index as usize)?, number),
        Kind::Fixed(kind) => register(kind, number),
        Kind::Wide => register(if kind(0)?.bits() == 16 { Type::B32 } else { Type::B64 }, number),
        Kind::Elements if form.vector_len() > 1 => vector(kind(0)?, form.vector_len() as usize),
        Kind::Elements | Kind::Movable => register(kind(0)?, number),
        Kind::Vector(count, kind) => vector(kind, count as usize),
        Kind::Predicate | Kind::TwoPredicates => format!("%p{number}"),
        Kind::MaybeNegated => format!("!%p{number}"),
        Kind::ValueAndPredicate(fixed) => register(fixed.or(kind(0))?, number),
        Kind::Address if form.space() == rustg_ptx::Space::Parameter => "[pa]".to_owned(),
        Kind::Address => "[%rd9]".to_owned(),
        Kind::Constant => "1".to_owned(),
        Kind::Label => "L0".to_owned(),
        Kind::Callee | Kind::Targets | Kind::Any => return None,
    })
}

fn main() {
    let target = std::env::args().nth(1).expect("a target such as 90a");
    let sm: u32 = target.trim_end_matches('a').parse().expect("a number");
    let has = |row: &&Row| if row.architecture_specific { row.sm == sm } else { row.sm <= sm };
    let mut lines = BTreeSet::new();
    for row in table::rows().iter().filter(has).filter(|row| !row.open) {
        for spelling in spellings(row) {
            let text = format!("{}{spelling}", row.opcode.text());
            let form = Form::parse(&text);
            let least = row.operands.iter().filter(|rule| !rule.optional).count();
            for count in least..=row.operands.len() {
                let operands: Option<Vec<_>> =
                    row.rules(count).enumerate().map(|(index, rule)| operand(rule, &form, index + 1)).collect();
                if let Some(operands) = operands {
                    lines.insert(format!("{text} {};", operands.join(", ")).replace(" ;", ";"));
                }
            }
        }
    }
    lines.iter().for_each(|line| println!("{line}"));
}

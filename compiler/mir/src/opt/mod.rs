//! The optimisation passes: functions over a module, each of one idea. ptxas schedules and allocates registers; what it
//! does not do is ours.

mod addresses;
mod checks;
mod constants;
mod control;
mod copy;
mod dead;
mod divide;
mod early;
mod expand;
mod hoist;
mod induction;
mod inline;
mod jumps;
mod loads;
mod ranges;
mod relations;
mod replace;
mod simplify;
mod slots;
mod spaces;
mod unroll;
mod values;

pub use inline::inline_calls_of;

use crate::function::Function;
use crate::module::Module;

/// For each value of a function the space that it surely points into, if it is an address of which that is known.
pub fn address_spaces(module: &Module, function: &Function) -> Vec<Option<crate::immediate::Space>> {
    spaces::address_spaces(module, function)
}

/// The module with what no instruction does in the words of those that there are, where it has any such operation.
pub fn expanded(module: &Module) -> Option<Module> {
    expand::is_needed(module).then(|| {
        let mut module = module.clone();
        expand::expand(&mut module);
        module
    })
}

/// A pass over a module.
pub type Pass = fn(&mut Module);

/// The passes by name, for file tests and `--timings`.
pub const PASSES: &[(&str, Pass)] = &[
    ("addresses", |module| each_function(module, addresses::split_addresses)),
    ("constants", constants::use_constants),
    ("control", |module| each_function(module, control::simplify_control)),
    ("dead", |module| each_function(module, dead::remove_dead)),
    ("divide", |module| each_function(module, divide::multiply_instead)),
    ("early", |module| each_function(module, early::compute_early)),
    ("expand", expand::expand),
    ("hoist", |module| each_function(module, hoist::hoist)),
    ("inline", inline::inline_calls),
    ("jumps", |module| each_function(module, thread_jumps)),
    ("loads", |module| each_function(module, loads::forward_loads)),
    ("ranges", |module| each_function(module, ranges::use_ranges)),
    ("more_slots", |module| each_function(module, replace_more_slots)),
    ("slots", |module| each_function(module, slots::replace_slots)),
    ("spaces", spaces::infer_spaces),
    ("unroll", unroll_loops),
    ("values", |module| each_function(module, values::number_values)),
];

/// The passes that a module goes through, in their order.
///
/// Scalars first: calls are inlined, slots become values, tags that are asked for where they were made go, loops whose rounds can be counted are
/// written out. What is left is made cheap.
#[rustfmt::skip]
pub const PIPELINE: &[&str] = &[
    "control", "inline", "slots", "values", "control", "more_slots", "jumps", "values", "unroll", "ranges", "addresses", "values", "dead",
    "hoist", "divide", "spaces", "loads", "values", "control", "dead", "early",
];

/// The pass of that name.
pub fn pass_named(name: &str) -> Option<Pass> {
    PASSES.iter().find(|(pass, _)| *pass == name).map(|(_, pass)| *pass)
}

/// Slots hold the addresses of slots: so often what one round has made a value is looked through again.
const SLOT_ROUNDS_MAX: usize = 3;

/// Scalar replacement again and again, as long as it finds anything; numbering and dead code between show what nobody refers to any more.
fn replace_more_slots(function: &mut Function) {
    for _ in 0..SLOT_ROUNDS_MAX {
        let before = function.slots.len();
        if before == 0 {
            return;
        }
        dead::remove_dead(function);
        slots::replace_slots(function);
        if function.slots.len() == before {
            return;
        }
        values::number_values(function);
        control::simplify_control(function);
    }
}

/// Jump threading, and what brings its copies together again where it changed anything.
fn thread_jumps(function: &mut Function) {
    if jumps::thread_jumps(function) {
        slots::replace_slots(function);
        control::simplify_control(function);
    }
}

/// Loops within loops are written out so deep.
const LOOPS_MAX: usize = 4;

/// Writes loops out, innermost first; functions in which nothing is written out are left as they are.
fn unroll_loops(module: &mut Module) {
    for _ in 0..LOOPS_MAX {
        let mut changed = false;
        each_function(module, |function| {
            if unroll::unroll_loops(function) {
                changed = true;
                control::simplify_control(function);
                values::number_values(function);
                dead::remove_dead(function);
                slots::replace_slots(function);
                values::number_values(function);
            }
        });
        constants::use_constants(module);
        if !changed {
            return;
        }
    }
}

fn each_function(module: &mut Module, pass: impl FnMut(&mut Function)) {
    module.functions.iter_mut().filter(|function| function.has_body()).for_each(pass);
}

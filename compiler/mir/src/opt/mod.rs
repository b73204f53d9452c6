//! The optimisation passes: functions over a module, each of one idea. ptxas schedules and allocates registers; what it
//! does not do is ours.

mod control;
mod copy;
mod dead;
mod divide;
mod expand;
mod hoist;
mod inline;
mod jumps;
mod loads;
mod ranges;
mod replace;
mod simplify;
mod slots;
mod spaces;
mod values;

pub use inline::inline_calls_of;

use crate::module::Module;

/// For each value of a function the space that it surely points into, if it is an address of which that is known.
pub fn address_spaces(module: &Module, function: &crate::function::Function) -> Vec<Option<crate::immediate::Space>> {
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
    ("control", |module| each_function(module, control::simplify_control)),
    ("dead", |module| each_function(module, dead::remove_dead)),
    ("divide", |module| each_function(module, divide::multiply_instead)),
    ("expand", expand::expand),
    ("hoist", |module| each_function(module, hoist::hoist)),
    ("inline", inline::inline_calls),
    ("jumps", |module| each_function(module, jumps::thread_jumps)),
    ("loads", |module| each_function(module, loads::forward_loads)),
    ("ranges", |module| each_function(module, ranges::use_ranges)),
    ("slots", |module| each_function(module, slots::replace_slots)),
    ("spaces", spaces::infer_spaces),
    ("values", |module| each_function(module, values::number_values)),
];

/// The pass of that name.
pub fn pass_named(name: &str) -> Option<Pass> {
    PASSES.iter().find(|(pass, _)| *pass == name).map(|(_, pass)| *pass)
}

fn each_function(module: &mut Module, pass: impl Fn(&mut crate::function::Function)) {
    module.functions.iter_mut().filter(|function| function.has_body()).for_each(pass);
}

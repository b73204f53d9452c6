//! Widths that follow from `max_width`: how many columns a call's arguments, an array, a chain … may have on one line.

use super::{Config, Value};

/// `use_small_heuristics`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heuristics {
    /// In proportion to `max_width`.
    Default,
    /// Up to `max_width`.
    Max,
    /// Struct literals, `if … else` and `let … else` never on one line, all else without a limit.
    Off,
}

impl Value for Heuristics {
    fn read(text: &str) -> Option<Self> {
        match text {
            "Default" => Some(Heuristics::Default),
            "Max" => Some(Heuristics::Max),
            "Off" => Some(Heuristics::Off),
            _ => None,
        }
    }
}

/// The widths in force, in columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Widths {
    pub(crate) fn_call: u32,
    pub(crate) attribute: u32,
    pub(crate) struct_literal: u32,
    pub(crate) struct_variant: u32,
    pub(crate) array: u32,
    pub(crate) chain: u32,
    pub(crate) if_else: u32,
    pub(crate) let_else: u32,
}

impl Widths {
    pub(crate) fn of(config: &Config) -> Widths {
        let max = config.max_width;
        // Above 100 columns the defaults grow in proportion, the factor rounded to a tenth; below they stay.
        let tenths = if max > 100 { (f64::from(max) / 10.0).round() as u32 } else { 10 };
        let pick = |set: Option<u32>, default: u32, off: u32| {
            let chosen = match config.use_small_heuristics {
                Heuristics::Default => (default * tenths) / 10,
                Heuristics::Max => max,
                Heuristics::Off => off,
            };
            set.unwrap_or(chosen).min(max)
        };
        let unlimited = u32::MAX;
        Widths {
            fn_call: pick(config.fn_call_width, 60, unlimited),
            attribute: pick(config.attr_fn_like_width, 70, unlimited),
            struct_literal: pick(config.struct_lit_width, 18, 0),
            struct_variant: pick(config.struct_variant_width, 35, 0),
            array: pick(config.array_width, 60, unlimited),
            chain: pick(config.chain_width, 60, unlimited),
            if_else: pick(config.single_line_if_else_max_width, 50, 0),
            let_else: pick(config.single_line_let_else_max_width, 50, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_grow_with_the_line_and_do_not_shrink_in_proportion() {
        let at = |max_width| Widths::of(&Config { max_width, ..Config::default() });
        assert_eq!((at(100).fn_call, at(100).struct_literal), (60, 18));
        assert_eq!((at(120).fn_call, at(120).struct_literal), (72, 21));
        assert_eq!((at(80).fn_call, at(50).fn_call), (60, 50));
    }

    #[test]
    fn max_takes_the_whole_line() {
        let config = Config { use_small_heuristics: Heuristics::Max, ..Config::default() };
        assert_eq!(Widths::of(&config).struct_literal, 100);
    }
}

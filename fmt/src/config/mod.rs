//! Options: rustfmt's names, values and defaults, so that a project's `rustfmt.toml` means here what it means there.
//!
//! The table below is the whole truth about an option: its name, type, default and whether stable rustfmt knows it. Options
//! that only a nightly rustfmt takes are accepted too; those that this formatter does not act on yet are told by
//! [`Config::set`] as [`Setting::Ignored`].

mod file;
mod widths;

pub use file::{ConfigError, find_config, read_config};
pub use widths::Heuristics;
pub(crate) use widths::Widths;

use rustg_syntax::Edition;

/// What became of a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setting {
    /// It is in force.
    Taken,
    /// rustfmt knows the option; this formatter does not act on it.
    Ignored,
    /// No such option.
    Unknown,
}

/// A value as text, as it stands in `--config key=value`.
trait Value: Sized {
    fn read(text: &str) -> Option<Self>;
}

impl Value for u32 {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for bool {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for Edition {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl<T: Value> Value for Option<T> {
    fn read(text: &str) -> Option<Self> {
        T::read(text).map(Some)
    }
}

impl Value for Vec<String> {
    fn read(text: &str) -> Option<Self> {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        let words = inner.split(',').map(|word| word.trim().trim_matches('"').to_owned());
        Some(words.filter(|word| !word.is_empty()).collect())
    }
}

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(missing_docs, reason = "rustfmt's own names")]
        pub enum $name { $($variant),* }

        impl Value for $name {
            fn read(text: &str) -> Option<Self> {
                match text { $(stringify!($variant) => Some($name::$variant),)* _ => None }
            }
        }
    };
}

choices! {
    /// How lines end.
    NewlineStyle { Auto, Native, Unix, Windows }
}
choices! {
    /// How parameters of functions are laid out.
    ParamsLayout { Tall, Compressed, Vertical }
}
choices! {
    /// Whether match arms begin with `|`.
    LeadingPipes { Never, Always, Preserve }
}
choices! {
    /// Whether imports are merged, and how far.
    ImportsGranularity { Preserve, Crate, Module, Item, One }
}
choices! {
    /// Whether imports are sorted into groups.
    GroupImports { Preserve, StdExternalCrate, One }
}

macro_rules! options {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr;)*) => {
        /// All options that this formatter acts on.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct Config { $($(#[$doc])* pub $name: $type),* }

        impl Default for Config {
            fn default() -> Self {
                Config { $($name: $default),* }
            }
        }

        impl Config {
            /// The names of all options that this formatter acts on.
            pub const NAMES: &[&str] = &[$(stringify!($name)),*];

            /// Sets option `name` to `value`, both as in `rustfmt.toml`, a string without its quotes.
            ///
            /// # Errors
            /// When the option does not take such a value.
            pub fn set(&mut self, name: &str, value: &str) -> Result<Setting, String> {
                match name {
                    $(stringify!($name) => {
                        self.$name = <$type as Value>::read(value)
                            .ok_or_else(|| format!("`{value}` is no value for option `{name}`"))?;
                        Ok(Setting::Taken)
                    })*
                    "fn_args_layout" => self.set("fn_params_layout", value),
                    "version" => {
                        self.style_edition = Some(if value == "Two" { Edition::E2024 } else { Edition::E2015 });
                        Ok(Setting::Taken)
                    }
                    _ if IGNORED.contains(&name) => Ok(Setting::Ignored),
                    _ => Ok(Setting::Unknown),
                }
            }
        }
    };
}

options! {
    /// Columns a line may have.
    max_width: u32 = 100;
    /// Whether lines are indented with tabs.
    hard_tabs: bool = false;
    /// Columns of one level of indentation.
    tab_spaces: u32 = 4;
    /// How lines end.
    newline_style: NewlineStyle = NewlineStyle::Auto;
    /// Where the widths that are not set come from.
    use_small_heuristics: Heuristics = Heuristics::Default;
    /// Columns the arguments of a call may have on one line.
    fn_call_width: Option<u32> = None;
    /// Columns the arguments of an attribute may have on one line.
    attr_fn_like_width: Option<u32> = None;
    /// Columns the fields of a struct literal may have on one line.
    struct_lit_width: Option<u32> = None;
    /// Columns the fields of an enum's struct variant may have on one line.
    struct_variant_width: Option<u32> = None;
    /// Columns the elements of an array may have on one line.
    array_width: Option<u32> = None;
    /// Columns a chain of calls may have on one line.
    chain_width: Option<u32> = None;
    /// Columns an `if … else …` may have on one line.
    single_line_if_else_max_width: Option<u32> = None;
    /// Columns a `let … else { … }` may have on one line.
    single_line_let_else_max_width: Option<u32> = None;
    /// Elements of arrays up to this width are packed into rows.
    short_array_element_width_threshold: u32 = 10;
    /// How parameters of functions are laid out.
    fn_params_layout: ParamsLayout = ParamsLayout::Tall;
    /// Whether imports are sorted.
    reorder_imports: bool = true;
    /// Whether `mod name;` items are sorted.
    reorder_modules: bool = true;
    /// Whether adjacent derives become one.
    merge_derives: bool = true;
    /// Whether match arms begin with `|`.
    match_arm_leading_pipes: LeadingPipes = LeadingPipes::Never;
    /// Whether a block as the body of a match arm is followed by a comma.
    match_block_trailing_comma: bool = false;
    /// Whether `((x))` becomes `(x)`.
    remove_nested_parens: bool = true;
    /// Whether `extern` becomes `extern "C"`.
    force_explicit_abi: bool = true;
    /// Whether `x: x` becomes `x` in struct literals.
    use_field_init_shorthand: bool = false;
    /// Whether `try!(x)` becomes `x?`.
    use_try_shorthand: bool = false;
    /// Whether nothing at all is formatted.
    disable_all_formatting: bool = false;
    /// The edition the source is parsed as.
    edition: Option<Edition> = None;
    /// The edition whose style is followed; without it that of `edition`.
    style_edition: Option<Edition> = None;
    /// Whether imports are merged.
    imports_granularity: ImportsGranularity = ImportsGranularity::Preserve;
    /// Whether imports are sorted into groups.
    group_imports: GroupImports = GroupImports::Preserve;
    /// Paths that are not formatted.
    ignore: Vec<String> = Vec::new();
    /// Macros whose calls are left as they are.
    skip_macro_invocations: Vec<String> = Vec::new();
    /// Whether the last argument may overflow also where several stand, and arrays and struct literals too.
    overflow_delimited_expr: bool = false;
    /// How many empty lines in a row are kept.
    blank_lines_upper_bound: u32 = 1;
}

/// Options of rustfmt that are read and not acted on.
const IGNORED: &[&str] = &[
    "indent_style",
    "wrap_comments",
    "format_code_in_doc_comments",
    "doc_comment_code_block_width",
    "comment_width",
    "normalize_comments",
    "normalize_doc_attributes",
    "format_strings",
    "format_macro_matchers",
    "format_macro_bodies",
    "hex_literal_case",
    "float_literal_trailing_zero",
    "empty_item_single_line",
    "struct_lit_single_line",
    "fn_single_line",
    "where_single_line",
    "imports_indent",
    "imports_layout",
    "reorder_impl_items",
    "type_punctuation_density",
    "space_before_colon",
    "space_after_colon",
    "spaces_around_ranges",
    "binop_separator",
    "combine_control_expr",
    "struct_field_align_threshold",
    "enum_discrim_align_threshold",
    "match_arm_blocks",
    "match_arm_indent",
    "force_multiline_blocks",
    "brace_style",
    "control_brace_style",
    "trailing_semicolon",
    "trailing_comma",
    "blank_lines_lower_bound",
    "inline_attribute_width",
    "format_generated_files",
    "generated_marker_line_search_limit",
    "condense_wildcard_suffixes",
    "color",
    "required_version",
    "unstable_features",
    "skip_children",
    "show_parse_errors",
    "error_on_line_overflow",
    "error_on_unformatted",
    "emit_mode",
    "make_backup",
    "hide_parse_errors",
    "report_todo",
    "report_fixme",
    "license_template_path",
    "file_lines",
    "print_misformatted_file_names",
    "merge_imports",
];

impl Config {
    /// The edition the source is parsed as; 2015 without a setting, as in rustfmt.
    pub fn edition(&self) -> Edition {
        self.edition.unwrap_or(Edition::E2015)
    }

    /// Whether the style of edition 2024 is followed.
    pub fn is_style_2024(&self) -> bool {
        self.style_edition.unwrap_or_else(|| self.edition()) >= Edition::E2024
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_taken_by_name_and_others_are_told() {
        let mut config = Config::default();
        assert_eq!(config.set("max_width", "79"), Ok(Setting::Taken));
        assert_eq!(config.max_width, 79);
        assert_eq!(config.set("wrap_comments", "true"), Ok(Setting::Ignored));
        assert_eq!(config.set("no_such_thing", "1"), Ok(Setting::Unknown));
        assert!(config.set("max_width", "wide").is_err());
        assert_eq!(config.set("ignore", "[\"a.rs\", \"b\"]"), Ok(Setting::Taken));
        assert_eq!(config.ignore, ["a.rs", "b"]);
    }

    #[test]
    fn no_option_is_both_acted_on_and_ignored() {
        assert!(IGNORED.iter().all(|name| !Config::NAMES.contains(name)));
    }
}

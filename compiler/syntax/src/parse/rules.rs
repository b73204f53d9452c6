//! What the parser refuses by a rule of its own, beyond "expected this, found that": code, message, way out.
//!
//! Codes are those of rustc's error index where it has one, and otherwise names that stay. `docs/syntax-errors.md` lists them.

/// What a machine may do about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Repair {
    /// Nothing without asking.
    None,
    /// Take this many code tokens out, from the one complained about.
    Remove(u32),
    /// Put the text in the place of this many code tokens.
    Replace(u32, &'static str),
}

/// One rule.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Rule {
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
    /// A way out in words; may be empty.
    pub(crate) help: &'static str,
    pub(crate) repair: Repair,
}

macro_rules! rules {
    ($($name:ident = $code:literal, $message:literal, $help:literal $(, $repair:expr)?;)*) => {
        $(pub(crate) static $name: Rule =
            Rule { code: $code, message: $message, help: $help, repair: repair!($($repair)?) };)*

        /// All of them.
        #[cfg(test)]
        static ALL: &[&Rule] = &[$(&$name),*];
    };
}

macro_rules! repair {
    () => {
        Repair::None
    };
    ($repair:expr) => {
        $repair
    };
}

rules! {
    TOO_DEEP = "nested-too-deeply", "this is nested too deeply", "give inner parts names of their own";
    // Attributes and doc comments.
    INNER_ATTRIBUTE = "misplaced-inner-attribute", "an inner attribute is not permitted in this context",
        "inner attributes stand at the start of a file, module or block; drop the `!` for an outer one", Repair::Replace(2, "#");
    INNER_ATTRIBUTE_IN_BLOCK = "misplaced-inner-attribute", "an inner attribute is not permitted in this context",
        "blocks of `if` and `else` take no attributes";
    ATTRIBUTE_WITHOUT_ITEM = "attribute-without-item", "expected an item after an attribute or doc comment", "a doc comment documents what follows it";
    ATTRIBUTE_WITHOUT_STATEMENT = "attribute-without-statement", "expected a statement after an outer attribute or doc comment", "";
    ATTRIBUTE_WITHOUT_VARIANT = "attribute-without-variant", "expected an enum variant after an attribute or doc comment", "";
    DOC_WITHOUT_FIELD = "E0585", "found an attribute or doc comment that doesn't document anything", "doc comments must come before what they document";
    ATTRIBUTE_ON_RANGE = "attribute-on-range", "attributes are not allowed on range expressions starting with `..`", "";
    // Expressions.
    CAST_WITH_POSTFIX = "cast-with-postfix", "cast cannot be followed by a method call, field access or `?`", "put the cast in parentheses";
    DOT_DOT_DOT = "dot-dot-dot", "unexpected token: `...`", "use `..` for an exclusive range, or `..=` for an inclusive one", Repair::Replace(3, "..=");
    RANGE_WITHOUT_END = "E0586", "inclusive range with no end", "use `..` for a range that is open at its end";
    CHAINED_RANGES = "chained-ranges", "ranges cannot be chained", "put one range in parentheses";
    CHAINED_COMPARISON = "chained-comparison", "comparison operators cannot be chained", "split the comparison, or use parentheses";
    LET_CHAIN = "let-chain-edition", "let chains are only allowed in Rust 2024 or later", "nest a second `if let`, or set the edition to 2024";
    LET_AS_EXPRESSION = "misplaced-let", "expected expression, found `let` statement",
        "only supported directly in conditions of `if` and `while` expressions";
    LET_UNDER_OPERATOR = "let-under-operator", "expected expression, found `let` statement",
        "in a condition, `let` may be joined with `&&` only";
    FLOAT_AS_FIELD = "float-as-field", "unexpected token: a float", "fields of tuples are plain decimal integers";
    FIELD_WITH_ARGUMENTS = "field-with-arguments", "field expressions cannot have generic arguments", "";
    AWAIT_CALL = "await-call", "incorrect use of `await`", "`await` is not a method call, remove the parentheses";
    LABELLED_BREAK_VALUE = "labelled-break-value", "parentheses are required around this expression to avoid confusion with a labeled break expression",
        "wrap the expression in parentheses";
    LABEL_WITHOUT_COLON = "label-without-colon", "expected `while`, `for`, `loop` or `{` after a label", "a label is followed by a colon";
    COMMA_AFTER_BASE = "comma-after-base", "cannot use a comma after the base struct", "the base struct is always the last field", Repair::Remove(1);
    FIELD_WITH_EQUALS = "field-with-equals", "expected `:`, found `=`", "fields of struct literals are written `name: value`", Repair::Replace(1, ":");
    LET_WITH_ALTERNATIVES = "let-with-alternatives", "`let` bindings require top-level or-patterns in parentheses",
        "wrap the alternatives in parentheses";
    BRACE_BEFORE_LET_ELSE = "brace-before-let-else", "right curly brace `}` before `else` in a `let...else` statement not allowed",
        "wrap the expression in parentheses";
    LET_WITH_EQUALS = "let-with-double-equals", "expected `=`, found `==`", "a single `=` gives the value", Repair::Replace(2, "=");
    LET_WITH_OPERATOR = "let-with-compound-assignment", "can't reassign an uninitialized variable", "a single `=` gives the first value", Repair::Replace(2, "=");
    ARROW_IN_ARM = "arrow-in-arm", "expected `=>`, found `->`", "arms of a match are written `pattern => value`", Repair::Replace(2, "=>");
    FAT_ARROW_IN_RETURN = "fat-arrow-in-return", "return types are denoted using `->`", "", Repair::Replace(2, "->");
    COLON_IN_RETURN = "colon-in-return", "return types are denoted using `->`", "", Repair::Replace(1, " ->");
    POSTFIX_INCREMENT = "increment", "Rust has no postfix increment operator", "use `+= 1` instead", Repair::Replace(2, " += 1");
    POSTFIX_DECREMENT = "decrement", "Rust has no postfix decrement operator", "use `-= 1` instead", Repair::Replace(2, " -= 1");
    PREFIX_INCREMENT = "prefix-increment", "Rust has no prefix increment operator", "use `+= 1` behind the place instead";
    WORD_AND = "and-for-conjunction", "`and` is not a logical operator", "unlike in e.g., Python and PHP, `&&` and `||` are used for logical operators", Repair::Replace(1, "&&");
    WORD_OR = "or-for-disjunction", "`or` is not a logical operator", "unlike in e.g., Python and PHP, `&&` and `||` are used for logical operators", Repair::Replace(1, "||");
    TILDE_FOR_NOT = "tilde-for-not", "`~` cannot be used as an unary operator", "use `!` to perform bitwise not", Repair::Replace(1, "!");
    WORD_NOT = "not-for-negation", "`not` cannot be used as an unary operator", "use `!` to perform logical negation or bitwise not", Repair::Replace(1, "!");
    UNARY_PLUS = "unary-plus", "leading `+` is not supported", "remove the `+`", Repair::Remove(1);
    DIAMOND = "diamond-operator", "invalid comparison operator `<>`", "`<>` is not a valid comparison operator, use `!=`", Repair::Replace(2, "!=");
    SPACESHIP = "spaceship-operator", "invalid comparison operator `<=>`", "`<=>` is not a valid comparison operator, use `std::cmp::Ordering`";
    LEFT_ARROW = "left-arrow", "unexpected token: `<-`", "to compare with a negative value, put a space between `<` and `-`", Repair::Replace(2, "< -");
    TRIPLE_EQUALS = "triple-equals", "invalid comparison operator `===`", "use `==`", Repair::Replace(3, "==");
    TRIPLE_NOT_EQUALS = "not-double-equals", "invalid comparison operator `!==`", "use `!=`", Repair::Replace(3, "!=");
    VAR_FOR_LET = "var-for-let", "invalid variable declaration", "write `let` instead to introduce a new variable", Repair::Replace(1, "let");
    ELSE_IF_WORD = "elseif", "expected `else if`, found another word", "write `else if`", Repair::Replace(1, "else if");
    // Items.
    INNER_DOC = "E0753", "expected outer doc comment", "inner doc comments like this (starting with `//!` or `/*!`) can only appear before items";
    WRONG_VISIBILITY = "E0704", "incorrect visibility restriction",
        "some possible visibility restrictions are `pub(crate)`, `pub(super)` and `pub(in path::to::module)`", Repair::Replace(1, "crate");
    STRAY_SEMICOLON = "stray-semicolon", "expected item, found `;`", "items end without one", Repair::Remove(1);
    SELF_NOT_FIRST = "self-not-first", "unexpected `self` parameter in function", "`self` is the first parameter of an associated function";
    PARAMETER_WITHOUT_TYPE = "parameter-without-type", "expected `:` and the type of the parameter", "parameters are written `name: Type`; use `_: Type` to ignore one";
    ASYNC_FN_2015 = "E0670", "`async fn` is not permitted in Rust 2015", "to use `async fn`, switch to Rust 2018 or later";
    ASSOCIATED_STATIC = "associated-static", "associated `static` items are not allowed", "use `const`, or move the item out";
    ITEM_IN_ASSOC = "item-in-impl", "this item is not supported in `trait`s or `impl`s", "consider moving it out to a nearby module scope";
    CONST_BLOCK_IN_IMPL = "const-block-in-impl", "const block is not supported in `trait`s or `impl`s", "consider moving it out to a nearby module scope";
    EXTERN_CONST = "extern-const", "extern items cannot be `const`", "try using a static value", Repair::Replace(1, "static");
    ITEM_IN_EXTERN = "item-in-extern", "this item is not supported in `extern` blocks", "consider moving it out to a nearby module scope";
    IMPL_RESTRICTION = "impl-restriction", "expected one of `for`, `where` or `{`, found keyword `trait`", "restrictions on who may implement a trait are not Rust yet";
    MUT_RESTRICTION = "mut-restriction", "expected identifier, found keyword `mut`", "restrictions on who may change a field are not Rust yet";
    DOUBLE_IMPL = "double-impl", "unexpected `impl` keyword", "remove the extra `impl`", Repair::Remove(1);
    IMPL_OF_TYPE = "impl-of-type", "expected a trait, found type", "`impl Trait for Type` names the trait first";
    DEFAULT_INHERENT_IMPL = "default-inherent-impl", "inherent impls cannot be default", "only trait implementations may be annotated with `default`";
    NEGATIVE_INHERENT_IMPL = "negative-inherent-impl", "inherent impls cannot be negative", "";
    NAMELESS_STATIC = "nameless-static", "expected identifier, found reserved identifier `_`", "only constants may be without a name";
    GENERIC_STATIC = "generic-static", "static items may not have generic parameters", "";
    CONST_MUT = "const-mut", "const globals cannot be mutable", "you might want to declare a static instead";
    CONSTANT_WITHOUT_TYPE = "constant-without-type", "missing type for a `const` or `static` item", "write `: Type` behind its name";
    WHERE_BEFORE_CONST_BODY = "where-before-const-body", "where clauses are not allowed before const item bodies", "move the `where` clause behind the value";
    // Types, generics and patterns.
    PLUS_BEHIND_REFERENCE = "E0178", "expected a path on the left-hand side of `+`", "put the bounds behind `&` in parentheses, with `dyn` before them";
    AMBIGUOUS_PLUS = "ambiguous-plus", "ambiguous `+` in a type", "use parentheses to disambiguate";
    BINDER_WITH_QUESTION = "binder-with-question", "`for<...>` binder not allowed with `?` trait polarity modifier", "";
    BINDER_BEHIND_MODIFIER = "binder-behind-modifier", "`for<...>` binder should be placed before trait bound modifiers", "";
    MODIFIED_LIFETIME = "modified-lifetime", "modifiers and parentheses may stand at trait bounds only, not at lifetime bounds", "";
    MODIFIED_POLARITY = "modified-polarity", "`const` and `async` traits are not allowed with the polarity modifiers `?` and `!`", "";
    KEYWORD_IN_BOUND = "keyword-in-bound", "invalid `dyn` or `impl` keyword", "a bound names the trait alone", Repair::Remove(1);
    QUALIFIED_POINTER = "qualified-fn-pointer", "an `fn` pointer type cannot be `const` or `async`", "remove the qualifier", Repair::Remove(1);
    CONST_DEFAULT_PATH = "const-default-path", "expressions must be enclosed in braces to be used as const generic arguments", "enclose the expression in braces";
    DOUBLE_OR = "double-or-in-pattern", "unexpected token `||` in pattern", "alternatives are separated by a single `|`", Repair::Replace(2, "|");
    RANGE_TO_DOTS = "range-to-dots", "range-to patterns with `...` are not allowed", "use `..=` instead", Repair::Replace(3, "..=");
    AMBIGUOUS_RANGE = "ambiguous-range-pattern", "the range pattern here has ambiguous interpretation", "add parentheses to clarify the precedence";
    CONST_BLOCK_PATTERN = "const-block-pattern", "const blocks cannot be used as patterns", "use a named `const`-item or an `if`-guard instead";
    COMMA_AFTER_REST = "comma-after-rest", "expected `}`, found `,`", "`..` must be the last field, and takes no comma", Repair::Remove(1);
}

/// The code of "expected …, found …", by what was expected.
pub(crate) fn code_of_expected(what: &str) -> &'static str {
    match what {
        "an expression" => "expected-expression",
        "a pattern" | "a field pattern" => "expected-pattern",
        "a type" | "a trait" | "a parameter type" => "expected-type",
        "an item" => "expected-item",
        "a statement" => "expected-statement",
        "a name" | "a name or `_`" | "a field or method name" => "expected-name",
        "`;`" | "`;` or `}`" => "missing-semicolon",
        "`,`" | "`,` or `}`" | "`,` or `>`" | "`,`, `;` or `]`" => "missing-comma",
        "`{`" | "`{` or `if`" => "expected-block",
        "`=>` or `if`" => "expected-fat-arrow",
        _ => "expected-token",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_of_the_error_index_or_names_and_messages_are_in_rustcs_style() {
        for rule in ALL {
            let is_number = rule.code.len() == 5
                && rule.code.starts_with('E')
                && rule.code[1..].bytes().all(|byte| byte.is_ascii_digit());
            let is_name =
                rule.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            assert!(is_number || is_name, "{}", rule.code);
            assert!(!rule.message.is_empty() && !rule.message.ends_with('.'), "{}", rule.message);
        }
    }
}

//! Long C++ and Rust names made short: without return type, parameters and template arguments, or with only those
//! arguments that tell one instance of a kernel from another.
//!
//! Three writers of names are understood: the Itanium demanglers (`{lambda(float)#1}`, `(anonymous namespace)`), Nsight
//! Systems (`[lambda(float) (instance 1)]`, `<unnamed>`, `(int)4`) and Rust's (`<T as Trait>::f`, `f::<u32>`). What does not
//! look like a declaration (`Memcpy HtoD (Pageable -> Device)`) comes back as it is.

use std::borrow::Cow;
use std::ops::Range;

/// Brackets nested deeper than this are no declaration that anybody wrote.
const NESTING_MAX: usize = 512;
/// [`compact_name`] drops further template arguments from here on.
const COMPACT_CHARS: usize = 72;

/// The qualified name alone: `void at::native::reduce_kernel<512, 1>(int)` becomes `at::native::reduce_kernel`.
pub fn without_template_arguments(name: &str) -> Cow<'_, str> {
    match path_of(name) {
        Some(path) => borrowed_if_equal(name, join(name, &path)),
        None => Cow::Borrowed(name),
    }
}

/// The unqualified name alone: `void at::native::reduce_kernel<512, 1>(int)` becomes `reduce_kernel`. A lambda or closure
/// keeps the function it is in: `launch::{lambda()#1}`.
pub fn short_name(name: &str) -> Cow<'_, str> {
    match path_of(name) {
        Some(path) => {
            let end = path.iter().rposition(|part| !part.is_operator(name)).map_or(path.len(), |last| last + 1);
            let start = path[..end].iter().rposition(|part| part.is_plain(name)).unwrap_or(end - 1);
            borrowed_if_equal(name, join(name, &path[start..end]))
        }
        None => Cow::Borrowed(name),
    }
}

/// The unqualified name with the template arguments that matter, each of them short too, in about 72 characters:
/// `vectorized_elementwise_kernel<8, bfloat16_copy_kernel_cuda>`. For tables and frames; not unique.
pub fn compact_name(name: &str) -> Cow<'_, str> {
    borrowed_if_equal(name, compact(name, 3))
}

fn borrowed_if_equal(name: &str, text: String) -> Cow<'_, str> {
    if text == name { Cow::Borrowed(name) } else { Cow::Owned(text) }
}

/// One part of a qualified name, between `::`.
struct Part {
    /// The identifier, operator or bracketed group (`{lambda()#1}`, `(anonymous namespace)`).
    text: Range<usize>,
    /// What stands between `<` and `>` behind it; empty where nothing does.
    arguments: Range<usize>,
}

impl Part {
    fn is_plain(&self, name: &str) -> bool {
        !self.is_group(name) && !self.is_operator(name)
    }

    fn is_group(&self, name: &str) -> bool {
        name[self.text.clone()].starts_with(['{', '[', '(', '<', '\''])
    }

    fn is_operator(&self, name: &str) -> bool {
        operator_length(&name[self.text.clone()]).is_some()
    }
}

fn join(name: &str, path: &[Part]) -> String {
    path.iter().map(|part| &name[part.text.clone()]).collect::<Vec<_>>().join("::")
}

/// The parts of the declared name, or `None` where `name` is no declaration.
fn path_of(name: &str) -> Option<Vec<Part>> {
    let mut scan = Scan::new(name);
    while scan.at < name.len() && scan.step()? {}
    scan.end_part();
    (!scan.path.is_empty() && (scan.has_parameters || !scan.has_return_type)).then_some(scan.path)
}

/// A walk over a declaration from left to right.
struct Scan<'a> {
    name: &'a str,
    at: usize,
    path: Vec<Part>,
    part: Part,
    /// Nothing of the part has been seen.
    fresh: bool,
    has_return_type: bool,
    has_parameters: bool,
}

impl<'a> Scan<'a> {
    fn new(name: &'a str) -> Self {
        let at = if name.starts_with("void ") { "void ".len() } else { 0 };
        let part = Part { text: at..at, arguments: at..at };
        Scan { name, at, path: Vec::new(), part, fresh: true, has_return_type: false, has_parameters: false }
    }

    /// Takes what stands at `at`; `Some(false)` at the end of the declaration, `None` where it is none.
    fn step(&mut self) -> Option<bool> {
        if self.fresh && self.whole_part()? {
            return Some(true);
        }
        let (name, at) = (self.name, self.at);
        match name.as_bytes()[at] {
            b'<' if self.fresh => {
                // Rust's turbofish: the arguments belong to the part before.
                self.at = group_end(name, at)?;
                self.part = self.path.pop()?;
                self.fresh = false;
            }
            b'<' => {
                self.at = group_end(name, at)?;
                self.part.arguments = at + 1..self.at - 1;
            }
            b'(' if self.fresh => return None,
            b'(' => {
                self.at = skip_qualifiers(name, group_end(name, at)?);
                self.has_parameters = true;
                return Some(name[self.at..].starts_with("::"));
            }
            b'[' | b'{' => self.at = group_end(name, at)?,
            b':' if name[at..].starts_with("::") => {
                self.end_part();
                self.start_part(at + 2);
            }
            b' ' | b'*' | b'&' => {
                // What came before was the return type.
                self.has_return_type |= !self.fresh || !self.path.is_empty();
                self.path.clear();
                self.start_part(at + 1);
            }
            _ => self.letter(),
        }
        Some(true)
    }

    /// Takes an operator or a bracketed group that is a part by itself; whether there was one.
    fn whole_part(&mut self) -> Option<bool> {
        let (name, at) = (self.name, self.at);
        let rest = &name[at..];
        let end = if let Some(length) = operator_length(rest) {
            at + length
        } else {
            let is_group = match name.as_bytes()[at] {
                b'{' | b'[' | b'\'' => true,
                b'(' => rest.starts_with("(anonymous") || rest.starts_with("(lambda"),
                b'<' => self.path.is_empty() || rest.starts_with("<unnamed") || rest.starts_with("<lambda"),
                _ => false,
            };
            if !is_group {
                return Some(false);
            }
            group_end(name, at)?
        };
        self.part.text = at..end;
        self.at = end;
        // `operator< <int>`: the space keeps the operator from being `<<`.
        if operator_length(rest).is_some() && name[end..].starts_with(" <") {
            self.at += 1;
        }
        self.fresh = false;
        Some(true)
    }

    fn letter(&mut self) {
        if self.fresh {
            self.part.text.start = self.at;
            self.fresh = false;
        }
        self.at += self.name[self.at..].chars().next().map_or(1, char::len_utf8);
        if self.part.arguments.is_empty() {
            self.part.text.end = self.at;
        }
    }

    fn start_part(&mut self, at: usize) {
        self.at = at;
        self.part = Part { text: at..at, arguments: at..at };
        self.fresh = true;
    }

    fn end_part(&mut self) {
        let part = std::mem::replace(&mut self.part, Part { text: 0..0, arguments: 0..0 });
        if !part.text.is_empty() {
            self.path.push(part);
        }
    }
}

/// Past ` const`, ` &&`, ` noexcept` behind a parameter list.
fn skip_qualifiers(name: &str, mut at: usize) -> usize {
    loop {
        let qualifiers = [" const", " volatile", " noexcept", " &&", " &", "&&", "&"];
        match qualifiers.iter().find(|qualifier| name[at..].starts_with(**qualifier)) {
            Some(qualifier) => at += qualifier.len(),
            None => return at,
        }
    }
}

/// The length of an operator's name at the start of `text` (`operator<<`, `operator ()`, `operator bool`), if there is one.
fn operator_length(text: &str) -> Option<usize> {
    const SYMBOLS: [&str; 42] = [
        "()", "[]", "->*", "->", "<=>", "<<=", ">>=", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "++", "--", "+=",
        "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<", ">", "=", "+", "-", "*", "/", "%", "^", "&", "|", "~", "!", ",",
        "\"\"", "new[]", "delete[]",
    ];
    let rest = text.strip_prefix("operator")?;
    let spaces = rest.len() - rest.trim_start_matches(' ').len();
    let rest = &rest[spaces..];
    if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        return Some("operator".len() + spaces + symbol.len());
    }
    // A conversion (`operator bool`) or `operator new` is followed by a space; otherwise it is an identifier.
    (spaces > 0).then(|| "operator".len() + spaces + rest.find('(').unwrap_or(rest.len()))
}

/// The end of the bracketed group that starts at `start`, or `None` where the brackets do not match.
fn group_end(name: &str, start: usize) -> Option<usize> {
    let bytes = name.as_bytes();
    if bytes[start] == b'\'' {
        return name[start + 1..].find('\'').map(|length| start + 1 + length + 1);
    }
    let mut open: Vec<u8> = Vec::new();
    let mut at = start;
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'o' if at > 0 && !is_identifier(bytes[at - 1]) => {
                if let Some(length) = operator_length(&name[at..]) {
                    // A conversion's type has its own brackets; only operators of symbols could be mistaken for brackets.
                    let is_symbol = !is_identifier(bytes[at + length - 1]);
                    at += if is_symbol { length } else { "operator".len() };
                    continue;
                }
            }
            b'<' | b'(' | b'[' | b'{' => {
                if open.len() >= NESTING_MAX {
                    return None;
                }
                open.push(byte);
            }
            b'>' if bytes[at - 1] == b'-' => {}
            b'>' if open.last() == Some(&b'<') => {
                open.pop();
            }
            b')' | b']' | b'}' => {
                let opener = if byte == b')' { b'(' } else { byte - 2 };
                // A `<` that nothing closed inside these brackets was a comparison.
                while open.last() == Some(&b'<') && open.contains(&opener) {
                    open.pop();
                }
                if open.pop() != Some(opener) {
                    return None;
                }
            }
            _ => {}
        }
        at += 1;
        if open.is_empty() {
            return Some(at);
        }
    }
    None
}

fn is_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Types that tell nothing about what a kernel computes.
const NOISE: &[&str] = &[
    "array",
    "OffsetCalculator",
    "TrivialOffsetCalculator",
    "LoadWithCast",
    "LoadWithoutCast",
    "StoreWithCast",
    "StoreWithoutCast",
    "TensorListMetadata",
    "TensorListScalarListMetadata",
    "ScanTileState",
    "identity_decomposer_t",
    "VSMemHelper",
];

/// Wrappers whose first computing argument tells more than they do.
const WRAPPERS: &[&str] = &["ReduceOp", "func_wrapper_t", "gpu_kernel_impl_nocast", "gpu_kernel_impl", "policy_hub"];

fn compact(name: &str, depth: usize) -> String {
    let Some(path) = path_of(name) else { return name.to_owned() };
    let plain = path.iter().rposition(|part| part.is_plain(name)).unwrap_or(path.len() - 1);
    let own = &path[plain];
    let mut text = name[own.text.clone()].to_owned();
    let arguments = split_arguments(&name[own.arguments.clone()]);
    if WRAPPERS.contains(&text.as_str())
        && depth > 0
        && let Some(inner) = arguments.iter().find(|argument| argument.contains(['<', '{', '[']))
    {
        return compact(inner, depth);
    }
    if depth == 0 || arguments.is_empty() {
        return text;
    }
    let mut shown: Vec<String> = Vec::new();
    for argument in arguments {
        let room =
            COMPACT_CHARS.saturating_sub(text.chars().count() + shown.iter().map(|seen| seen.len() + 2).sum::<usize>());
        let literal = literal(argument);
        // As much of the argument as fits: with its own arguments, or by its name alone.
        let forms = (0..depth).rev().map(|depth| compact(argument, depth));
        let short = literal.map_or_else(|| shortest_that_fits(forms, room), |literal| Some(literal.to_owned()));
        if short.as_ref().is_some_and(|short| NOISE.contains(&short.split('<').next().unwrap_or_default())) {
            continue;
        }
        match short.filter(|short| short.chars().count() <= room) {
            // `float, float, float` tells no more than `float`.
            Some(short) if literal.is_none() && shown.last() == Some(&short) => {}
            Some(short) => shown.push(short),
            None => {
                shown.push("…".to_owned());
                break;
            }
        }
    }
    if !shown.is_empty() {
        text.push_str(&format!("<{}>", shown.join(", ")));
    }
    text
}

/// The first of `forms`, which get shorter, that has at most `room` characters; else the last.
fn shortest_that_fits(forms: impl Iterator<Item = String>, room: usize) -> Option<String> {
    let mut last = None;
    for form in forms {
        if form.chars().count() <= room {
            return Some(form);
        }
        last = Some(form);
    }
    last
}

/// The arguments between the commas at the top of `text`.
fn split_arguments(text: &str) -> Vec<&str> {
    let mut arguments = Vec::new();
    let (mut start, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b',' => {
                arguments.push(text[start..at].trim());
                start = at + 1;
            }
            b'<' | b'(' | b'[' | b'{' => {
                let Some(end) = group_end(text, at) else { break };
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    arguments.push(text[start..].trim());
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

/// The value of a literal template argument: `4` of `4`, `32u` and `(int)4`.
fn literal(argument: &str) -> Option<&str> {
    let value = match argument.starts_with('(') {
        true => &argument[group_end(argument, 0)?..],
        false => argument,
    };
    let digits = value.strip_prefix('-').unwrap_or(value);
    let digits = digits.trim_end_matches(['u', 'l']);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| value.trim_end_matches(['u', 'l']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COPY: &str = "void at::native::unrolled_elementwise_kernel<at::native::direct_copy_kernel_cuda(at::TensorIteratorBase&)\
        ::{lambda()#3}::operator()() const::{lambda()#7}::operator()() const::{lambda(float)#1}, std::array<char*, 2ul>, 4, \
        TrivialOffsetCalculator<1, unsigned int> >(int, at::native::direct_copy_kernel_cuda(at::TensorIteratorBase&)\
        ::{lambda()#3}::operator()() const::{lambda()#7}::operator()() const::{lambda(float)#1})";
    const SUM: &str = "void at::native::reduce_kernel<128, 4, at::native::ReduceOp<c10::BFloat16, at::native::func_wrapper_t<\
        c10::BFloat16, at::native::sum_functor<c10::BFloat16, float, c10::BFloat16>::operator()(at::TensorIterator&)\
        ::{lambda(float, float)#1}>, unsigned int, c10::BFloat16, 4, 8> >(at::native::ReduceOp<c10::BFloat16, int>)";
    const TANH: &str = "void at::native::vectorized_elementwise_kernel<(int)4, at::native::tanh_kernel_cuda(at::TensorIteratorBase &)\
        ::[lambda() (instance 2)]::operator ()() const::[lambda() (instance 2)]::operator ()() const::[lambda(float) (instance 1)], \
        std::array<char *, (unsigned long)2>>(int, T2, T3)";
    const NAMES: &[(&str, &str, &str)] = &[
        (COPY, "at::native::unrolled_elementwise_kernel", "unrolled_elementwise_kernel<direct_copy_kernel_cuda, 4>"),
        (SUM, "at::native::reduce_kernel", "reduce_kernel<128, 4, sum_functor<BFloat16, float, BFloat16>>"),
        (TANH, "at::native::vectorized_elementwise_kernel", "vectorized_elementwise_kernel<4, tanh_kernel_cuda>"),
        (
            "void at::native::(anonymous namespace)::layer_norm<float, 32u, false>(int, float const*)",
            "at::native::(anonymous namespace)::layer_norm",
            "layer_norm<float, 32, false>",
        ),
        (
            "void at::native::vectorized_elementwise_kernel<4, at::native::AUnaryFunctor<float, float, float, at::native::\
             binary_internal::MulFunctor<float> >, std::array<char*, 2ul> >(int, at::native::AUnaryFunctor<float>)",
            "at::native::vectorized_elementwise_kernel",
            "vectorized_elementwise_kernel<4, AUnaryFunctor<float, MulFunctor<float>>>",
        ),
        (
            "void (anonymous namespace)::multi_tensor_apply_kernel<(anonymous namespace)::TensorListScalarListMetadata<float, 1>, \
             (anonymous namespace)::BinaryOpScalarListFunctor<float, 1, 1, 0>, std::divides<float> >(int)",
            "(anonymous namespace)::multi_tensor_apply_kernel",
            "multi_tensor_apply_kernel<BinaryOpScalarListFunctor<float, 1, 1, 0>, …>",
        ),
        ("void at::native::<unnamed>::fill<float4>(T1)", "at::native::<unnamed>::fill", "fill<float4>"),
        ("unsigned int const* ns::find<a, (b)0>(int) const", "ns::find", "find<a, 0>"),
        ("float *find(int)", "find", "find"),
        ("std::enable_if<(N<4), int>::type ns::k<(N>4)>(int)", "ns::k", "k<(N>4)>"),
        ("bool operator< <int>(A<int> const&, B)", "operator<", "operator<<int>"),
        ("Iter<T>::operator->() const", "Iter::operator->", "Iter<T>"),
        ("auto f<int>(int)::{lambda(T)#1}::operator()<float>(float) const", "f::{lambda(T)#1}::operator()", "f<int>"),
        ("nvjet_sm90_tst_128x128_64x6", "nvjet_sm90_tst_128x128_64x6", "nvjet_sm90_tst_128x128_64x6"),
        ("<mycrate::Tile as mycrate::Load>::load", "<mycrate::Tile as mycrate::Load>::load", "load"),
        ("mycrate::reduce::<f32>", "mycrate::reduce", "reduce"),
        ("Memcpy HtoD (Pageable -> Device)", "Memcpy HtoD (Pageable -> Device)", "Memcpy HtoD (Pageable -> Device)"),
        ("[CUDA memcpy Host-to-Device]", "[CUDA memcpy Host-to-Device]", "[CUDA memcpy Host-to-Device]"),
        ("void saxpy", "saxpy", "saxpy"),
        ("", "", ""),
        ("broken<(int", "broken<(int", "broken<(int"),
        ("ядро<4>(int)", "ядро", "ядро<4>"),
    ];

    #[test]
    fn names_lose_what_does_not_name_them() {
        for &(name, qualified, compact) in NAMES {
            assert_eq!(without_template_arguments(name), qualified, "{name}");
            assert_eq!(compact_name(name), compact, "{name}");
        }
    }

    #[test]
    fn short_names_are_unqualified_and_keep_a_lambdas_owner() {
        let cases = [
            (COPY, "unrolled_elementwise_kernel"),
            (TANH, "vectorized_elementwise_kernel"),
            ("void f<int>(int)::{lambda(T)#1}::operator()<float>(float) const", "f::{lambda(T)#1}"),
            ("mycrate::launch::{closure#0}", "launch::{closure#0}"),
            ("bool operator<(A, B)", "operator<"),
            ("(anonymous namespace)::k(int)", "k"),
            ("cub::DeviceReduce::operator()(int)", "DeviceReduce"),
            ("Memset (Device)", "Memset (Device)"),
        ];
        for (name, short) in cases {
            assert_eq!(short_name(name), short, "{name}");
        }
    }

    #[test]
    fn any_text_is_survived_in_linear_time() {
        let pieces = [
            "<",
            ">",
            "(",
            ")",
            "::",
            "operator",
            "operator ",
            " ",
            "{",
            "}",
            "[",
            "]",
            "'",
            "é",
            "a",
            ",",
            "->",
            "<unnamed>",
        ];
        let mut seed = 1u64;
        for _ in 0..20_000 {
            let mut name = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                name.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
            }
            let shorter = [short_name(&name), without_template_arguments(&name)];
            assert!(
                shorter.iter().all(|text| text.len() <= name.len() && (name.is_empty() || !text.is_empty())),
                "{name}"
            );
            let _any = compact_name(&name);
        }
        for piece in pieces {
            let long = piece.repeat(100_000);
            assert!(short_name(&long).len() <= long.len());
            assert!(compact_name(&long).len() <= long.len());
        }
    }
}

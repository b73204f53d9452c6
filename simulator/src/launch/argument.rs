//! The words of one argument: `x=f32[1024]:iota`, `n=u32:1024`, `a=2.5`, `p=@x[16]`, `s={f32:1,u32:7,@x}`, `q=null`.

use std::path::PathBuf;

use super::initialise::looks_like_a_file;
use super::{Element, Initialiser, LaunchError};

/// One argument as it was written.
#[derive(Clone, PartialEq, Debug)]
pub struct Argument {
    /// Its name, if it has one: that of the kernel's parameter, or one of the user's for reports.
    pub name: Option<String>,
    /// What it is.
    pub value: Value,
    /// As it was written, for messages.
    pub text: String,
}

/// Where a pointer into another buffer points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offset {
    /// An element's index.
    Elements(u64),
    /// Bytes from the start.
    Bytes(u64),
}

/// What an argument is.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A pointer to a buffer of its own.
    Buffer {
        /// The elements' type.
        element: Element,
        /// Dimensions, outermost first; their product is the number of elements.
        shape: Vec<u64>,
        /// What it holds.
        initialiser: Initialiser,
    },
    /// A pointer to a buffer whose type and shape a `.npy` file says.
    File(PathBuf),
    /// A number; without a type it takes the parameter's.
    Scalar {
        /// Its type, if it was written.
        element: Option<Element>,
        /// The literal.
        literal: String,
    },
    /// Bytes as they are, for a struct passed by value.
    Bytes(Vec<u8>),
    /// A struct passed by value: fields one after another, each aligned to its size as C does.
    Fields(Vec<Value>),
    /// A pointer that points nowhere.
    Null,
    /// A pointer into another argument's buffer.
    Pointer {
        /// That argument's name, or its place from 0.
        to: String,
        /// Where in it.
        offset: Offset,
    },
}

/// A struct of structs deeper than this is refused.
const DEPTH_MAX: usize = 16;

impl Argument {
    /// Reads `[NAME=]VALUE`.
    ///
    /// # Errors
    /// Where it is none of the forms above.
    pub fn parse(text: &str) -> Result<Argument, LaunchError> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) if is_name(name) => (Some(name.to_owned()), value),
            _ => (None, text),
        };
        let value = Value::parse(value.trim(), 0).map_err(|error| error.of(format_args!("argument '{text}'")))?;
        Ok(Argument { name, value, text: text.to_owned() })
    }
}

/// PTX names: letters, digits, `_`, `$`, `%`, and dots inside.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$%.".contains(&byte))
}

impl Value {
    fn parse(text: &str, depth: usize) -> Result<Value, LaunchError> {
        if depth > DEPTH_MAX {
            return Err(LaunchError::new(format_args!("structs are nested deeper than {DEPTH_MAX}")));
        }
        if text == "null" {
            return Ok(Value::Null);
        }
        if let Some(target) = text.strip_prefix('@') {
            return parse_pointer(target);
        }
        if let Some(fields) = text.strip_prefix('{') {
            let fields = fields.strip_suffix('}').ok_or_else(|| LaunchError::new("the struct lacks its '}'"))?;
            let fields = split_fields(fields).into_iter().map(|field| Value::parse(field.trim(), depth + 1));
            return Ok(Value::Fields(fields.collect::<Result<_, _>>()?));
        }
        let end = text.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'_').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        if word == "bytes" {
            return parse_bytes(rest);
        }
        if let Some(element) = Element::named(word) {
            return parse_typed(element, rest);
        }
        if text.ends_with(".npy") {
            return Ok(Value::File(PathBuf::from(text)));
        }
        if rest.starts_with('[') {
            let names: Vec<&str> = Element::all().map(Element::name).collect();
            return Err(LaunchError::new(format_args!("'{word}' is no element type; there are {}", names.join(", "))));
        }
        let number = text.trim_start_matches(['-', '+']);
        let literal = number.starts_with(|first: char| first.is_ascii_digit() || first == '.')
            || ["inf", "nan", "true", "false"].contains(&number);
        if !literal {
            return Err(LaunchError::new(
                "expected a number, a typed value (f32:2.5), a buffer (f32[1024]:iota), a struct ({u32:1,f32:2}), \
                 bytes:HEX, null, @NAME or a .npy file",
            ));
        }
        Ok(Value::Scalar { element: None, literal: text.to_owned() })
    }
}

/// Behind the type: `[4,8]`, `[4,8]:INIT`, `:LITERAL`.
fn parse_typed(element: Element, rest: &str) -> Result<Value, LaunchError> {
    let name = element.name();
    if let Some(rest) = rest.strip_prefix('[') {
        let wrong = || LaunchError::new(format_args!("expected {name}[N] or {name}[N]:INITIALISER"));
        let (dimensions, rest) = rest.split_once(']').ok_or_else(wrong)?;
        let shape = parse_shape(dimensions)?;
        let initialiser = match rest.strip_prefix(':') {
            Some(words) => Initialiser::parse(words)?,
            None if rest.is_empty() => Initialiser::Zeros,
            None => return Err(wrong()),
        };
        return Ok(Value::Buffer { element, shape, initialiser });
    }
    match rest.strip_prefix(':') {
        Some(literal) if looks_like_a_file(literal) => Err(LaunchError::new(format_args!(
            "a file needs a number of elements: {name}[N]:{literal} (or only {literal} if it is a .npy file)"
        ))),
        Some(literal) => Ok(Value::Scalar { element: Some(element), literal: literal.to_owned() }),
        None => Err(LaunchError::new(format_args!("expected {name}:VALUE or {name}[N]"))),
    }
}

/// `1024`, `32,64` or `32x64`, with a product that memory could hold.
pub(super) fn parse_shape(text: &str) -> Result<Vec<u64>, LaunchError> {
    let wrong = || LaunchError::new(format_args!("'[{text}]' is no shape: positive numbers with commas between them"));
    let parts = text.split([',', 'x']).map(|part| part.trim().replace('_', "").parse::<u64>());
    let shape: Vec<u64> = parts.collect::<Result<_, _>>().map_err(|_| wrong())?;
    let count = shape.iter().try_fold(1_u64, |count, &dimension| count.checked_mul(dimension));
    match count {
        Some(count) if count > 0 && count < 1 << 48 => Ok(shape),
        _ => Err(wrong()),
    }
}

fn parse_pointer(target: &str) -> Result<Value, LaunchError> {
    let wrong = || LaunchError::new("expected @NAME, @NAME[INDEX] or @NAME+BYTES");
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
    let (to, offset) = if let Some((to, index)) = target.split_once('[') {
        (to, Offset::Elements(number(index.strip_suffix(']').ok_or_else(wrong)?)?))
    } else if let Some((to, bytes)) = target.split_once('+') {
        (to, Offset::Bytes(number(bytes)?))
    } else {
        (target, Offset::Bytes(0))
    };
    if !is_name(to) {
        return Err(wrong());
    }
    Ok(Value::Pointer { to: to.to_owned(), offset })
}

/// Behind `bytes`: `[N]` for zeros, `:HEX`.
fn parse_bytes(rest: &str) -> Result<Value, LaunchError> {
    // The largest that a kernel's parameters can be (PTX ISA 5.1.6): 32764 bytes.
    const BYTES_MAX: u64 = 32764;
    let wrong = || LaunchError::new("expected bytes:HEX (two digits a byte) or bytes[N], at most 32764 bytes");
    if let Some(count) = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let count: u64 = count.parse().map_err(|_| wrong())?;
        return if count <= BYTES_MAX { Ok(Value::Bytes(vec![0; count as usize])) } else { Err(wrong()) };
    }
    let digits = rest.strip_prefix(':').ok_or_else(wrong)?.replace('_', "");
    if digits.len() % 2 != 0 || digits.len() as u64 > 2 * BYTES_MAX || !digits.is_ascii() {
        return Err(wrong());
    }
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| wrong());
    Ok(Value::Bytes((0..digits.len()).step_by(2).map(byte).collect::<Result<_, _>>()?))
}

/// At the commas outside of all brackets.
fn split_fields(text: &str) -> Vec<&str> {
    let (mut fields, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                fields.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        fields.push(&text[start..]);
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        Argument::parse(text).unwrap().value
    }

    #[test]
    fn every_form_is_read() {
        let argument = Argument::parse("x=f32[32x64]:iota").unwrap();
        assert_eq!(argument.name.as_deref(), Some("x"));
        let iota = Initialiser::parse("iota").unwrap();
        assert_eq!(argument.value, Value::Buffer { element: Element::F32, shape: vec![32, 64], initialiser: iota });
        let zeros = Initialiser::Zeros;
        assert_eq!(value("i8[4]"), Value::Buffer { element: Element::S8, shape: vec![4], initialiser: zeros });
        assert_eq!(value("n=-3"), Value::Scalar { element: None, literal: "-3".to_owned() });
        assert_eq!(
            value("a=f32:0x7fc00000"),
            Value::Scalar { element: Some(Element::F32), literal: "0x7fc00000".into() }
        );
        assert_eq!(value("p=null"), Value::Null);
        assert_eq!(value("p=@x[3]"), Value::Pointer { to: "x".into(), offset: Offset::Elements(3) });
        assert_eq!(value("p=@0+16"), Value::Pointer { to: "0".into(), offset: Offset::Bytes(16) });
        assert_eq!(value("s=bytes:00fF_10"), Value::Bytes(vec![0, 255, 16]));
        assert_eq!(value("s=bytes[2]"), Value::Bytes(vec![0, 0]));
        assert_eq!(value("w.npy"), Value::File("w.npy".into()));
        let Value::Fields(fields) = value("s={u32:1, {f64:2,@x}, f32[2]:[1,2]}") else { panic!("a struct") };
        assert_eq!(fields.len(), 3);
        assert!(matches!(&fields[1], Value::Fields(inner) if inner.len() == 2));
    }

    #[test]
    fn what_is_wrong_is_said_with_the_argument() {
        for (text, said) in [
            ("x=f33[4]", "argument 'x=f33[4]': 'f33' is no element type; there are f64, f32"),
            ("x=f32[0]", "'[0]' is no shape"),
            ("x=f32[99999999999,99999999999]", "is no shape"),
            ("x=f32[4", "expected f32[N]"),
            ("x=f32", "expected f32:VALUE or f32[N]"),
            ("x=f32:a.npy", "a file needs a number of elements: f32[N]:a.npy (or only a.npy"),
            ("x=hello", "expected a number, a typed value"),
            ("x=@", "expected @NAME"),
            ("x=bytes:0", "two digits a byte"),
            ("x={u32:1", "lacks its '}'"),
            ("", "expected a number"),
        ] {
            let error = Argument::parse(text).unwrap_err().0;
            assert!(error.contains(said), "{text}: {error}");
        }
        let deep = "{".repeat(100) + &"}".repeat(100);
        assert!(Argument::parse(&deep).unwrap_err().0.contains("nested deeper"));
    }
}

//! NumPy's file format (`.npy`, versions 1 to 3), read and written.
//!
//! Source: NumPy Enhancement Proposal 1 and `numpy.lib.format`: a magic string, a version, the header's length (2 bytes in
//! version 1, else 4), a Python dictionary `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}`, the elements.

use super::{Element, LaunchError};

const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy itself makes headers a few hundred bytes long; arrays have at most 64 dimensions.
const DIMENSIONS_MAX: usize = 64;

/// An array of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Array<'a> {
    /// The type without its byte order: `f4`, `u1`, `V2`.
    pub kind: &'a str,
    /// The size of an element.
    pub item_bytes: usize,
    /// Whether the elements are big-endian.
    pub big_endian: bool,
    /// Its dimensions; none for a single number.
    pub shape: Vec<u64>,
    /// The elements, row by row.
    pub data: &'a [u8],
}

/// Whether this is such a file.
pub fn is_npy(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Reads a file.
///
/// # Errors
/// Where the header is malformed, the type is none of plain numbers, the order is Fortran's, or elements are missing.
pub fn parse(bytes: &[u8]) -> Result<Array<'_>, LaunchError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| LaunchError::new("is no NumPy file"))?;
    let cut = || LaunchError::new("ends inside its header");
    let (length, rest) = match rest {
        [1, _, low, high, rest @ ..] => (usize::from(u16::from_le_bytes([*low, *high])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        [major, ..] if *major > 3 || *major == 0 => {
            return Err(LaunchError::new(format_args!("is of NumPy's format version {major}; 1 to 3 are read")));
        }
        _ => return Err(cut()),
    };
    let header = std::str::from_utf8(rest.get(..length).ok_or_else(cut)?);
    let header = header.map_err(|_| LaunchError::new("has a header that is no text"))?;
    let (descr, fortran_order, shape) = parse_header(header)?;
    let (big_endian, kind) = match descr.split_at_checked(1) {
        Some(("<" | "|" | "=", kind)) => (false, kind),
        Some((">", kind)) => (true, kind),
        _ => (false, descr),
    };
    let item_bytes = match kind {
        "b1" | "i1" | "u1" | "V1" => 1,
        "i2" | "u2" | "f2" | "V2" => 2,
        "i4" | "u4" | "f4" => 4,
        "i8" | "u8" | "f8" | "c8" => 8,
        "c16" => 16,
        _ => return Err(LaunchError::new(format_args!("holds elements of type '{descr}', which is no plain number"))),
    };
    if fortran_order && shape.len() > 1 {
        return Err(LaunchError::new("is stored in Fortran's order; save numpy.ascontiguousarray(a)"));
    }
    let count = shape.iter().try_fold(1_u64, |count, &dimension| count.checked_mul(dimension));
    let size = count.and_then(|count| count.checked_mul(item_bytes)).and_then(|size| usize::try_from(size).ok());
    let data = &rest[length..];
    let data = size.and_then(|size| data.get(..size)).ok_or_else(|| {
        LaunchError::new(format_args!("has {} bytes of elements, too few for its shape {shape:?}", data.len()))
    })?;
    Ok(Array { kind, item_bytes: item_bytes as usize, big_endian, shape, data })
}

/// The three entries of the header's dictionary, in any order.
fn parse_header(header: &str) -> Result<(&str, bool, Vec<u64>), LaunchError> {
    let wrong = |what: &str| LaunchError::new(format_args!("has a malformed header: {what}"));
    let value_of = |key: &str| {
        let found = [format!("'{key}'"), format!("\"{key}\"")].into_iter().find_map(|key| header.split_once(&key));
        let rest = found.and_then(|(_, rest)| rest.trim_start().strip_prefix(':')).map(str::trim_start);
        rest.ok_or_else(|| wrong(&format!("no '{key}'")))
    };
    let descr = value_of("descr")?;
    let quote = descr.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
    let Some(quote) = quote else {
        return Err(LaunchError::new("holds records of several fields; save one field as an array of its own"));
    };
    let descr = descr[1..].split_once(quote).ok_or_else(|| wrong("'descr' has no end"))?.0;
    let fortran_order = value_of("fortran_order")?.starts_with("True");
    let shape = value_of("shape")?.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let shape = shape.ok_or_else(|| wrong("'shape' is no tuple"))?.0;
    let dimensions = shape.split(',').map(str::trim).filter(|dimension| !dimension.is_empty());
    let dimensions = dimensions.map(|dimension| dimension.trim_end_matches('L').parse::<u64>());
    let shape: Vec<u64> = dimensions.collect::<Result<_, _>>().map_err(|_| wrong("'shape' holds no number"))?;
    if shape.len() > DIMENSIONS_MAX {
        return Err(wrong("more dimensions than NumPy has"));
    }
    Ok((descr, fortran_order, shape))
}

impl Array<'_> {
    /// The type of its elements, and how many lie in one of the file's (2 for complex numbers); `None` for raw bytes, which say no type.
    pub fn element(&self) -> Option<(Element, usize)> {
        match self.kind {
            "c8" => Some((Element::F32, 2)),
            "c16" => Some((Element::F64, 2)),
            "b1" => Some((Element::U8, 1)),
            kind => Element::all()
                .find(|element| element.npy_type()[1..] == *kind && !kind.starts_with('V'))
                .map(|element| (element, 1)),
        }
    }

    /// The little-endian bytes of `count` elements of this type.
    ///
    /// # Errors
    /// Where the file holds another type or another number of elements.
    pub fn bytes_of(&self, element: Element, count: usize) -> Result<Vec<u8>, LaunchError> {
        let parts = match self.element() {
            Some((own, parts @ 2)) if own == element => parts,
            _ if element.accepts_npy(self.kind) => 1,
            _ => {
                return Err(LaunchError::new(format_args!(
                    "holds elements of NumPy's type {}, not {}",
                    self.kind,
                    element.name()
                )));
            }
        };
        let held = self.data.len() / self.item_bytes * parts;
        if held != count {
            return Err(LaunchError::new(format_args!("holds {held} elements of shape {:?}, not {count}", self.shape)));
        }
        let mut bytes = self.data.to_vec();
        if self.big_endian {
            bytes.chunks_exact_mut(element.size_bytes()).for_each(<[u8]>::reverse);
        }
        Ok(bytes)
    }
}

/// A file of these elements; `bytes` are little-endian, row by row. Version 1, aligned to 64 bytes as NumPy writes it.
pub fn write(element: Element, shape: &[u64], bytes: &[u8]) -> Vec<u8> {
    let dimensions: Vec<String> = shape.iter().map(u64::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let mut header = format!(
        "{{'descr': '{}', 'fortran_order': False, 'shape': ({}{comma}), }}",
        element.npy_type(),
        dimensions.join(", ")
    );
    let unpadded = MAGIC.len() + 4 + header.len() + 1;
    header.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');
    let mut file = MAGIC.to_vec();
    file.extend([1, 0]);
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(bytes);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        file.extend([version, 0]);
        match version {
            1 => file.extend((header.len() as u16).to_le_bytes()),
            _ => file.extend((header.len() as u32).to_le_bytes()),
        }
        file.extend(header.as_bytes());
        file.extend(data);
        file
    }

    #[test]
    fn what_is_written_is_read_again() {
        for element in Element::all() {
            for shape in [vec![], vec![3], vec![2, 3], vec![0, 4]] {
                let count = shape.iter().product::<u64>() as usize;
                let data: Vec<u8> = (0..count * element.size_bytes()).map(|byte| byte as u8).collect();
                let written = write(element, &shape, &data);
                assert_eq!((written.len() - data.len()) % 64, 0);
                let array = parse(&written).unwrap();
                assert_eq!((&array.shape, array.data), (&shape, &data[..]));
                assert_eq!(array.bytes_of(element, count), Ok(data));
            }
        }
    }

    #[test]
    fn other_versions_orders_and_quotes_are_read() {
        let big = file(2, "{\"shape\": (2,), \"fortran_order\": False, \"descr\": \">u2\"}\n", &[1, 2, 3, 4]);
        assert_eq!(parse(&big).unwrap().bytes_of(Element::U16, 2), Ok(vec![2, 1, 4, 3]));
        let complex = file(3, "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", &[0; 8]);
        assert_eq!(parse(&complex).unwrap().bytes_of(Element::F32, 2), Ok(vec![0; 8]));
        let scalar = file(1, "{'descr': '<f8', 'fortran_order': True, 'shape': ()}", &[0; 8]);
        assert_eq!(parse(&scalar).unwrap().shape, [0_u64; 0]);
        let raw = file(1, "{'descr': '<u2', 'fortran_order': False, 'shape': (1,)}", &[0x80, 0x3f]);
        assert_eq!(parse(&raw).unwrap().bytes_of(Element::Bf16, 1), Ok(vec![0x80, 0x3f]));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let header = |descr: &str, order: &str, shape: &str| {
            format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}")
        };
        for (bytes, said) in [
            (b"\x93NUMPY\x01".to_vec(), "ends inside its header"),
            (b"\x93NUMPY\x09\x00".to_vec(), "format version 9"),
            (file(1, &header("'<f4'", "True", "(2, 2)"), &[0; 16]), "Fortran"),
            (file(1, &header("'|O'", "False", "(1,)"), &[0; 8]), "type '|O'"),
            (file(1, &header("[('a', '<f4')]", "False", "(1,)"), &[0; 8]), "several fields"),
            (file(1, &header("'<f4'", "False", "(3,)"), &[0; 8]), "too few for its shape [3]"),
            (file(1, &header("'<f8'", "False", "(4294967296, 4294967296)"), &[]), "too few for its shape"),
            (file(1, "{}", &[]), "no 'descr'"),
        ] {
            let error = parse(&bytes).unwrap_err().0;
            assert!(error.contains(said), "{said}: {error}");
        }
        let array = write(Element::F32, &[2], &[0; 8]);
        let array = parse(&array).unwrap();
        assert!(array.bytes_of(Element::F64, 2).unwrap_err().0.contains("NumPy's type f4, not f64"));
        assert!(array.bytes_of(Element::F32, 3).unwrap_err().0.contains("holds 2 elements"));
    }

    #[test]
    fn damaged_files_never_panic() {
        let good = write(Element::F32, &[2, 2], &[7; 16]);
        for at in 0..good.len() {
            let _ = parse(&good[..at]);
            for value in [0, 0x27, 0x7f, 0xff] {
                let mut bad = good.clone();
                bad[at] = value;
                if let Ok(array) = parse(&bad) {
                    let _ = array.bytes_of(Element::F32, 4);
                }
            }
        }
    }
}

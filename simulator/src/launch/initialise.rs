//! What a buffer holds before a launch.

use std::path::{Path, PathBuf};

use super::element::{Class, Element};
use super::{LaunchError, npy};

/// How a buffer's elements come about. All of it depends on nothing but what is written: the same words give the same bytes on
/// every machine.
#[derive(Clone, PartialEq, Debug)]
pub enum Initialiser {
    /// Left as a fresh allocation is: the check for uninitialised memory knows that nobody wrote it.
    Uninitialised,
    /// All zero.
    Zeros,
    /// All the same literal; `ones` is `fill:1`.
    Fill(String),
    /// `first`, `first + step`, …, wrapping around in integers.
    Iota {
        /// The first literal.
        first: String,
        /// The distance.
        step: String,
    },
    /// Uniformly distributed: floats in [0, 1), integers over their whole range.
    Random {
        /// The seed; `None` is the argument's place.
        seed: Option<u64>,
    },
    /// Nearly normally distributed, mean 0 and deviation 1: the sum of twelve uniform numbers, less six.
    Normal {
        /// The seed; `None` is the argument's place.
        seed: Option<u64>,
    },
    /// Uniformly distributed between two literals; the upper one is left out.
    Range {
        /// The lowest.
        low: String,
        /// Behind the highest.
        high: String,
        /// The seed; `None` is the argument's place.
        seed: Option<u64>,
    },
    /// Literals, one an element.
    List(Vec<String>),
    /// A `.npy` file, or any other file as raw little-endian bytes.
    File(PathBuf),
}

impl Initialiser {
    /// Reads what stands behind the colon of a buffer: `iota`, `fill:2.5`, `random:7`, `range:-1:1`, `[1,2,3]`, a file name.
    ///
    /// # Errors
    /// Where a word is followed by what it does not take.
    pub fn parse(text: &str) -> Result<Initialiser, LaunchError> {
        if let Some(list) = text.strip_prefix('[') {
            let list =
                list.strip_suffix(']').ok_or_else(|| LaunchError::new(format_args!("'{text}' lacks its ']'")))?;
            let items = list.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty());
            return Ok(Initialiser::List(items.collect()));
        }
        let mut words = text.split(':');
        let (word, rest): (&str, Vec<&str>) = (words.next().unwrap_or(""), words.collect());
        let seed = |at: usize| rest.get(at).map(|seed| parse_seed(seed)).transpose();
        let (made, words_max) = match word {
            "zeros" => (Initialiser::Zeros, 0),
            "ones" => (Initialiser::Fill("1".to_owned()), 0),
            "uninitialised" | "uninitialized" => (Initialiser::Uninitialised, 0),
            "iota" => {
                let at = |index: usize, default: &str| rest.get(index).map_or(default, |word| *word).to_owned();
                (Initialiser::Iota { first: at(0, "0"), step: at(1, "1") }, 2)
            }
            "random" => (Initialiser::Random { seed: seed(0)? }, 1),
            "normal" => (Initialiser::Normal { seed: seed(0)? }, 1),
            "fill" => match rest.first() {
                Some(value) => (Initialiser::Fill((*value).to_owned()), 1),
                None => return Err(LaunchError::new("fill needs a value: fill:2.5")),
            },
            "range" => match rest[..] {
                [low, high] | [low, high, _] => {
                    (Initialiser::Range { low: low.to_owned(), high: high.to_owned(), seed: seed(2)? }, 3)
                }
                _ => return Err(LaunchError::new("range needs two values: range:-1:1")),
            },
            _ if looks_like_a_file(text) => return Ok(Initialiser::File(PathBuf::from(text))),
            _ => {
                return Err(LaunchError::new(format_args!(
                    "'{text}' is no initialiser; there are zeros, ones, iota, fill:V, random, normal, range:LOW:HIGH, \
                     uninitialised, a list [1,2,3], and files: FILE.npy, ./FILE"
                )));
            }
        };
        if rest.len() > words_max {
            return Err(LaunchError::new(format_args!("'{text}': {word} takes at most {words_max} values")));
        }
        Ok(made)
    }

    /// The bytes of `count` elements; `place` is the argument's place and seeds what has no seed of its own, `folder` is where file names start.
    /// `None` for [`Initialiser::Uninitialised`].
    ///
    /// # Errors
    /// Where a literal is none of the type, a list or file has another number of elements, or a file cannot be read.
    pub fn bytes(
        &self,
        element: Element,
        count: usize,
        place: u64,
        folder: &Path,
    ) -> Result<Option<Vec<u8>>, LaunchError> {
        let seed_of = |seed: &Option<u64>| seed.unwrap_or(place);
        Ok(Some(match self {
            Initialiser::Uninitialised => return Ok(None),
            Initialiser::Zeros => vec![0; count * element.size_bytes()],
            Initialiser::Fill(value) => {
                let bits = element.parse(value)?;
                generate(element, count, |_| bits)
            }
            Initialiser::Iota { first, step } => iota(element, count, first, step)?,
            Initialiser::Random { seed } => {
                let seed = seed_of(seed);
                generate(element, count, |index| match element.class() {
                    Class::Float => element.bits_of(unit(seed, index, element.significand_bits())),
                    _ => uniform_bits(seed, index),
                })
            }
            Initialiser::Normal { seed } => {
                let seed = seed_of(seed);
                generate(element, count, |index| {
                    let sum: f64 = (0..12).map(|part| unit(seed, 12 * index + part, 53)).sum();
                    element.bits_of(sum - 6.0)
                })
            }
            Initialiser::Range { low, high, seed } => {
                let seed = seed_of(seed);
                range(element, count, element.parse(low)?, element.parse(high)?, seed)
                    .ok_or_else(|| LaunchError::new(format_args!("range:{low}:{high} is empty")))?
            }
            Initialiser::List(items) => {
                if items.len() != count {
                    return Err(LaunchError::new(format_args!("the list has {} elements, not {count}", items.len())));
                }
                let bits: Vec<u64> = items.iter().map(|item| element.parse(item)).collect::<Result<_, _>>()?;
                generate(element, count, |index| bits[index as usize])
            }
            Initialiser::File(path) => from_file(element, count, &folder.join(path))?,
        }))
    }
}

/// Names that end in `.npy` or `.bin`, or hold a slash. Other words are likelier to be misspelt.
pub fn looks_like_a_file(text: &str) -> bool {
    text.contains('/')
        || text.rsplit_once('.').is_some_and(|(stem, ending)| {
            !stem.is_empty()
                && !ending.is_empty()
                && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && !ending.as_bytes()[0].is_ascii_digit()
        })
}

fn parse_seed(text: &str) -> Result<u64, LaunchError> {
    text.parse().map_err(|_| LaunchError::new(format_args!("'{text}' is no seed: a number from 0 to 2^64 - 1")))
}

fn generate(element: Element, count: usize, bits: impl Fn(u64) -> u64) -> Vec<u8> {
    let size = element.size_bytes();
    let mut bytes = vec![0; count * size];
    for (index, slot) in bytes.chunks_exact_mut(size).enumerate() {
        slot.copy_from_slice(&bits(index as u64).to_le_bytes()[..size]);
    }
    bytes
}

fn iota(element: Element, count: usize, first: &str, step: &str) -> Result<Vec<u8>, LaunchError> {
    let (first, step) = (element.parse(first)?, element.parse(step)?);
    Ok(generate(element, count, |index| match element.class() {
        // Each is one multiplication and one addition away from the first: no error adds up.
        Class::Float => element.bits_of(element.number(first) + index as f64 * element.number(step)),
        _ => first.wrapping_add(step.wrapping_mul(index)),
    }))
}

fn range(element: Element, count: usize, low: u64, high: u64, seed: u64) -> Option<Vec<u8>> {
    if element.class() == Class::Float {
        let (low, high) = (element.number(low), element.number(high));
        return (low < high).then(|| {
            generate(element, count, |index| {
                let bits = element.bits_of(low + (high - low) * unit(seed, index, 53));
                // Rounding to a short significand may reach the upper end.
                if element.number(bits) < high { bits } else { element.bits_of(low) }
            })
        });
    }
    let (low, high) = (element.integer(low), element.integer(high));
    (low < high).then(|| {
        let width = (high - low) as u128;
        generate(element, count, |index| {
            let above = (u128::from(uniform_bits(seed, index)) * width) >> 64;
            (low + above as i128) as u64
        })
    })
}

/// Random bits `index` of a sequence: SplitMix64 (Steele, Lea, Flood 2014), which can be entered anywhere.
pub fn uniform_bits(seed: u64, index: u64) -> u64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut word = seed.wrapping_mul(STEP).rotate_left(32).wrapping_add(index.wrapping_add(1).wrapping_mul(STEP));
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// A number in [0, 1) of `bits` random bits.
fn unit(seed: u64, index: u64, bits: u32) -> f64 {
    (uniform_bits(seed, index) >> (64 - bits)) as f64 / (1_u64 << bits) as f64
}

fn from_file(element: Element, count: usize, path: &Path) -> Result<Vec<u8>, LaunchError> {
    let name = path.display();
    let size_bytes = count * element.size_bytes();
    let held = std::fs::metadata(path).map_err(|error| LaunchError::new(format_args!("{name}: {error}")))?.len();
    // A file far beyond what is wanted is refused before it is read; 1 MiB is room for any header.
    if held > size_bytes as u64 + (1 << 20) {
        return Err(LaunchError::new(format_args!(
            "{name} has {held} bytes, and {count} × {} are {size_bytes}",
            element.name()
        )));
    }
    let bytes = std::fs::read(path).map_err(|error| LaunchError::new(format_args!("{name}: {error}")))?;
    if !npy::is_npy(&bytes) {
        if bytes.len() != size_bytes {
            return Err(LaunchError::new(format_args!(
                "{name} has {} bytes, and {count} × {} are {size_bytes}",
                bytes.len(),
                element.name()
            )));
        }
        return Ok(bytes);
    }
    let array = npy::parse(&bytes).map_err(|error| error.of(&name))?;
    array.bytes_of(element, count).map_err(|error| error.of(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str, element: Element, count: usize) -> Result<Vec<u8>, String> {
        let made = Initialiser::parse(text).and_then(|made| made.bytes(element, count, 3, Path::new(".")));
        made.map(|bytes| bytes.expect("initialised")).map_err(|error| error.0)
    }

    fn shown(text: &str, element: Element, count: usize) -> Vec<String> {
        let bytes = bytes(text, element, count).unwrap();
        (0..count).map(|index| element.show(element.at(&bytes, index))).collect()
    }

    #[test]
    fn initialisers_give_the_numbers_they_name() {
        assert_eq!(shown("iota", Element::F32, 3), ["0.0", "1.0", "2.0"]);
        assert_eq!(shown("iota:5:-2", Element::S16, 4), ["5", "3", "1", "-1"]);
        assert_eq!(shown("iota:254", Element::U8, 4), ["254", "255", "0", "1"]);
        assert_eq!(shown("ones", Element::E5m2, 2), ["1.0", "1.0"]);
        assert_eq!(shown("fill:-2.5", Element::Bf16, 1), ["-2.5"]);
        assert_eq!(shown("[1, 2, 0x7]", Element::U64, 3), ["1", "2", "7"]);
        assert_eq!(shown("zeros", Element::F64, 2), ["0.0", "0.0"]);
    }

    #[test]
    fn random_numbers_are_the_same_everywhere_and_lie_where_they_should() {
        assert_eq!(uniform_bits(0, 0), 0xe220_a839_7b1d_cdaf, "SplitMix64's published first number for seed 0");
        assert_eq!(bytes("random:7", Element::F32, 100), bytes("random:7", Element::F32, 100));
        assert_ne!(bytes("random:7", Element::F32, 100), bytes("random:8", Element::F32, 100));
        assert_eq!(bytes("random", Element::U32, 9), bytes("random:3", Element::U32, 9), "the place is the seed");
        for element in Element::all().filter(|element| element.class() == Class::Float) {
            let bytes = bytes("random", element, 4096).unwrap();
            let numbers = (0..4096).map(|index| element.number(element.at(&bytes, index)));
            assert!(numbers.clone().all(|number| (0.0..1.0).contains(&number)), "{element:?}");
            let mean = numbers.sum::<f64>() / 4096.0;
            assert!(mean > 0.4 && mean < 0.6, "{element:?}: {mean}");
        }
        let element = Element::S8;
        let bytes = bytes("range:-3:4:1", element, 4096).unwrap();
        let numbers: std::collections::BTreeSet<i128> =
            (0..4096).map(|i| element.integer(element.at(&bytes, i))).collect();
        assert_eq!(numbers, (-3..4).collect());
    }

    #[test]
    fn the_normal_numbers_have_mean_0_and_deviation_1() {
        let bytes = bytes("normal:1", Element::F64, 20_000).unwrap();
        let numbers: Vec<f64> = (0..20_000).map(|index| Element::F64.number(Element::F64.at(&bytes, index))).collect();
        let mean = numbers.iter().sum::<f64>() / 20_000.0;
        let variance = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, said) in [
            ("zeroes", "'zeroes' is no initialiser; there are zeros"),
            ("fill", "fill needs a value"),
            ("range:1", "range needs two values"),
            ("range:2:2", "range:2:2 is empty"),
            ("iota:1:2:3", "iota takes at most 2 values"),
            ("random:x", "'x' is no seed"),
            ("[1,2", "lacks its ']'"),
            ("[1,2,3]", "the list has 3 elements, not 2"),
            ("no/such/file.npy", "no/such/file.npy: "),
        ] {
            let error = bytes(text, Element::U32, 2).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}

//! Results held against what they should be.

use std::fmt;

use super::element::Class;
use super::{Element, LaunchError};

/// How far a result may lie from what is wanted; an element passes if any of the bounds holds. All zero: equal numbers, where both zeros
/// are equal and all NaNs are.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Tolerance {
    /// Representable numbers between the two.
    pub ulp: u64,
    /// The difference's size.
    pub absolute: f64,
    /// The difference's size over that of the wanted number.
    pub relative: f64,
}

impl Tolerance {
    /// Reads `ulp:2`, `abs:1e-6`, `rel:1e-5`, or several with commas.
    ///
    /// # Errors
    /// Where a part is none of these.
    pub fn parse(text: &str) -> Result<Tolerance, LaunchError> {
        let mut tolerance = Tolerance::default();
        for part in text.split(',') {
            let wrong = || LaunchError::new(format_args!("'{part}' is no tolerance: ulp:N, abs:X or rel:X"));
            let (kind, bound) = part.trim().split_once(':').ok_or_else(wrong)?;
            let number = || bound.parse::<f64>().ok().filter(|bound| *bound >= 0.0).ok_or_else(wrong);
            match kind {
                "ulp" => tolerance.ulp = bound.parse().map_err(|_| wrong())?,
                "abs" => tolerance.absolute = number()?,
                "rel" => tolerance.relative = number()?,
                _ => return Err(wrong()),
            }
        }
        Ok(tolerance)
    }
}

/// One element that is not as it should be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Difference {
    /// Which one, in row-major order.
    pub index: u64,
    /// Its bits.
    pub have: u64,
    /// The bits it should have.
    pub want: u64,
    /// The size of the difference; infinite where one of them is no number.
    pub absolute: f64,
    /// Representable numbers between them.
    pub ulp: u64,
}

/// What a comparison came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    /// The elements' type.
    pub element: Element,
    /// The buffer's dimensions.
    pub shape: Vec<u64>,
    /// Elements compared.
    pub count: u64,
    /// Elements beyond the tolerance.
    pub differing: u64,
    /// The first of them.
    pub first: Option<Difference>,
    /// The one with the largest absolute difference, the earliest if there are several.
    pub worst: Option<Difference>,
}

/// Compares two buffers of `element`s, element by element.
///
/// # Panics
/// Where their sizes differ.
pub fn compare(have: &[u8], want: &[u8], element: Element, shape: &[u64], tolerance: Tolerance) -> Comparison {
    assert_eq!(have.len(), want.len(), "the caller compares buffers of one size");
    let count = have.len() / element.size_bytes();
    let mut comparison =
        Comparison { element, shape: shape.to_vec(), count: count as u64, differing: 0, first: None, worst: None };
    for index in 0..count {
        let (have, want) = (element.at(have, index), element.at(want, index));
        if have == want {
            continue;
        }
        let ulp = element.distance_ulp(have, want);
        let absolute = distance(element, have, want);
        let wanted = element.number(want).abs();
        // An infinite wanted number allows any relative difference, which is not what is meant.
        let near = absolute <= tolerance.absolute
            || wanted.is_finite() && absolute <= tolerance.relative * wanted && absolute.is_finite();
        if ulp <= tolerance.ulp || near && ulp != u64::MAX {
            continue;
        }
        let difference = Difference { index: index as u64, have, want, absolute, ulp };
        comparison.differing += 1;
        comparison.first.get_or_insert(difference);
        if comparison.worst.is_none_or(|worst| absolute > worst.absolute) {
            comparison.worst = Some(difference);
        }
    }
    comparison
}

fn distance(element: Element, have: u64, want: u64) -> f64 {
    if element.class() != Class::Float {
        return element.integer(have).abs_diff(element.integer(want)) as f64;
    }
    let distance = (element.number(have) - element.number(want)).abs();
    if distance.is_nan() { f64::INFINITY } else { distance }
}

impl Comparison {
    /// Whether nothing differs.
    pub fn holds(&self) -> bool {
        self.differing == 0
    }

    /// An element's place as the shape counts: `[3, 17]`.
    pub fn place(&self, mut index: u64) -> String {
        let mut places: Vec<String> = Vec::new();
        for &dimension in self.shape.iter().rev() {
            places.push((index % dimension.max(1)).to_string());
            index /= dimension.max(1);
        }
        places.reverse();
        format!("[{}]", places.join(", "))
    }

    fn describe(&self, difference: &Difference, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { index, have, want, absolute, ulp } = *difference;
        let (have_text, want_text) = (self.element.show(have), self.element.show(want));
        write!(f, "{} is {have_text}, expected {want_text}", self.place(index))?;
        if self.element.class() == Class::Float && absolute.is_finite() {
            write!(f, " (off by {absolute:.3e}, {ulp} ulp)")?;
        }
        if have_text == want_text {
            write!(f, " (bits {have:#x}, expected {want:#x})")?;
        }
        Ok(())
    }
}

impl fmt::Display for Comparison {
    /// One line for a result that holds; else how many differ, the first, and the worst if it is another.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(first), Some(worst)) = (&self.first, &self.worst) else {
            return write!(f, "all {} elements as expected", self.count);
        };
        write!(f, "{} of {} elements differ", self.differing, self.count)?;
        f.write_str("\n  first: ")?;
        self.describe(first, f)?;
        if worst.index != first.index {
            f.write_str("\n  worst: ")?;
            self.describe(worst, f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f32s(numbers: &[f32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    #[test]
    fn the_first_and_the_worst_difference_are_told() {
        let have = f32s(&[1.0, 2.5, -0.0, 9.0, f32::NAN, 7.0]);
        let want = f32s(&[1.0, 2.0, 0.0, 4.0, f32::NAN, 7.0]);
        let found = compare(&have, &want, Element::F32, &[2, 3], Tolerance::default());
        assert_eq!(
            found.to_string(),
            "2 of 6 elements differ\n  first: [0, 1] is 2.5, expected 2.0 (off by 5.000e-1, 2097152 ulp)\n  \
             worst: [1, 0] is 9.0, expected 4.0 (off by 5.000e0, 9437184 ulp)"
        );
    }

    #[test]
    fn any_bound_lets_an_element_pass() {
        let (have, want) = (f32s(&[1000.1]), f32s(&[1000.0]));
        let holds = |text: &str| compare(&have, &want, Element::F32, &[1], Tolerance::parse(text).unwrap()).holds();
        assert!(!holds("ulp:1") && !holds("abs:0.01") && !holds("rel:1e-5"));
        assert!(holds("abs:0.2") && holds("rel:1e-3") && holds("ulp:2000") && holds("abs:0.001,rel:1e-3"));
        for text in ["", "ulp", "ulp:-1", "abs:nan", "near:1"] {
            assert!(Tolerance::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_tolerance_makes_infinity_or_nan_a_number() {
        let wide = Tolerance::parse("abs:1e30,rel:1e30").unwrap();
        for (have, want) in [(f32::NAN, 1.0), (1.0, f32::NAN), (f32::INFINITY, 1.0), (1.0, f32::INFINITY)] {
            assert!(!compare(&f32s(&[have]), &f32s(&[want]), Element::F32, &[1], wide).holds(), "{have} {want}");
        }
        let integers = |number: i32| number.to_le_bytes();
        assert!(compare(&integers(5), &integers(6), Element::S32, &[1], Tolerance::parse("abs:1").unwrap()).holds());
    }
}

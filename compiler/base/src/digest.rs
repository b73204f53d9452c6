//! Digests of contents: equal contents have equal digests, and for different ones that is as unlikely as 128 bits make it.
//!
//! They name what is kept between runs of one build of rustg; they guard against accidents, not against forgery, and are not stable
//! between versions of the compiler that built rustg.

use std::hash::{DefaultHasher, Hasher};

/// The digest of some content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Digest(pub u128);

/// A digest in the making.
#[derive(Clone)]
pub struct Digester {
    halves: [DefaultHasher; 2],
}

impl Default for Digester {
    fn default() -> Self {
        Digester::new()
    }
}

impl Digester {
    /// Of nothing so far.
    pub fn new() -> Digester {
        let mut halves = [DefaultHasher::new(), DefaultHasher::new()];
        halves[1].write_u64(0x9e37_79b9_7f4a_7c15);
        Digester { halves }
    }

    /// Adds a piece of content with its length, so that pieces do not run together.
    pub fn add(&mut self, bytes: &[u8]) -> &mut Digester {
        for half in &mut self.halves {
            half.write_u64(bytes.len() as u64);
            half.write(bytes);
        }
        self
    }

    /// Adds a number.
    pub fn add_number(&mut self, number: u64) -> &mut Digester {
        self.halves.iter_mut().for_each(|half| half.write_u64(number));
        self
    }

    /// The digest of what was added.
    pub fn finish(&self) -> Digest {
        let [low, high] = self.halves.each_ref().map(|half| u128::from(half.finish()));
        Digest(high << 64 | low)
    }
}

impl Digest {
    /// Of one piece of content.
    pub fn of(bytes: &[u8]) -> Digest {
        Digester::new().add(bytes).finish()
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_tell_contents_and_their_divisions_apart() {
        assert_eq!(Digest::of(b"abc"), Digest::of(b"abc"));
        assert_ne!(Digest::of(b"abc"), Digest::of(b"abd"));
        let split = |a: &[u8], b: &[u8]| Digester::new().add(a).add(b).finish();
        assert_ne!(split(b"ab", b"c"), split(b"a", b"bc"));
        let Digest(bits) = Digest::of(b"");
        assert_ne!((bits >> 64) as u64, bits as u64);
    }
}

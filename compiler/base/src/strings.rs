//! The string interner: every distinct text is stored once and known by a `u32`.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// The identity of an interned text within one [`Strings`] table. Equal ids mean equal texts.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct StringId(pub u32);

impl StringId {
    /// The empty text, present in every table.
    pub const EMPTY: StringId = StringId(0);

    /// This id as an index into per-string side tables.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An append-only table of distinct texts: one byte buffer, one end offset a text, one hash table over both.
///
/// A table holds at most 4 GiB of text.
#[derive(Clone)]
pub struct Strings {
    bytes: String,
    ends: Vec<u32>,
    ids: HashTable<StringId>,
}

impl Default for Strings {
    fn default() -> Self {
        let mut strings = Strings { bytes: String::new(), ends: Vec::new(), ids: HashTable::new() };
        strings.intern("");
        strings
    }
}

impl Strings {
    /// A table that holds only the empty text.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of `text`, added if it is new.
    ///
    /// # Panics
    /// When the table would exceed 4 GiB; importers bound what they intern well below that.
    pub fn intern(&mut self, text: &str) -> StringId {
        let hash = FxBuildHasher.hash_one(text);
        let (bytes, ends) = (&self.bytes, &self.ends);
        if let Some(&id) = self.ids.find(hash, |&id| text_at(bytes, ends, id) == text) {
            return id;
        }
        let id = StringId(u32::try_from(self.ends.len()).expect("fewer than 2^32 texts fit into 4 GiB"));
        self.bytes.push_str(text);
        self.ends.push(u32::try_from(self.bytes.len()).expect("interned text stays below 4 GiB"));
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.ids.insert_unique(hash, id, |&id| FxBuildHasher.hash_one(text_at(bytes, ends, id)));
        id
    }

    /// The id of `text` if it has been interned.
    pub fn find(&self, text: &str) -> Option<StringId> {
        let hash = FxBuildHasher.hash_one(text);
        self.ids.find(hash, |&id| text_at(&self.bytes, &self.ends, id) == text).copied()
    }

    /// The text of `id`.
    ///
    /// # Panics
    /// When `id` is not of this table.
    pub fn get(&self, id: StringId) -> &str {
        text_at(&self.bytes, &self.ends, id)
    }

    /// How many texts there are; ids are `0..len`. Never 0: the empty text is always there.
    #[allow(clippy::len_without_is_empty, reason = "a table is never empty")]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// All texts in the order of their ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (StringId, &str)> {
        (0..self.ends.len() as u32).map(|id| (StringId(id), self.get(StringId(id))))
    }

    /// Bytes of memory the table takes.
    pub fn size_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 4 + self.ids.capacity() * 5
    }
}

impl std::ops::Index<StringId> for Strings {
    type Output = str;
    fn index(&self, id: StringId) -> &str {
        self.get(id)
    }
}

impl std::fmt::Debug for Strings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter().map(|(id, text)| (id.0, text))).finish()
    }
}

fn text_at<'a>(bytes: &'a str, ends: &[u32], id: StringId) -> &'a str {
    let index = id.index();
    let start = if index == 0 { 0 } else { ends[index - 1] as usize };
    &bytes[start..ends[index] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_an_id_and_read_back() {
        let mut strings = Strings::new();
        let texts = ["", "gemm", "flash", "gemm", "ядро", ""];
        let ids: Vec<_> = texts.iter().map(|text| strings.intern(text)).collect();
        assert_eq!(ids[0], StringId::EMPTY);
        assert_eq!(ids[1], ids[3]);
        assert_ne!(ids[1], ids[2]);
        for (id, text) in ids.iter().zip(texts) {
            assert_eq!(&strings[*id], text);
            assert_eq!(strings.find(text), Some(*id));
        }
        assert_eq!(strings.len(), 4);
        assert_eq!(strings.find("absent"), None);
    }
}

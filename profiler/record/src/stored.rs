//! What a collector notes down beside the rings whenever it has put records on the disk: enough for whoever comes after it,
//! should it be killed, to go on where it was.
//!
//! `wire/stored.json` says how long each table was and up to which position of each ring its records are in them; it is
//! replaced as a whole, so it always tells of one moment. `wire/RING.definitions` holds the definitions that have come
//! through that ring: the ring itself forgets them.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use rustg_wire::Marker;
use serde_json::{Value, json};

/// The file in the rings' folder.
const FILE: &str = "stored.json";

/// The largest such file that is read: a million open ranges fit.
const FILE_BYTES_MAX: u64 = 128 << 20;

/// One moment of a recording.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Stored {
    /// Bytes of each table, by name.
    pub tables: Vec<(String, u64)>,
    /// Each ring that has been read.
    pub rings: Vec<StoredRing>,
}

/// How far a ring has been read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct StoredRing {
    /// The ring's file name.
    pub file: String,
    /// Records before this position, in bytes since the ring was made, are in the tables.
    pub position: u64,
    /// Bytes of the file of definitions that belong to them.
    pub definition_bytes: u64,
    /// The ring's own count of lost records that is in the tables.
    pub lost: u64,
    /// NVTX ranges that have begun and not ended: the starts' records.
    pub open_ranges: Vec<Marker>,
}

impl Stored {
    /// Replaces the note in the rings' folder `wire`.
    pub fn write(&self, wire: &Path) -> std::io::Result<()> {
        let rings: Vec<Value> = self.rings.iter().map(StoredRing::to_json).collect();
        let temporary = wire.join("stored.json.new");
        let mut file = File::create(&temporary)?;
        let tables: Vec<Value> = self.tables.iter().map(|(name, size_bytes)| json!([name, size_bytes])).collect();
        file.write_all(json!({ "tables": tables, "rings": rings }).to_string().as_bytes())?;
        drop(file);
        std::fs::rename(temporary, wire.join(FILE))
    }

    /// Takes the note away: what it says would be wrong.
    pub fn remove(wire: &Path) {
        let _ = std::fs::remove_file(wire.join(FILE));
    }

    /// The note in `wire`; nothing stored where there is none; `None` where it makes no sense.
    pub fn read(wire: &Path) -> Option<Stored> {
        let path = wire.join(FILE);
        let size = match std::fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(Stored::default()),
            Err(_) => return None,
        };
        let bytes = (size <= FILE_BYTES_MAX).then(|| std::fs::read(path).ok()).flatten()?;
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        let tables = value["tables"].as_array()?.iter();
        let tables = tables.map(|table| Some((table[0].as_str()?.to_owned(), table[1].as_u64()?)));
        let rings = value["rings"].as_array()?.iter().map(StoredRing::of_json);
        Some(Stored { tables: tables.collect::<Option<_>>()?, rings: rings.collect::<Option<_>>()? })
    }

    /// What is noted of the ring with this file name.
    pub fn ring(&self, file: &str) -> StoredRing {
        let known = self.rings.iter().find(|ring| ring.file == file).cloned();
        known.unwrap_or_else(|| StoredRing { file: file.to_owned(), ..StoredRing::default() })
    }
}

impl StoredRing {
    fn to_json(&self) -> Value {
        let open = self.open_ranges.iter();
        let open: Vec<Value> = open.map(|m| json!([m.flags, m.ts_ns, m.id, m.tid, m.name, m.domain])).collect();
        json!({
            "file": self.file,
            "position": self.position,
            "definition_bytes": self.definition_bytes,
            "lost": self.lost,
            "open_ranges": open,
        })
    }

    fn of_json(value: &Value) -> Option<Self> {
        let open = value["open_ranges"].as_array()?.iter().map(|marker| {
            let short = |at: usize| marker[at].as_u64().and_then(|value| u32::try_from(value).ok());
            Some(Marker {
                flags: short(0)?,
                ts_ns: marker[1].as_u64()?,
                id: short(2)?,
                tid: short(3)?,
                name: short(4)?,
                domain: short(5)?,
            })
        });
        Some(StoredRing {
            file: value["file"].as_str()?.to_owned(),
            position: value["position"].as_u64()?,
            definition_bytes: value["definition_bytes"].as_u64()?,
            lost: value["lost"].as_u64()?,
            open_ranges: open.collect::<Option<_>>()?,
        })
    }
}

/// Where the definitions of the ring with this file name are kept.
pub(crate) fn definitions_file(wire: &Path, ring: &str) -> PathBuf {
    wire.join(Path::new(ring).with_extension("definitions"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_again_and_nonsense_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Stored::read(dir.path()), Some(Stored::default()), "nothing is stored yet");
        let open = Marker { flags: 1, ts_ns: u64::MAX, id: 2, tid: 3, name: 4, domain: 5 };
        let ring = StoredRing {
            file: "7-11-0.ring".into(),
            position: 1 << 40,
            definition_bytes: 88,
            lost: 3,
            open_ranges: vec![open],
        };
        let stored = Stored { tables: vec![("kernels".into(), 4711)], rings: vec![ring.clone()] };
        stored.write(dir.path()).unwrap();
        let again = Stored::read(dir.path()).unwrap();
        assert_eq!((again.ring("7-11-0.ring"), again.ring("8-1-0.ring").position), (ring, 0));
        assert_eq!(again, stored);
        std::fs::write(dir.path().join(FILE), b"{\"tables\": [[1]]}").unwrap();
        assert_eq!(Stored::read(dir.path()), None);
    }
}

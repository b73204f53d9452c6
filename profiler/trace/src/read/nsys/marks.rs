//! NVTX: ranges, marks and their domains.

use rustc_hash::FxHashMap;

use super::{Importer, duration, pid_of};
use crate::read::ReadError;
use crate::{EventKind, NONE, NewEvent, StringId, TrackKey, TrackKind};

/// `ENUM_NSYS_EVENT_TYPE`: marks (34, and 65 of text files), ranges (59 and 70 pushed and popped, 60 and 71 started and
/// ended) and the creation of a domain (75).
const MARKS: [i64; 2] = [34, 65];
const RANGES: [i64; 4] = [59, 60, 70, 71];
const DOMAIN: i64 = 75;

impl Importer {
    /// Ranges without an end reach to the last time in the table, and a range's name is `domain:text`, both as in `nsys
    /// stats`, so that counts and sums agree; the default domain, which that prints as an empty word, is left out.
    pub(super) fn read_nvtx(&mut self) -> Result<(), ReadError> {
        let mut domains: FxHashMap<(i64, i64), StringId> = FxHashMap::default();
        let mut last_ns = i64::MIN;
        let columns = ["start", "end", "eventType", "globalTid", "domainId", "text", "textId"];
        self.with_database(|importer, database| {
            database.each("NVTX_EVENTS", &columns, |row| {
                last_ns =
                    [Some(last_ns), row.integer(0), row.integer(1)].into_iter().flatten().max().unwrap_or(last_ns);
                if row.integer(2) == Some(DOMAIN) {
                    let key = (pid_of(row.integer(3).unwrap_or(0)), row.integer(4).unwrap_or(0));
                    let name = importer.nvtx_text(row.integer(6), row.text(5).as_deref());
                    domains.insert(key, name);
                }
                Ok(())
            })
        })?;
        let mut names: FxHashMap<(StringId, StringId), StringId> = FxHashMap::default();
        let mut unfinished = 0u64;
        self.with_database(|importer, database| {
            database.each("NVTX_EVENTS", &columns, |row| {
                let (Some(start_ns), Some(event_type)) = (row.integer(0), row.integer(2)) else { return Ok(()) };
                let is_range = RANGES.contains(&event_type);
                if !is_range && !MARKS.contains(&event_type) {
                    return Ok(());
                }
                let global = row.integer(3).unwrap_or(0);
                let mut name = importer.nvtx_text(row.integer(6), row.text(5).as_deref());
                if let Some(&domain) = domains.get(&(pid_of(global), row.integer(4).unwrap_or(0)))
                    && domain != StringId::EMPTY
                {
                    let strings = &mut importer.builder.strings;
                    name = *names.entry((domain, name)).or_insert_with(|| {
                        let text = format!("{}:{}", strings.get(domain), strings.get(name));
                        strings.intern(&text)
                    });
                }
                let end_ns = match row.integer(1) {
                    _ if !is_range => start_ns,
                    Some(end_ns) => end_ns,
                    None => {
                        unfinished += 1;
                        last_ns
                    }
                };
                let (process, thread) = importer.thread(global);
                let track = importer.builder.track(TrackKey::host(TrackKind::Nvtx, process, thread));
                let (kind, dur_ns) = match is_range {
                    true => (EventKind::Nvtx, duration(start_ns, end_ns)),
                    false => (EventKind::Instant, 0),
                };
                importer.builder.push(NewEvent { track, start_ns, dur_ns, name, kind, detail: NONE, link: NONE });
                Ok(())
            })
        })?;
        if unfinished > 0 {
            self.note(format!("{unfinished} NVTX ranges do not end and are shown to the last NVTX record"));
        }
        Ok(())
    }

    /// The text of an NVTX record: a registered string, else the text itself.
    fn nvtx_text(&mut self, id: Option<i64>, text: Option<&str>) -> StringId {
        match (self.text(id), text) {
            (StringId::EMPTY, Some(text)) => {
                self.builder.strings.intern(&text[..text.floor_char_boundary(super::TEXT_BYTES_MAX)])
            }
            (name, _) => name,
        }
    }
}

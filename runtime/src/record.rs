//! Panic records of launches: which launch may have written which, and what it says.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rustg_base::panic_message::render_with;

use crate::backend::StreamId;
use crate::device::{Record, Shared};
use crate::error::{Error, Panic, Result};
use crate::image::{Arguments, KernelImage};
use crate::launch::Launch;

/// The size of a record; its layout is the code generator's (`compiler/codegen/src/panic.rs`).
pub(crate) const RECORD_SIZE_BYTES: usize = 64;
/// So much is read of a text that a panic names.
const TEXT_BYTES_MAX: u64 = 4096;
/// After so many launches without a synchronisation there is one.
const PENDING_MAX: usize = 4096;

/// The launches of a stream whose records were not looked at yet, oldest first.
#[derive(Default)]
pub(crate) struct Records {
    pending: Mutex<Vec<(&'static KernelImage, Record)>>,
    /// What was found by a synchronisation that nobody asked for.
    found: Mutex<Option<Error>>,
}

impl Records {
    pub fn launch(
        &self,
        device: &Shared,
        stream: StreamId,
        image: &'static KernelImage,
        launch: Launch,
        mut arguments: Arguments,
    ) -> Result<()> {
        if image.ptx.is_empty() {
            let reason = "it was not compiled: build its crate with Cargo, which says what is wrong with it".to_owned();
            return Err(Error::Launch { kernel: image.path.to_owned(), reason });
        }
        if arguments.devices.iter().any(|identity| *identity != device.identity) {
            let reason = "a buffer that it is given lies on another device".to_owned();
            return Err(Error::Launch { kernel: image.path.to_owned(), reason });
        }
        let Some(shape) = launch.shape(device.backend.as_ref(), image)? else { return Ok(()) };
        if let Some(reason) = arguments.dimensions.and_then(|most| shape.too_many_dimensions(most)) {
            return Err(Error::Launch { kernel: image.path.to_owned(), reason });
        }
        if self.pending.lock().unwrap_or_else(PoisonError::into_inner).len() >= PENDING_MAX
            && let Err(error) = self.synchronize(device, stream)
        {
            self.found.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
        device.constants.write(image, device.backend.as_ref())?;
        let record = device.take_record()?;
        arguments.value(record.memory.address + record.offset as u64);
        let launched = device.backend.launch(stream, image, &shape, &arguments.bytes);
        match launched {
            Ok(()) => self.pending.lock().unwrap_or_else(PoisonError::into_inner).push((image, record)),
            Err(_) => device.give_record(record),
        }
        launched
    }

    /// Waits for the stream, and looks at every record.
    pub fn synchronize(&self, device: &Shared, stream: StreamId) -> Result<()> {
        let waited = device.backend.synchronize(stream);
        let pending = std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        let waited = waited.map_err(|error| named(error, pending.iter().map(|(image, _)| image.path)));
        let mut first = self.found.lock().unwrap_or_else(PoisonError::into_inner).take();
        for (image, record) in pending {
            let bytes = device.backend.read_record(&record.memory, record.offset);
            if let Some(panic) = read(image, &bytes, device) {
                first.get_or_insert(Error::Panic(panic));
                device.backend.clear_record(&record.memory, record.offset);
            }
            device.give_record(record);
        }
        // A fault may follow from a panic, not the other way round.
        first.map_or(waited, Err)
    }
}

/// A text of a panic, in the device's memory; nothing where it cannot be read, as behind a trap.
fn read_text(device: &Shared, address: u64, length: u64) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length.min(TEXT_BYTES_MAX) as usize];
    device.backend.download(address, &mut bytes).ok()?;
    Some(bytes)
}

/// A driver's error while kernels ran is theirs: it says which.
fn named(error: Error, kernels: impl Iterator<Item = &'static str>) -> Error {
    let names: BTreeSet<&str> = kernels.collect();
    match error {
        Error::Driver { reason, .. } if !names.is_empty() => {
            Error::Fault { kernel: names.into_iter().collect::<Vec<_>>().join("` or `"), reason }
        }
        other => other,
    }
}

/// What a record says; nothing where no thread has written it.
fn read(image: &KernelImage, bytes: &[u8; RECORD_SIZE_BYTES], device: &Shared) -> Option<Panic> {
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
    if word(0) == 0 {
        return None;
    }
    let site = image.sites.iter().find(|site| site.number == word(4));
    let reported = [32, 40, 48, 56].map(long);
    let message = match site {
        // The thread that claimed the record was stopped before it had written it.
        _ if word(0) == 1 => "a panic whose record was not completed".to_owned(),
        Some(site) => render_with(site.message, &reported, &|address, length| read_text(device, address, length)),
        None => format!("a panic at the unknown place {}", word(4)),
    };
    Some(Panic {
        kernel: image.path.to_owned(),
        message,
        file: site.map_or("unknown", |site| site.file).to_owned(),
        line: site.map_or(0, |site| site.line),
        column: site.map_or(0, |site| site.column),
        block: [word(8), word(12), word(16)],
        thread: [word(20), word(24), word(28)],
    })
}

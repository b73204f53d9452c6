//! Packed images: LZ4 blocks and Zstandard frames, bounded by what the file says they unpack to.

use std::borrow::Cow;
use std::io::Read;

use super::{ContainerError, Packing, UNPACKED_BYTES_MAX};

/// LZ4 cannot pack better than this, Zstandard hardly: a claim beyond it is a lie, refused before memory is taken.
const RATIO_MAX: u64 = 1 << 17;

/// Unpacks `payload` to `size_bytes`; `offset_bytes` is the image's place for error messages.
pub fn unpack(
    payload: &[u8],
    packing: Packing,
    size_bytes: u64,
    offset_bytes: u64,
) -> Result<Cow<'_, [u8]>, ContainerError> {
    if packing == Packing::None {
        return Ok(Cow::Borrowed(payload));
    }
    if size_bytes > UNPACKED_BYTES_MAX {
        return Err(ContainerError::TooLarge { offset_bytes, size_bytes });
    }
    let failed = |message: String| ContainerError::Unpack { offset_bytes, message };
    if size_bytes / RATIO_MAX > payload.len() as u64 {
        return Err(failed(format!("{} bytes cannot hold {size_bytes}", payload.len())));
    }
    let unpacked = match packing {
        Packing::Lz4 => lz4_flex::block::decompress(payload, size_bytes as usize)
            .map_err(|error| failed(format!("LZ4: {error}")))?,
        _ => {
            let mut bytes = Vec::with_capacity(size_bytes as usize);
            let decoder = zstd::stream::read::Decoder::with_buffer(payload);
            let decoder = decoder.map_err(|error| failed(format!("Zstandard: {error}")))?.single_frame();
            // One byte more than promised tells a frame that is too long.
            decoder
                .take(size_bytes + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| failed(format!("Zstandard: {error}")))?;
            bytes
        }
    };
    if unpacked.len() as u64 != size_bytes {
        return Err(failed(format!("it gives {} bytes instead of {size_bytes}", unpacked.len())));
    }
    Ok(Cow::Owned(unpacked))
}

//! The GPUs that the process sees, described through the driver API that it has loaded anyway.
//!
//! Sources: `cuda.h` for the functions and attribute numbers. All calls are free of contexts.

use std::ffi::{c_char, c_int, c_void};
use std::ptr::NonNull;

use rustg_wire::{Device, put_text};

use crate::host::Library;

const CC_MAJOR: c_int = 75;
const CC_MINOR: c_int = 76;
const SM_COUNT: c_int = 16;
const THREADS_PER_SM: c_int = 39;
const SHARED_PER_SM: c_int = 81;
const REGISTERS_PER_SM: c_int = 82;

/// The driver's functions that describe devices.
pub struct Driver {
    count: unsafe extern "C" fn(*mut c_int) -> c_int,
    get: unsafe extern "C" fn(*mut c_int, c_int) -> c_int,
    name: unsafe extern "C" fn(*mut c_char, c_int, c_int) -> c_int,
    uuid: unsafe extern "C" fn(*mut [u8; 16], c_int) -> c_int,
    memory: unsafe extern "C" fn(*mut usize, c_int) -> c_int,
    attribute: unsafe extern "C" fn(*mut c_int, c_int, c_int) -> c_int,
    version: unsafe extern "C" fn(*mut c_int) -> c_int,
}

impl Driver {
    /// The driver that the process has loaded.
    #[allow(clippy::missing_transmute_annotations, reason = "the fields' types are the annotations")]
    pub fn loaded() -> Option<Driver> {
        let library = Library::already_loaded("libcuda.so.1")?;
        macro_rules! function {
            ($name:literal) => {
                // SAFETY: the symbol is the driver's function of this name; the field it goes to has its signature.
                unsafe { std::mem::transmute::<NonNull<c_void>, _>(library.symbol($name)?) }
            };
        }
        Some(Driver {
            count: function!(c"cuDeviceGetCount"),
            get: function!(c"cuDeviceGet"),
            name: function!(c"cuDeviceGetName"),
            uuid: function!(c"cuDeviceGetUuid"),
            memory: function!(c"cuDeviceTotalMem_v2"),
            attribute: function!(c"cuDeviceGetAttribute"),
            version: function!(c"cuDriverGetVersion"),
        })
    }

    /// The driver's CUDA version, 13000 for 13.0.
    pub fn version(&self) -> u32 {
        let mut version = 0;
        // SAFETY: the pointer is to an `int`.
        unsafe { (self.version)(&raw mut version) };
        version.max(0) as u32
    }

    /// Appends a [`Device`] record for each GPU; `None` while the driver is not initialised yet.
    pub fn describe(&self) -> Option<Vec<u8>> {
        let mut count = 0;
        // SAFETY: the pointer is to an `int`.
        if unsafe { (self.count)(&raw mut count) } != 0 {
            return None;
        }
        let mut records = Vec::new();
        for ordinal in 0..count {
            let mut device = 0;
            // SAFETY: the pointer is to a `CUdevice`, an `int`.
            if unsafe { (self.get)(&raw mut device, ordinal) } == 0 {
                self.describe_one(ordinal as u32, device, &mut records);
            }
        }
        Some(records)
    }

    fn describe_one(&self, ordinal: u32, device: c_int, records: &mut Vec<u8>) {
        let attribute = |which| {
            let mut value = 0;
            // SAFETY: the pointer is to an `int`; an unknown attribute leaves it alone.
            unsafe { (self.attribute)(&raw mut value, which, device) };
            value.max(0) as u32
        };
        let mut name = [0u8; 256];
        let (mut uuid, mut memory) = ([0u8; 16], 0usize);
        // SAFETY: the pointers are to as many bytes as the calls are told or their types have.
        unsafe {
            (self.name)(name.as_mut_ptr().cast(), name.len() as c_int - 1, device);
            (self.uuid)(&raw mut uuid, device);
            (self.memory)(&raw mut memory, device);
        }
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        let mut texts = Vec::new();
        put_text(&mut texts, format_uuid(uuid).as_bytes());
        put_text(&mut texts, name);
        let device = Device {
            device: ordinal,
            cc_major: attribute(CC_MAJOR),
            cc_minor: attribute(CC_MINOR),
            sm_count: attribute(SM_COUNT),
            max_threads_per_sm: attribute(THREADS_PER_SM),
            registers_per_sm: attribute(REGISTERS_PER_SM),
            shared_bytes_per_sm: attribute(SHARED_PER_SM),
            memory_bytes: memory as u64,
        };
        device.put(records, &texts);
    }
}

/// As NVML writes it: `GPU-8-4-4-4-12`.
fn format_uuid(uuid: [u8; 16]) -> String {
    let mut text = String::from("GPU");
    for (index, byte) in uuid.iter().enumerate() {
        if [0, 4, 6, 8, 10].contains(&index) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_uuid_is_written_as_nvml_writes_it() {
        let uuid = std::array::from_fn(|index| index as u8 * 17);
        assert_eq!(super::format_uuid(uuid), "GPU-00112233-4455-6677-8899-aabbccddeeff");
    }
}

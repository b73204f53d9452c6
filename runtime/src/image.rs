//! A kernel as `#[kernel]` leaves it in the program: its PTX, and what a launch must know.

/// A place that can panic, by the number that a record holds.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// The number.
    pub number: u32,
    /// What is said, with placeholders ([`rustg_base::panic_message`]).
    pub message: &'static str,
    /// The file.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// A compiled kernel.
#[derive(Debug)]
pub struct KernelImage {
    /// Its path in its crate.
    pub path: &'static str,
    /// The name of its entry in the PTX.
    pub symbol: &'static str,
    /// The PTX of this kernel alone.
    pub ptx: &'static str,
    /// The most threads that a block may have; 0 for no bound of its own.
    pub max_threads: u32,
    /// Where it can panic.
    pub sites: &'static [Site],
    /// The constant variables that it uses.
    pub constants: &'static [crate::constant::ConstantSymbol],
}

/// A kernel that `#[kernel]` made; the name of the function is a type, too, that has it.
pub trait Kernel {
    /// What was compiled.
    fn image() -> &'static KernelImage;
}

/// The bytes of a kernel's parameters, each at its natural alignment.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    pub(crate) bytes: Vec<u8>,
    /// The devices of the buffers that were given, by their identity.
    pub(crate) devices: Vec<u64>,
    /// How many dimensions the launch may have for each thread to have elements of its own; none for any.
    pub(crate) dimensions: Option<u32>,
}

impl Arguments {
    /// No arguments yet.
    pub fn new() -> Arguments {
        Arguments::default()
    }

    fn push(&mut self, bytes: &[u8], align_bytes: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(align_bytes), 0);
        self.bytes.extend_from_slice(bytes);
    }

    /// A value.
    pub fn value<T: crate::DeviceCopy>(&mut self, value: T) {
        self.push(crate::element::bytes_of(std::slice::from_ref(&value)), align_of::<T>());
    }

    /// The address and the length of elements on a device.
    pub fn slice<T: crate::DeviceCopy>(&mut self, slice: &(impl crate::buffer::DeviceSlice<T> + ?Sized)) {
        let raw = slice.raw();
        self.devices.push(raw.device);
        self.push(&raw.address.to_le_bytes(), 8);
        self.push(&(raw.len as u64).to_le_bytes(), 8);
    }

    /// As [`Arguments::slice`], of elements that each thread has for itself by an index of the space `S`.
    pub fn disjoint<T: crate::DeviceCopy, S: crate::thread::IndexSpace>(
        &mut self,
        slice: &(impl crate::buffer::DeviceSlice<T> + ?Sized),
    ) {
        self.slice(slice);
        self.dimensions = Some(self.dimensions.map_or(S::DIMENSIONS, |known| known.min(S::DIMENSIONS)));
    }

    /// The address of elements on a device.
    pub fn pointer<T: crate::DeviceCopy>(&mut self, slice: &(impl crate::buffer::DeviceSlice<T> + ?Sized)) {
        let raw = slice.raw();
        self.devices.push(raw.device);
        self.push(&raw.address.to_le_bytes(), 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_lie_at_their_natural_alignment() {
        let mut arguments = Arguments::new();
        arguments.value(1_u8);
        arguments.value(2.0_f32);
        arguments.value(3_u16);
        arguments.value(4_u64);
        assert_eq!(arguments.bytes.len(), 24);
        assert_eq!(arguments.bytes[4..8], 2.0_f32.to_le_bytes());
        assert_eq!(arguments.bytes[16..24], 4_u64.to_le_bytes());
    }
}

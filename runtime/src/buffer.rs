//! Memory: buffers on a device, parts of them, and pinned memory of the host.

use std::marker::PhantomData;
use std::ops::{Bound, Deref, DerefMut, RangeBounds};
use std::sync::Arc;

use crate::backend::PinnedMemory;
use crate::device::Device;
use crate::element::{DeviceCopy, bytes_of, bytes_of_mut};
use crate::error::{Error, Result};

/// Elements on a device, freed with the value.
pub struct Buffer<T: DeviceCopy> {
    memory: Arc<Memory>,
    len: usize,
    element: PhantomData<T>,
}

struct Memory {
    device: Device,
    address: u64,
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.device.shared.backend.free(self.address);
    }
}

/// Where elements lie.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct RawSlice {
    pub(crate) device: u64,
    pub(crate) address: u64,
    pub(crate) len: usize,
}

/// Elements on a device that a kernel may read: a [`Buffer`] or a part of one.
pub trait DeviceSlice<T: DeviceCopy> {
    /// Where they lie.
    #[doc(hidden)]
    fn raw(&self) -> RawSlice;
}

/// Elements on a device that a kernel may write.
pub trait DeviceSliceMut<T: DeviceCopy>: DeviceSlice<T> {}

impl<T: DeviceCopy> Buffer<T> {
    pub(crate) fn allocate(device: &Device, len: usize) -> Result<Buffer<T>> {
        let size_bytes = (len as u64).saturating_mul(size_of::<T>() as u64);
        let address = device.shared.backend.allocate(size_bytes)?;
        Ok(Buffer { memory: Arc::new(Memory { device: device.clone(), address }), len, element: PhantomData })
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The device it lies on.
    pub fn device(&self) -> &Device {
        &self.memory.device
    }

    /// Copies all elements to the host, behind everything on the default stream.
    ///
    /// # Errors
    /// The first panic or fault of a kernel since the last synchronisation.
    pub fn download(&self) -> Result<Vec<T>> {
        let mut elements = vec![zero::<T>(); self.len];
        self.download_into(&mut elements)?;
        Ok(elements)
    }

    /// Copies all elements into a slice of the same length.
    ///
    /// # Errors
    /// [`Error::Length`], and as [`Buffer::download`].
    pub fn download_into(&self, elements: &mut [T]) -> Result<()> {
        self.as_view(..).download_into(elements)
    }

    /// Replaces all elements.
    ///
    /// # Errors
    /// [`Error::Length`]
    pub fn upload(&mut self, elements: &[T]) -> Result<()> {
        check_length("upload", self.len, elements.len())?;
        self.memory.device.shared.backend.upload(self.memory.address, bytes_of(elements))
    }

    /// Copies all elements of another buffer of the same device and length.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Launch`] for another device.
    pub fn copy_from(&mut self, other: &Buffer<T>) -> Result<()> {
        check_length("copy", self.len, other.len)?;
        if other.raw().device != self.raw().device {
            let reason = "its source lies on another device".to_owned();
            return Err(Error::Launch { kernel: "(copy)".to_owned(), reason });
        }
        let size = (self.len * size_of::<T>()) as u64;
        self.memory.device.shared.backend.copy(other.memory.address, self.memory.address, size)
    }

    /// A part of it, to be read.
    ///
    /// # Panics
    /// When the range is not within it.
    pub fn view(&self, range: impl RangeBounds<usize>) -> View<'_, T> {
        self.as_view(range)
    }

    /// A part of it, to be written.
    ///
    /// # Panics
    /// When the range is not within it.
    pub fn view_mut(&mut self, range: impl RangeBounds<usize>) -> ViewMut<'_, T> {
        ViewMut(self.as_view(range))
    }

    fn as_view(&self, range: impl RangeBounds<usize>) -> View<'_, T> {
        let start = match range.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(before) => before + 1,
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(last) => last + 1,
            Bound::Excluded(end) => *end,
            Bound::Unbounded => self.len,
        };
        assert!(start <= end && end <= self.len, "the range {start}..{end} is not within {} elements", self.len);
        View { buffer: self, start, len: end - start }
    }
}

fn zero<T: DeviceCopy>() -> T {
    // SAFETY: `DeviceCopy` types are valid where all their bytes are zero.
    unsafe { std::mem::zeroed() }
}

fn check_length(what: &'static str, expected: usize, given: usize) -> Result<()> {
    if expected == given { Ok(()) } else { Err(Error::Length { what, expected, given }) }
}

/// A part of a buffer, to be read.
#[derive(Clone, Copy)]
pub struct View<'a, T: DeviceCopy> {
    buffer: &'a Buffer<T>,
    start: usize,
    len: usize,
}

impl<T: DeviceCopy> View<'_, T> {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Copies the elements into a slice of the same length.
    ///
    /// # Errors
    /// [`Error::Length`], and as [`Buffer::download`].
    pub fn download_into(&self, elements: &mut [T]) -> Result<()> {
        check_length("download", self.len, elements.len())?;
        let device = &self.buffer.memory.device;
        device.synchronize()?;
        device.shared.backend.download(self.raw().address, bytes_of_mut(elements))
    }

    /// Copies the elements to the host.
    ///
    /// # Errors
    /// As [`Buffer::download`].
    pub fn download(&self) -> Result<Vec<T>> {
        let mut elements = vec![zero::<T>(); self.len];
        self.download_into(&mut elements)?;
        Ok(elements)
    }
}

/// A part of a buffer, to be written.
pub struct ViewMut<'a, T: DeviceCopy>(View<'a, T>);

impl<'a, T: DeviceCopy> Deref for ViewMut<'a, T> {
    type Target = View<'a, T>;

    fn deref(&self) -> &View<'a, T> {
        &self.0
    }
}

impl<T: DeviceCopy> DeviceSlice<T> for Buffer<T> {
    fn raw(&self) -> RawSlice {
        RawSlice { device: self.memory.device.shared.identity, address: self.memory.address, len: self.len }
    }
}

impl<T: DeviceCopy> DeviceSlice<T> for View<'_, T> {
    fn raw(&self) -> RawSlice {
        let RawSlice { device, address, .. } = self.buffer.raw();
        RawSlice { device, address: address + (self.start * size_of::<T>()) as u64, len: self.len }
    }
}

impl<T: DeviceCopy> DeviceSlice<T> for ViewMut<'_, T> {
    fn raw(&self) -> RawSlice {
        self.0.raw()
    }
}

impl<T: DeviceCopy> DeviceSliceMut<T> for Buffer<T> {}
impl<T: DeviceCopy> DeviceSliceMut<T> for ViewMut<'_, T> {}

/// Host memory that a device copies from and to at full speed; a slice of elements.
pub struct Pinned<T: DeviceCopy> {
    device: Device,
    memory: PinnedMemory,
    len: usize,
    element: PhantomData<T>,
}

impl<T: DeviceCopy> Pinned<T> {
    pub(crate) fn allocate(device: &Device, len: usize) -> Result<Pinned<T>> {
        let out_of_memory = Error::OutOfMemory { size_bytes: u64::MAX };
        let size_bytes = len.checked_mul(size_of::<T>()).ok_or(out_of_memory)?;
        let memory = device.shared.backend.allocate_pinned(size_bytes)?;
        Ok(Pinned { device: device.clone(), memory, len, element: PhantomData })
    }
}

impl<T: DeviceCopy> Drop for Pinned<T> {
    fn drop(&mut self) {
        self.device.shared.backend.free_pinned(&self.memory);
    }
}

impl<T: DeviceCopy> Deref for Pinned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: so many elements were allocated, aligned to 16 bytes or more, and zeros are valid.
        unsafe { std::slice::from_raw_parts(self.memory.pointer.cast(), self.len) }
    }
}

impl<T: DeviceCopy> DerefMut for Pinned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and the value is borrowed exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.memory.pointer.cast(), self.len) }
    }
}

//! Constant memory: what all threads read, and the host writes before a launch.

use std::mem::MaybeUninit;
use std::ops::Index;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::backend::Backend;
use crate::device::Device;
use crate::element::{DeviceCopy, bytes_of};
use crate::error::Result;
use crate::image::KernelImage;

/// A value in a kernel's constant memory, up to 64 KiB: fast where the threads of a warp read the same element.
///
/// ```ignore
/// static WEIGHTS: ConstantMemory<[f32; 3]> = ConstantMemory::new([0.25, 0.5, 0.25]);
/// // before a launch
/// WEIGHTS.upload(&device, &[0.0, 1.0, 0.0]);
/// ```
///
/// It is a `static` that the modules of the kernels see which use it. A device has the value that the static begins with until another one is uploaded, which
/// later launches there see. As host code it has the value it begins with, or the one of [`ConstantMemory::set_on_host`].
pub struct ConstantMemory<T> {
    first: T,
    /// What was set on the host; none before.
    host: AtomicPtr<T>,
}

impl<T> ConstantMemory<T> {
    /// One that begins as `value`.
    pub const fn new(value: T) -> ConstantMemory<T> {
        ConstantMemory { first: value, host: AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// The value.
    pub fn value(&self) -> &T {
        // SAFETY: it is null, or a box that was leaked.
        unsafe { self.host.load(Ordering::Acquire).as_ref() }.unwrap_or(&self.first)
    }

    /// The address of the value.
    pub fn as_ptr(&self) -> *const T {
        self.value()
    }
}

impl<T: DeviceCopy> ConstantMemory<T> {
    /// One that begins as zeros.
    #[allow(clippy::declare_interior_mutable_const, reason = "statics begin with it")]
    // SAFETY: zeros are a value of every `DeviceCopy` type.
    pub const UNINIT: ConstantMemory<T> = ConstantMemory::new(unsafe { MaybeUninit::zeroed().assume_init() });

    /// A copy of the value.
    pub fn get(&self) -> T {
        *self.value()
    }

    /// Gives kernels that are launched on the device from now on another value. The next launch of each kernel that uses it copies it, behind
    /// all work of the device.
    pub fn upload(&'static self, device: &Device, value: &T) {
        device.shared.constants.set(self.address(), bytes_of(std::slice::from_ref(value)));
    }

    /// Gives kernels that are run as host code another value. Earlier ones are kept, since references to them may live.
    pub fn set_on_host(&self, value: T) {
        self.host.store(Box::into_raw(Box::new(value)), Ordering::Release);
    }
}

impl<T: Copy, const N: usize> Index<usize> for ConstantMemory<[T; N]> {
    type Output = T;

    #[track_caller]
    fn index(&self, index: usize) -> &T {
        &self.value()[index]
    }
}

/// Told apart from others by where it lies. What `#[kernel]` writes into an image.
#[doc(hidden)]
pub trait ConstantVariable: Sync {
    /// Where it lies in the host's memory.
    fn address(&self) -> usize;
}

impl<T: Send + Sync> ConstantVariable for ConstantMemory<T> {
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// The symbol of a constant variable in a kernel's PTX.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct ConstantSymbol {
    /// The name in the PTX.
    pub symbol: &'static str,
    /// The variable.
    pub variable: &'static dyn ConstantVariable,
}

impl std::fmt::Debug for ConstantSymbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ConstantSymbol").field(&self.symbol).finish()
    }
}

/// The values that were uploaded to a device, and which of them the modules on it have.
#[derive(Default)]
pub(crate) struct Constants {
    values: Mutex<Values>,
}

#[derive(Default)]
struct Values {
    last_version: u64,
    /// By the variable's address: what was uploaded last, and a number that it alone has.
    uploaded: FxHashMap<usize, (u64, Box<[u8]>)>,
    /// By the addresses of image and variable: the number of what was written there.
    written: FxHashMap<(usize, usize), u64>,
}

impl Constants {
    fn set(&self, variable: usize, bytes: &[u8]) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.last_version += 1;
        let version = values.last_version;
        values.uploaded.insert(variable, (version, bytes.into()));
    }

    /// Writes what a kernel's module does not have yet.
    pub fn write(&self, image: &'static KernelImage, backend: &dyn Backend) -> Result<()> {
        if image.constants.is_empty() {
            return Ok(());
        }
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let Values { uploaded, written, .. } = &mut *values;
        for ConstantSymbol { symbol, variable } in image.constants {
            let at = (std::ptr::from_ref(image).addr(), variable.address());
            if let Some((version, bytes)) = uploaded.get(&at.1)
                && written.get(&at) != Some(version)
            {
                backend.write_variable(image, symbol, bytes)?;
                written.insert(at, *version);
            }
        }
        Ok(())
    }
}

//! How a kernel is launched: blocks and threads, by hand or fitted to a number of elements.

use crate::backend::{Backend, Shape};
use crate::error::{Error, Result};
use crate::image::KernelImage;

/// Extents in up to three dimensions; what is missing is 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent(pub [u32; 3]);

impl From<u32> for Extent {
    fn from(x: u32) -> Extent {
        Extent([x, 1, 1])
    }
}

impl From<(u32, u32)> for Extent {
    fn from((x, y): (u32, u32)) -> Extent {
        Extent([x, y, 1])
    }
}

impl From<(u32, u32, u32)> for Extent {
    fn from((x, y, z): (u32, u32, u32)) -> Extent {
        Extent([x, y, z])
    }
}

impl Extent {
    fn product(self) -> u64 {
        self.0.iter().map(|extent| u64::from(*extent)).product()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Blocks {
    /// One thread for each of so many elements.
    Cover(usize),
    /// As many as the device runs at once.
    Resident,
    Grid(Extent),
}

/// The shape of a launch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Launch {
    blocks: Blocks,
    threads: Option<Extent>,
    shared_bytes: u32,
}

impl Launch {
    /// A thread for each of `elements`, in blocks of the size at which most threads run at once. The last block may have threads too
    /// many, which a kernel sees by its index.
    pub fn cover(elements: usize) -> Launch {
        Launch { blocks: Blocks::Cover(elements), threads: None, shared_bytes: 0 }
    }

    /// So many blocks of so many threads.
    pub fn grid(blocks: impl Into<Extent>, threads: impl Into<Extent>) -> Launch {
        Launch { blocks: Blocks::Grid(blocks.into()), threads: Some(threads.into()), shared_bytes: 0 }
    }

    /// As many blocks as the device runs at once: for kernels that stride over their elements by the whole grid.
    pub fn resident() -> Launch {
        Launch { blocks: Blocks::Resident, threads: None, shared_bytes: 0 }
    }

    /// Blocks of so many threads.
    pub fn threads(self, threads: impl Into<Extent>) -> Launch {
        Launch { threads: Some(threads.into()), ..self }
    }

    /// So many bytes of dynamic shared memory for each block.
    pub fn shared_bytes(self, bytes: u32) -> Launch {
        Launch { shared_bytes: bytes, ..self }
    }

    /// Blocks and threads on a device; nothing where there is nothing to do.
    pub(crate) fn shape(&self, backend: &dyn Backend, image: &'static KernelImage) -> Result<Option<Shape>> {
        let threads = match self.threads {
            Some(threads) => threads,
            None => Extent::from(backend.block_size(image, self.shared_bytes)?),
        };
        let refuse = |reason: String| Err(Error::Launch { kernel: image.path.to_owned(), reason });
        let bound = if image.max_threads == 0 { 1024 } else { image.max_threads };
        if threads.product() == 0 || threads.product() > u64::from(bound) {
            return refuse(format!("a block of {} threads; it may have 1 to {bound}", threads.product()));
        }
        let blocks = match self.blocks {
            Blocks::Grid(blocks) => blocks,
            Blocks::Cover(elements) => match u32::try_from((elements as u64).div_ceil(threads.product())) {
                Ok(blocks) if blocks <= i32::MAX as u32 => Extent::from(blocks),
                _ => return refuse(format!("{elements} elements are more than a grid has threads")),
            },
            Blocks::Resident => {
                Extent::from(backend.resident_blocks(image, threads.product() as u32, self.shared_bytes)?)
            }
        };
        if blocks.product() == 0 {
            return Ok(None);
        }
        if blocks.0[1] > 65_535 || blocks.0[2] > 65_535 || blocks.0[0] > i32::MAX as u32 {
            return refuse(format!("a grid of {:?} blocks; it may have 2147483647 by 65535 by 65535", blocks.0));
        }
        Ok(Some(Shape { blocks: blocks.0, threads: threads.0, shared_bytes: self.shared_bytes }))
    }

    /// As [`Launch::host_shape`] does, for slices whose elements each thread has by an index of the space `S`.
    ///
    /// # Panics
    /// When the launch has more dimensions than the space.
    #[doc(hidden)]
    pub fn check_space<S: crate::thread::IndexSpace>(&self) {
        if let Some(reason) = self.host_shape().too_many_dimensions(S::DIMENSIONS) {
            panic!("{reason}");
        }
    }

    /// Blocks and threads without a device, for running on the host.
    pub(crate) fn host_shape(&self) -> Shape {
        let threads = self.threads.unwrap_or(Extent([64, 1, 1]));
        let blocks = match self.blocks {
            Blocks::Grid(blocks) => blocks,
            Blocks::Cover(elements) => Extent::from((elements as u64).div_ceil(threads.product().max(1)) as u32),
            Blocks::Resident => Extent::from(2),
        };
        Shape { blocks: blocks.0, threads: threads.0, shared_bytes: self.shared_bytes }
    }
}

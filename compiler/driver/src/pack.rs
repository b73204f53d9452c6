//! Units as bytes and back. Reading takes nothing for granted: lengths are checked against what is there, and what does not fit is no unit.

use rustg_base::Digest;
use rustg_codegen::{Fragment, FragmentGlobal, FragmentSite, Version};

use crate::kernel::{ConstantVariable, Kernel, KernelParameter, Layout, ParameterKind, Scalar, SliceAccess};
use crate::unit::Unit;

/// Bytes that are read from the front.
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
}

/// A value that is written as bytes.
pub(crate) trait Packed: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn get(from: &mut Reader<'_>) -> Option<Self>;
}

macro_rules! number {
    ($($ty:ty),*) => {$(
        impl Packed for $ty {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn get(from: &mut Reader<'_>) -> Option<Self> {
                Some(Self::from_le_bytes(from.take(size_of::<$ty>())?.try_into().ok()?))
            }
        }
    )*};
}
number!(u8, u32, u64, u128);

/// A structure field after field.
macro_rules! structure {
    ($($ty:ident { $($field:ident),* })*) => {$(
        impl Packed for $ty {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)*
            }
            fn get(from: &mut Reader<'_>) -> Option<Self> {
                $(let $field = Packed::get(from)?;)*
                Some($ty { $($field),* })
            }
        }
    )*};
}
structure! {
    Layout { type_name, size_bytes, align_bytes }
    KernelParameter { name, type_name, kind }
    Kernel { path, symbol, parameters, max_threads, file, line }
    ConstantVariable { path, symbol }
    FragmentSite { message, function, file, line, column }
    FragmentGlobal { name, text }
    Fragment { version, uses_print, text, declarations, files, names, formats, sites, globals }
    Unit { kernel, line, fragment, constants, bodies }
}

impl Packed for bool {
    fn put(&self, out: &mut Vec<u8>) {
        u8::from(*self).put(out);
    }
    fn get(from: &mut Reader<'_>) -> Option<Self> {
        match u8::get(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Packed for String {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        out.extend_from_slice(self.as_bytes());
    }
    fn get(from: &mut Reader<'_>) -> Option<Self> {
        let count = u32::get(from)? as usize;
        String::from_utf8(from.take(count)?.to_vec()).ok()
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        self.iter().for_each(|item| item.put(out));
    }
    fn get(from: &mut Reader<'_>) -> Option<Self> {
        // No capacity by what the bytes claim: each item takes at least one of those that are there.
        let count = u32::get(from)? as usize;
        (count <= from.0.len()).then(|| (0..count).map(|_| T::get(from)).collect())?
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }
    fn get(from: &mut Reader<'_>) -> Option<Self> {
        Some((A::get(from)?, B::get(from)?))
    }
}

impl Packed for Digest {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn get(from: &mut Reader<'_>) -> Option<Self> {
        Some(Digest(u128::get(from)?))
    }
}

impl Packed for Version {
    fn put(&self, out: &mut Vec<u8>) {
        (self.0, self.1).put(out);
    }
    fn get(from: &mut Reader<'_>) -> Option<Self> {
        let (major, minor) = Packed::get(from)?;
        Some(Version(major, minor))
    }
}

impl Packed for ParameterKind {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            ParameterKind::Scalar(scalar) => (0_u8, *scalar as u8).put(out),
            ParameterKind::Pointer { is_mutable, target } => {
                (1_u8, *is_mutable).put(out);
                target.put(out);
            }
            ParameterKind::Slice { access, element } => {
                (2_u8, *access as u8).put(out);
                element.put(out);
            }
            ParameterKind::Bytes(layout) => {
                3_u8.put(out);
                layout.put(out);
            }
        }
    }
    fn get(from: &mut Reader<'_>) -> Option<Self> {
        Some(match u8::get(from)? {
            0 => ParameterKind::Scalar(*Scalar::ALL.get(usize::from(u8::get(from)?))?),
            1 => ParameterKind::Pointer { is_mutable: Packed::get(from)?, target: Packed::get(from)? },
            2 => {
                let accesses = [SliceAccess::Shared, SliceAccess::Mutable, SliceAccess::Disjoint];
                let access = *accesses.get(usize::from(u8::get(from)?))?;
                ParameterKind::Slice { access, element: Packed::get(from)? }
            }
            3 => ParameterKind::Bytes(Packed::get(from)?),
            _ => return None,
        })
    }
}

//! Values that are read and written by one access: two or four numbers, aligned to their size.
//!
//! A kernel takes them as elements (`&[Float4]`, `DisjointSlice<Float4>`), or sees plain numbers as them where they are aligned ([`as_vectors`]). One access
//! of 16 bytes a thread moves a quarter more a second than four threads' of 4, and twice as much as four of one thread's.

use crate::element::DeviceCopy;

/// Two or four numbers that lie together.
///
/// # Safety
/// `LANES` elements one behind the other and nothing else, aligned to the size of all.
pub unsafe trait Vector: Copy {
    /// What a lane holds.
    type Element: Copy;
    /// How many lanes there are.
    const LANES: usize;
}

/// How many vectors so many elements from an address on are; nothing where they are not whole or not aligned.
fn count<V: Vector>(slice: &[V::Element]) -> Option<usize> {
    let is_aligned = slice.as_ptr().addr().is_multiple_of(align_of::<V>());
    (slice.len().is_multiple_of(V::LANES) && is_aligned).then_some(slice.len() / V::LANES)
}

/// Elements seen as vectors; nothing where the first is not aligned to a vector, or their number is no multiple of its lanes.
pub fn as_vectors<V: Vector>(slice: &[V::Element]) -> Option<&[V]> {
    // SAFETY: so many vectors lie there, as the trait says, and the address is aligned.
    count::<V>(slice).map(|len| unsafe { std::slice::from_raw_parts(slice.as_ptr().cast(), len) })
}

/// Elements seen as vectors to write; nothing as with [`as_vectors`].
pub fn as_vectors_mut<V: Vector>(slice: &mut [V::Element]) -> Option<&mut [V]> {
    // SAFETY: as above, and the elements are borrowed exclusively.
    count::<V>(slice).map(|len| unsafe { std::slice::from_raw_parts_mut(slice.as_mut_ptr().cast(), len) })
}

/// Whether [`as_vectors`] yields something.
pub fn is_viewable<V: Vector>(slice: &[V::Element]) -> bool {
    count::<V>(slice).is_some()
}

macro_rules! vectors {
    ($($name:ident $element:ident $lanes:literal $align:literal $($field:ident $at:literal)*;)*) => { $(
        #[doc = concat!(stringify!($lanes), " `", stringify!($element), "`, aligned to ", stringify!($align), " bytes.")]
        #[repr(C, align($align))]
        #[derive(Clone, Copy, PartialEq, Default, Debug)]
        pub struct $name { $(
            #[doc = concat!("Lane ", stringify!($at), ".")]
            pub $field: $element,
        )* }

        const _: () = assert!(size_of::<$name>() == $align && size_of::<$element>() * $lanes == $align);

        // SAFETY: numbers one behind the other; the assertion above says that there is nothing else.
        unsafe impl Vector for $name {
            type Element = $element;
            const LANES: usize = $lanes;
        }

        // SAFETY: numbers without padding.
        unsafe impl DeviceCopy for $name {}

        impl $name {
            /// Of its lanes.
            pub const fn new($($field: $element),*) -> $name {
                $name { $($field),* }
            }

            /// The same in each lane.
            pub const fn splat(value: $element) -> $name {
                $name { $($field: value),* }
            }

            /// Of its lanes as an array.
            pub const fn from_array(lanes: [$element; $lanes]) -> $name {
                $name { $($field: lanes[$at]),* }
            }

            /// The lanes as an array.
            pub const fn to_array(self) -> [$element; $lanes] {
                [$(self.$field),*]
            }
        }
    )* };
}

vectors! {
    Float2 f32 2 8 x 0 y 1;
    Float4 f32 4 16 x 0 y 1 z 2 w 3;
    Double2 f64 2 16 x 0 y 1;
    Int2 i32 2 8 x 0 y 1;
    Int4 i32 4 16 x 0 y 1 z 2 w 3;
    UInt2 u32 2 8 x 0 y 1;
    UInt4 u32 4 16 x 0 y 1 z 2 w 3;
    Long2 i64 2 16 x 0 y 1;
    ULong2 u64 2 16 x 0 y 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_vectors_only_where_they_are_whole_and_aligned() {
        let mut four = [Float4::splat(1.0), Float4::new(1.0, 2.0, 3.0, 4.0)];
        // SAFETY: eight floats lie there.
        let flat = unsafe { std::slice::from_raw_parts_mut(four.as_mut_ptr().cast::<f32>(), 8) };
        assert_eq!(as_vectors::<Float4>(flat).map(|found| found[1].to_array()), Some([1.0, 2.0, 3.0, 4.0]));
        assert!(as_vectors::<Float4>(&flat[..7]).is_none() && !is_viewable::<Float4>(&flat[1..5]));
        assert_eq!(as_vectors::<Float2>(&flat[2..6]).map(<[Float2]>::len), Some(2));
        as_vectors_mut::<Float4>(flat).unwrap()[0].w = 9.0;
        assert_eq!(flat[3], 9.0);
    }
}

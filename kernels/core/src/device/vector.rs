//! Values that are read and written by one access: two or four numbers, aligned to their size.

use crate::intrinsics as raw;
pub trait Vector: Copy {
    type Element: Copy;
    const LANES: usize;
}
pub fn as_vectors<V: Vector>(slice: &[V::Element]) -> Option<&[V]> {
    match count::<V>(slice.len(), slice.as_ptr() as usize) { Some(length) => Some(raw::slice_from_parts::<V>(slice.as_ptr() as *const V, length)), None => None }
}
pub fn as_vectors_mut<V: Vector>(slice: &mut [V::Element]) -> Option<&mut [V]> {
    match count::<V>(slice.len(), slice.as_ptr() as usize) { Some(length) => Some(raw::slice_from_parts_mut::<V>(slice.as_mut_ptr() as *mut V, length)), None => None }
}
pub fn is_viewable<V: Vector>(slice: &[V::Element]) -> bool { count::<V>(slice.len(), slice.as_ptr() as usize).is_some() }
/// How many vectors so many elements from there on are.
fn count<V: Vector>(length: usize, address: usize) -> Option<usize> {
    if raw::unchecked_rem(length, V::LANES) == 0 && raw::unchecked_rem(address, raw::align_of::<V>()) == 0 { Some(raw::unchecked_div(length, V::LANES)) } else { None }
}

#[repr(C, align(8))]
#[derive(Clone, Copy, PartialEq, Default)]
pub struct Float2 { pub x: f32, pub y: f32 }
impl Vector for Float2 {
    type Element = f32;
    const LANES: usize = 2;
}
impl Float2 {
    pub const fn new(x: f32, y: f32) -> Float2 { Float2 { x, y } }
    pub const fn splat(value: f32) -> Float2 { Float2 { x: value, y: value } }
    pub const fn from_array(lanes: [f32; 2]) -> Float2 { Float2 { x: lanes[0], y: lanes[1] } }
    pub const fn to_array(self) -> [f32; 2] { [self.x, self.y] }
}

#[repr(C, align(16))]
#[derive(Clone, Copy, PartialEq, Default)]
pub struct Float4 { pub x: f32, pub y: f32, pub z: f32, pub w: f32 }
impl Vector for Float4 {
    type Element = f32;
    const LANES: usize = 4;
}
impl Float4 {
    pub const fn new(x: f32, y: f32, z: f32, w: f32) -> Float4 { Float4 { x, y, z, w } }
    pub const fn splat(value: f32) -> Float4 { Float4 { x: value, y: value, z: value, w: value } }
    pub const fn from_array(lanes: [f32; 4]) -> Float4 { Float4 { x: lanes[0], y: lanes[1], z: lanes[2], w: lanes[3] } }
    pub const fn to_array(self) -> [f32; 4] { [self.x, self.y, self.z, self.w] }
}

#[repr(C, align(16))]
#[derive(Clone, Copy, PartialEq, Default)]
pub struct Double2 { pub x: f64, pub y: f64 }
impl Vector for Double2 {
    type Element = f64;
    const LANES: usize = 2;
}
impl Double2 {
    pub const fn new(x: f64, y: f64) -> Double2 { Double2 { x, y } }
    pub const fn splat(value: f64) -> Double2 { Double2 { x: value, y: value } }
    pub const fn from_array(lanes: [f64; 2]) -> Double2 { Double2 { x: lanes[0], y: lanes[1] } }
    pub const fn to_array(self) -> [f64; 2] { [self.x, self.y] }
}

#[repr(C, align(8))]
#[derive(Clone, Copy, PartialEq, Default)]
pub struct Int2 { pub x: i32, pub y: i32 }
impl Vector for Int2 {
    type Element = i32;
    const LANES: usize = 2;
}
impl Int2 {
    pub const fn new(x: i32, y: i32) -> Int2 { Int2 { x, y } }
    pub const fn splat(value: i32) -> Int2 { Int2 { x: value, y: value } }
    pub const fn from_array(lanes: [i32; 2]) -> Int2 { Int2 { x: lanes[0], y: lanes[1] } }
    pub const fn to_array(self) -> [i32; 2] { [self.x, self.y] }
}

#[repr(C, align(16))]
#[derive(Clone, Copy, PartialEq, Default)]
pub struct Int4 { pub x: i32, pub y: i32, pub z: i32, pub w: i32 }
impl Vector for Int4 {
    type Element = i32;
    const LANES: usize = 4;
}
impl Int4 {
    pub const fn new(x: i32, y: i32, z: i32, w: i32) -> Int4 { Int4 { x, y, z, w } }
    pub const fn splat(value: i32) -> Int4 { Int4 { x: value, y: value, z: value, w: value } }
    pub const fn from_array(lanes: [i32; 4]) -> Int4 { Int4 { x: lanes[0], y: lanes[1], z: lanes[2], w: lanes[3] } }
    pub const fn to_array(self) -> [i32; 4] { [self.x, self.y, self.z, self.w] }
}

#[repr(C, align(8))]
#[derive(Clone, Copy, PartialEq, Default)]
pub struct UInt2 { pub x: u32, pub y: u32 }
impl Vector for UInt2 {
    type Element = u32;
    const LANES: usize = 2;
}
impl UInt2 {
    pub const fn new(x: u32, y: u32) -> UInt2 { UInt2 { x, y } }
    pub const fn splat(value: u32) -> UInt2 { UInt2 { x: value, y: value } }
    pub const fn from_array(lanes: [u32; 2]) -> UInt2 { UInt2 { x: lanes[0], y: lanes[1] } }
    pub const fn to_array(self) -> [u32; 2] { [self.x, self.y] }
}

#[repr(C, align(16))]
#[derive(Clone, Copy, PartialEq, Default)]
pub struct UInt4 { pub x: u32, pub y: u32, pub z: u32, pub w: u32 }
impl Vector for UInt4 {
    type Element = u32;
    const LANES: usize = 4;
}
impl UInt4 {
    pub const fn new(x: u32, y: u32, z: u32, w: u32) -> UInt4 { UInt4 { x, y, z, w } }
    pub const fn splat(value: u32) -> UInt4 { UInt4 { x: value, y: value, z: value, w: value } }
    pub const fn from_array(lanes: [u32; 4]) -> UInt4 { UInt4 { x: lanes[0], y: lanes[1], z: lanes[2], w: lanes[3] } }
    pub const fn to_array(self) -> [u32; 4] { [self.x, self.y, self.z, self.w] }
}

#[repr(C, align(16))]
#[derive(Clone, Copy, PartialEq, Default)]
pub struct Long2 { pub x: i64, pub y: i64 }
impl Vector for Long2 {
    type Element = i64;
    const LANES: usize = 2;
}
impl Long2 {
    pub const fn new(x: i64, y: i64) -> Long2 { Long2 { x, y } }
    pub const fn splat(value: i64) -> Long2 { Long2 { x: value, y: value } }
    pub const fn from_array(lanes: [i64; 2]) -> Long2 { Long2 { x: lanes[0], y: lanes[1] } }
    pub const fn to_array(self) -> [i64; 2] { [self.x, self.y] }
}

#[repr(C, align(16))]
#[derive(Clone, Copy, PartialEq, Default)]
pub struct ULong2 { pub x: u64, pub y: u64 }
impl Vector for ULong2 {
    type Element = u64;
    const LANES: usize = 2;
}
impl ULong2 {
    pub const fn new(x: u64, y: u64) -> ULong2 { ULong2 { x, y } }
    pub const fn splat(value: u64) -> ULong2 { ULong2 { x: value, y: value } }
    pub const fn from_array(lanes: [u64; 2]) -> ULong2 { ULong2 { x: lanes[0], y: lanes[1] } }
    pub const fn to_array(self) -> [u64; 2] { [self.x, self.y] }
}

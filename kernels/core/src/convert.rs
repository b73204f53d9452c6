//! Conversions between types.

#[lang = "From"]
pub trait From<T> {
    fn from(value: T) -> Self;
}
pub trait Into<T> {
    fn into(self) -> T;
}
impl<T, U: From<T>> Into<U> for T {
    fn into(self) -> U { U::from(self) }
}
impl<T> From<T> for T {
    fn from(value: T) -> T { value }
}
pub trait AsRef<T> {
    fn as_ref(&self) -> &T;
}
#[each(Wide, u16, u32, u64, u128, usize, i16, i32, i64, i128)]
impl From<u8> for Wide {
    fn from(value: u8) -> Wide { value as Wide }
}
#[each(Wide, u32, u64, u128, usize, i32, i64, i128)]
impl From<u16> for Wide {
    fn from(value: u16) -> Wide { value as Wide }
}
#[each(Wide, u64, u128, i64, i128)]
impl From<u32> for Wide {
    fn from(value: u32) -> Wide { value as Wide }
}
#[each(Wide, i16, i32, i64, i128, isize)]
impl From<i8> for Wide {
    fn from(value: i8) -> Wide { value as Wide }
}
#[each(Wide, i32, i64, i128, isize)]
impl From<i16> for Wide {
    fn from(value: i16) -> Wide { value as Wide }
}
#[each(Wide, i64, i128)]
impl From<i32> for Wide {
    fn from(value: i32) -> Wide { value as Wide }
}
#[each(Wide, i128, u128)]
impl From<u64> for Wide {
    fn from(value: u64) -> Wide { value as Wide }
}
impl From<i64> for i128 {
    fn from(value: i64) -> i128 { value as i128 }
}
impl From<f32> for f64 {
    fn from(value: f32) -> f64 { value as f64 }
}
#[each(Small, i8, u8, i16, u16)]
impl From<Small> for f32 {
    fn from(value: Small) -> f32 { value as f32 }
}
#[each(Small, i8, u8, i16, u16, i32, u32)]
impl From<Small> for f64 {
    fn from(value: Small) -> f64 { value as f64 }
}
#[each(Int, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
impl From<bool> for Int {
    fn from(value: bool) -> Int { value as Int }
}
impl From<u8> for char {
    fn from(value: u8) -> char { value as char }
}
impl From<char> for u32 {
    fn from(value: char) -> u32 { value as u32 }
}

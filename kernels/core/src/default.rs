//! Default values.

#[lang = "Default"]
pub trait Default {
    fn default() -> Self;
}
#[each(Int, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)]
impl Default for Int {
    fn default() -> Int { 0 }
}
#[each(Float, f32, f64)]
impl Default for Float {
    fn default() -> Float { 0.0 }
}
impl Default for bool {
    fn default() -> bool { false }
}
impl Default for () {
    fn default() {}
}
impl<A: Default, B: Default> Default for (A, B) {
    fn default() -> (A, B) { (A::default(), B::default()) }
}
impl<T: Default + Copy, const N: usize> Default for [T; N] {
    fn default() -> [T; N] { [T::default(); N] }
}

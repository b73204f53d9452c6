//! Memory that changes behind shared references.

#[lang = "UnsafeCell"]
pub struct UnsafeCell<T> { value: T }
impl<T> UnsafeCell<T> {
    pub const fn new(value: T) -> UnsafeCell<T> { UnsafeCell { value } }
    pub fn get(&self) -> *mut T { &self.value as *const T as *mut T }
}
/// A value that is taken out and put back whole behind shared references.
pub struct Cell<T> { value: UnsafeCell<T> }
impl<T> Cell<T> {
    pub const fn new(value: T) -> Cell<T> { Cell { value: UnsafeCell::new(value) } }
    pub fn set(&self, value: T) { self.replace(value); }
    pub fn replace(&self, value: T) -> T { crate::mem::replace(&mut *self.value.get(), value) }
    pub fn swap(&self, other: &Cell<T>) {
        if self.as_ptr() != other.as_ptr() { crate::mem::swap(&mut *self.value.get(), &mut *other.value.get()) }
    }
    pub fn as_ptr(&self) -> *mut T { self.value.get() }
    pub fn get_mut(&mut self) -> &mut T { &mut *self.value.get() }
    pub fn into_inner(self) -> T { self.value.value }
}
impl<T: Copy> Cell<T> {
    pub fn get(&self) -> T { *self.value.get() }
    pub fn update(&self, change: impl FnOnce(T) -> T) { self.set(change(self.get())); }
}
impl<T: Default> Cell<T> {
    pub fn take(&self) -> T { self.replace(T::default()) }
}

//! Memory that changes behind shared references.

#[lang = "UnsafeCell"]
pub struct UnsafeCell<T> { value: T }
impl<T> UnsafeCell<T> {
    pub const fn new(value: T) -> UnsafeCell<T> { UnsafeCell { value } }
    pub fn get(&self) -> *mut T { &self.value as *const T as *mut T }
}

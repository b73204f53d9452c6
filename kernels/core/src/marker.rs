//! Traits that mark types.

#[lang = "Copy"]
pub trait Copy: Clone {}
#[lang = "Sized"]
pub trait Sized {}
#[lang = "Send"]
pub trait Send {}
#[lang = "Sync"]
pub trait Sync {}
#[lang = "PhantomData"]
pub struct PhantomData<T>;
impl<T> Clone for PhantomData<T> {
    fn clone(&self) -> PhantomData<T> { PhantomData }
}
impl<T> Copy for PhantomData<T> {}
impl<T> Default for PhantomData<T> {
    fn default() -> PhantomData<T> { PhantomData }
}
impl<T> PartialEq for PhantomData<T> {
    fn eq(&self, other: &PhantomData<T>) -> bool { true }
}
impl<T> Eq for PhantomData<T> {}
impl<T> PartialOrd for PhantomData<T> {
    fn partial_cmp(&self, other: &PhantomData<T>) -> Option<crate::cmp::Ordering> { Some(crate::cmp::Ordering::Equal) }
}
impl<T> Ord for PhantomData<T> {
    fn cmp(&self, other: &PhantomData<T>) -> crate::cmp::Ordering { crate::cmp::Ordering::Equal }
}

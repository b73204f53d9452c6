//! Values that may be absent.

#[lang = "Option"]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Option<T> { None, Some(T) }
use Option::{None, Some};
impl<T> Default for Option<T> {
    fn default() -> Option<T> { None }
}
impl<T> Option<T> {
    pub fn is_some(&self) -> bool { match self { Some(_) => true, None => false } }
    pub fn is_none(&self) -> bool { match self { Some(_) => false, None => true } }
    pub fn as_ref(&self) -> Option<&T> { match self { Some(value) => Some(value), None => None } }
    pub fn as_mut(&mut self) -> Option<&mut T> { match self { Some(value) => Some(value), None => None } }
    #[track_caller]
    pub fn unwrap(self) -> T { match self { Some(value) => value, None => panic!("called `Option::unwrap()` on a `None` value") } }
    #[track_caller]
    pub fn expect(self, message: &str) -> T { match self { Some(value) => value, None => panic!("{}", message) } }
    pub fn unwrap_or(self, other: T) -> T { match self { Some(value) => value, None => other } }
    pub fn unwrap_or_else<F: FnOnce() -> T>(self, other: F) -> T { match self { Some(value) => value, None => other() } }
    pub fn map<U, F: FnOnce(T) -> U>(self, f: F) -> Option<U> { match self { Some(value) => Some(f(value)), None => None } }
    pub fn map_or<U, F: FnOnce(T) -> U>(self, other: U, f: F) -> U { match self { Some(value) => f(value), None => other } }
    pub fn and_then<U, F: FnOnce(T) -> Option<U>>(self, f: F) -> Option<U> { match self { Some(value) => f(value), None => None } }
    pub fn or(self, other: Option<T>) -> Option<T> { match self { Some(value) => Some(value), None => other } }
    pub fn filter<P: FnOnce(&T) -> bool>(self, predicate: P) -> Option<T> {
        match self { Some(value) => if predicate(&value) { Some(value) } else { None }, None => None }
    }
    pub fn ok_or<E>(self, error: E) -> Result<T, E> { match self { Some(value) => Ok(value), None => Err(error) } }
    pub fn take(&mut self) -> Option<T> { crate::mem::replace(self, None) }
    pub fn replace(&mut self, value: T) -> Option<T> { crate::mem::replace(self, Some(value)) }
}
impl<T: Default> Option<T> {
    pub fn unwrap_or_default(self) -> T { match self { Some(value) => value, None => T::default() } }
}
impl<T: Copy> Option<&T> {
    pub fn copied(self) -> Option<T> { match self { Some(value) => Some(*value), None => None } }
}

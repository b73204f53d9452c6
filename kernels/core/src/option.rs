//! Values that may be absent.

#[lang = "Option"]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    pub fn map_or_else<U, D: FnOnce() -> U, F: FnOnce(T) -> U>(self, other: D, f: F) -> U { match self { Some(value) => f(value), None => other() } }
    pub fn is_some_and<F: FnOnce(T) -> bool>(self, f: F) -> bool { match self { Some(value) => f(value), None => false } }
    pub fn is_none_or<F: FnOnce(T) -> bool>(self, f: F) -> bool { match self { Some(value) => f(value), None => true } }
    pub fn and<U>(self, other: Option<U>) -> Option<U> { match self { Some(_) => other, None => None } }
    pub fn or_else<F: FnOnce() -> Option<T>>(self, f: F) -> Option<T> { match self { Some(value) => Some(value), None => f() } }
    pub fn xor(self, other: Option<T>) -> Option<T> {
        match (self, other) { (Some(value), None) => Some(value), (None, Some(value)) => Some(value), _ => None }
    }
    pub fn zip<U>(self, other: Option<U>) -> Option<(T, U)> { match (self, other) { (Some(a), Some(b)) => Some((a, b)), _ => None } }
    pub fn inspect<F: FnOnce(&T)>(self, f: F) -> Option<T> { if let Some(value) = &self { f(value); } self }
    pub fn insert(&mut self, value: T) -> &mut T {
        *self = Some(value);
        match self { Some(value) => value, None => unreachable!() }
    }
    pub fn get_or_insert(&mut self, value: T) -> &mut T {
        if let None = self { *self = Some(value); }
        match self { Some(value) => value, None => unreachable!() }
    }
    pub fn get_or_insert_with<F: FnOnce() -> T>(&mut self, f: F) -> &mut T {
        if let None = self { *self = Some(f()); }
        match self { Some(value) => value, None => unreachable!() }
    }
    pub unsafe fn unwrap_unchecked(self) -> T { match self { Some(value) => value, None => unreachable!() } }
    pub fn ok_or_else<E, F: FnOnce() -> E>(self, f: F) -> Result<T, E> { match self { Some(value) => Ok(value), None => Err(f()) } }
    pub fn iter(&self) -> crate::iter::Once<&T> { crate::iter::Once::of(self.as_ref()) }
    pub fn ok_or<E>(self, error: E) -> Result<T, E> { match self { Some(value) => Ok(value), None => Err(error) } }
    pub fn take(&mut self) -> Option<T> { crate::mem::replace(self, None) }
    pub fn replace(&mut self, value: T) -> Option<T> { crate::mem::replace(self, Some(value)) }
}
impl<T: Default> Option<T> {
    pub fn unwrap_or_default(self) -> T { match self { Some(value) => value, None => T::default() } }
}
impl<T> Option<Option<T>> {
    pub fn flatten(self) -> Option<T> { match self { Some(value) => value, None => None } }
}
impl<T, E> Option<Result<T, E>> {
    pub fn transpose(self) -> Result<Option<T>, E> { match self { Some(Ok(value)) => Ok(Some(value)), Some(Err(error)) => Err(error), None => Ok(None) } }
}
impl<T> From<T> for Option<T> {
    fn from(value: T) -> Option<T> { Some(value) }
}
impl<T> IntoIterator for Option<T> {
    type Item = T;
    type IntoIter = crate::iter::Once<T>;
    fn into_iter(self) -> crate::iter::Once<T> { crate::iter::Once::of(self) }
}
impl<T: Clone> Option<&T> {
    pub fn cloned(self) -> Option<T> { match self { Some(value) => Some(value.clone()), None => None } }
}
impl<T: Copy> Option<&mut T> {
    pub fn copied(self) -> Option<T> { match self { Some(value) => Some(*value), None => None } }
}
impl<T: Copy> Option<&T> {
    pub fn copied(self) -> Option<T> { match self { Some(value) => Some(*value), None => None } }
}

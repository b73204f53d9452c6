//! Values or errors.

#[lang = "Result"]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Result<T, E> { Ok(T), Err(E) }
use Result::{Err, Ok};
impl<T, E> Result<T, E> {
    pub fn is_ok(&self) -> bool { match self { Ok(_) => true, Err(_) => false } }
    pub fn is_err(&self) -> bool { match self { Ok(_) => false, Err(_) => true } }
    pub fn ok(self) -> Option<T> { match self { Ok(value) => Some(value), Err(_) => None } }
    pub fn err(self) -> Option<E> { match self { Ok(_) => None, Err(error) => Some(error) } }
    pub fn map<U, F: FnOnce(T) -> U>(self, f: F) -> Result<U, E> { match self { Ok(value) => Ok(f(value)), Err(error) => Err(error) } }
    pub fn map_err<G, F: FnOnce(E) -> G>(self, f: F) -> Result<T, G> { match self { Ok(value) => Ok(value), Err(error) => Err(f(error)) } }
    pub fn unwrap_or(self, other: T) -> T { match self { Ok(value) => value, Err(_) => other } }
    pub fn and_then<U, F: FnOnce(T) -> Result<U, E>>(self, f: F) -> Result<U, E> { match self { Ok(value) => f(value), Err(error) => Err(error) } }
    pub fn as_ref(&self) -> Result<&T, &E> { match self { Ok(value) => Ok(value), Err(error) => Err(error) } }
    pub fn as_mut(&mut self) -> Result<&mut T, &mut E> { match self { Ok(value) => Ok(value), Err(error) => Err(error) } }
    pub fn map_or<U, F: FnOnce(T) -> U>(self, other: U, f: F) -> U { match self { Ok(value) => f(value), Err(_) => other } }
    pub fn map_or_else<U, D: FnOnce(E) -> U, F: FnOnce(T) -> U>(self, other: D, f: F) -> U { match self { Ok(value) => f(value), Err(error) => other(error) } }
    pub fn and<U>(self, other: Result<U, E>) -> Result<U, E> { match self { Ok(_) => other, Err(error) => Err(error) } }
    pub fn or<G>(self, other: Result<T, G>) -> Result<T, G> { match self { Ok(value) => Ok(value), Err(_) => other } }
    pub fn or_else<G, F: FnOnce(E) -> Result<T, G>>(self, f: F) -> Result<T, G> { match self { Ok(value) => Ok(value), Err(error) => f(error) } }
    pub fn unwrap_or_else<F: FnOnce(E) -> T>(self, f: F) -> T { match self { Ok(value) => value, Err(error) => f(error) } }
    pub fn is_ok_and<F: FnOnce(T) -> bool>(self, f: F) -> bool { match self { Ok(value) => f(value), Err(_) => false } }
    pub fn is_err_and<F: FnOnce(E) -> bool>(self, f: F) -> bool { match self { Ok(_) => false, Err(error) => f(error) } }
}
impl<T: Default, E> Result<T, E> {
    pub fn unwrap_or_default(self) -> T { match self { Ok(value) => value, Err(_) => T::default() } }
}
impl<T, E> Result<Option<T>, E> {
    pub fn transpose(self) -> Option<Result<T, E>> { match self { Ok(Some(value)) => Some(Ok(value)), Ok(None) => None, Err(error) => Some(Err(error)) } }
}
impl<T: Copy, E> Result<&T, E> {
    pub fn copied(self) -> Result<T, E> { match self { Ok(value) => Ok(*value), Err(error) => Err(error) } }
}

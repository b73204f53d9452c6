//! Values or errors.

#[lang = "Result"]
#[derive(Clone, Copy, PartialEq, Eq)]
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
}

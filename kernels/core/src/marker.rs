//! Traits that mark types.

#[lang = "Copy"]
pub trait Copy: Clone {}
#[lang = "Sized"]
pub trait Sized {}
#[lang = "Send"]
pub trait Send {}
#[lang = "Sync"]
pub trait Sync {}
#[derive(Clone, Copy)]
pub struct PhantomData<T>;

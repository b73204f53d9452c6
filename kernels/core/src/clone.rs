//! Copies made by hand.

#[lang = "Clone"]
pub trait Clone {
    fn clone(&self) -> Self;
}

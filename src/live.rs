//! A value that can be replaced while others read it: what a reload changes.

use std::sync::{Arc, PoisonError, RwLock};

/// Whoever reads gets the value of that moment and keeps it for as long as they need, whatever is put in its place
/// meanwhile. The lock is held for a copy of a pointer.
#[derive(Debug, Default)]
pub struct Live<T>(RwLock<Arc<T>>);

impl<T> Live<T> {
    /// Begins with this value.
    pub fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// The value now.
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another in its place.
    pub fn set(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_keeps_what_they_have() {
        let live = Live::new("before");
        let held = live.get();
        live.set("after");
        assert_eq!((*held, *live.get()), ("before", "after"));
    }
}

//! What takes longer than a page may: made once for all who look, and made anew behind the back of those who look at an old
//! one.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use super::error::PageError;
use crate::clock::unix_millis;

/// Something that was made, and when.
pub(super) struct Made<T> {
    pub(super) it: T,
    /// Unix milliseconds.
    pub(super) at: i64,
}

/// For how long what was made is good, milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Age {
    /// It is shown as it is.
    pub(super) fresh: i64,
    /// It is shown while another is made; an older one is waited for.
    pub(super) usable: i64,
}

/// The newest for each key. There are few keys: a business, and one of a few periods.
pub(super) struct Kept<K, T> {
    age: Age,
    all: Arc<Mutex<HashMap<K, Slot<T>>>>,
    /// Told when the making of one has ended.
    ended: Arc<Notify>,
}

struct Slot<T> {
    made: Option<Arc<Made<T>>>,
    is_being_made: bool,
    /// Why the last one could not be made.
    failed: Option<PageError>,
}

impl<K: Clone + Eq + Hash + Send + 'static, T: Send + Sync + 'static> Kept<K, T> {
    pub(super) fn new(age: Age) -> Self {
        Self { age, all: Arc::default(), ended: Arc::default() }
    }

    /// The newest that is good enough, or one that `make` makes now.
    ///
    /// # Errors
    ///
    /// When there is none and none can be made.
    pub(super) async fn of<F>(&self, key: K, make: impl FnOnce() -> F) -> Result<Arc<Made<T>>, PageError>
    where
        F: Future<Output = Result<T, PageError>> + Send + 'static,
    {
        let (kept, age) = self.newest(&key);
        match kept {
            Some(made) if age < self.age.usable => {
                if age >= self.age.fresh && self.begin(&key) {
                    self.make_behind(key, make());
                }
                Ok(made)
            }
            _ => keep(&self.all, key, make()).await,
        }
    }

    /// The newest, whatever its age, and whether another is being made: nobody waits. Begins to make one when there is none
    /// that is fresh.
    pub(super) fn at_once<F>(&self, key: K, make: impl FnOnce() -> F) -> (Option<Arc<Made<T>>>, bool)
    where
        F: Future<Output = Result<T, PageError>> + Send + 'static,
    {
        let (kept, age) = self.newest(&key);
        if age >= self.age.fresh && self.begin(&key) {
            self.make_behind(key.clone(), make());
        }
        let is_being_made = locked(&self.all).get(&key).is_some_and(|slot| slot.is_being_made);
        (kept, is_being_made)
    }

    /// The newest that is good enough, if there is one within `patience`; `None` while it is being made, which goes on.
    ///
    /// # Errors
    ///
    /// When there is none and none could be made.
    pub(super) async fn soon<F>(
        &self,
        key: K,
        patience: Duration,
        make: impl FnOnce() -> F,
    ) -> Result<Option<Arc<Made<T>>>, PageError>
    where
        F: Future<Output = Result<T, PageError>> + Send + 'static,
    {
        let good = |made: &Arc<Made<T>>| unix_millis().saturating_sub(made.at) < self.age.usable;
        let (kept, _) = self.at_once(key.clone(), make);
        if let Some(made) = kept.filter(good) {
            return Ok(Some(made));
        }
        let waited = timeout(patience, async {
            loop {
                let ended = self.ended.notified();
                let found = locked(&self.all)
                    .get(&key)
                    .map(|slot| (slot.made.clone().filter(good), slot.is_being_made, slot.failed));
                match found {
                    Some((Some(made), ..)) => return Ok(Some(made)),
                    Some((None, true, _)) => ended.await,
                    Some((None, false, Some(error))) => return Err(error),
                    Some((None, false, None)) | None => return Ok(None),
                }
            }
        });
        waited.await.unwrap_or(Ok(None))
    }

    /// Makes the next who looks wait for a new one, unless one is being made.
    pub(super) fn forget(&self, key: &K) {
        locked(&self.all).retain(|known, slot| known != key || slot.is_being_made);
    }

    /// The newest, with its age in milliseconds: of nothing, the greatest.
    fn newest(&self, key: &K) -> (Option<Arc<Made<T>>>, i64) {
        let kept = locked(&self.all).get(key).and_then(|slot| slot.made.clone());
        let age = kept.as_ref().map_or(i64::MAX, |made| unix_millis().saturating_sub(made.at));
        (kept, age)
    }

    /// Says whether the caller is to make it: one at a time is enough.
    fn begin(&self, key: &K) -> bool {
        let mut all = locked(&self.all);
        let slot = all.entry(key.clone()).or_insert(Slot { made: None, is_being_made: false, failed: None });
        !std::mem::replace(&mut slot.is_being_made, true)
    }

    fn make_behind(&self, key: K, making: impl Future<Output = Result<T, PageError>> + Send + 'static) {
        let (all, ended) = (Arc::clone(&self.all), Arc::clone(&self.ended));
        tokio::spawn(async move {
            if let Err(error) = keep(&all, key.clone(), making).await {
                tracing::debug!(%error, "the page goes on showing what it has");
                if let Some(slot) = locked(&all).get_mut(&key) {
                    slot.is_being_made = false;
                    slot.failed = Some(error);
                }
            }
            ended.notify_waiters();
        });
    }
}

async fn keep<K: Eq + Hash, T>(
    all: &Mutex<HashMap<K, Slot<T>>>,
    key: K,
    making: impl Future<Output = Result<T, PageError>>,
) -> Result<Arc<Made<T>>, PageError> {
    let at = unix_millis();
    let made = Arc::new(Made { it: making.await?, at });
    locked(all).insert(key, Slot { made: Some(Arc::clone(&made)), is_being_made: false, failed: None });
    Ok(made)
}

fn locked<K, T>(all: &Mutex<HashMap<K, Slot<T>>>) -> MutexGuard<'_, HashMap<K, Slot<T>>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    struct Maker(Arc<AtomicU32>);

    impl Maker {
        fn make(
            &self,
            result: Result<(), PageError>,
        ) -> impl Future<Output = Result<u32, PageError>> + Send + 'static {
            let count = Arc::clone(&self.0);
            async move { result.map(|()| count.fetch_add(1, Ordering::SeqCst)) }
        }
    }

    #[tokio::test]
    async fn what_is_fresh_is_not_made_again_and_what_is_old_is_made_behind_the_back() {
        let maker = Maker(Arc::default());
        let fresh = Kept::new(Age { fresh: 60_000, usable: 60_000 });
        for _ in 0..3 {
            assert_eq!(fresh.of("key", || maker.make(Ok(()))).await.unwrap().it, 0);
        }
        assert_eq!(fresh.of("other", || maker.make(Ok(()))).await.unwrap().it, 1);
        fresh.forget(&"key");
        assert_eq!(fresh.of("key", || maker.make(Ok(()))).await.unwrap().it, 2);

        let stale = Kept::new(Age { fresh: 0, usable: 60_000 });
        assert_eq!(stale.of("key", || maker.make(Ok(()))).await.unwrap().it, 3);
        assert_eq!(
            stale.of("key", || maker.make(Ok(()))).await.unwrap().it,
            3,
            "shown while the next is made"
        );
        while maker.0.load(Ordering::SeqCst) < 5 {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        assert_eq!(stale.of("key", || maker.make(Ok(()))).await.unwrap().it, 4);
    }

    #[tokio::test]
    async fn who_does_not_wait_gets_what_there_is() {
        let maker = Maker(Arc::default());
        let kept = Kept::new(Age { fresh: 60_000, usable: 60_000 });
        let (made, is_being_made) = kept.at_once("key", || maker.make(Ok(())));
        assert!(made.is_none() && is_being_made);
        kept.forget(&"key");
        let (_, is_being_made) = kept.at_once("key", || maker.make(Ok(())));
        assert!(is_being_made, "one is enough");
        let made = loop {
            if let (Some(made), false) = kept.at_once("key", || maker.make(Ok(()))) {
                break made;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!((made.it, maker.0.load(Ordering::SeqCst)), (0, 1));
    }

    #[tokio::test]
    async fn patience_ends_and_the_making_goes_on() {
        const LONG: Duration = Duration::from_secs(10);
        let kept = Kept::new(Age { fresh: 60_000, usable: 60_000 });
        let (give, given) = tokio::sync::oneshot::channel();
        let slow = || async move { given.await.map_err(|_| PageError::Internal) };
        assert!(kept.soon("key", Duration::ZERO, slow).await.unwrap().is_none());
        give.send(7).unwrap();
        let never = || async { Err(PageError::Internal) };
        assert_eq!(kept.soon("key", LONG, never).await.unwrap().unwrap().it, 7);
        let failing = || async { Err(PageError::StoreUnavailable) };
        assert_eq!(kept.soon("other", LONG, failing).await.err(), Some(PageError::StoreUnavailable));
        let fine = || async { Ok(8) };
        assert_eq!(kept.soon("other", LONG, fine).await.unwrap().unwrap().it, 8);
    }

    #[tokio::test]
    async fn what_cannot_be_made_anew_stays_and_is_tried_again() {
        let maker = Maker(Arc::default());
        let kept = Kept::new(Age { fresh: 0, usable: 60_000 });
        let failure = || maker.make(Err(PageError::StoreUnavailable));
        assert_eq!(kept.of("key", failure).await.err(), Some(PageError::StoreUnavailable));
        assert_eq!(kept.of("key", || maker.make(Ok(()))).await.unwrap().it, 0);
        for _ in 0..3 {
            assert_eq!(kept.of("key", failure).await.unwrap().it, 0);
            tokio::task::yield_now().await;
        }
        kept.of("key", || maker.make(Ok(()))).await.unwrap();
        tokio::task::yield_now().await;
        assert_eq!(kept.of("key", failure).await.unwrap().it, 1);
    }
}

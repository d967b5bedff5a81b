use std::{borrow::Cow, collections::HashMap};

use super::*;
use crate::payload::Route;

fn status(number: usize, word: &'static str) -> Status<'static> {
    Status {
        route: Route::default(),
        message_id: Cow::Owned(format!("wamid.{number}")),
        status: Cow::Borrowed(word),
        at: Some(1),
        recipient: Cow::Borrowed("34600111222"),
        recipient_user_id: Cow::Borrowed(""),
        callback_data: None,
        category: None,
        error_code: None,
    }
}

/// Nobody takes what is left in this queue.
fn queue() -> (Sends, Receiver<Word>) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let dropped = Arc::new(Dropped::default());
    (Sends { queue: sender, dropped, metrics: Arc::new(Metrics::new()) }, receiver)
}

#[test]
fn under_load_whole_messages_are_left_out_and_each_status_is_accounted_for() {
    let (sends, mut receiver) = queue();
    for word in ["sent", "delivered"] {
        for number in 0..QUEUE {
            sends.see("acme", &status(number, word));
        }
    }
    let mut kept = HashMap::<String, usize>::new();
    while let Ok(word) = receiver.try_recv() {
        *kept.entry(word.message_id.to_string()).or_default() += 1;
    }
    let looked_at: usize = kept.values().sum();
    let left_out = sends.dropped.take()["acme"];
    assert_eq!(looked_at as u64 + left_out, 2 * QUEUE as u64);
    assert!(left_out > 0 && looked_at < QUEUE);
    // Of those that came when it was tight, one in eight was kept, with both of its words.
    let tight: Vec<_> = (QUEUE - TIGHT + QUEUE / 8..QUEUE)
        .filter_map(|number| kept.get(&format!("wamid.{number}")))
        .collect();
    assert!(tight.len() > QUEUE / 8 / 16 && tight.len() < QUEUE / 8, "{}", tight.len());
    assert!(tight.iter().all(|words| **words == 2), "{tight:?}");
}

#[test]
fn the_tighter_it_is_the_fewer_messages_are_looked_at_and_always_the_same() {
    let ids: Vec<String> = (0..6400).map(|number| format!("wamid.{number}")).collect();
    let sampled = |room| ids.iter().filter(|id| is_sampled(id, room)).collect::<Vec<_>>();
    let (all, some, few) = (sampled(TIGHT), sampled(TIGHT - 1), sampled(0));
    assert_eq!(all.len(), ids.len());
    assert!((700..900).contains(&some.len()) && (70..130).contains(&few.len()));
    assert!(few.iter().all(|id| some.contains(id)));
}

#[test]
fn words_that_meta_may_add_are_passed_over() {
    let (sends, mut receiver) = queue();
    for word in ["deleted", "", "warning"] {
        sends.see("acme", &status(1, word));
    }
    assert!(receiver.try_recv().is_err() && sends.dropped.take().is_empty());
}

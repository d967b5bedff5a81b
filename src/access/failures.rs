use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Failures that an address may make at once; one more is granted every [`EACH`].
const PER_PEER: u32 = 10;
/// Failures that all addresses together may make at once; then one more every [`EACH_OVERALL`].
const OVERALL: u32 = 100;
const EACH: Duration = Duration::from_secs(6);
const EACH_OVERALL: Duration = Duration::from_millis(600);
/// How many addresses are remembered: about 100 KiB.
const MOST_PEERS: usize = 1024;
/// For how long an address that showed a good token is not held up by the failures of others.
const TRUSTED: Duration = Duration::from_secs(3600);

/// Wrong tokens of late, by address and overall, in bounded memory.
///
/// Whoever has failed too often is refused before the token is looked at, so that trying goes slowly whatever is
/// tried. The limit for all together is for attackers with many addresses; it does not hold up an address that
/// had a good token within the hour, so that nobody shuts the operators out from elsewhere.
///
/// Times are those of a clock that only goes forward, since any moment.
#[derive(Debug, Default)]
pub struct Failures {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    overall: Bucket,
    peers: HashMap<IpAddr, Peer>,
}

#[derive(Debug, Default)]
struct Peer {
    failures: Bucket,
    trusted_until: Duration,
}

/// Failures that still count. One leaves after each `step`.
#[derive(Debug, Default, Clone, Copy)]
struct Bucket {
    /// When the last of them leaves.
    empty_at: Duration,
}

impl Bucket {
    fn add(&mut self, now: Duration, step: Duration) {
        self.empty_at = self.empty_at.max(now) + step;
    }

    /// How long until fewer than `most` count.
    fn wait(&self, now: Duration, step: Duration, most: u32) -> Option<Duration> {
        let full = self.empty_at.saturating_sub(step * most.saturating_sub(1));
        full.checked_sub(now).filter(|wait| !wait.is_zero())
    }
}

impl Failures {
    /// Whether this address may show a token now.
    ///
    /// # Errors
    ///
    /// How long it has to wait.
    pub fn admit(&self, peer: IpAddr, now: Duration) -> Result<(), Duration> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let known = state.peers.get(&peer);
        let own = known.and_then(|known| known.failures.wait(now, EACH, PER_PEER));
        let trusted = known.is_some_and(|known| now < known.trusted_until);
        let all = (!trusted).then(|| state.overall.wait(now, EACH_OVERALL, OVERALL)).flatten();
        own.max(all).map_or(Ok(()), Err)
    }

    /// Notes a wrong token.
    pub fn failed(&self, peer: IpAddr, now: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.overall.add(now, EACH_OVERALL);
        if let Some(peer) = state.peer(peer, now) {
            peer.failures.add(now, EACH);
        }
    }

    /// Notes a good token.
    pub fn succeeded(&self, peer: IpAddr, now: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = state.peer(peer, now) {
            peer.trusted_until = now + TRUSTED;
        }
    }
}

impl State {
    /// The entry of an address. None when there is no room: then the limit for all together has to do.
    fn peer(&mut self, peer: IpAddr, now: Duration) -> Option<&mut Peer> {
        if !self.peers.contains_key(&peer) && self.peers.len() >= MOST_PEERS {
            self.peers.retain(|_, known| known.failures.empty_at > now || known.trusted_until > now);
            if self.peers.len() >= MOST_PEERS {
                return None;
            }
        }
        Some(self.peers.entry(peer).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    const START: Duration = Duration::from_secs(1000);

    #[test]
    fn ten_failures_are_borne_and_then_one_every_six_seconds() {
        let failures = Failures::default();
        for _ in 0..PER_PEER {
            assert_eq!(failures.admit(peer(1), START), Ok(()));
            failures.failed(peer(1), START);
        }
        assert_eq!(failures.admit(peer(1), START), Err(EACH));
        assert_eq!(failures.admit(peer(2), START), Ok(()), "another address is not held up");
        let later = START + EACH;
        assert_eq!(failures.admit(peer(1), later), Ok(()));
        failures.failed(peer(1), later);
        assert_eq!(failures.admit(peer(1), later), Err(EACH));
        assert_eq!(failures.admit(peer(1), START + Duration::from_secs(3600)), Ok(()));
    }

    #[test]
    fn many_addresses_together_are_held_up_but_not_one_that_had_a_good_token() {
        let failures = Failures::default();
        failures.succeeded(peer(7), START);
        for number in 100..100 + OVERALL {
            failures.failed(peer(number), START);
        }
        assert_eq!(failures.admit(peer(8), START), Err(EACH_OVERALL));
        assert_eq!(failures.admit(peer(7), START), Ok(()));
        assert!(failures.admit(peer(7), START + TRUSTED).is_ok());
    }

    #[test]
    fn a_good_token_does_not_wipe_out_failures() {
        let failures = Failures::default();
        for _ in 0..PER_PEER {
            failures.failed(peer(1), START);
        }
        failures.succeeded(peer(1), START);
        assert_eq!(failures.admit(peer(1), START), Err(EACH));
    }

    #[test]
    fn memory_is_bounded_and_old_addresses_make_room() {
        let failures = Failures::default();
        let count = || failures.state.lock().unwrap().peers.len();
        for number in 0..5000 {
            failures.failed(peer(number), START);
        }
        assert_eq!(count(), MOST_PEERS);
        failures.failed(peer(9999), START + Duration::from_secs(60));
        assert_eq!(count(), 1);
    }
}

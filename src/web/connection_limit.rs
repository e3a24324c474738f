//! Limits connections, in total and per address, and displaces idle ones. A client that opens thousands of connections takes no
//! file handles from fetching and mailing, and locks no editor out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::web::throttle::network;

/// Maximum number of connections.
const MAX_CONNECTIONS: usize = 256;
/// Maximum per address. Loopback has no such limit: behind a proxy on this machine all clients come from there.
const MAX_PER_ADDRESS: usize = 32;

/// All places for connections.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<Seats>>);

#[derive(Default)]
struct Seats {
    /// Counts arrivals and responses: a lower number is longer ago.
    clock: u64,
    taken: HashMap<u64, Seat>,
}

struct Seat {
    /// `None`: loopback.
    network: Option<IpAddr>,
    /// When it began to wait for a request; `None` while a response is in progress.
    waits: Option<u64>,
    leave: Arc<Notify>,
}

/// A place for a connection; free again when the last handle is dropped.
#[derive(Clone)]
pub(super) struct Place(Arc<Handle>);

struct Handle {
    id: u64,
    places: Places,
    leave: Arc<Notify>,
}

impl Places {
    /// Takes a place. If the address or the server has none left, displaces the connection that has waited longest without a
    /// complete request: a browser sends one at once. Returns `None` if all have a response in progress.
    pub(super) fn enter(&self, from: IpAddr) -> Option<Place> {
        let network = (!from.to_canonical().is_loopback()).then(|| network(from));
        let mut seats = self.seats();
        if network.is_some() && seats.taken.values().filter(|s| s.network == network).count() >= MAX_PER_ADDRESS {
            seats.displace(|s| s.network == network)?;
        }
        if seats.taken.len() >= MAX_CONNECTIONS {
            seats.displace(|_| true)?;
        }
        let (id, leave) = (seats.tick(), Arc::<Notify>::default());
        seats.taken.insert(id, Seat { network, waits: Some(id), leave: Arc::clone(&leave) });
        Some(Place(Arc::new(Handle { id, places: self.clone(), leave })))
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seats {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn displace(&mut self, among: impl Fn(&Seat) -> bool) -> Option<()> {
        let waiting = self.taken.iter().filter(|(_, s)| among(s)).filter_map(|(id, s)| Some((s.waits?, *id)));
        let (_, id) = waiting.min()?;
        self.taken.remove(&id).map(|seat| seat.leave.notify_one())
    }
}

impl Place {
    /// Marks a complete request, which is answered whoever else connects.
    pub(super) fn busy(&self) {
        if let Some(seat) = self.0.places.seats().taken.get_mut(&self.0.id) {
            seat.waits = None;
        }
    }

    /// Marks the end of a response.
    pub(super) fn idle(&self) {
        let mut seats = self.0.places.seats();
        let now = seats.tick();
        if let Some(seat) = seats.taken.get_mut(&self.0.id) {
            seat.waits = Some(now);
        }
    }

    /// Resolves when another connection needs the place.
    pub(super) async fn displaced(&self) {
        self.0.leave.notified().await;
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.places.seats().taken.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    async fn is_displaced(place: &Place) -> bool {
        tokio::time::timeout(std::time::Duration::from_millis(1), place.displaced()).await.is_ok()
    }

    #[tokio::test]
    async fn who_sends_no_request_goes_first_when_somebody_new_comes() {
        let places = Places::default();
        let mine: Vec<Place> = (0..MAX_CONNECTIONS).map(|_| places.enter(HERE).unwrap()).collect();
        mine[0].busy();
        mine[2].busy();
        mine[2].idle();
        let new = places.enter(HERE).unwrap();
        assert!(is_displaced(&mine[1]).await, "the first that waits");
        assert!(!is_displaced(&mine[0]).await && !is_displaced(&mine[2]).await);
        mine.iter().chain([&new]).for_each(Place::busy);
        assert!(places.enter(HERE).is_none(), "all are being answered");
        drop(mine);
        assert_eq!(places.seats().taken.len(), 1, "a place is free again when its connection ends");
    }

    #[tokio::test]
    async fn an_address_takes_no_more_than_its_share() {
        let places = Places::default();
        let other = places.enter(ip(2)).unwrap();
        let mine: Vec<Place> = (0..100).map(|_| places.enter(ip(1)).unwrap()).collect();
        assert_eq!(places.seats().taken.len(), MAX_PER_ADDRESS + 1);
        assert!(is_displaced(&mine[0]).await && !is_displaced(&mine[99]).await && !is_displaced(&other).await);
        mine.iter().for_each(Place::busy);
        assert!(places.enter(ip(1)).is_none() && places.enter(ip(3)).is_some() && places.enter(HERE).is_some());
    }
}

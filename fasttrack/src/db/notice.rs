//! What other processes say on a channel.

use tokio::sync::mpsc;

/// Something heard on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// From now on everything is heard. What was said before may not have been: whoever depends on it has to look.
    Connected,
    /// This was said.
    Payload(String),
    /// From now on nothing is heard, until [`Self::Connected`].
    Disconnected,
}

/// What is heard on a channel, in its order.
#[derive(Debug)]
pub struct Notices(mpsc::Receiver<Notice>);

/// Notices that wait for whoever hears them. Who has so many waiting hears `Disconnected` and `Connected` instead of more.
const MOST_WAITING: usize = 1024;

impl Notices {
    /// What comes next; `None` after the end of the database.
    pub async fn next(&mut self) -> Option<Notice> {
        self.0.recv().await
    }

    /// Both ends.
    pub(crate) fn pair() -> (NoticeSender, Self) {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        (NoticeSender { sender, missed: false }, Self(receiver))
    }
}

/// Says it to whoever hears a channel.
#[derive(Debug)]
pub(crate) struct NoticeSender {
    sender: mpsc::Sender<Notice>,
    /// Something could not be said.
    missed: bool,
}

impl NoticeSender {
    /// Says it, without waiting. `false` when nobody listens any more.
    pub(crate) fn say(&mut self, notice: Notice) -> bool {
        if self.missed && notice != Notice::Disconnected {
            // Two at once, or neither: there has to be room for what says that something is missing.
            let Ok(room) = self.sender.try_reserve_many(2) else { return !self.sender.is_closed() };
            room.zip([Notice::Disconnected, Notice::Connected]).for_each(|(place, notice)| place.send(notice));
            self.missed = false;
            if notice == Notice::Connected {
                return true;
            }
        }
        match self.sender.try_send(notice) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.missed = true;
                true
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }

    /// Whether nobody listens any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_slow_hears_that_something_is_missing() {
        let (mut subscriber, mut notices) = Notices::pair();
        for number in 0..=MOST_WAITING {
            assert!(subscriber.say(Notice::Payload(number.to_string())));
        }
        let lost = Notice::Payload("lost".into());
        assert!(subscriber.say(lost.clone()));
        for number in 0..MOST_WAITING {
            assert_eq!(notices.next().await, Some(Notice::Payload(number.to_string())));
        }
        let heard = Notice::Payload("heard".into());
        assert!(subscriber.say(heard.clone()));
        for expected in [Notice::Disconnected, Notice::Connected, heard.clone()] {
            assert_eq!(notices.next().await, Some(expected));
        }
        drop(notices);
        assert!(!subscriber.say(heard));
    }
}

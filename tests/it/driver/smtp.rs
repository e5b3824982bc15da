//! A mail server that keeps what it is sent: as much of RFC 5321 as a client needs.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// A mail as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Header and text.
    pub(crate) data: String,
}

/// A running mail server; it ends with the process.
pub(crate) struct Sink {
    address: String,
    inside: Arc<Inside>,
}

#[derive(Default)]
struct Inside {
    letters: Mutex<Vec<Letter>>,
    refusals: AtomicUsize,
    /// Whether it will have nothing to do with any recipient.
    is_closed: AtomicBool,
    refused: AtomicUsize,
    /// Whether clients wait for the greeting, and how many do.
    hold: Mutex<(bool, usize)>,
    released: Condvar,
}

impl Sink {
    /// Starts one on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let inside = Arc::new(Inside::default());
        let shared = Arc::clone(&inside);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inside = Arc::clone(&shared);
                thread::spawn(move || inside.converse(stream));
            }
        });
        Self { address, inside }
    }

    /// Its address as `SMTP_URL` has it.
    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Refuses the next recipients, so many of them.
    pub(crate) fn refuse(&self, count: usize) {
        self.inside.refusals.store(count, Ordering::SeqCst);
    }

    /// Rejects every recipient for good from now on.
    pub(crate) fn close(&self) {
        self.inside.is_closed.store(true, Ordering::SeqCst);
    }

    /// How many it has refused.
    pub(crate) fn refused(&self) -> usize {
        self.inside.refused.load(Ordering::SeqCst)
    }

    /// Has clients wait from now on, or no longer.
    pub(crate) fn hold(&self, hold: bool) {
        self.inside.hold.lock().unwrap().0 = hold;
        self.inside.released.notify_all();
    }

    /// How many clients wait.
    pub(crate) fn held(&self) -> usize {
        self.inside.hold.lock().unwrap().1
    }

    /// What has arrived for this address.
    pub(crate) fn letters_to(&self, address: &str) -> Vec<Letter> {
        let letters = self.inside.letters.lock().unwrap();
        letters.iter().filter(|letter| letter.to == address).cloned().collect()
    }
}

impl Inside {
    /// A client that goes away ends the conversation.
    fn converse(&self, stream: TcpStream) -> Option<()> {
        let mut hold = self.hold.lock().unwrap();
        hold.1 += 1;
        let mut hold = self.released.wait_while(hold, |(hold, _)| *hold).unwrap();
        hold.1 -= 1;
        drop(hold);
        let mut out = stream.try_clone().ok()?;
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let mut say = |words: &str| out.write_all(format!("{words}\r\n").as_bytes()).ok();
        say("220 sink")?;
        let (mut from, mut to) = (String::new(), String::new());
        while let Some(line) = lines.next() {
            let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            match line.split([' ', ':']).next().unwrap_or_default().to_uppercase().as_str() {
                "EHLO" => say("250-sink\r\n250 8BITMIME")?,
                "MAIL" => {
                    from = address();
                    say("250 yes")?;
                }
                "RCPT" if self.is_closed.load(Ordering::SeqCst) => say("550 5.1.1 nobody here")?,
                "RCPT" if self.refuses() => say("451 not today")?,
                "RCPT" => {
                    to = address();
                    say("250 yes")?;
                }
                "DATA" => {
                    say("354 go on")?;
                    let data: Vec<_> = lines.by_ref().take_while(|line| line != ".").collect();
                    let letter = Letter { from: from.clone(), to: to.clone(), data: data.join("\n") };
                    self.letters.lock().unwrap().push(letter);
                    say("250 kept")?;
                }
                "QUIT" => return say("221 bye"),
                _ => say("250 yes")?,
            }
        }
        None
    }

    fn refuses(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        let refuses = self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok();
        self.refused.fetch_add(usize::from(refuses), Ordering::SeqCst);
        refuses
    }
}

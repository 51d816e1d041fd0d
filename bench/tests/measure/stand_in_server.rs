//! The stand-in as a process of its own, so that the herd run can kill it and start it again:
//! `stand-in ADDRESS FILE FAULT`. It serves what it finds in the file, and keeps there what it is
//! given.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![expect(dead_code, reason = "the rest of the stand-in serves within the tests")]

mod stand_in;

use std::{fs::OpenOptions, io, net::SocketAddr};

use stand_in::{Entry, Fault, StandIn, accept};
use tokio::net::TcpListener;

const FAULTS: [Fault; 6] = [
    Fault::None,
    Fault::Busy,
    Fault::ResumeEarly,
    Fault::ResumeLate,
    Fault::ResumeGap,
    Fault::Twice,
];

#[tokio::main]
async fn main() -> io::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [address, file, fault] = &arguments[..] else {
        panic!("expected ADDRESS FILE FAULT: {arguments:?}")
    };
    let address: SocketAddr = address.parse().unwrap();
    let fault = FAULTS
        .into_iter()
        .find(|known| format!("{known:?}") == *fault)
        .unwrap();

    let stored = std::fs::read_to_string(file).unwrap_or_default();
    let mut stand_in = StandIn {
        again: !stored.is_empty(),
        ..StandIn::default()
    };
    for line in stored.lines() {
        let (name, body) = line.split_once('\t').unwrap();
        stand_in.seq += 1;
        stand_in.names.insert(name.to_owned(), stand_in.seq);
        stand_in
            .log
            .push(Entry::Event(stand_in.seq, body.to_owned()));
    }
    stand_in.file = Some(OpenOptions::new().create(true).append(true).open(file)?);
    accept(TcpListener::bind(address).await?, stand_in, fault).await;
    Ok(())
}

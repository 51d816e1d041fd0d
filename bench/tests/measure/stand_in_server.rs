//! The stand-in server as a process, which a herd run can kill and start again:
//! `stand-in ADDRESS FILE FAULT`. It serves the events in the file and appends new ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![expect(dead_code, reason = "the tests use the rest of the stand-in")]

mod stand_in;

use std::{fs::OpenOptions, io, net::SocketAddr};

use stand_in::{Entry, Fault, StandIn, accept};
use tokio::net::TcpListener;

const FAULTS: [Fault; 7] = [
    Fault::None,
    Fault::Busy,
    Fault::LongRetry,
    Fault::ResumeEarly,
    Fault::ResumeLate,
    Fault::ResumeGap,
    Fault::StoreTwice,
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
        restarted: !stored.is_empty(),
        ..StandIn::default()
    };
    for line in stored.lines() {
        let (ce_id, body) = line.split_once('\t').unwrap();
        stand_in.seq += 1;
        stand_in.stored.insert(ce_id.to_owned(), stand_in.seq);
        stand_in
            .log
            .push(Entry::Event(stand_in.seq, body.to_owned()));
    }
    stand_in.file = Some(OpenOptions::new().create(true).append(true).open(file)?);
    accept(TcpListener::bind(address).await?, stand_in, fault).await;
    Ok(())
}

//! A peer that vanishes without a word: its packets are lost, and nothing says that it is gone.

use std::{
    io::{Write, stderr},
    net::Ipv4Addr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use pulseboard_contract::Epoch;
use pulseboard_server::{Options, Server};
#[cfg(any(target_os = "linux", target_os = "android"))]
use tokio::net::TcpStream;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
};

use crate::soon;

/// A client in a network of its own, which goes when the client does. It takes one step a line of
/// its input: it takes its end of the wire and connects; it loses its address, so that what arrives
/// is for nobody and is dropped.
const CLIENT: &str = r#"
read -r wire address server port
ip address add "$address/30" dev "$wire" && ip link set "$wire" up || exit
exec 3<>"/dev/tcp/$server/$port"
printf 'GET /events HTTP/1.1\r\nhost: x\r\n\r\n' >&3
read -r status <&3
echo "$status"
read -r
ip address flush dev "$wire" && echo vanished
read -r
"#;

struct Client {
    /// Ended with this.
    _process: Child,
    pid: u32,
    orders: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

impl Client {
    /// None where this system makes no networks for us.
    fn start() -> Option<Self> {
        let makes_networks = Command::new("unshare")
            .args(["--net", "ip", "link"])
            .output();
        match makes_networks {
            Ok(output) if output.status.success() => {}
            other => {
                // Not through a macro: the test runner would keep it to itself.
                let what = "that a vanished peer is given up, as no network namespace can be made";
                let _ = writeln!(stderr(), "NOT TESTED: {what}: {other:?}");
                return None;
            }
        }
        let mut command = tokio::process::Command::new("unshare");
        command
            .args(["--net", "bash", "-c", CLIENT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap()).lines();
        let orders = process.stdin.take().unwrap();
        Some(Self {
            pid: process.id().unwrap(),
            _process: process,
            orders,
            said,
        })
    }

    async fn tell(&mut self, line: &str) {
        self.orders
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    async fn hear(&mut self) -> String {
        soon(self.said.next_line())
            .await
            .unwrap()
            .expect("the client goes on")
            .trim_end()
            .to_owned()
    }
}

fn ip(arguments: &[&str]) {
    let status = Command::new("ip").args(arguments).status().unwrap();
    assert!(status.success(), "ip {arguments:?}");
}

/// How long a server with these options has a stream whose peer vanished. None where it cannot be
/// tried.
async fn time_until_given_up(options: Options, patience: Duration) -> Option<Duration> {
    let mut client = Client::start()?;
    let pid = client.pid;
    // Wires are named after the process, and addresses are of those kept for such experiments (RFC
    // 2544).
    let (near, far) = (format!("pbn{pid}"), format!("pbf{pid}"));
    let [_, _, high, low] = pid.to_be_bytes();
    let address =
        |last: u8| Ipv4Addr::new(198, 18 + (high >> 7), high, (low & 0xfc) | last).to_string();
    // `unshare` may not have made the network yet; it is another than ours once it has.
    let network = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net"));
    while network(&pid.to_string()).unwrap() == network("self").unwrap() {
        std::thread::yield_now();
    }
    ip(&[
        "link",
        "add",
        &near,
        "type",
        "veth",
        "peer",
        "name",
        &far,
        "netns",
        &pid.to_string(),
    ]);
    ip(&[
        "address",
        "add",
        &format!("{}/30", address(1)),
        "dev",
        &near,
    ]);
    ip(&["link", "set", &near, "up"]);

    let server = Server::start(&format!("{}:0", address(1)), options)
        .await
        .unwrap();
    client
        .tell(&format!(
            "{far} {} {} {}",
            address(2),
            address(1),
            server.address().port()
        ))
        .await;
    assert_eq!(client.hear().await, "HTTP/1.1 200 OK");
    assert_eq!(server.hub().subscribers(), 1);
    client.tell("vanish").await;
    assert_eq!(client.hear().await, "vanished");
    let began = Instant::now();
    while server.hub().subscribers() > 0 {
        assert!(began.elapsed() < patience, "the stream is still there");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let took = began.elapsed();
    server.shutdown().await;
    Some(took)
}

#[tokio::test]
async fn a_peer_that_vanished_is_given_up_soon_after_a_heartbeat_it_did_not_acknowledge() {
    let options = Options {
        epoch: Epoch::new(crate::EPOCH),
        heartbeat_every: Duration::from_millis(500),
        peer_timeout: Duration::from_secs(2),
        ..Options::default()
    };
    let Some(took) = time_until_given_up(options, Duration::from_secs(6)).await else {
        return;
    };
    assert!(took > Duration::from_secs(1), "{took:?}");
}

/// It takes no packet that is lost for a peer to be of no use.
#[tokio::test]
#[cfg(any(target_os = "linux", target_os = "android"))]
async fn a_peer_that_reads_nothing_is_given_up() {
    let board =
        crate::Board::start_with(|options| options.peer_timeout = Duration::from_secs(1)).await;
    let mut idle = TcpStream::connect(board.server.address()).await.unwrap();
    idle.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    idle.readable().await.unwrap();
    // One that reads stays, however much there is.
    let mut reader = board.stream("/events?topic=end").await.opened().await;
    assert_eq!(board.server.hub().subscribers(), 2);
    // More than the buffers of both sockets hold.
    let data = format!("\"{}\"", "x".repeat(60_000));
    for _ in 0..200 {
        assert_eq!(
            board
                .publish("big", "x", &data)
                .send()
                .await
                .unwrap()
                .status(),
            201
        );
    }
    let began = Instant::now();
    while board.server.hub().subscribers() > 1 {
        assert!(
            began.elapsed() < Duration::from_secs(8),
            "the stream is still there"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    board.publish("end", "x", "1").send().await.unwrap();
    assert_eq!(reader.of_type("x").await.data, "1");
}

//! Peers that are gone without closing their connection, or that never read it.
//!
//! These tests need real time, because the kernel measures it. No upper bound is checked but
//! [`HANG`].

use std::{
    env,
    net::Ipv4Addr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use pulseboard_contract::Epoch;
use pulseboard_server::{Options, Server, SqliteHub};
#[cfg(any(target_os = "linux", target_os = "android"))]
use tokio::net::TcpStream;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
};

use crate::{HANG, soon};

/// Set on a machine where the tests may not create network namespaces, which needs privileges.
const NO_NAMESPACES: &str = "PULSEBOARD_TEST_WITHOUT_NETWORK_NAMESPACES";

/// A client in a network namespace of its own, which ends with the client. It performs one step for
/// each line of input: first it configures its end of the wire and connects, then it removes its
/// address, so that the kernel drops every packet that arrives.
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
    /// Killed on drop.
    _process: Child,
    pid: u32,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Client {
    /// Starts the client; `None` if the environment declares that it cannot be started here.
    fn start() -> Option<Self> {
        if env::var_os(NO_NAMESPACES).is_some() {
            return None;
        }
        let output = Command::new("unshare")
            .args(["--net", "ip", "link"])
            .output();
        assert!(
            matches!(&output, Ok(output) if output.status.success()),
            "this test creates a network namespace, which failed: {output:?}\n\
             Run it as root with util-linux and iproute2 installed, or skip it with {NO_NAMESPACES}=1."
        );
        let mut command = tokio::process::Command::new("unshare");
        command
            .args(["--net", "bash", "-c", CLIENT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        let input = process.stdin.take().unwrap();
        Some(Self {
            pid: process.id().unwrap(),
            _process: process,
            input,
            output,
        })
    }

    async fn write_line(&mut self, line: &str) {
        self.input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    async fn read_line(&mut self) -> String {
        soon(self.output.next_line())
            .await
            .unwrap()
            .expect("the client is still running")
            .trim_end()
            .to_owned()
    }
}

fn ip(arguments: &[&str]) {
    let status = Command::new("ip").args(arguments).status().unwrap();
    assert!(status.success(), "ip {arguments:?}");
}

/// How long a server with these options keeps the stream of a peer that vanished; `None` if this
/// machine cannot try it.
async fn time_until_given_up(options: Options) -> Option<Duration> {
    let mut client = Client::start()?;
    let pid = client.pid;
    // The process id makes the names of the wires unique. RFC 2544 reserves the addresses for tests.
    let (near, far) = (format!("pbn{pid}"), format!("pbf{pid}"));
    let [_, _, high, low] = pid.to_be_bytes();
    let address =
        |last: u8| Ipv4Addr::new(198, 18 + (high >> 7), high, (low & 0xfc) | last).to_string();
    // Wait until `unshare` has created the namespace, which then differs from ours.
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
        .write_line(&format!(
            "{far} {} {} {}",
            address(2),
            address(1),
            server.address().port()
        ))
        .await;
    assert_eq!(client.read_line().await, "HTTP/1.1 200 OK");
    assert_eq!(server.hub().subscribers(), 1);
    // Taken before the peer vanishes, so a slow machine only makes the result larger.
    let began = Instant::now();
    client.write_line("vanish").await;
    assert_eq!(client.read_line().await, "vanished");
    subscribers_fall_to(0, server.hub()).await;
    let took = began.elapsed();
    server.shutdown().await;
    Some(took)
}

/// Waits until this many subscribers are left.
async fn subscribers_fall_to(count: usize, hub: &SqliteHub) {
    let began = Instant::now();
    while hub.subscribers() > count {
        assert!(began.elapsed() < HANG, "the stream is still open");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_peer_that_vanished_is_disconnected_after_a_heartbeat_it_did_not_acknowledge() {
    let options = Options {
        epoch: Epoch::new(crate::EPOCH),
        heartbeat_every: Duration::from_millis(500),
        peer_timeout: Duration::from_secs(2),
        ..Options::default()
    };
    let Some(took) = time_until_given_up(options).await else {
        return;
    };
    // Not before the timeout: nothing told the server that the peer was gone.
    assert!(took > Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
#[cfg(any(target_os = "linux", target_os = "android"))]
async fn a_peer_that_does_not_read_is_disconnected() {
    let server =
        crate::TestServer::start_with(|options| options.peer_timeout = Duration::from_secs(1))
            .await;
    let mut idle = TcpStream::connect(server.running.address()).await.unwrap();
    idle.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    idle.readable().await.unwrap();
    // A peer that reads stays connected.
    let mut reader = server.stream("/events?topic=end").await.opened().await;
    assert_eq!(server.running.hub().subscribers(), 2);
    // More than the buffers of both sockets hold.
    let data = format!("\"{}\"", "x".repeat(60_000));
    for _ in 0..200 {
        assert_eq!(
            server
                .publish("big", "x", &data)
                .send()
                .await
                .unwrap()
                .status(),
            201
        );
    }
    subscribers_fall_to(1, server.running.hub()).await;
    server.publish("end", "x", "1").send().await.unwrap();
    assert_eq!(reader.of_type("x").await.data, "1");
}

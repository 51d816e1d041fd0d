//! The command whose disk is full: a real one of a few MiB, and one whose files may not grow.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use pulseboard_contract::Event;
use tempfile::TempDir;

use crate::{
    Stream, check_problem, client,
    command::{Started, pulseboard},
    durable::{history, ids, publish, serving},
};

/// A disk of a few MiB that nobody else sees: a file system in memory, in a mount namespace that a
/// process holds.
struct SmallDisk {
    holder: Child,
    directory: TempDir,
}

impl SmallDisk {
    /// None where whoever runs the tests may not mount.
    fn mount(size: &str) -> Option<Self> {
        let directory = TempDir::new().unwrap();
        let script = "mount -t tmpfs -o size=$2 none $1 && echo mounted && read end";
        let mut command = Command::new("unshare");
        command
            .args(["-m", "sh", "-c", script, "sh"])
            .arg(directory.path())
            .arg(size);
        let holder = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn();
        let mut disk = Self {
            holder: holder.ok()?,
            directory,
        };
        let mut line = String::new();
        BufReader::new(disk.holder.stdout.take()?)
            .read_line(&mut line)
            .unwrap();
        (line == "mounted\n").then_some(disk)
    }

    /// The command, where it sees the disk.
    fn with(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside
            .args(["-m", "-t", &self.holder.id().to_string()])
            .arg(command.get_program());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        inside
    }

    /// The disk, as it is seen from outside.
    fn seen(&self) -> PathBuf {
        Path::new("/proc")
            .join(self.holder.id().to_string())
            .join("root")
            .join(self.directory.path().strip_prefix("/").unwrap())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Publishes until that is refused with this status, goes on with smaller events, and looks at what
/// must go on. Then makes room. `accepted` gets the numbers.
async fn run_out_of_room(started: &Started, status: u16, make_room: impl FnOnce()) -> Vec<Event> {
    let (client, url) = (client(), started.url.as_str());
    let mut live = Stream::of(client.get(format!("{url}/events?topic=n&framing=envelope")))
        .await
        .opened()
        .await;
    let (mut accepted, mut number) = (Vec::new(), 0);
    // A publish that is refused need not be the last: the write-ahead log starts over as long as
    // the database has room for what it holds.
    let unready = loop {
        number += 1;
        assert!(number < 5_000, "the disk is never full");
        let response = publish(&client, url, "n", number, 20_000).await.unwrap();
        if response.status() == 201 {
            accepted.push(number);
            continue;
        }
        check_problem(status, None, response).await;
        let ready = client.get(format!("{url}/readyz")).send().await.unwrap();
        if ready.status() != 200 {
            break ready;
        }
    };
    check_problem(503, None, unready).await;
    assert!(accepted.len() > 50, "{accepted:?}");
    let health = client.get(format!("{url}/healthz")).send().await.unwrap();
    assert_eq!(health.status(), 200);
    let stored = history(&client, url).await;
    let numbers: Vec<usize> = stored
        .iter()
        .map(|event| event.id.parse().unwrap())
        .collect();
    assert_eq!(
        numbers, accepted,
        "what was accepted is there, and nothing that was refused"
    );
    let mut replay = Stream::of(client.get(format!(
        "{url}/events?topic=n&framing=envelope&last_event_id=start"
    )))
    .await;
    for event in &stored {
        for stream in [&mut live, &mut replay] {
            let message = stream.of_type("message").await;
            assert!(
                serde_json::from_str::<Event>(&message.data).unwrap() == *event,
                "{}",
                event.id
            );
        }
    }
    make_room();
    // At once, and not after a restart; also what was refused.
    let ready = client.get(format!("{url}/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    for number in [number, number + 1] {
        let response = publish(&client, url, "n", number, 20_000).await.unwrap();
        assert_eq!(response.status(), 201, "{}", response.text().await.unwrap());
    }
    for stream in [&mut live, &mut replay] {
        let ids = [
            stream.data("message").await["id"].clone(),
            stream.data("message").await["id"].clone(),
        ];
        assert_eq!(ids, [number.to_string(), (number + 1).to_string()]);
    }
    history(&client, url).await
}

#[tokio::test]
async fn a_full_disk_is_a_507_and_everything_else_goes_on_until_there_is_room() {
    let Some(disk) = SmallDisk::mount("8m") else {
        eprintln!(
            "this needs the right to mount; the next test, which limits the size of a file, stands in for it"
        );
        return;
    };
    let data = disk.directory.path().join("data");
    let filler = disk.seen().join("filler");
    fs::write(&filler, vec![0; 4 << 20]).unwrap();
    let started = serving(&data, &mut disk.with(&pulseboard()));
    let stored = run_out_of_room(&started, 507, || fs::remove_file(&filler).unwrap()).await;
    started.signal("KILL");
    drop(started);
    let started = serving(&data, &mut disk.with(&pulseboard()));
    assert_eq!(ids(&history(&client(), &started.url).await), ids(&stored));
}

#[tokio::test]
async fn a_log_that_does_not_grow_goes_on_where_there_is_hardly_room_for_its_write_ahead_log() {
    let Some(disk) = SmallDisk::mount("8m") else {
        eprintln!("this needs the right to mount");
        return;
    };
    let data = disk.directory.path().join("data");
    let client = client();
    let serve = || {
        serving(
            &data,
            disk.with(&pulseboard()).env("PULSEBOARD_LATEST_ONLY", "n"),
        )
    };
    let mut started = serve();
    for number in 1..=50 {
        assert_eq!(
            publish(&client, &started.url, "n", number, 20_000)
                .await
                .unwrap()
                .status(),
            201
        );
    }
    started.end();
    // Somebody else takes the disk, but for half a MiB.
    let mut filler = fs::File::create(disk.seen().join("filler")).unwrap();
    while filler.write_all(&[0; 4096]).is_ok() {}
    filler
        .set_len(filler.metadata().unwrap().len().saturating_sub(512 * 1024))
        .unwrap();
    let started = serve();
    let (mut refused, mut last) = (0, 0);
    for number in 51..=400 {
        let response = publish(&client, &started.url, "n", number, 20_000)
            .await
            .unwrap();
        if response.status() == 201 {
            last = number;
        } else {
            check_problem(507, None, response).await;
            refused += 1;
        }
    }
    // A few each time that there is no room left, until what the write-ahead log holds has been
    // moved into the database.
    assert!(
        (1..200).contains(&refused) && last > 350,
        "{refused} were refused, and the last to be taken was {last}"
    );
}

#[tokio::test]
async fn files_that_may_not_grow_are_a_503_and_everything_else_goes_on_until_they_may() {
    let directory = TempDir::new().unwrap();
    // The signal that goes with this limit would end the process; ignored, it stays ignored in what
    // is executed.
    let script = r#"trap "" XFSZ; exec prlimit --fsize=3145728:unlimited "$0" "$@""#;
    let served = pulseboard();
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(served.get_program());
    for (name, value) in served.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let started = serving(directory.path(), &mut command);
    let pid = started.id().to_string();
    let grow = || {
        assert!(
            Command::new("prlimit")
                .args(["--pid", &pid, "--fsize=unlimited"])
                .status()
                .unwrap()
                .success()
        );
    };
    let stored = run_out_of_room(&started, 503, grow).await;
    started.signal("KILL");
    drop(started);
    let started = serving(directory.path(), &mut pulseboard());
    assert_eq!(ids(&history(&client(), &started.url).await), ids(&stored));
}

import {
  Refusal,
  badge,
  connectionLog,
  expect,
  gapNotice,
  inspectorOf,
  isLive,
  open,
  publishNumbered,
  rows,
  showsEachOnce,
  test,
} from "./fixtures.js";

test("a dropped connection resumes without a gap and without a duplicate", async ({
  page,
  server,
  wire,
  complaints,
}) => {
  complaints.expectLostConnections();
  await open(page, wire.url + inspectorOf("numbered"));
  let cut = 0;
  for (let number = 1; number <= 120; number++) {
    await server.publish("numbered", `event ${number}`);
    // Cut while events flow, and twice in quick succession.
    if ([20, 45, 50, 90].includes(number)) {
      await expect
        .poll(() => wire.streams.length, { message: "a stream to cut" })
        .toBeGreaterThan(0);
      cut += wire.cut();
    }
    // And once while the server is unreachable for a while.
    if (number === 95) {
      wire.refuse(true);
      cut += wire.cut();
    }
    if (number === 110) wire.refuse(false);
  }
  await showsEachOnce(page, 120);
  await isLive(page);
  expect(cut, "streams that were cut").toBeGreaterThanOrEqual(4);
  expect(wire.streamsAsked, "streams asked for").toBeGreaterThan(4);
  await expect(connectionLog(page).filter({ hasText: "resumed after" }).first()).toBeAttached();
  await expect(gapNotice(page)).toHaveCount(0);
});

test("a restart with an empty log is reported once", async ({ page, server, wire, complaints }) => {
  complaints.expectLostConnections();
  await publishNumbered(server, "numbered", 1, 3);
  await open(page, wire.url + inspectorOf("numbered"));
  await showsEachOnce(page, 3);
  // Records every notice of a gap, even one that disappears again.
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    new MutationObserver((changes) => {
      for (const node of changes.flatMap((change) => [...change.addedNodes])) {
        const notice =
          node instanceof Element
            ? node.matches("[data-notice]")
              ? node
              : node.querySelector("[data-notice]")
            : null;
        if (notice) said.push(notice.textContent ?? "");
      }
    }).observe(document.body, { subtree: true, childList: true });
  });

  await server.stop("SIGKILL");
  await expect(badge(page)).toHaveAttribute("data-state", "reconnecting");
  server.forget();
  await server.start();
  await isLive(page);
  await expect(gapNotice(page)).toHaveCount(1);
  await expect(gapNotice(page)).toContainText("Some history is missing");

  await publishNumbered(server, "numbered", 4, 5);
  await showsEachOnce(page, 5);
  await expect(connectionLog(page).filter({ hasText: "empty log" })).toHaveCount(1);
  await gapNotice(page).getByRole("button", { name: "Dismiss" }).click();
  await expect(gapNotice(page)).toHaveCount(0);
  await publishNumbered(server, "numbered", 6, 8);
  await showsEachOnce(page, 8);
  await expect(gapNotice(page), "no second notice").toHaveCount(0);
  expect(
    await page.evaluate(() => (window as unknown as { said: string[] }).said),
    "notices ever shown",
  ).toHaveLength(1);
});

for (const how of ["SIGTERM", "SIGKILL"] as const) {
  test(`a restart of the server by ${how} causes no gap: every acknowledged event is shown once, in order`, async ({
    page,
    server,
    complaints,
  }) => {
    complaints.expectLostConnections();
    await open(page, inspectorOf("numbered"));
    // A publisher without a response tries again; the id keeps it one event, whether the first try was stored or not.
    const insist = async (number: number): Promise<void> => {
      for (;;) {
        try {
          await server.publish("numbered", `event ${number}`, {
            "ce-source": "/test",
            "ce-id": `${number}`,
          });
          return;
        } catch (error) {
          // Stopped, or stopping.
          if (error instanceof Refusal && error.status !== 503) throw error;
        }
      }
    };
    for (let number = 1; number <= 60; number++) {
      const answered = insist(number);
      // While a publish is on its way.
      if (number % 20 === 0) await server.restart(how);
      await answered;
    }
    await showsEachOnce(page, 60);
    await isLive(page);
    await expect(gapNotice(page)).toHaveCount(0);
    await expect(connectionLog(page).filter({ hasText: "resumed after" }).first()).toBeAttached();
    await page.reload();
    await showsEachOnce(page, 60);
  });
}

test("after a gap was reported, a lost connection does not report it again", async ({
  page,
  server,
  wire,
  complaints,
}) => {
  complaints.expectLostConnections();
  await open(page, wire.url + inspectorOf("numbered"));
  await server.stop("SIGKILL");
  server.forget();
  await server.start();
  await expect(gapNotice(page)).toBeVisible();
  await gapNotice(page).getByRole("button", { name: "Dismiss" }).click();
  await publishNumbered(server, "numbered", 1, 1);
  await showsEachOnce(page, 1);
  wire.cut();
  await publishNumbered(server, "numbered", 2, 4);
  await showsEachOnce(page, 4);
  await expect(gapNotice(page)).toHaveCount(0);
});

test.describe("with a log that keeps little", () => {
  test.use({ serverArgs: ["--no-host-metrics", "--retain", "** events=10"] });

  test("the notice counts events that the log had deleted", async ({
    page,
    server,
    wire,
    complaints,
  }) => {
    complaints.expectLostConnections();
    await publishNumbered(server, "numbered", 1, 1);
    await open(page, wire.url + inspectorOf("numbered"));
    await showsEachOnce(page, 1);
    wire.refuse(true);
    wire.cut();
    // The hub keeps the newest 32 MiB in memory besides the log, so the test publishes more than that.
    const bulk = "x".repeat(65_000);
    const count = 560;
    for (let sent = 0; sent < count; sent += 8) {
      await Promise.all(Array.from({ length: 8 }, () => server.publish("bulk", bulk)));
    }
    await publishNumbered(server, "numbered", 2, 4);
    const kept = async (): Promise<number> => {
      const response = await fetch(`${server.url}/api/topics`);
      const { topics } = (await response.json()) as { topics: { count: number }[] };
      return topics.reduce((sum, topic) => sum + topic.count, 0);
    };
    await expect.poll(kept, { message: "events kept" }).toBe(10);
    wire.refuse(false);
    // The log keeps ten events; the rest of those published while disconnected are lost.
    await expect(gapNotice(page)).toContainText(`${count + 3 - 10} events can't be shown`);
    await showsEachOnce(page, 4);
    await expect(gapNotice(page)).toHaveCount(1);
  });
});

test("the page reconnects after a 503 stopped the browser, and misses nothing", async ({
  page,
  server,
  wire,
  complaints,
}) => {
  complaints.expectLostConnections();
  await open(page, wire.url + inspectorOf("numbered"));
  await publishNumbered(server, "numbered", 1, 2);
  await showsEachOnce(page, 2);

  let refused = 0;
  wire.decide = (path) => (path.startsWith("/events") && refused < 2 ? (refused++, 503) : "pass");
  wire.cut();
  await expect(badge(page)).toHaveAttribute("data-state", "reconnecting");
  await expect(badge(page)).toContainText("Reconnecting");
  await publishNumbered(server, "numbered", 3, 20);
  await showsEachOnce(page, 20);
  await isLive(page);
  expect(refused, "answers of 503").toBe(2);
  await expect(gapNotice(page)).toHaveCount(0);
  // The browser forgot its cursor when it gave up, so the page sends it in the query.
  expect(wire.requests.filter((path) => path.startsWith("/events")).at(-1)).toContain(
    "last_event_id=",
  );
  // The connection log lists both attempts and the resumption.
  await expect(
    connectionLog(page)
      .filter({ hasText: /lost, attempt \d+ in/ })
      .first(),
  ).toBeAttached();
  await expect(connectionLog(page).first()).toContainText("resumed after");
});

test("a browser that is offline says so, and misses nothing once it is online", async ({
  page,
  context,
  server,
  wire,
  complaints,
}) => {
  complaints.expectLostConnections();
  await open(page, wire.url + inspectorOf("numbered"));
  await publishNumbered(server, "numbered", 1, 2);
  await showsEachOnce(page, 2);

  await context.setOffline(true);
  wire.refuse(true);
  wire.cut();
  await expect(badge(page)).toHaveAttribute("data-state", "offline");
  await expect(badge(page)).toContainText("Offline");
  await publishNumbered(server, "numbered", 3, 12);
  await showsEachOnce(page, 2);

  wire.refuse(false);
  await context.setOffline(false);
  await isLive(page);
  await expect(badge(page)).toContainText("Live");
  await showsEachOnce(page, 12);
  await expect(gapNotice(page)).toHaveCount(0);
});

test.describe("with a heartbeat twice a second", () => {
  test.use({ serverArgs: ["--no-host-metrics", "--heartbeat", "0.5"] });

  test("a silent connection is detected and replaced", async ({
    page,
    server,
    wire,
    complaints,
  }) => {
    complaints.expectLostConnections();
    await open(page, wire.url + inspectorOf("numbered"));
    await publishNumbered(server, "numbered", 1, 2);
    await showsEachOnce(page, 2);
    const asked = wire.streamsAsked;
    // The connection looks open, but nothing passes any more.
    wire.swallow();
    await publishNumbered(server, "numbered", 3, 9);
    await showsEachOnce(page, 9);
    expect(wire.streamsAsked).toBeGreaterThan(asked);
    await expect(gapNotice(page)).toHaveCount(0);
  });

  test("a quiet stream stays open for many heartbeats", async ({ page, server, wire }) => {
    await open(page, wire.url + inspectorOf("after"));
    const heard = new Promise<void>((done) => {
      let count = 0;
      wire.onStreamData = (text) => {
        if (text.includes("event: heartbeat") && ++count === 8) done();
      };
    });
    await heard;
    expect(wire.streamsAsked, "streams asked for").toBe(1);
    await isLive(page);
    await server.publish("after", "the silence");
    await expect(rows(page)).toHaveCount(1);
  });
});

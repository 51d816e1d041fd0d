// The inspector's publish form.
import { bell, expect, filterField, isLive, open, rows, test } from "./fixtures.js";
import { detail } from "./inspector.js";

test("the form publishes, shows an error at its field, and remembers its text", async ({
  page,
}) => {
  await open(page, "/inspector");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  const form = page.getByRole("region", { name: "Publish", exact: true });
  const publish = form.getByRole("button", { name: "Publish", exact: true });
  await publish.click();
  await expect(form.getByRole("status")).toHaveText(/^Published as [0-9a-f]{8}-\d+ in \d+ ms\.$/);
  await expect(rows(page).filter({ hasText: "New user joined" })).toHaveCount(1);
  await expect(bell(page)).toHaveAccessibleName("Notifications, 1 unread");
  const payload = form.getByRole("textbox", { name: "Payload" });
  await payload.fill("{");
  await expect(payload).toHaveAttribute("aria-invalid", "true");
  await expect(form.getByText("not valid JSON")).toBeVisible();
  await publish.click();
  await expect(form.getByRole("alert")).toContainText("not valid JSON");
  await form.getByRole("combobox", { name: "Topic" }).fill("a//b");
  await expect(form.getByText("non-empty segments")).toBeVisible();
  await form.getByRole("combobox", { name: "Topic" }).fill("queue");
  await form.getByRole("button", { name: "metrics" }).click();
  await payload.fill('{"waiting":3}');
  await form.getByRole("button", { name: "Format JSON" }).click();
  await expect(payload).toHaveValue('{\n  "waiting": 3\n}');
  await form.getByText("More attributes").click();
  await form.getByRole("textbox", { name: "One per line" }).fill("subject: west wing");
  await payload.press("Control+Enter");
  await expect(rows(page).filter({ hasText: '{"waiting":3}' })).toHaveCount(1);

  await page.reload();
  await isLive(page);
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await expect(form.getByRole("combobox", { name: "Topic" })).toHaveValue("queue");
  await expect(payload).toHaveValue('{\n  "waiting": 3\n}');
  await expect(form.getByRole("textbox", { name: "One per line" })).toHaveValue(
    "subject: west wing",
  );
  const earlier = form.getByRole("list", { name: "Recently published" }).getByRole("button");
  await expect(earlier).toHaveCount(2);
  await earlier.last().click();
  await expect(form.getByRole("combobox", { name: "Topic" })).toHaveValue("deploys");
  // Presence events, which arrive a moment after the page is live, would move the rows.
  await filterField(page).fill("topic:queue");
  await expect(rows(page)).toHaveCount(1);
  await rows(page).click();
  await expect(detail(page)).toContainText("west wing");
  await detail(page).getByRole("button", { name: "Edit and publish again" }).click();
  await expect(form.getByRole("combobox", { name: "Topic" })).toHaveValue("queue");
  await expect(payload).toBeFocused();
});

// The inspector's filter: its language, its address and its suggestions.
import { expect, filterField, isLive, open, rows, test } from "./fixtures.js";

test("the filter selects events by topic, type, words and payload fields, and explains errors", async ({
  page,
  server,
}) => {
  await server.publish("office/sensor", { temperature: 21.4, tags: ["west", "indoor"] });
  await server.publish("office/sensor", { temperature: 35, tags: ["east"] });
  await server.notify("deploys", "api is live");
  await server.notify("backup", "disk is full", "error");
  await open(page, "/inspector");
  const field = filterField(page);
  const finds = async (text: string, ...found: string[]): Promise<void> => {
    await field.fill(text);
    await expect(rows(page), text).toHaveCount(found.length);
    for (const [index, words] of found.entries())
      await expect(rows(page).nth(index)).toContainText(words);
  };
  await finds("topic:office/**", "35", "21.4");
  await finds("type:notification", "disk is full", "api is live");
  await finds("type:notification FULL", "disk is full");
  await finds("-type:notification -type:presence topic:office/** data.temperature>30", "35");
  await finds("data.tags[0]=west", "21.4");
  await finds("data.tags[*]=indoor", "21.4");
  await finds('"disk is" data.type=error', "disk is full");
  await finds("data.message~LIVE", "api is live");
  await finds("data.temperature -data.tags[1]", "35");
  await field.fill("data.temperature -data.tags[1] topic:a//b");
  await expect(page.getByRole("alert").filter({ hasText: "topic:a//b" })).toBeVisible();
  await expect(rows(page), "the last valid filter stays in force").toHaveCount(1);
  await finds("nothing-has-this-word");
  await expect(page.getByText("No matching events.")).toBeVisible();
  await server.publish("late", "nothing-has-this-word");
  await expect(rows(page), "a later event is found too").toHaveCount(1);
});

test("the filter is in the address, as one step of the history", async ({ page, server }) => {
  await server.publish("a", "one");
  await server.publish("b", "two");
  await open(page, "/guide");
  await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: "Inspector", exact: true })
    .click();
  await filterField(page).pressSequentially("topic:a ");
  await expect(page).toHaveURL(/\/inspector\?q=topic%3Aa%20$/);
  await page.reload();
  await isLive(page);
  await expect(rows(page)).toHaveCount(1);
  await expect(filterField(page)).toHaveValue("topic:a ");
  await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: "Inspector", exact: true })
    .click();
  await expect(filterField(page)).toHaveValue("");
  await page.goBack();
  await expect(filterField(page)).toHaveValue("topic:a ");
  await page.goBack();
  await expect(page).toHaveURL(/\/guide$/);
});

test("topics, types and fields are suggested, and accepted with the keyboard", async ({
  page,
  server,
}) => {
  await server.publish("office/sensor", { temperature: 21.4 });
  await server.notify("deploys", "api is live");
  await open(page, "/inspector");
  const field = filterField(page);
  const options = page.getByRole("listbox", { name: "Suggestions" }).getByRole("option");
  await field.pressSequentially("topic:off");
  await expect(options).toHaveText(["topic:office/**", "topic:office/sensor"]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(options.nth(1)).toHaveAttribute("aria-selected", "true");
  await expect(field).toHaveAttribute("aria-activedescendant", "suggestion-1");
  await page.keyboard.press("Enter");
  await expect(field).toHaveValue("topic:office/sensor ");
  await expect(options).toHaveCount(0);
  await page.keyboard.type("data.temp");
  await options.filter({ hasText: "data.temperature" }).click();
  await page.keyboard.type(">20");
  await expect(field).toHaveValue("topic:office/sensor data.temperature>20");
  await expect(rows(page)).toHaveCount(1);
  await page.getByLabel("Filter help").click();
  await page.getByRole("button", { name: "-type:metrics" }).click();
  await expect(field).toHaveValue("topic:office/sensor data.temperature>20 -type:metrics ");
});

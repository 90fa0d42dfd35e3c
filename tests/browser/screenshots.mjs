// Pictures of the page for the documents and for looking at it: node screenshots.mjs DIRECTORY
// (POLLUX_SERVER as in server.mjs). Writes screenshot.png, screenshot-dark.png, screenshot-phone.png and others.

import { join } from "node:path";
import { Person, startBrowser } from "./people.mjs";
import { startServer } from "./server.mjs";

const directory = process.argv[2] ?? ".";
const server = await startServer();
const browser = await startBrowser();
const wide = { viewport: { width: 1100, height: 680 }, deviceScaleFactor: 1.5 };
const phone = { viewport: { width: 375, height: 667 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const take = (person, name) => person.page.screenshot({ path: join(directory, `${name}.png`) });

const welcome = await browser.newPage(wide);
await welcome.goto(server.url);
await welcome.getByText(/^Connected/).waitFor();
await welcome.screenshot({ path: join(directory, "screenshot-entry.png") });
await welcome.goto(`${server.url}/nowhere`);
await welcome.screenshot({ path: join(directory, "screenshot-404.png") });

// Two people talk in one room; there is somebody else in another of Ada's rooms, and a room that is not hers.
const ada = await Person.arrive(browser, server.url, "Ada", { room: "garden", ...wide });
const bob = await Person.arrive(browser, server.url, "Bob", { room: "garden", ...wide, colorScheme: "dark" });
const grace = await Person.arrive(browser, server.url, "Grace", { room: "tools", ...wide });
const chen = await Person.arrive(browser, server.url, "Chloé", { room: "seeds", ...phone });

async function talk(person, ...texts) {
	await person.say(...texts);
	await Promise.all([ada, bob].map((one) => one.sees(...texts)));
}
await talk(ada, "The tomatoes are in.", "Six of them, along the south wall.");
await talk(bob, "Good. Did you leave room for the beans? They want the trellis, and last year they shaded everything behind them.");
await talk(ada, "Two metres.\nThe trellis stays where it is.");
await talk(bob, "I have enough seeds for two rows.", "Rain tomorrow, so I would sow this afternoon.");
await talk(ada, "I can be there at four.");
await ada.page.getByLabel("Join or make a room").fill("tools");
await ada.page.getByRole("button", { name: "Join", exact: true }).click();
await ada.isHereWith("Ada", "Grace");
await ada.page.locator("#own-rooms [data-room=garden]").click();
await ada.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
await ada.page.locator("#other-rooms").getByText("seeds").waitFor();
await grace.say("Has anyone seen the spade?");
await ada.page.getByRole("button", { name: "tools 1 unread" }).waitFor();
await take(ada, "screenshot");
await take(bob, "screenshot-dark");
await chen.page.getByRole("button", { name: "Rooms" }).tap();
await chen.page.getByLabel("Join or make a room").fill("garden");
await chen.page.getByRole("button", { name: "Join", exact: true }).tap();
await chen.isHereWith("Ada", "Bob", "Chloé");
await chen.say("J’apporte les plants cet après-midi.");
await chen.sees("J’apporte les plants cet après-midi.");
await take(chen, "screenshot-phone");
await chen.page.getByRole("button", { name: "Rooms" }).tap();
await chen.page.waitForTimeout(400);
await take(chen, "screenshot-phone-rooms");
await chen.page.keyboard.press("Escape");
await server.kill();
await Promise.all([ada.isCutOff(), chen.isCutOff()]);
await ada.say("Written while the server is away.");
await chen.say("Still here.");
await take(ada, "screenshot-away");
await take(chen, "screenshot-phone-away");
await browser.close();
await server.stop();

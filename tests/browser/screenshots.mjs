// Pictures of the page for the documents and for looking at it: node screenshots.mjs DIRECTORY
// (POLLUX_SERVER as in server.mjs). Writes screenshot.png, which is the documents', and others.

import { join } from "node:path";
import { Person, startBrowser } from "./people.mjs";
import { startServer } from "./server.mjs";

const directory = process.argv[2] ?? ".";
const server = await startServer();
const browser = await startBrowser();
const wide = { viewport: { width: 1100, height: 680 }, deviceScaleFactor: 1.5 };
const phone = { viewport: { width: 375, height: 667 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const dark = { colorScheme: "dark" };
const take = (where, name) => (where.page ?? where).screenshot({ path: join(directory, `${name}.png`), animations: "disabled" });
const arrive = (nickname, options) => Person.arrive(browser, server.url, nickname, options);
const typing = (person) => person.page.locator("#typing.busy").waitFor();

async function talk(all, person, ...texts) {
	await person.say(...texts);
	await Promise.all(all.map((one) => one.sees(...texts)));
}

async function takeEmpty() {
	const welcome = await browser.newPage({ ...wide, locale: "en-GB" });
	await welcome.goto(server.url);
	await welcome.getByText(/^Connected/).waitFor();
	await take(welcome, "screenshot-entry");
	await welcome.goto(`${server.url}/nowhere`);
	await take(welcome, "screenshot-404");
	await welcome.close();
	const first = await arrive("Ada", { room: "empty", ...wide });
	await take(first, "screenshot-empty");
	await first.leave();
}

// Two people talk in one room; somebody else is in another of Ada's rooms, and in one that is not hers.
async function takeEnglish() {
	const ada = await arrive("Ada", { room: "garden", ...wide });
	const bob = await arrive("Bob", { room: "garden", ...wide, ...dark });
	const grace = await arrive("Grace", { room: "tools", ...wide });
	const chloe = await arrive("Chloé", { room: "seeds", ...phone });
	const both = [ada, bob];
	await talk(both, ada, "The tomatoes are in.", "Six of them, along the south wall.");
	await talk(both, bob, "Good. Did you leave room for the beans? They want the trellis, and last year they shaded everything behind them.");
	await talk(both, ada, "Two metres.\nThe trellis stays where it is.");
	await talk(both, bob, "I have enough seeds for two rows.", "Rain tomorrow, so I would sow this afternoon: https://weather.example/south-garden");
	await talk(both, ada, "I can be there at four.");
	await ada.joins("tools");
	await ada.isHereWith("Ada", "Grace");
	await ada.page.locator("#own-rooms [data-room=garden]").click();
	await ada.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
	await ada.page.locator("#other-rooms").getByText("seeds").waitFor();
	await chloe.page.getByRole("button", { name: "Rooms" }).tap();
	await chloe.page.getByLabel("Join or make a room").fill("garden");
	await chloe.page.getByRole("button", { name: "Join", exact: true }).tap();
	await chloe.isHereWith("Ada", "Bob", "Chloé");
	await talk([ada, bob, chloe], chloe, "J’apporte les plants cet après-midi. 🌱");
	await grace.say("Has anyone seen the spade?");
	await ada.page.getByRole("button", { name: "tools 1 unread" }).waitFor();
	await bob.page.locator("#text").fill("And the ");
	await typing(ada);
	await take(ada, "screenshot");
	await ada.page.locator("#text").fill("Bring ");
	await typing(bob);
	await take(bob, "screenshot-dark");
	await take(chloe, "screenshot-phone");
	await chloe.page.getByRole("button", { name: "Rooms" }).tap();
	await take(chloe, "screenshot-phone-rooms");
	await chloe.page.keyboard.press("Escape");
	await chloe.page.getByRole("button", { name: /^Here now/ }).tap();
	await take(chloe, "screenshot-phone-here");
	await chloe.page.keyboard.press("Escape");
	await ada.page.locator("#own-rooms [data-room=tools]").click();
	await take(ada, "screenshot-new");
	await ada.page.locator("#own-rooms [data-room=garden]").click();
	return [ada, chloe];
}

async function takeChinese() {
	const li = await arrive("小李", { room: "花园", locale: "zh-CN", ...wide });
	const wang = await arrive("王芳", { room: "花园", locale: "zh-CN", ...phone, ...dark });
	const both = [li, wang];
	await talk(both, li, "番茄已经种好了。", "沿着南墙一共六棵。");
	await talk(both, wang, "太好了！给豆角留地方了吗？它们要爬架子，去年把后面的菜都挡住了太阳。");
	await talk(both, li, "留了两米。架子不动。");
	await talk(both, wang, "种子够两行的。明天下雨，今天下午播种吧：https://weather.example/花园");
	await talk(both, li, "我四点到。🌧️");
	await wang.page.locator("#text").fill("好");
	await typing(li);
	await take(li, "screenshot-chinese");
	await take(wang, "screenshot-phone-chinese");
}

await takeEmpty();
const [ada, chloe] = await takeEnglish();
await takeChinese();
await server.kill();
await Promise.all([ada.isCutOff(), chloe.isCutOff()]);
await ada.say("Written while the server is away.");
await chloe.say("Still here.");
await Promise.all([ada.hasUnsent("Written while the server is away."), chloe.hasUnsent("Still here.")]);
await take(ada, "screenshot-away");
await take(chloe, "screenshot-phone-away");
await browser.close();
await server.stop();

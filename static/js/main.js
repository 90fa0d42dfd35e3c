// Puts the page together: the connection, the chat over it, and the views that draw it.

import { Attention } from "./attention.js";
import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Entry } from "./entry.js";
import { HereList } from "./here.js";
import { Messages } from "./messages.js";
import { Panels } from "./panels.js";
import { RoomList } from "./rooms.js";
import { Status } from "./status.js";
import { byId, fillStrings, setText } from "./dom.js";
import { language } from "./strings.js";
import { roomInAddress, showInAddress } from "./address.js";

document.documentElement.lang = language;
fillStrings();

const connection = new Connection();
const chat = new Chat(connection);
const entry = new Entry(chat);
const views = [new Status(connection, chat), new RoomList(chat, new Panels()), new HereList(chat), new Messages(chat),
	new Composer(chat), new Attention(chat)];

function drawFrame() {
	byId("entry").hidden = !entry.wanted;
	for (const id of ["chat", "rooms-toggle", "here-toggle"])
		byId(id).hidden = entry.wanted;
	setText(byId("room-title"), entry.wanted ? "" : chat.room?.name ?? "");
	if (!entry.wanted)
		showInAddress(chat.current);
}

// Many changes may come in one turn (a payload of messages): they are drawn once.
let due = false;

function draw() {
	due = false;
	drawFrame();
	for (const view of views)
		view.draw();
}

function drawSoon() {
	if (!due)
		queueMicrotask(draw);
	due = true;
}

chat.addEventListener("change", drawSoon);
connection.addEventListener("state", drawSoon);
window.addEventListener("hashchange", () => {
	const room = roomInAddress();
	if (room && !entry.wanted)
		chat.join(room);
});

if (!entry.wanted && roomInAddress())
	chat.join(roomInAddress());
draw();
connection.open();

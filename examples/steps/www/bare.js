"use strict";
const scheme = location.protocol === "https:" ? "wss:" : "ws:";

function show(text) {
	const item = document.createElement("li");
	item.textContent = text;
	document.querySelector("ul").append(item);
}

const ws = new WebSocket(`${scheme}//${location.host}`);
ws.addEventListener("open", () => {
	show("connected");
	ws.send("a poem, please: ");
});
ws.addEventListener("message", ({ data }) => show(data));
ws.addEventListener("close", () => show("disconnected"));

"use strict";
const TYPING_MS = 3000;
const element = (id) => document.getElementById(id);
const socket = io({ autoConnect: false, auth: {}, retries: 5, ackTimeout: 5000 });
const shown = new Set();   // ids of messages
const online = new Set();
const typing = new Map();   // nickname: timer
let typed = 0;

function addLine(text, kind) {
	const line = document.createElement("li");
	line.className = kind;
	line.textContent = text;
	element("messages").append(line);
	line.scrollIntoView({ block: "nearest" });
}

const own = (message) => (message.from === socket.auth.nickname ? "own" : "other");

function showOnline() {
	const names = [...online].filter((name) => name !== socket.auth.nickname);
	element("online").replaceChildren(...[...online].sort().map((name) => Object.assign(document.createElement("li"), { textContent: name })));
	const chosen = element("to").value;
	element("to").replaceChildren(new Option("everybody", ""), ...names.sort().map((name) => new Option(name)));
	element("to").value = names.includes(chosen) ? chosen : "";
}

function showTyping(nickname, is) {
	clearTimeout(typing.get(nickname));
	typing.delete(nickname);
	if (is) typing.set(nickname, setTimeout(showTyping, TYPING_MS, nickname, false));
	element("typing").textContent = typing.size ? `${[...typing.keys()].join(", ")} typing …` : "";
}

// position tells the server at the next connection from where on to send.
socket.on("chat message", (message, position) => {
	if (position) socket.auth.after = position;
	showTyping(message.from, false);
	if (shown.has(message.id)) return;
	shown.add(message.id);
	addLine(`${message.from}: ${message.text}`, own(message));
});
socket.on("private message", (message) => {
	showTyping(message.from, false);
	if (shown.has(message.id)) return;
	shown.add(message.id);
	addLine(`${message.from} to ${message.to} alone: ${message.text}`, `private ${own(message)}`);
});
socket.on("connected", (nickname) => {
	online.add(nickname);
	showOnline();
	addLine(`${nickname} has connected`, "notice");
});
socket.on("left", (nickname) => {
	online.delete(nickname);
	showOnline();
	addLine(`${nickname} has left`, "notice");
});
socket.on("typing", (nickname) => showTyping(nickname, true));

socket.on("connect", () => {
	element("entry").hidden = true;
	element("chat").hidden = false;
	element("state").textContent = "connected";
	element("toggle").textContent = "Disconnect";
	socket.emit("online", (error, names) => {
		if (error) return;
		online.clear();
		for (const name of names) online.add(name);
		showOnline();
	});
});
socket.on("disconnect", () => {
	element("state").textContent = "not connected";
	if (!socket.active) element("toggle").textContent = "Connect";
});
socket.on("connect_error", (error) => {
	if (!socket.active) element("problem").textContent = error.message;
});

element("entry").addEventListener("submit", (event) => {
	event.preventDefault();
	socket.auth.nickname = element("nickname").value;
	socket.connect();
});
element("toggle").addEventListener("click", () => (socket.active ? socket.disconnect() : socket.connect()));
element("text").addEventListener("input", () => {
	if (Date.now() - typed < TYPING_MS / 2) return;
	typed = Date.now();
	socket.volatile.emit("typing");
});
const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
element("speech").addEventListener("submit", (event) => {
	event.preventDefault();
	const [text, to] = [element("text").value, element("to").value];
	const answered = (error, answer) => {
		if (error || !answer.ok) addLine(`not sent: ${text} (${answer?.error ?? error.message})`, "problem");
	};
	if (to) socket.emit("private message", newId(), text, to, answered);
	else socket.emit("chat message", newId(), text, answered);
	element("text").value = "";
	typed = 0;
});

"use strict";
const element = (id) => document.getElementById(id);
const query = Object.fromEntries(new URLSearchParams(location.search));   // token
const sockets = new Map();   // by namespace; all share one connection
const panels = new Map();   // by namespace and room

function lineOf({ text, from }) {
	const line = document.createElement("li");
	line.classList.toggle("notice", !from);
	line.textContent = from ? `${from}: ${text}` : text;
	return line;
}

// Also after a reconnection: then the list begins anew.
function join(socket, { room, list }) {
	list.replaceChildren();
	socket.emit("join", room, (earlier) => list.prepend(...earlier.map(lineOf)));
}

function connect(namespace) {
	const socket = io(namespace, { query });
	const own = () => [...panels.values()].filter((panel) => panel.namespace === namespace);
	socket.on("connect", () => own().forEach((panel) => join(socket, panel)));
	socket.on("connect_error", (error) => { element("problem").textContent = error.message; });
	socket.on("msg", (msg) => panels.get(`${namespace} ${msg.room}`)?.list.append(lineOf(msg)));
	return socket;
}

function openPanel(socket, namespace, room) {
	const title = `${namespace} ${room}`;
	const section = element("panel").content.cloneNode(true).firstElementChild;
	const [form, input] = [section.querySelector("form"), section.querySelector("input")];
	section.querySelector("h2").textContent = title;
	section.setAttribute("aria-label", title);
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		socket.emit("msg", room, input.value);
		input.value = "";
	});
	section.querySelector("[type=button]").addEventListener("click", () => {
		socket.emit("leave", room);
		section.remove();
		panels.delete(title);
	});
	element("rooms").append(section);
	return { namespace, room, list: section.querySelector("ul") };
}

element("token").value = query.token ?? "";
element("who").addEventListener("submit", (event) => {
	event.preventDefault();
	location.search = element("token").value ? new URLSearchParams({ token: element("token").value }) : "";
});
element("entry").addEventListener("submit", (event) => {
	event.preventDefault();
	const [namespace, room] = [element("namespace").value, element("room").value];
	const title = `${namespace} ${room}`;
	if (panels.has(title)) return;
	if (!sockets.has(namespace)) sockets.set(namespace, connect(namespace));
	const socket = sockets.get(namespace);
	panels.set(title, openPanel(socket, namespace, room));
	if (socket.connected) join(socket, panels.get(title));
});

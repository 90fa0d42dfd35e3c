"use strict";
const STATES = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];
const element = (id) => document.getElementById(id);
let socket;

function note(what, text = "") {
	const line = document.createElement("li");
	line.textContent = `${what} (${socket.readyState} ${STATES[socket.readyState]}) ${text}`;
	element("lines").append(line);
	element("state").textContent = `${socket.readyState} ${STATES[socket.readyState]}`;
}

element("entry").addEventListener("submit", (event) => {
	event.preventDefault();
	const url = new URL(`/rooms/${encodeURIComponent(element("room").value)}`, location.href.replace(/^http/, "ws"));
	if (element("token").value) url.searchParams.set("token", element("token").value);
	socket = new WebSocket(url);
	note("new WebSocket");
	socket.onopen = () => note("onopen");
	socket.onmessage = ({ data }) => note("onmessage", data);
	socket.onerror = () => note("onerror");
	socket.onclose = ({ code }) => note("onclose", code);
});

element("speech").addEventListener("submit", (event) => {
	event.preventDefault();
	socket.send(element("text").value);
	note("send", element("text").value);
	element("text").value = "";
});

element("close").addEventListener("click", () => {
	socket.close();
	note("close");
});

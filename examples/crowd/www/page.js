"use strict";
const element = (id) => document.getElementById(id);
const url = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}`;
let socket;

function showState(text, connected) {
	element("state").textContent = text;
	element("leave").disabled = !connected;
	element("nickname").disabled = connected;
	for (const button of document.querySelectorAll("form button:not([type])")) button.disabled = connected === (button.form.id === "entry");
}

function say(message) {
	const time = new Date().toLocaleTimeString();
	socket.send(JSON.stringify({ nickname: element("nickname").value, message, time }));
}

function show({ data }) {
	const { nickname, message, time, status } = JSON.parse(data);
	const item = document.createElement("li");
	item.classList.toggle("gone", status === 0);
	item.textContent = status === 0 ? `${nickname} [${time}] has left` : `${nickname} [${time}]: ${message}`;
	element("messages").append(item);
}

function enter(event) {
	event.preventDefault();
	showState("connecting", true);
	socket = new WebSocket(url);
	socket.onopen = () => {
		showState(`connected to ${url}`, true);
		say("加入聊天");
	};
	socket.onmessage = show;
	let failed = false;
	socket.onerror = () => { failed = true; };
	socket.onclose = () => showState(failed ? "the connection failed" : "disconnected", false);
}

element("entry").addEventListener("submit", enter);
element("leave").addEventListener("click", () => socket.close());
element("speech").addEventListener("submit", (event) => {
	event.preventDefault();
	say(element("message").value);
	element("message").value = "";
});

"use strict";
const socket = io();
const input = document.querySelector("input");

document.querySelector("form").addEventListener("submit", (event) => {
	event.preventDefault();
	if (input.value === "") return;
	socket.emit("chat message", input.value);
	input.value = "";
});

socket.on("chat message", (msg) => {
	const item = document.createElement("li");
	item.textContent = msg;
	document.querySelector("ul").append(item);
});

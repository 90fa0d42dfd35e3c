"use strict";
const socket = io();
const text = document.getElementById("text");
const lines = document.getElementById("lines");

document.getElementById("form").addEventListener("submit", (event) => {
	event.preventDefault();
	socket.emit("talk", text.value);
	text.value = "";
});

socket.on("response", (msg) => {
	const line = document.createElement("li");
	line.textContent = msg;
	lines.append(line);
});

// Follows the response to what this page said, with nothing in between.
socket.on("tail", () => lines.lastElementChild?.classList.add("own"));

document.getElementById("clear").addEventListener("click", () => lines.replaceChildren());

"use strict";
const show = (id, data) => { document.getElementById(id).textContent = JSON.stringify(data); };

const socket = io.connect();
socket.on("fire", (data) => {
	console.log(data);
	show("heard", data);
});

const greeting = { message: "socket.io" };
socket.emit("hello", greeting);
show("said", greeting);

// The connection: loads the client that the server itself serves, connects, and tells what state it is in.
// Not here: what is said over it (chat.js).
//
// Events: "connect", "disconnect", "state" (see .state, .transport, .reason), and "said" with detail { event, data }.

import { person } from "./own.js";

const CLIENT = "/socket.io/socket.io.esm.min.js";
const HEARD = ["message", "joined", "left", "typing"];
const ANSWER_MS = 10000;
const RELOAD_MS = 2000;

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

// A failed import is remembered by its address, hence a new one each time.
async function loadClient() {
	for (let attempt = 0; ; attempt++) {
		try {
			return await import(attempt === 0 ? CLIENT : `${CLIENT}?attempt=${attempt}`);
		} catch {
			await pause(RELOAD_MS);
		}
	}
}

export class Connection extends EventTarget {
	constructor() {
		super();
		this.state = "loading";
		this.transport = "";
		this.reason = "";
		this.socket = null;
	}

	get connected() {
		return this.socket !== null && this.socket.connected;
	}

	async open() {
		const { io } = await loadClient();
		this.socket = io({ reconnectionDelay: 500, reconnectionDelayMax: 4000, autoConnect: false, auth: { person: person() } });
		this.#listen();
		this.connectAgain();
		window.addEventListener("pagehide", () => this.#sayGoodbye());
		window.addEventListener("online", () => this.#hurry());
		document.addEventListener("visibilitychange", () => this.#hurry());
	}

	connectAgain() {
		this.#become("connecting");
		this.socket.connect();
	}

	// ask emits and awaits the ack. It rejects when there is no answer in time or the connection goes.
	ask(event, ...values) {
		if (!this.connected)
			return Promise.reject(new Error("not connected"));
		return this.socket.timeout(ANSWER_MS).emitWithAck(event, ...values);
	}

	// mention emits what may be lost: it is dropped unless it can go at once.
	mention(event, ...values) {
		this.socket?.volatile.emit(event, ...values);
	}

	#listen() {
		this.socket.on("connect", () => this.#onConnect());
		this.socket.on("disconnect", (reason) => this.#onDisconnect(reason));
		this.socket.on("connect_error", (error) => this.#onRefused(error));
		for (const event of HEARD)
			this.socket.on(event, (data) => this.#tell("said", { event, data }));
	}

	// The network is back, or the reader: the client need not wait until it would try again by itself.
	#hurry() {
		if (this.state !== "reconnecting" || document.hidden)
			return;
		this.socket.disconnect();
		this.socket.connect();
	}

	#onConnect() {
		const engine = this.socket.io.engine;
		engine.on("upgrade", () => this.#become("connected"));
		this.#become("connected");
		this.#tell("connect");
	}

	#onDisconnect(reason) {
		this.#become(this.socket.active ? "reconnecting" : "closed", reason);
		this.#tell("disconnect");
	}

	// socket.active is false when the server's middleware refused: then the client does not try again by itself.
	#onRefused(error) {
		if (this.socket.active)
			this.#become("reconnecting");
		else
			this.#become("refused", error.message);
	}

	#become(state, reason = "") {
		this.state = state;
		this.reason = reason;
		this.transport = state === "connected" ? this.socket.io.engine.transport.name : "";
		this.#tell("state");
	}

	#tell(type, detail = null) {
		this.dispatchEvent(new CustomEvent(type, { detail }));
	}

	// Some web servers never notice that a poll's reader left, and the nickname would stay taken until the
	// heartbeat fails. A close packet (Engine.IO `1`) ends the session at once; a beacon outlives the page.
	#sayGoodbye() {
		const engine = this.socket.io.engine;
		if (!this.connected || engine.transport.name !== "polling")
			return;
		const query = new URLSearchParams({ EIO: "4", transport: "polling", sid: engine.id });
		navigator.sendBeacon(`/socket.io/?${query}`, "1");
	}
}

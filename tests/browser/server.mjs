// The server that a test talks to: POLLUX_SERVER=lighttpd (the default: the shipped configuration in front of two
// pollux.fcgi and the sidecar), standalone (pollux-ws alone) or reference (npm socket.io; POLLUX_TRANSPORT=polling keeps it from upgrading).
// startServer() gives { url, kill(), restart(), stop() }: kill() ends every server process by SIGKILL, the web server
// too; restart() starts them again on the same address and the same data.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "../integration/lib/child.mjs";
import { freePorts, untilAccepting } from "../integration/lib/ports.mjs";
import { build, kind, root } from "../integration/lib/servers.mjs";

export { kind } from "../integration/lib/servers.mjs";

const REFERENCE = fileURLToPath(new URL("reference-chat.mjs", import.meta.url));
const PROCESSES = 2;

class Server {
	constructor() {
		this.directory = mkdtempSync(join(tmpdir(), "pollux-browser-"));
		this.children = [];
		this.past = [];
	}

	async start() {
		[this.port] = await freePorts(1);
		this.url = `http://127.0.0.1:${this.port}`;
		await this.launch();
	}

	run(name, command, args, options) {
		const child = new Child(name, command, args, options);
		this.children.push(child);
		return child;
	}

	async kill() {
		await Promise.all(this.children.map((child) => child.kill("SIGKILL")));
		this.past.push(...this.children.splice(0));
	}

	restart() {
		return this.launch();
	}

	// What any process has complained about fails the test.
	async stop() {
		await Promise.all(this.children.map((child) => child.stop()));
		rmSync(this.directory, { recursive: true, force: true });
		const complaints = [...this.past, ...this.children].map((child) => child.complaint()).filter(Boolean);
		if (complaints.length > 0)
			throw new Error(complaints.join("\n"));
	}
}

class Reference extends Server {
	constructor(options) {
		super();
		this.options = { transport: process.env.POLLUX_TRANSPORT ?? "both", ...options };
	}

	async launch() {
		const args = ["--static", join(root, "static"), "--log", join(this.directory, "log"), "--port", String(this.port),
			"--transport", this.options.transport];
		if (this.options.dieAfter && this.past.length === 0)
			args.push("--die-after", this.options.dieAfter);
		await this.run("the reference", process.execPath, [REFERENCE, ...args]).line(/^ready: /m);
	}
}

class Lighttpd extends Server {
	constructor(options) {
		super();
		this.options = options;
	}

	async launch() {
		const sockets = Array.from({ length: PROCESSES }, (_, i) => join(this.directory, `process${i}.sock`));
		for (const socket of sockets)
			await untilAccepting({ path: socket }, this.#process("pollux.fcgi", socket));
		const sidecar = join(this.directory, "sidecar.sock");
		if (this.options.sidecar !== false)
			await untilAccepting({ path: sidecar }, this.#process("pollux-ws", sidecar));
		const file = join(this.directory, "lighttpd.conf");
		writeFileSync(file, this.#configuration(sockets, sidecar));
		await untilAccepting({ host: "127.0.0.1", port: this.port }, this.run("lighttpd", "/usr/sbin/lighttpd", ["-D", "-f", file]));
	}

	#process(program, socket) {
		return this.run(program, join(build, program), ["--db", join(this.directory, "pollux.db"),
			"--app", join(root, "app/chat.lua"), "--listen", `unix:${socket}`, "--mode", "0666"],
			{ env: { ...process.env, POLLUX_CLIENT: join(build, "client") } });
	}

	#configuration(sockets, sidecar) {
		const directory = join(this.directory, "var");
		mkdirSync(directory, { recursive: true });
		const values = { HOST: "127.0.0.1", PORT: this.port, IPV6: "#", ROOT: join(root, "static"), VAR: directory,
			PATH: "/socket.io", ROOMS: "/rooms/", SOCKET1: sockets[0], SOCKET2: sockets[1], WS: sidecar, TLS: "#", FDS: 4096, CONNECTIONS: 2048 };
		return readFileSync(join(root, "conf/lighttpd.conf.in"), "utf8")
			.replace(/@([A-Z0-9]+)@/g, (all, name) => values[name] ?? all);
	}
}

class Standalone extends Server {
	async launch() {
		await untilAccepting({ host: "127.0.0.1", port: this.port }, this.run("pollux-ws", join(build, "pollux-ws"), ["--standalone",
			"--listen", `127.0.0.1:${this.port}`, "--static", join(root, "static"), "--db", join(this.directory, "pollux.db"),
			"--app", join(root, "app/chat.lua")], { env: { ...process.env, POLLUX_CLIENT: join(build, "client") } }));
	}
}

// options: sidecar: false for none beside lighttpd; for the reference alone: transport, and dieAfter: a text after which it kills itself, written but not answered.
export async function startServer(options = {}) {
	const server = new ({ reference: Reference, standalone: Standalone }[kind] ?? Lighttpd)(options);
	await server.start();
	return server;
}

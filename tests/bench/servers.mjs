// Starts and stops what is measured: lighttpd, pollux.fcgi, the reference. Everything lives in one scratch directory,
// listens on Unix sockets or a free port of loopback, and is ended by its process id.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(fileURLToPath(import.meta.url));
export const build = process.env.POLLUX_BUILD ?? process.cwd();
export const pollgen = join(build, "tests/bench/pollgen");
export const append = join(build, "tests/bench/append");
// Set to tests/bench/relay.fcgi it shows what is left without Lua.
export const pollux = join(build, process.env.POLLUX_BENCH_PROGRAM ?? "pollux.fcgi");

const lighttpdProgram = ["/usr/sbin/lighttpd", "/usr/bin/lighttpd", "/usr/local/sbin/lighttpd"].find(existsSync) ?? "lighttpd";

// The servers under test have the first core for themselves; lighttpd and the generator share the second. With one core nothing is pinned.
export const cores = availableParallelism() > 1 ? { server: 0, rest: 1 } : {};

function hardLimit() {
	const limit = execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
	return limit === "unlimited" ? 1048576 : Number(limit);
}
export const maxFiles = hardLimit();

function pinned(core, command) {
	return core === undefined ? command : ["taskset", "-c", String(core), ...command];
}

// All descriptors the machine allows; exec keeps one process id through ulimit and taskset.
export function start(command, { core, log, env }) {
	const out = openSync(log, "a");
	const [program, ...args] = pinned(core, command);
	const child = spawn("sh", ["-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh", program, ...args], {
		stdio: ["ignore", out, out], env: { ...process.env, ...env },
	});
	closeSync(out);
	child.log = log;
	child.ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
	child.once("exit", () => { child.gone = true; });
	return child;
}

async function stop(child) {
	if (child.gone) return;
	child.kill("SIGTERM");
	const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
	await child.ended;
	clearTimeout(timer);
}

function tryConnect(address) {
	return new Promise((resolve) => {
		const socket = connect(address);
		socket.once("connect", () => { socket.destroy(); resolve(true); });
		socket.once("error", () => resolve(false));
	});
}

export async function accepts(child, address) {
	for (let tries = 0; tries < 500; tries++) {
		if (child.gone) throw new Error(`${child.spawnargs.at(-1)} ended at start:\n${readFileSync(child.log, "utf8").slice(-2000)}`);
		if (await tryConnect(address)) return;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error(`nobody listens on ${JSON.stringify(address)}`);
}

export function freePort() {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once("error", reject);
		server.listen(0, "127.0.0.1", () => { const { port } = server.address(); server.close(() => resolve(port)); });
	});
}

// As conf/lighttpd.conf.in where it matters: one form for both backends, so not that file.
function lighttpdConf(port, directory, backend) {
	return `server.document-root = "${directory}"
server.port = ${port}
server.bind = "127.0.0.1"
server.event-handler = "linux-sysepoll"
server.max-fds = ${maxFiles}
server.max-connections = ${Math.floor(maxFiles / 2)}
server.listen-backlog = 4096
server.max-keep-alive-idle = 60
server.max-keep-alive-requests = 100000
server.max-read-idle = 60
server.max-write-idle = 360
${backend}
`;
}

function fastcgiBackend(sockets) {
	const hosts = sockets.map((path) => `( "socket" => "${path}", "check-local" => "disable", "tcp-fin-propagate" => "enable", "disable-time" => 1 )`);
	return `server.modules = ( "mod_fastcgi" )\nfastcgi.balance = "round-robin"\nfastcgi.server = ( "/socket.io/" => ( ${hosts.join(", ")} ) )`;
}

function proxyBackend([path]) {
	return `server.modules = ( "mod_proxy" )\nproxy.server = ( "/socket.io/" => ( ( "socket" => "${path}" ) ) )`;
}

// add: as in together.
export async function startLighttpd(add, directory, backend, core) {
	const port = await freePort();
	const conf = join(directory, "lighttpd.conf");
	writeFileSync(conf, lighttpdConf(port, directory, backend));
	const child = add(start([lighttpdProgram, "-D", "-f", conf], { core, log: join(directory, "lighttpd.log") }));
	await accepts(child, { port, host: "127.0.0.1" });
	return { child, address: `127.0.0.1:${port}` };
}

// Servers that belong together: `begin` starts them and calls add(child) with each. What it returns comes back with alive(), logs() and
// stop(); when it fails, all of them are ended.
export async function together(directory, begin) {
	mkdirSync(directory, { recursive: true });
	const all = [];
	const end = async () => { for (const child of [...all].reverse()) await stop(child); };
	try {
		const result = await begin((child) => { all.push(child); return child; });
		return {
			...result,
			logs: () => all.map((child) => `${child.log}:\n${readFileSync(child.log, "utf8").slice(-1500)}`).join("\n"),
			alive: () => all.every((child) => !child.gone),
			stop: end,
		};
	} catch (error) {
		await end();
		throw error;
	}
}

async function startBackend(add, kind, directory, index, core) {
	const path = join(directory, `${kind}-${index}.sock`);
	const log = join(directory, `${kind}-${index}.log`);
	const command = kind === "pollux"
		? [pollux, "--db", join(directory, "bench.db"), "--app", join(here, "relay.lua"), "--listen", `unix:${path}`]
		: [process.execPath, join(here, "reference.mjs"), path];
	const child = add(start(command, { core, log, env: kind === "node" ? { NODE_ENV: "production" } : {} }));
	await accepts(child, { path });
	return { child, path };
}

// kind: "pollux" or "node". processes: how many serve. web: behind lighttpd, or straight. Returns what pollgen needs to
// reach it, alive(), logs() and stop().
export function startServers(kind, directory, { processes = 1, web = true } = {}) {
	return together(directory, async (add) => {
		const backends = [];
		for (let i = 0; i < processes; i++) backends.push(await startBackend(add, kind, directory, i, cores.server));
		const sockets = backends.map((b) => b.path);
		const backend = kind === "pollux" ? fastcgiBackend(sockets) : proxyBackend(sockets);
		const front = web ? await startLighttpd(add, directory, backend, cores.rest) : null;
		const to = front ? [front.address] : sockets.map((path) => `unix:${path}`);
		return {
			arguments: [
				...to.flatMap((address) => ["--to", address]),
				"--wire", !web && kind === "pollux" ? "fastcgi" : "http",
				"--watch", `server=${backends.map((b) => b.child.pid).join(",")}`,
				...(front ? ["--watch", `lighttpd=${front.child.pid}`] : []),
			],
		};
	});
}

// Runs a measuring program (on a core; undefined: on any); its JSON, with `code`. What it prints otherwise goes through.
export function measure(program, args, core) {
	return new Promise((resolve, reject) => {
		const [command, ...rest] = pinned(core, [program, ...args]);
		const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
		let text = "";
		child.stdout.setEncoding("utf8").on("data", (part) => { text += part; });
		child.once("error", reject);
		child.once("close", (code) => {
			try {
				resolve({ ...JSON.parse(text), code });
			} catch {
				reject(new Error(`${program} ${args.join(" ")}: exit ${code}, output ${text.slice(0, 500)}`));
			}
		});
	});
}

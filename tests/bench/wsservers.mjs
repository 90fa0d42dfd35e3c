// Starts and stops what is measured by WebSocket. All listen on a free port of loopback and have the first core for themselves, what
// stands in front of them included.
// Kinds: pollux (pollux-ws), pollux-lighttpd (the same behind lighttpd), node (npm socket.io), sqlite (the same, each message an INSERT
// by better-sqlite3 before it is sent on), nchan (nginx with Nchan, one worker, a channel that everybody publishes to).
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accepts, build, cores, freePort, here, maxFiles, start, startLighttpd, together } from "./servers.mjs";
import { modules } from "./sqlite.mjs";

const nchanModule = ["/usr/lib/nginx/modules", "/usr/share/nginx/modules"].map((d) => join(d, "ngx_nchan_module.so")).find(existsSync);
const nginxProgram = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"].find(existsSync) ?? "nginx";
// Set to tests/bench/relay.ws it shows what is left without Lua.
const pollux = join(build, process.env.POLLUX_BENCH_WS_PROGRAM ?? "pollux-ws");

export const allKinds = ["pollux", "pollux-lighttpd", "node", "sqlite", "nchan"];

// Why a kind cannot be measured on this machine; undefined when it can.
export function missing(kind) {
	if (kind === "nchan" && !nchanModule) return "nginx's module Nchan is not installed (Debian: libnginx-mod-nchan)";
	if (kind === "sqlite" && !modules()) return "better-sqlite3 is not built (make bench does it)";
	return undefined;
}

async function startListener(add, command, directory, env = {}) {
	const port = await freePort();
	const child = add(start(command(port), { core: cores.server, log: join(directory, "server.log"), env }));
	await accepts(child, { port, host: "127.0.0.1" });
	return { child, address: `127.0.0.1:${port}` };
}

function startPollux(add, directory, app = "relay.lua") {
	const data = ["--db", join(directory, "bench.db"), "--app", join(here, app)];
	return startListener(add, (port) => [pollux, "--listen", `127.0.0.1:${port}`, ...data], directory);
}

function startNode(add, directory, database = []) {
	const command = (port) => [process.execPath, join(here, "reference.mjs"), String(port), "websocket", ...database];
	return startListener(add, command, directory, { NODE_ENV: "production", POLLUX_BENCH_SQLITE: modules() ?? "" });
}

// Nothing is kept for those who come later, which nobody asks for here; what a slow reader has not had yet must be, or it is lost.
function nchanConf(port, directory) {
	const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path "${directory}/nginx-${name}";`);
	return `load_module "${nchanModule}";
daemon off;
${process.getuid() === 0 ? "user root;" : ""}
worker_processes 1;
worker_rlimit_nofile ${maxFiles};
pid "${directory}/nginx.pid";
error_log "${directory}/server.log" warn;
events { worker_connections ${maxFiles}; }
http {
	access_log off;
	${temporary.join("\n\t")}
	nchan_shared_memory_size 256M;
	server {
		listen 127.0.0.1:${port} backlog=4096;
		location = /room {
			nchan_pubsub websocket;
			nchan_channel_id room;
			nchan_message_buffer_length 20000;
			nchan_message_timeout 10s;
			nchan_subscriber_first_message newest;
		}
	}
}
`;
}

const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

async function startNchan(add, directory) {
	const conf = join(directory, "nginx.conf");
	const command = (port) => {
		writeFileSync(conf, nchanConf(port, directory));
		return [nginxProgram, "-e", join(directory, "server.log"), "-p", directory, "-c", conf];
	};
	const { child, address } = await startListener(add, command, directory);
	return { child, address, processes: [child.pid, ...children(child.pid)] };
}

async function startPolluxBehindLighttpd(add, directory) {
	const { child, address } = await startPollux(add, directory);
	const [host, port] = address.split(":");
	const backend = `server.modules = ( "mod_proxy" )
proxy.server = ( "/socket.io/" => ( ( "host" => "${host}", "port" => ${port} ) ) )
proxy.header = ( "upgrade" => "enable" )`;
	const front = await startLighttpd(add, directory, backend, cores.server);
	return { address: front.address, processes: [child.pid, front.child.pid] };
}

const starters = {
	pollux: startPollux,
	"pollux-lighttpd": startPolluxBehindLighttpd,
	node: (add, directory) => startNode(add, directory),
	sqlite: (add, directory) => startNode(add, directory, [join(directory, "bench.db")]),
	nchan: startNchan,
};

// Returns what wsgen needs to reach it, address, alive(), logs() and stop(). app: another application than relay.lua, for pollux.
export function startServer(kind, directory, app) {
	return together(directory, async (add) => {
		const { child, address, processes = [child.pid] } = await starters[kind](add, directory, app);
		return {
			address,
			arguments: [
				"--to", address, "--watch", `server=${processes.join(",")}`,
				...(kind === "nchan" ? ["--raw", "--target", "/room"] : []),
			],
		};
	});
}

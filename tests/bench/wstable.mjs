// The table of the WebSocket runs. A line is one server in one run:
//   a second     handshakes, acks or deliveries (the run's unit)
//   Pollux is ×  Pollux's rate over this server's: above 1 Pollux is faster
//   p50, p99     ms from sending to each delivery (to the ack); in the open loop from when the message was due
//   CPU µs       of all the server's processes for one of the unit (for handshakes: while connecting and settling)
//   CPU ×        this server's over Pollux's: above 1 Pollux needs less
//   KB each      memory of the server's processes (PSS) for one connection that does nothing, against the start
//   server, generator, others   how busy each kept one core; at 100% of the generator the server could have done more, and with others busy
//                no time here means anything
// Servers, with what stands in front of them, have one core, the generator another.

const round = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : "");
const cpu = (sample) => sample.user_s + sample.system_s;

// What a run comes to: rate, times and costs of one of its unit.
export function figures(r) {
	const { server } = r.processes;
	if (r.unit === "handshakes") {
		return {
			rate: r.clients / r.connect_seconds,
			cpu_us: (cpu(server.parked) - cpu(server.idle)) / r.clients * 1e6,
			kb_each: (server.parked.pss_kb - server.idle.pss_kb) / r.clients,
		};
	}
	const count = r.unit === "acks" ? r.measured.sent : r.measured.delivered;
	const times = r.unit === "acks" ? r.all_us : r.latency_us;
	return {
		rate: count / r.seconds, p50: times.p50 / 1000, p99: times.p99 / 1000, cpu_us: server.cpu_s / count * 1e6,
		server: server.cpu_s / r.seconds * 100, generator: r.generator_cpu_s / r.seconds * 100,
		others: (r.machine_cpu_s - r.generator_cpu_s - server.cpu_s) / r.seconds * 100,
	};
}

function line(r, ours) {
	const f = figures(r);
	return {
		server: r.kind, "a second": round(f.rate, 0), "Pollux is ×": ours ? round(ours.rate / f.rate, 2) : "",
		"p50 ms": round(f.p50, 2), "p99 ms": round(f.p99, 2),
		"CPU µs": round(f.cpu_us, 2), "CPU ×": ours ? round(f.cpu_us / ours.cpu_us, 2) : "", "KB each": round(f.kb_each, 2),
		"server %": round(f.server, 0), "generator %": round(f.generator, 0), "others %": round(f.others, 0),
		exact: r.exact && r.survived ? "yes" : "NO",
	};
}

function printLines(rows) {
	const titles = Object.keys(rows[0]);
	const widths = titles.map((title) => Math.max(title.length, ...rows.map((row) => row[title].length)));
	const text = (cells) => `| ${cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |`;
	console.log(text(titles));
	console.log(`|${widths.map((w) => "-".repeat(w + 2)).join("|")}|`);
	for (const row of rows) console.log(text(titles.map((title) => row[title])));
}

// Between the fewest and the most idle connections: what one more costs, without what any process needs once.
function printSlope(results) {
	for (const kind of new Set(results.map((r) => r.kind))) {
		const idle = results.filter((r) => r.unit === "handshakes" && r.kind === kind);
		if (idle.length < 2) continue;
		const [few, many] = [idle[0], idle.at(-1)];
		const each = (many.processes.server.parked.pss_kb - few.processes.server.parked.pss_kb) / (many.clients - few.clients);
		console.log(`ws idle · ${kind}: KB for each connection from ${few.clients} to ${many.clients}: ${round(each, 2)}`);
	}
}

export function printTable(results) {
	const ours = new Map(results.filter((r) => r.kind === "pollux").map((r) => [r.name, figures(r)]));
	printLines(results.map((r) => ({ run: `${r.name}, ${r.unit}`, ...line(r, ours.get(r.name)) })));
	printSlope(results);
}

// Free TCP ports, and waiting until somebody listens.
import net from 'node:net';

// Below those that the system gives to outgoing connections, and by chance: test files run side by side.
const [LOWEST, HIGHEST] = [10000, 32000];

function listen() {
	return new Promise((resolve) => {
		const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
		const server = net.createServer().once('error', () => resolve(listen()));
		server.listen(port, '127.0.0.1', () => resolve(server));
	});
}

// count different ports, all free a moment ago (a web server that can't have one of them is started again with others).
export async function freePorts(count) {
	const servers = await Promise.all(Array.from({ length: count }, listen));
	const ports = servers.map((server) => server.address().port);
	await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	return ports;
}

function accepts(address) {
	return new Promise((resolve) => {
		const socket = net.connect(address);
		socket.once('connect', () => (socket.destroy(), resolve(true)));
		socket.once('error', () => resolve(false));
	});
}

// address: { path } or { port, host }. Gives up once the child is gone or 10 s have passed.
export async function untilAccepting(address, child) {
	const deadline = Date.now() + 10000;
	while (!await accepts(address)) {
		if (child.ended) throw new Error(`${child.name} ended before it listened:\n${child.stderr()}`);
		if (Date.now() > deadline) throw new Error(`${child.name} doesn't listen:\n${child.stderr()}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

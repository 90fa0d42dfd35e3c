// A line to a server that can be cut, and led to another one: each side of a connection is a socket of its own.
import net from 'node:net';

const address = (url) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) });

export class Line {
	constructor(url) {
		this.target = url;
		this.pairs = new Set();
		this.server = net.createServer({ allowHalfOpen: true }, (client) => this.take(client));
	}

	// Resolves to its own URL.
	async start() {
		await new Promise((resolve, reject) => this.server.once('error', reject).listen(0, '127.0.0.1', resolve));
		return `http://127.0.0.1:${this.server.address().port}`;
	}

	// New connections go there.
	to(url) {
		this.target = url;
	}

	take(client) {
		if (this.down) {
			client.destroy();
			return;
		}
		const server = net.connect({ ...address(this.target), allowHalfOpen: true });
		const pair = { client, server };
		this.pairs.add(pair);
		for (const [from, to] of [[client, server], [server, client]]) {
			from.setNoDelay(true);
			from.on('error', () => {});
			from.pipe(to);
			from.once('close', () => {
				if (pair.kept && from === client) return;
				to.destroy();
				this.pairs.delete(pair);
			});
		}
	}

	// Every connection breaks, and new ones do until that socket.io client has noticed. The server is told, or keeps an end that nobody holds
	// the other of.
	async cut(socket, { halfOpen = false } = {}) {
		this.break(halfOpen);
		if (socket.connected) await new Promise((resolve) => socket.once('disconnect', resolve));
		this.release();
	}

	// Every connection breaks, and new ones do until release.
	hold() {
		this.break(false);
	}

	release() {
		this.down = false;
	}

	break(halfOpen) {
		this.down = true;
		for (const pair of this.pairs) {
			pair.kept = halfOpen;
			if (halfOpen) pair.client.unpipe(pair.server);
			pair.client.destroy();
		}
	}

	// The ends that were kept go as well.
	dropKept() {
		for (const pair of this.pairs) if (pair.kept) pair.server.destroy();
	}

	stop() {
		for (const { client, server } of this.pairs) {
			client.destroy();
			server.destroy();
		}
		return new Promise((resolve) => this.server.close(resolve));
	}
}

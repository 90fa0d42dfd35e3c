// One port for several processes that have no web server in front: each connection goes to the next process that takes it.
import net from 'node:net';

export class Relay {
	// ports: those of the processes, on loopback.
	constructor(ports) {
		this.ports = ports;
		this.turn = 0;
		this.open = new Set();
		this.server = net.createServer({ allowHalfOpen: true }, (client) => this.take(client));
	}

	async start() {
		await new Promise((resolve, reject) => this.server.once('error', reject).listen(0, '127.0.0.1', resolve));
		return this.server.address().port;
	}

	take(client) {
		this.keep(client);
		this.join(client, this.turn++, this.ports.length);
	}

	// A process that is gone refuses; then the next one's asked, and in the end nobody.
	join(client, turn, tries) {
		if (tries === 0) return client.destroy();
		const process = net.connect({ host: '127.0.0.1', port: this.ports[turn % this.ports.length], allowHalfOpen: true });
		this.keep(process);
		process.once('connect', () => {
			process.removeAllListeners('error');
			this.keep(process);
			for (const [from, to] of [[client, process], [process, client]]) {
				from.pipe(to);
				from.once('close', () => to.destroy());
			}
		});
		process.once('error', () => this.join(client, turn + 1, tries - 1));
	}

	keep(socket) {
		this.open.add(socket);
		socket.setNoDelay(true);
		socket.on('error', () => {});
		socket.once('close', () => this.open.delete(socket));
	}

	stop() {
		for (const socket of this.open) socket.destroy();
		return new Promise((resolve) => this.server.close(resolve));
	}
}

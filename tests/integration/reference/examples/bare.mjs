// Bare WebSockets at every path but Socket.IO's own.
import { WebSocketServer } from 'ws';

export function serveBare(web) {
	const bare = new WebSocketServer({ noServer: true });
	web.on('upgrade', (request, socket, head) => {
		if (!request.url.startsWith('/socket.io/')) bare.handleUpgrade(request, socket, head, (client) => bare.emit('connection', client));
	});
	return bare;
}

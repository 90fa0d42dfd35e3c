// The same as examples/live, its bare WebSockets apart. Messages live as long as the process.
const NAMES = { 'token-of-ann': 'Ann', 'token-of-bob': 'Bob' };

function open(nsp) {
	const history = {};
	nsp.use((socket, next) => {
		const { token } = socket.handshake.query;
		if (token && !NAMES[token]) return next(new Error('unknown token'));
		socket.data.name = NAMES[token];
		return next();
	});
	nsp.on('connection', (socket) => {
		const { name } = socket.data;
		socket.on('join', (room, ack) => {
			socket.join(room);
			socket.broadcast.to(room).emit('msg', { room, text: `${name ?? 'A guest'} is here.` });
			socket.emit('msg', { room, text: `You are in ${room}.` });
			ack?.(history[room] ?? []);
		});
		socket.on('leave', (room) => socket.leave(room));
		socket.on('msg', (room, text) => {
			if (!name) return socket.emit('msg', { room, text: 'Who has no token watches.' });
			const message = { room, text, from: name, at: Date.now() };
			(history[room] ??= []).push(message);
			return nsp.to(room).emit('msg', message);
		});
	});
}

export default function application(io) {
	for (const name of ['/', '/sport', '/music']) open(io.of(name));
}

// The same as tests/apps/recovery.lua.

// The window's end is looked for every minute: no test waits that long.
const { setInterval } = globalThis;
globalThis.setInterval = (run, ms, ...args) => setInterval(run, ms === 60000 ? 100 : ms, ...args);

function install(nsp) {
	nsp.use((socket, next) => {
		socket.data.admitted = (socket.data.admitted ?? 0) + 1;
		next(socket.handshake.auth.token === 'wrong' ? new Error('wrong token') : undefined);
	});
	nsp.adapter.on('join-room', (room, id) => {
		if (room !== id) nsp.to('watchers').emit('joined', id, room);
	});
	nsp.on('connection', (socket) => {
		socket.data.connections = (socket.data.connections ?? 0) + 1;
		socket.on('disconnect', (reason) => nsp.to('watchers').emit('left', socket.id, reason));
		socket.on('join', (room, ack) => {
			socket.join(room);
			ack(true);
		});
		socket.on('say', (room, what, ack) => {
			nsp.to(room).emit('said', what);
			ack(true);
		});
		socket.on('say volatile', (room, what) => nsp.to(room).volatile.emit('said', what));
		socket.on('hello', () => socket.emit('said', 'hello'));
		socket.on('leave me', (close) => socket.disconnect(close));
		socket.on('self', (ack) => ack({
			id: socket.id, recovered: socket.recovered, data: socket.data,
			rooms: [...socket.rooms].filter((room) => room !== socket.id),
		}));
		socket.on('count', async (room, ack) => ack((await nsp.in(room).fetchSockets()).length));
	});
}

export default function application(io) {
	install(io.of('/'));
	install(io.of('/other'));
}

// The same as tests/apps/life.lua.
const others = (socket) => [...socket.rooms].filter((room) => room !== socket.id).sort();

export default function application(io) {
	const doors = io.of('/doors');
	io.of('/hall').on('connection', (socket) => {
		socket.on('disconnect', (reason) => doors.to('watchers').emit('left', socket.id, reason));
	});
	io.use((socket, next) => next(new Error('the middleware of / is not asked for /doors')));
	for (const n of [1, 2, 3]) {
		doors.use((socket, next) => {
			(socket.data.seen ??= []).push(n);
			socket.data.early = socket.connected;
			next();
		});
	}
	doors.use((socket, next) => {
		const { room, refuse } = socket.handshake.auth;
		if (room) socket.join(room);
		next(refuse ? new Error('after joining') : undefined);
	});

	doors.on('connection', (socket) => {
		const { seen, early } = socket.data, { sendAway } = socket.handshake.auth;
		socket.emit('first', { seen, early, connected: socket.connected, query: socket.handshake.query });
		socket.on('tell', (room, what, ack) => {
			doors.to(room).emit('told', what);
			ack(true);
		});
		socket.on('join', (room, ack) => {
			socket.join(room);
			ack(true);
		});
		socket.on('how many', async (room, ack) => ack((await doors.in(room).fetchSockets()).length));
		socket.on('all but', (who, what, ack) => {
			doors.except(who).emit('told', what);
			ack(true);
		});
		socket.on('in and out', (ack) => {
			const all = [];
			for (const room of ['a', 'b', 'c']) {
				socket.join(room);
				all.push(others(socket).length);
			}
			socket.leave('b');
			all.push(others(socket).length);
			socket.leave('never seen');
			all.push(others(socket).length);
			ack(all);
		});
		socket.on('note', (what) => doors.to('watchers').emit('noted', what, socket.id));
		socket.on('disconnecting', (reason) => doors.to('watchers').emit('leaving', socket.id, others(socket), reason));
		socket.on('disconnect', (reason) => doors.to('watchers').emit('left', socket.id, reason));
		if (sendAway) {
			socket.disconnect(sendAway === 'whole');
			socket.join('late');
		}
	});
}

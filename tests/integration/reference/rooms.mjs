// The same as tests/apps/rooms.lua.
function install(nsp) {
	nsp.on('connection', (socket) => {
		socket.on('echo', (...args) => args.pop()(...args));
		socket.on('ping back', (...args) => socket.emit('pong back', ...args));
		socket.on('join', (room, ack) => {
			socket.join(room);
			socket.to(room).emit('joined', socket.id);
			ack(true);
		});
		socket.on('leave', (room, ack) => {
			socket.leave(room);
			socket.to(room).emit('gone', socket.id);
			ack(true);
		});
		socket.on('say', (room, what, ack) => {
			nsp.to(room).emit('said', what, socket.id);
			if (ack) ack(true);
		});
		socket.on('others', (room, what) => socket.to(room).emit('said', what, socket.id));
		socket.on('everyone', (what) => nsp.emit('everyone', what));
		socket.on('everyone else', (what) => socket.broadcast.emit('everyone', what));
		socket.on('to both', (a, b, except, what) => nsp.to(a).to(b).except(except).emit('said', what, socket.id));
		socket.on('remember', (key, value, ack) => {
			socket.data[key] = value;
			ack(true);
		});
		socket.on('self', (ack) => ack({
			id: socket.id,
			nsp: socket.nsp.name,
			data: socket.data,
			rooms: [...socket.rooms].filter((room) => room !== socket.id),
			auth: socket.handshake.auth,
			query: socket.handshake.query,
			agent: socket.handshake.headers['user-agent'],
			address: socket.handshake.address,
			time: socket.handshake.time,
			url: socket.handshake.url,
		}));
		socket.on('burst', (count) => {
			for (let i = 1; i <= count; i++) socket.emit('shot', i);
		});
		socket.on('bye', (close) => {
			socket.emit('last words');
			socket.disconnect(close);
		});
		socket.on('disconnect', (reason) => nsp.to('watchers').emit('left', socket.id, reason));
	});
}

export default function application(io) {
	install(io.of('/'));
	install(io.of('/other'));

	const guarded = io.of('/guarded');
	guarded.use((socket, next) => {
		if (socket.handshake.auth.token === 'secret') return next();
		if (socket.handshake.auth.token === undefined) return next(new Error('no token'));
		next(Object.assign(new Error('not authorized'), { data: { code: 401, hint: ['ask', 'nicely'] } }));
	});
	guarded.use((socket, next) => {
		socket.data.role = 'keeper';
		next();
	});
	install(guarded);
}

// The same as tests/apps/sockets.lua.
const ids = (sockets) => sockets.map(({ id }) => id);

function target(nsp, rooms, except) {
	let to = nsp.local;
	if (rooms.length) to = nsp.in(rooms);
	if (except.length) to = to.except(except);
	return to;
}

const ways = {
	in: (nsp) => nsp.in('r'),
	'in and in': (nsp) => nsp.in('r').in('q'),
	'socket in': (nsp, socket) => socket.in('r'),
	volatile: (nsp) => nsp.volatile,
	'volatile to': (nsp) => nsp.to('r').volatile,
	'socket volatile': (nsp, socket) => socket.volatile,
	'broadcast volatile': (nsp, socket) => socket.broadcast.volatile,
	'volatile broadcast': (nsp, socket) => socket.volatile.broadcast,
	'socket volatile to': (nsp, socket) => socket.volatile.to('r'),
	compress: (nsp) => nsp.compress(true).to('r'),
	'socket compress': (nsp, socket) => socket.compress(false),
	local: (nsp) => nsp.local,
	'socket local': (nsp, socket) => socket.local,
	'broadcast to': (nsp, socket) => socket.broadcast.to('r'),
	'broadcast except': (nsp, socket) => socket.broadcast.except('r'),
	except: (nsp) => nsp.except('r'),
	'socket except': (nsp, socket) => socket.except('r'),
};

function install(nsp) {
	nsp.on('connection', (socket) => {
		socket.on('join', (rooms, ack) => {
			socket.join(rooms);
			ack(true);
		});
		socket.on('leave', (room, ack) => {
			socket.leave(room);
			ack(true);
		});
		socket.on('say', (how, ...args) => ways[how](nsp, socket).emit('said', ...args));
		socket.on('send', (what) => {
			socket.send(what, 1);
			socket.write(what, 2);
			nsp.send(what, 3);
			nsp.write(what, 4);
		});
		socket.on('mark', () => socket.emit('mark'));
		socket.on('self', (ack) => {
			const { auth, query, secure, issued, url, time, address, headers: { host } } = socket.handshake;
			ack({ nsp: socket.nsp.name, transport: socket.conn.transport.name, connected: socket.connected, disconnected: socket.disconnected, auth, query, secure, issued, url, time, address, host });
		});
		socket.on('disconnecting', (reason) =>
			nsp.to('watchers').emit('leaving', socket.id, reason, [...socket.rooms].filter((room) => room !== socket.id)));
		socket.on('disconnect', (reason) => nsp.to('watchers').emit('left', socket.id, reason));

		socket.on('fetch', async (rooms, except, ack) => ack(ids(await target(nsp, rooms, except).fetchSockets())));
		socket.on('fetch all', async (ack) => ack(ids(await nsp.fetchSockets())));
		socket.on('look at', async (id, ack) => {
			const [other] = await nsp.in(id).fetchSockets();
			ack({ id: other.id, data: other.data, token: other.handshake.auth.token, transport: other.conn.transport.name, rooms: other.rooms.size - 1 });
		});
		socket.on('remember', (data, ack) => {
			socket.data.it = data;
			ack(true);
		});
		socket.on('use', async (id, method, what, ack) => {
			const [other] = await nsp.in(id).fetchSockets();
			if (method === 'emit') other.emit('said', what);
			else other[method](what);
			ack(true);
		});
		socket.on('sockets join', (rooms, except, joined, ack) => {
			target(nsp, rooms, except).socketsJoin(joined);
			ack(true);
		});
		socket.on('sockets leave', (rooms, except, left, ack) => {
			target(nsp, rooms, except).socketsLeave(left);
			ack(true);
		});
		socket.on('disconnect sockets', (rooms, except, close) => target(nsp, rooms, except).disconnectSockets(close));
	});
}

function spyOn(nsp) {
	const note = (socket, field, text) => { socket.data[field] = (socket.data[field] ?? '') + text; };
	nsp.on('connection', (socket) => {
		socket.onAny((name, ...args) => note(socket, 'seen', `${name}${args.length} `));
		socket.prependAny((name) => { if (name !== 'tell') note(socket, 'seen', '<'); });
		socket.onAnyOutgoing((name, ...args) => note(socket, 'sent', `${name}${args.length} `));
		socket.use(([name, code], next) =>
			name === 'forbidden' ? next(Object.assign(new Error('not allowed'), { data: { code } })) : next());
		socket.use(([name], next) => {
			note(socket, 'passed', `${name} `);
			next();
		});
		socket.on('hello', (...args) => {
			socket.emit('hi', 1, 2);
			args.at(-1)(true);
		});
		socket.on('forbidden', () => socket.emit('never'));
		socket.on('error', (error) => socket.emit('refused', error.message, error.data));
		socket.on('tell', (ack) => ack({ seen: socket.data.seen, sent: socket.data.sent, passed: socket.data.passed }));
	});
}

export default function application(io) {
	install(io.of('/'));
	install(io.of('/other'));
	spyOn(io.of('/spy'));

	const hall = io.of('/hall');
	for (const name of ['create-room', 'join-room', 'leave-room', 'delete-room'])
		hall.adapter.on(name, (room, id) => {
			// Only rooms that are no socket's own, which ours does not tell of.
			if (room !== 'watchers' && room.length < 10) hall.to('watchers').emit('room', name, room, ...(id === undefined ? [] : [id]));
		});
	install(hall);

	const tenants = io.of(/^\/tenant-\d+$/);
	tenants.use((socket, next) => {
		if (socket.handshake.auth.refuse) return next(Object.assign(new Error('refused'), { data: { nsp: socket.nsp.name } }));
		socket.data.nsp = socket.nsp.name;
		next();
	});
	tenants.on('connection', (socket) => {
		socket.emit('welcome', socket.nsp.name, socket.data.nsp);
		socket.on('everybody here', (what) => socket.nsp.emit('said', what));
		socket.on('everybody', (what) => tenants.emit('said', what));
		socket.on('others', (what) => socket.broadcast.emit('said', what));
		socket.on('in a room', (room, what) => {
			socket.join(room);
			tenants.to(room).emit('said', what);
		});
	});
	io.on('connection', (socket) => socket.on('to tenant', (name, what, ack) => {
		io.of(name).emit('said', what);
		ack(true);
	}));

	io.of((name, auth, next) => next(null, auth.token === 'odd' && name.startsWith('/odd')))
		.on('connection', (socket) => socket.emit('welcome', socket.nsp.name));
}

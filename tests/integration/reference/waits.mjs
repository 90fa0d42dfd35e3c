// The same as tests/apps/waits.lua.
function install(nsp) {
	const tries = new Map();
	nsp.on('connection', (socket) => {
		const tell = (...args) => nsp.to('watchers').emit(...args);
		let later;
		socket.on('join', (room, ack) => {
			socket.join(room);
			ack(true);
		});
		socket.on('ask', (tag, ms, ...args) => {
			socket.timeout(ms).emit('question', ...args, (error, ...answer) => (error ? tell('late', tag) : tell('one', tag, ...answer)));
		});
		socket.on('ask many', (tag, ms, rooms, except, ...args) => {
			nsp.timeout(ms).to(rooms).except(except).emit('question', ...args, (error, answers) => tell('many', tag, !!error, answers));
		});
		socket.on('later', (ack) => { later = ack; });
		socket.on('now', (...args) => later(...args));
		socket.on('stubborn', (id, ack) => {
			tries.set(id, (tries.get(id) ?? 0) + 1);
			if (tries.get(id) === 3) ack(id);
		});
		socket.on('echo', (...args) => args.pop()(...args));
	});
}

export default function application(io) {
	install(io.of('/'));
	install(io.of('/other'));
}

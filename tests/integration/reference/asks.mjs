// The same as tests/apps/asks.lua.
function install(nsp) {
	nsp.on('connection', (socket) => {
		socket.on('ask me', (tag, ...args) => socket.emit('question', ...args, (...answer) => socket.emit('thanks', tag, ...answer)));
		socket.on('join', (room, ack) => {
			socket.join(room);
			ack(true);
		});
		socket.on('ask each', (room, question) => {
			for (const id of nsp.adapter.rooms.get(room) ?? [])
				nsp.sockets.get(id).emit('question', question, (answer) => nsp.to(room).emit('answer', id, answer));
		});
	});
}

export default function application(io) {
	install(io.of('/'));
	install(io.of('/other'));
}

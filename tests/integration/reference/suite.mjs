// The same as tests/apps/suite.lua.
export default function install(io) {
	io.on('connection', (socket) => {
		socket.emit('auth', socket.handshake.auth);
		socket.on('message', (...args) => socket.emit('message-back', ...args));
		socket.on('message-with-ack', (...args) => args.pop()(...args));
	});
	io.of('/custom').on('connection', (socket) => socket.emit('auth', socket.handshake.auth));
}

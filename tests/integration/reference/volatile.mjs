// The same as tests/apps/volatile.lua.
function send(emitter, kinds) {
	for (const [i, kind] of kinds.entries()) {
		if (kind === 'kept') emitter.emit('ev', i + 1);
		else emitter.volatile.emit('ev', kind === 'volatile' ? i + 1 : Buffer.from([i + 1]));
	}
}

export default function application(io) {
	io.on('connection', (socket) => {
		socket.on('send me', (kinds) => send(socket, kinds));
		socket.on('send all', (kinds) => send(io, kinds));
		socket.on('mark', () => socket.emit('mark'));
	});
}

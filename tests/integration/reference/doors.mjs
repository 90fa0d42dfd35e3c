// The same as tests/apps/doors.lua.
const door = (request) => new URL(request.url, 'http://x').searchParams.get('door');
export const options = {
	allowRequest(request, done) {
		if (door(request) === 'closed') return done('not by this "door"', false);
		if (door(request) === 'shut') return done(null, false);
		done(null, true);
	},
};

export default function application(io) {
	io.engine.on('initial_headers', (headers, request) => {
		const name = new URL(request.url, 'http://x').searchParams.get('name');
		headers['X-First'] = name ?? 'nobody';
		headers['X-Address'] = request.socket.remoteAddress;
		if (name === 'many') headers['Set-Cookie'] = ['a=1', 'b=2'];
	});
	io.on('connection', (socket) => socket.on('echo', (value, ack) => ack(value)));
}

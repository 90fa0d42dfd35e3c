// The same as examples/greeting.
export default function application(io) {
	io.on('connection', (socket) => {
		socket.emit('fire', { fire: 'hole' });
		socket.on('hello', (data) => console.log(JSON.stringify(data)));
	});
}

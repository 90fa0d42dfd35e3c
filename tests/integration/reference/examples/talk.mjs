// The same as examples/talk.
export default function application(io) {
	io.on('connection', (socket) => {
		console.log('a client has connected');
		socket.on('talk', (msg) => {
			console.log(msg);
			io.emit('response', msg);
			socket.emit('tail', msg);
		});
	});
}

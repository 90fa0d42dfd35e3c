// The same as examples/steps.
import { serveBare } from './bare.mjs';

export default function application(io, web) {
	io.on('connection', (socket) => {
		console.log('somebody has come in');
		socket.on('chat message', (msg) => {
			console.log(msg);
			io.emit('chat message', msg);
		});
		socket.on('disconnect', () => console.log('somebody has gone'));
	});
	serveBare(web).on('connection', (client) => {
		console.log('a WebSocket has come in');
		client.on('message', (data) => client.send(`${data}举头望明月，低头思故乡,`));
		client.on('close', () => console.log('a WebSocket has gone'));
	});
}

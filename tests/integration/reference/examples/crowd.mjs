// The same as examples/crowd.
import { serveBare } from './bare.mjs';

function parse(text) {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

export default function application(io, web) {
	const bare = serveBare(web);
	const sendAll = (message) => bare.clients.forEach((client) => client.send(JSON.stringify(message)));
	bare.on('connection', (client) => {
		let last;
		client.on('message', (text) => {
			const message = parse(text);
			if (typeof message !== 'object' || message === null || Array.isArray(message)) return console.log(`this is no JSON object: ${text}`);
			last = { ...message, status: 1 };
			return sendAll(last);
		});
		client.on('close', () => last && sendAll({ ...last, status: 0 }));
	});
}

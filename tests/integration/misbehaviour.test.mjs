// Handlers that misbehave: their event fails with one line in the log; whoever sent it stays connected, and others go on.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, isReference, ours, serve } from './harness.mjs';

if (!isReference)
	describe('a handler that misbehaves', () => {
		// Fewer instructions than by default: what is tested is not how long that takes.
		const server = serve({ app: 'misbehaving', settings: { handler_instructions: 1000000, ping_interval: 25000 } });
		const log = () => server.server.past.map((child) => child.stderr()).join('');

		ours('costs its event, once in the log, and nobody else anything', async () => {
			const [guilty, ...others] = await Promise.all([['websocket'], ['polling'], ['websocket'], ['polling', 'websocket']]
				.map((transports) => server.client('/', { transports })));
			const heard = others.map((socket) => collect(socket, 'said'));
			const never = others.map((socket) => collect(socket, 'never'));
			const hows = await new Promise((resolve) => guilty.emit('how', resolve));
			assert.ok(hows.length > 10);
			for (const [i, how] of hows.entries()) {
				guilty.emit('misbehave', how);
				others[i % others.length].emit('say', how);
				guilty.emit('say', `after ${how}`);
			}
			for (const list of heard) {
				await list.until(2 * hows.length);
				assert.deepEqual(list.filter((what) => what.startsWith('after ')), hows.map((how) => `after ${how}`));
				for (const how of hows) assert.equal(list.filter((what) => what === how).length, 1);
			}
			assert.deepEqual(never.flat(), []);
			const [rooms, data] = await new Promise((resolve) => guilty.emit('self', (...args) => resolve(args)));
			assert.deepEqual([rooms.includes('nowhere'), data ?? null], [false, null]);
			assert.ok(guilty.connected);
			assert.equal(log().match(/ error app \S+: event "misbehave": /g).length, hows.length);
			assert.equal(log().match(/ error /g).length, hows.length);
		});

		ours('by polling, the POST is answered ok, and what follows in it runs', async () => {
			const session = await server.session();
			await session.connect();
			await session.send('42["misbehave","endless"]', '42["say","x"]');
			assert.equal(await session.next(), '42["said","x"]');
		});
	});

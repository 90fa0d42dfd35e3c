// Volatile events: they come if the client can take them now, and never hold up or displace others.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { collect, event, eventually, ours, serve, test, theirs } from './harness.mjs';

const read = (value) => (typeof value === 'number' ? value : new Uint8Array(value)[0]);

for (const transport of ['polling', 'websocket'])
	describe(`volatile events by ${transport}`, () => {
		const server = serve({ app: 'volatile' });

		const listening = async () => {
			const socket = await server.client('/', { transports: [transport] });
			return { socket, heard: collect(socket, 'ev') };
		};
		// What the client has heard of these once nothing more is to come.
		const hear = async ({ socket, heard }, to, kinds) => {
			const mark = event(socket, 'mark');
			socket.emit(`send ${to}`, kinds);
			socket.emit('mark');
			await mark;
			return heard.splice(0).map(read);
		};

		// Asked until it is so: what is lost was sent while the client had something under way (by polling, its next poll).
		const hears = async (to, kinds, wanted) => {
			const client = await listening();
			await eventually(`${kinds} to ${to} is heard as ${wanted}`, async () => String(await hear(client, to, kinds)) === String(wanted));
		};

		test('one to an idle client', async () => {
			for (const to of ['me', 'all']) for (const kind of ['volatile', 'volatile bytes']) await hears(to, [kind], [1]);
		});

		test('the others around them come all, in order', async () => {
			const client = await listening();
			for (const to of ['me', 'all']) {
				const got = await hear(client, to, ['kept', 'volatile', 'kept', 'volatile bytes', 'volatile', 'kept']);
				assert.deepEqual(got.filter((i) => [1, 3, 6].includes(i)), [1, 3, 6]);
				assert.deepEqual(got, [...got].sort());
			}
		});

		// It loses what comes while it writes, ours what comes while the client or its socket has not taken what came before.
		theirs('several in a row are one', async () => {
			await hears('me', ['volatile', 'volatile'], [1]);
			await hears('me', ['kept', 'volatile'], [1]);
		});
		ours('several in a row come together', async () => {
			await hears('me', ['volatile', 'volatile'], [1, 2]);
			await hears('me', ['kept', 'volatile', 'volatile bytes'], [1, 2, 3]);
			await hears('all', ['volatile bytes', 'volatile bytes'], [1, 2]);
		});
	});

describe('volatile events to who does not ask', () => {
	const server = serve({ app: 'volatile' });

	test('are lost, and others wait', async () => {
		const session = await server.session();
		await session.connect();
		await session.send('42["send me",["volatile","kept","volatile"]]');
		await session.send('42["send all",["volatile","kept"]]');
		assert.deepEqual(await session.take(2), ['42["ev",2]', '42["ev",2]']);
		await session.send('42["mark"]');
		assert.equal(await session.next(), '42["mark"]');
	});
});

// FastCGI spoken by hand to one process: what web servers differ in, and what none of them would send.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { assertError, errors, isReference, kind, ours, serve, sleep } from './harness.mjs';
import { ask, begin, FastCgi, params, record, requestParams, stdin } from './lib/fastcgi.mjs';

const OPEN = 'EIO=4&transport=polling';

if (!isReference && kind !== 'standalone') describe('FastCGI', () => {
	const server = serve({ app: 'rooms' });
	const at = (i = 0) => server.server.sockets[i];
	async function open(via) {
		const { status, text } = await ask(at(via), requestParams(OPEN));
		assert.equal(status, 200);
		return `${OPEN}&sid=${JSON.parse(text.slice(1)).sid}`;
	}
	const post = (query, body, via) => ask(at(via), requestParams(query, { REQUEST_METHOD: 'POST' }), body);

	const wheres = {
		'SCRIPT_NAME alone': { SCRIPT_NAME: '/socket.io/', REQUEST_URI: undefined, PATH_INFO: undefined },
		'PATH_INFO alone': { SCRIPT_NAME: undefined, PATH_INFO: '/socket.io/', REQUEST_URI: undefined },
		'REQUEST_URI alone': { SCRIPT_NAME: undefined, PATH_INFO: undefined, REQUEST_URI: `/socket.io/?${OPEN}` },
		'REQUEST_URI without the slash': { SCRIPT_NAME: undefined, PATH_INFO: undefined, REQUEST_URI: `/socket.io?${OPEN}` },
		'a prefix and the rest of the path': { SCRIPT_NAME: '/socket.io', PATH_INFO: '/', REQUEST_URI: `/socket.io/?${OPEN}` },
	};
	for (const [name, where] of Object.entries(wheres))
		ours(`the path by ${name}`, async () => {
			const all = Object.fromEntries(Object.entries(requestParams(OPEN, where)).filter(([, value]) => value !== undefined));
			const answer = await ask(at(), all);
			assert.equal(answer.status, 200);
			assert.equal(answer.text[0], '0');
		});

	ours('an Origin with characters that a header may not have', async () => {
		const answer = await ask(at(), requestParams(OPEN, { HTTP_ORIGIN: 'http://a\x01b' }));
		assertError(answer, errors.REQUEST);
		// It is looked at after the transport.
		assertError(await ask(at(), requestParams('EIO=4', { HTTP_ORIGIN: 'http://a\x01b' })), errors.TRANSPORT);
	});

	ours('who is asking is told by the web server', async () => {
		const query = await open();
		await post(query, '40');
		await ask(at(), requestParams(query));
		await post(query, '421["self"]');
		const { text } = await ask(at(), requestParams(query));
		assert.equal(JSON.parse(text.slice(3))[0].address, '192.0.2.7');
	});

	// It holds one of the threads that read, until a timeout; the others go on.
	ours('half a request holds up nobody', async () => {
		const query = await open();
		const half = new FastCgi(at());
		half.write(begin(), params(requestParams(query, { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '2' })));
		await sleep(50);
		const start = Date.now();
		for (const via of [0, 1]) await open(via);
		assert.equal((await post(query, '40')).text, 'ok');
		assert.match((await ask(at(), requestParams(query))).text, /^40\{/);
		assert.ok(Date.now() - start < 2000);
		half.write(stdin('41'));
		assert.equal((await half.answer()).text, 'ok');
		half.close();
	});

	ours('a body shorter than it said is a bad request or a lost peer, and counts for nothing', async () => {
		const query = await open();
		const connection = new FastCgi(at());
		connection.write(begin(), params(requestParams(query, { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '100' })), stdin('40'));
		const answer = await Promise.race([connection.answer().catch(() => undefined), connection.closed]);
		if (answer) assert.notEqual(answer.status, 200);
		connection.close();
	});

	ours('a body over the maximum is 413, and the session lives on', async () => {
		const query = await open();
		assert.equal((await post(query, `4${'x'.repeat(1000000)}`)).status, 413);
		assert.equal((await post(query, '40')).text, 'ok');
		assert.match((await ask(at(), requestParams(query))).text, /^40\{/);
	});

	ours('one connection may carry one request after the other', async () => {
		const connection = new FastCgi(at());
		for (let i = 0; i < 3; i++) {
			connection.write(begin(true), params(requestParams(OPEN)), stdin());
			assert.equal((await connection.answer()).text[0], '0');
		}
		connection.close();
	});

	ours('a parked poll on a kept connection, then another request', async () => {
		const query = await open();
		const connection = new FastCgi(at());
		connection.write(begin(true), params(requestParams(query)), stdin());
		await sleep(50);
		await post(query, '40', 1);
		assert.match((await connection.answer()).text, /^40\{/);
		connection.write(begin(true), params(requestParams(OPEN)), stdin());
		assert.equal((await connection.answer()).text[0], '0');
		connection.close();
	});

	ours('the peer leaves while its poll is parked: the session is over', async () => {
		const query = await open();
		await post(query, '40');
		await ask(at(), requestParams(query));
		const connection = new FastCgi(at());
		connection.write(begin(), params(requestParams(query)), stdin());
		await sleep(50);
		connection.close();
		await sleep(100);
		assertError(await ask(at(1), requestParams(query)), errors.SESSION);
	});

	ours('two POSTs at the same time in one process', async () => {
		for (let round = 0; round < 10; round++) {
			const query = await open();
			await post(query, '40');
			await ask(at(), requestParams(query));
			const answers = await Promise.all([post(query, '421["echo",1]'), post(query, '422["echo",2]')]);
			const all = answers.map(({ status }) => status);
			assert.ok(all.every((status) => status === 200 || status === 400), String(all));
			const answer = await ask(at(), requestParams(query));
			if (all.includes(400)) assert.ok(answer.status === 400 || answer.text.split('\x1e').at(-1) === '1', answer.text);
			else assert.match(answer.text, /^43[12]/);
		}
	});

	const rubbish = {
		'noise': Buffer.from('GET / HTTP/1.1\r\n\r\n'),
		'zeroes': Buffer.alloc(4096),
		'0xff': Buffer.alloc(4096, 0xff),
		'a record of an unknown type': record(77, Buffer.from('x')),
		'parameters before the beginning': params(requestParams(OPEN)),
		'parameters cut in a name': Buffer.concat([begin(), record(4, Buffer.from([200, 1])), record(4)]),
		'parameters whose lengths lie': Buffer.concat([begin(), record(4, Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 65])), record(4), record(5)]),
		'no parameters': Buffer.concat([begin(), record(4), record(5)]),
		'a beginning of another role': Buffer.concat([record(1, Buffer.from([0, 9, 0, 0, 0, 0, 0, 0])), params({}), stdin()]),
	};
	for (const [name, bytes] of Object.entries(rubbish))
		ours(`rubbish harms nobody: ${name}`, async () => {
			const connection = new FastCgi(at());
			connection.write(bytes);
			await Promise.race([connection.closed, connection.answer().catch(() => {}), sleep(100)]);
			connection.close();
			await open();
		});

	ours('a very long query and very many headers', async () => {
		const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`HTTP_X_${i}`, 'y'.repeat(100)]));
		const { status } = await ask(at(), requestParams(`${OPEN}&pad=${'z'.repeat(30000)}`, many));
		assert.ok([200, 400, 413, 414, 431].includes(status), String(status));
		await open();
	});
});

// pollux check, as an operator runs it. It asks no server: once is enough.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe } from 'node:test';
import { isDefault, ours } from './harness.mjs';
import { build, root } from './lib/servers.mjs';

const pollux = (args, env = {}) => {
	const { status, stdout, stderr } = spawnSync(path.join(build, 'pollux'), args, { encoding: 'utf8', env: { ...process.env, ...env } });
	return { status, stdout, stderr };
};

if (isDefault)
	describe('pollux check', () => {
		let dir, file;
		before(() => {
			dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pollux-test-'));
			file = path.join(dir, 'app.lua');
		});
		after(() => fs.rmSync(dir, { recursive: true }));

		ours('the applications of the tree have no errors', () => {
			const apps = ['app/chat.lua', ...fs.readdirSync(path.join(root, 'tests/apps')).filter((name) => name.endsWith('.lua')).map((name) => `tests/apps/${name}`)];
			for (const app of apps) assert.deepEqual([app, pollux(['check', '--app', path.join(root, app)]).status], [app, 0]);
		});

		ours('what the documents show as applications has no errors', () => {
			fs.writeFileSync(path.join(dir, 'jwt.key'), 'k'.repeat(32), { mode: 0o600 });
			let count = 0;
			for (const document of ['README.md', 'doc/app.md'])
				for (const [, code] of fs.readFileSync(path.join(root, document), 'utf8').matchAll(/^```lua\n(.*?)^```$/gms)) {
					fs.writeFileSync(file, code.includes('require "pollux"') ? code : `local io = require "pollux" ${code}`);
					const { status, stdout } = pollux(['check', '--app', file]);
					assert.deepEqual([status, stdout], [0, `${file}: no errors\n`], code);
					count++;
				}
			assert.ok(count > 15, `${count} found`);
		});

		ours('an error is told with file and line, by the exit code too', () => {
			fs.writeFileSync(file, 'local io = require "pollux"\nio.on("x", functoin() end)\n');
			const { status, stdout, stderr } = pollux(['check', '--app', file]);
			assert.equal(status, 1);
			assert.match(stdout, new RegExp(`^error: ${file}:2: .* near 'end'\n$`));
			assert.equal(stderr, '');
		});

		ours('warnings are none; POLLUX_APP names the file as well', () => {
			fs.writeFileSync(file, 'local io = require "pollux"\nio.on("x", function() count = 1 end)\n');
			const { status, stdout } = pollux(['check'], { POLLUX_APP: file });
			assert.equal(status, 0);
			assert.match(stdout, new RegExp(`^warning: ${file}:2: the global 'count' is assigned in a function.*\n${file}: no errors\n$`));
		});

		ours('a wrong command line is 2', () => {
			for (const args of [[], ['chekc'], ['check', 'app.lua'], ['check', '--ap', 'x', '--what']]) assert.equal(pollux(args).status, 2);
			assert.equal(pollux(['--help']).status, 0);
			assert.match(pollux(['--version']).stdout, /^pollux \d/);
		});
	});

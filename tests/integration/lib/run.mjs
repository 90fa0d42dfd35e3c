// ./run in a folder that looks like the tree, where all is built and installed already.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Child } from './child.mjs';
import { freePorts } from './ports.mjs';
import { build, root } from './servers.mjs';

// Resolves to the folder's path. The caller removes it.
export function makeTree() {
	const tree = fs.mkdtempSync(path.join(os.tmpdir(), 'pollux-run-'));
	fs.mkdirSync(`${tree}/conf`);
	fs.mkdirSync(`${tree}/build`);
	for (const name of fs.readdirSync(`${root}/conf`)) if (name.endsWith('.in')) fs.symlinkSync(`${root}/conf/${name}`, `${tree}/conf/${name}`);
	for (const name of ['deps.sh', 'build.sh']) fs.writeFileSync(`${tree}/conf/${name}`, 'exit 0\n');
	fs.copyFileSync(`${root}/run`, `${tree}/run`);
	for (const name of ['app', 'static', 'examples']) fs.symlinkSync(`${root}/${name}`, `${tree}/${name}`);
	fs.symlinkSync(build, `${tree}/build/run`);
	return tree;
}

export const startRun = (tree, args) => new Child('./run', `${tree}/run`, args, { cwd: tree });

// Resolves to { run, url, port } once it serves. port: a free one unless given.
export async function serveByRun(tree, args, port) {
	port ??= (await freePorts(1))[0];
	const run = startRun(tree, ['--port', String(port), ...args]);
	const [, url] = await run.line(/^ready: (\S+)$/m);
	return { run, url, port };
}

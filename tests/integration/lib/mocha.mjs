// Mocha and what fetched test suites need, from npm into a temporary folder; a suite's run and its sum in print.
import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

// Returns the folder: POLLUX_SUITES_MODULES if that is set, which stays, or a new one, for release().
export function install(packages) {
	const dir = process.env.POLLUX_SUITES_MODULES || fs.mkdtempSync(path.join(os.tmpdir(), 'pollux-suites-'));
	const missing = packages.filter((name) => !fs.existsSync(path.join(dir, 'node_modules', name.replace(/(.)@.*$/, '$1'))));
	if (missing.length === 0) return dir;
	fs.writeFileSync(path.join(dir, 'package.json'), '{ "private": true, "type": "module" }\n');
	const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], { cwd: dir, stdio: 'inherit' });
	if (status !== 0) throw new Error('npm could not install mocha');
	return dir;
}

export function release(dir) {
	if (!process.env.POLLUX_SUITES_MODULES) fs.rmSync(dir, { recursive: true, force: true });
}

// Resolves to mocha's report.
export function mocha(dir, args) {
	return new Promise((resolve, reject) => {
		const child = execFile(process.execPath, [path.join(dir, 'node_modules/mocha/bin/mocha.js'), '--reporter', 'json', '--exit', ...args],
			{ cwd: dir, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
				try {
					resolve(JSON.parse(stdout));
				} catch {
					reject(new Error(`mocha: ${error ?? ''}${stdout}${stderr}`));
				}
			});
		child.stdin.end();
	});
}

// Prints what a run of a suite came to and returns it: { passed, failed }. complaints: those of the servers.
export function tell(name, { passes, failures, pending }, complaints) {
	const failed = failures.length + pending.length + complaints.length;
	console.log(`${name}: ${passes.length} passed, ${failed} failed`);
	for (const { fullTitle, err } of failures) console.log(`  FAILED  ${fullTitle}\n${String(err.stack).replace(/^/gm, '            ')}`);
	for (const { fullTitle } of pending) console.log(`  SKIPPED ${fullTitle}`);
	for (const complaint of complaints) console.log(`  FAILED  ${complaint}`);
	return { passed: passes.length, failed };
}

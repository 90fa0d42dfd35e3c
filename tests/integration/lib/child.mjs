// A child process that must not end by itself: one that does, or that a sanitizer complains in, is remembered as a crash.
import { spawn } from 'node:child_process';
import fs from 'node:fs';

const COMPLAINT = /AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:/;
const children = new Set();
process.on('exit', () => {
	for (const child of children) child.process.kill('SIGKILL');
});

export class Child {
	// log: a file where it writes what belongs to its output.
	constructor(name, command, args, { log, ...options } = {}) {
		this.name = name;
		this.log = log;
		this.output = [];
		this.ended = false;
		this.expected = false;
		this.process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
		this.process.stdout.on('data', (piece) => this.output.push(piece));
		this.process.stderr.on('data', (piece) => this.output.push(piece));
		children.add(this);
		this.gone = new Promise((resolve) => {
			this.process.on('error', (error) => {
				this.output.push(Buffer.from(`${error.message}\n`));
				this.finish(resolve, 'did not start');
			});
			this.process.on('close', (code, signal) => this.finish(resolve, signal ?? code));
		});
	}

	finish(resolve, how) {
		if (this.ended) return;
		this.ended = true;
		this.how = how;
		children.delete(this);
		resolve(how);
	}

	stderr() {
		const log = this.log && fs.existsSync(this.log) ? fs.readFileSync(this.log) : Buffer.alloc(0);
		return Buffer.concat([...this.output, log]).toString();
	}

	// Resolves to the exit code or the signal's name. The end is expected from now on.
	async kill(signal = 'SIGTERM') {
		this.expected = true;
		this.process.kill(signal);
		return this.gone;
	}

	// Asks it to end and insists after 5 s.
	async stop() {
		if (this.ended) return;
		const insist = setTimeout(() => this.process.kill('SIGKILL'), 5000);
		await this.kill('SIGTERM');
		clearTimeout(insist);
		if (this.how === 'SIGKILL') this.stubborn = true;
	}

	// What is wrong with it, or undefined.
	complaint() {
		if (this.ended && !this.expected) return `${this.name} ended by itself (${this.how}):\n${this.stderr()}`;
		if (this.stubborn) return `${this.name} did not end on SIGTERM:\n${this.stderr()}`;
		if (COMPLAINT.test(this.stderr())) return `${this.name} has complained:\n${this.stderr()}`;
	}

	// The line that matches, once it is printed.
	line(pattern) {
		const streams = [this.process.stdout, this.process.stderr];
		return new Promise((resolve, reject) => {
			const look = () => {
				const match = pattern.exec(this.stderr());
				if (!match && !this.ended) return;
				for (const stream of streams) stream.off('data', look);
				if (match) resolve(match);
				else reject(new Error(`${this.name} ended (${this.how}):\n${this.stderr()}`));
			};
			for (const stream of streams) stream.on('data', look);
			this.gone.then(look);
			look();
		});
	}
}

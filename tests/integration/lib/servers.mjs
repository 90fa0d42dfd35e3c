// The servers under test. POLLUX_SERVER: lighttpd (the default), apache or nginx, each in front of two pollux.fcgi processes and the
// sidecar on one database; standalone: two pollux-ws alone on one database, with a relay (lib/relay.mjs) where a web server would be; or reference:
// npm socket.io with the same application.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.mjs';
import { freePorts, untilAccepting } from './ports.mjs';
import { Relay } from './relay.mjs';
import { settingsAsLua, settingsAsOptions } from './lua.mjs';
import { startsProcesses, startWebServer } from './webserver.mjs';

export const kind = process.env.POLLUX_SERVER || 'lighttpd';
export const isReference = kind === 'reference';

const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.resolve(here, '../../..');
export const build = process.env.POLLUX_BUILD || path.join(root, 'build');
// Where pollux.fcgi finds the browser's client until it is installed; web servers hand it on to the processes they start.
process.env.POLLUX_CLIENT ??= path.join(build, 'client');

const suiteSettings = { ping_interval: 300, ping_timeout: 200, connect_timeout: 1000, cors: { origin: '*' } };

class Reference {
	constructor({ app, settings = {} }) {
		const options = settingsAsOptions({ ...(app === 'suite' ? suiteSettings : {}), ...settings });
		this.args = [path.join(here, '../reference/server.mjs'), app.replace(/\/app\.lua$/, ''), JSON.stringify(options)];
	}

	async start() {
		this.child = new Child('the reference', process.execPath, this.args);
		const [, port] = await this.child.line(/^ready (\d+)$/m);
		const url = `http://127.0.0.1:${port}`;
		this.urls = { any: url, each: [url, url] };
	}

	log() {
		return this.child.stderr();
	}

	async stop() {
		await this.child.stop();
		return [this.child.complaint()];
	}
}

const appFile = (app) => (app.includes('/') ? path.join(root, app) : path.join(root, 'tests/apps', `${app}.lua`));

// Each front of an application is a program.
const sidecarOf = (program) => program.replace(/\.fcgi$/, '-ws');

// Processes and a web server in front of them. settings come after the application's own text.
class Pollux {
	constructor({ app, settings, processes = 2, prefix, program = 'pollux.fcgi', hosting = kind, sidecar = hosting !== 'cgi', tls = false }) {
		Object.assign(this, { app, settings, program, hosting, tls, hasSidecar: sidecar });
		this.prefix = prefix ?? (settings?.path ?? '/socket.io').replace(/\/$/, '');
		this.rooms = settings?.rooms_path ?? '/rooms/';
		this.count = processes;
		this.children = [];
		this.past = [];
	}

	async start() {
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pollux-test-'));
		fs.chmodSync(this.dir, 0o755);
		this.db = path.join(this.dir, 'pollux.db');
		if (this.app) this.writeApp();
		await this.startFront();
	}

	async startFront() {
		this.sockets = Array.from({ length: this.count }, (_, i) => path.join(this.dir, `process${i}.sock`));
		if (startsProcesses(this.hosting)) this.command = path.join(build, this.program);
		else for (let i = 0; i < this.count; i++) await this.startProcess(i);
		this.ws = path.join(this.dir, 'sidecar.sock');
		if (this.hasSidecar) await this.startSidecar();
		this.web = await startWebServer(this.hosting, this);
		this.urls = this.web.urls;
	}

	writeApp() {
		const text = fs.readFileSync(appFile(this.app), 'utf8');
		this.appPath = path.join(this.dir, 'app.lua');
		fs.writeFileSync(this.appPath, text + (this.settings ? settingsAsLua(this.settings) : ''));
	}

	async launch(name, program, { where, address }, more) {
		const args = ['--db', this.db, '--listen', where, ...more];
		if (this.appPath) args.push('--app', this.appPath);
		const child = new Child(name, path.join(build, program), args);
		this.past.push(child);
		await untilAccepting(address, child);
		return child;
	}

	async startProcess(i) {
		this.children[i] = await this.launch(`process ${i}`, this.program, this.listening(i), this.extraArgs());
	}

	async startSidecar() {
		this.sidecar = await this.launch('sidecar', sidecarOf(this.program), { where: `unix:${this.ws}`, address: { path: this.ws } }, ['--mode', '0666']);
		// It listens before it is known to the others as one that lives, and upgrades are named only then.
		await this.sidecar.line(/ws: serving/);
	}

	listening(i) {
		return { where: `unix:${this.sockets[i]}`, address: { path: this.sockets[i] } };
	}

	extraArgs() {
		return ['--mode', '0666'];
	}

	// Resolves to its exit code or signal.
	async kill(i, signal = 'SIGKILL') {
		return this.children[i].kill(signal);
	}

	async restart(i, signal = 'SIGKILL') {
		await this.kill(i, signal);
		await this.startProcess(i);
	}

	// Every process, and the sidecar.
	async killAll() {
		await Promise.all([...this.children.keys()].map((i) => this.kill(i)).concat(this.sidecar ? this.sidecar.kill('SIGKILL') : []));
	}

	async startAll() {
		for (const i of this.children.keys()) await this.startProcess(i);
		if (this.sidecar) await this.startSidecar();
	}

	async restartSidecar(signal = 'SIGKILL') {
		await this.sidecar.kill(signal);
		await this.startSidecar();
	}

	pid(i) {
		return this.children[i].process.pid;
	}

	log() {
		return this.past.map((child) => `--- ${child.name}\n${child.stderr()}`).join('\n');
	}

	async stop() {
		// Apache would wait for its threads, which wait for polls and WebSockets.
		await Promise.all(this.past.map((child) => child.stop()));
		await this.web?.child.stop();
		const complaints = [...this.past, ...(this.web ? [this.web.child] : [])].map((child) => child.complaint());
		if (this.dir) fs.rmSync(this.dir, { recursive: true, force: true });
		return complaints;
	}
}

// Stand-alone processes, each with a port of its own, and one that leads to any of them.
class Standalone extends Pollux {
	constructor({ program = 'pollux-ws', args = [], ...options }) {
		super({ program: sidecarOf(program), hosting: 'standalone', ...options });
		this.args = args;
	}

	async startFront() {
		for (let attempt = 1; ; attempt++) {
			this.ports = await freePorts(this.count);
			try {
				for (let i = 0; i < this.count; i++) await this.startProcess(i);
				break;
			} catch (error) {
				// Somebody else has taken a port meanwhile.
				if (attempt === 3 || !/another process listens/.test(error.message)) throw error;
				await Promise.all(this.children.map((child) => child.stop()));
				this.children = [];
			}
		}
		const each = this.ports.map((port) => `http://127.0.0.1:${port}`);
		this.relay = new Relay(this.ports);
		this.urls = { any: `http://127.0.0.1:${await this.relay.start()}`, each };
	}

	async stop() {
		await this.relay?.stop();
		return super.stop();
	}

	listening(i) {
		return { where: `127.0.0.1:${this.ports[i]}`, address: { host: '127.0.0.1', port: this.ports[i] } };
	}

	extraArgs() {
		fs.mkdirSync(`${this.dir}/www`, { recursive: true });
		return ['--standalone', '--static', `${this.dir}/www`, ...this.args];
	}
}

// options: { app, settings, processes, prefix, program, hosting, sidecar, tls }. app: a name in tests/apps or a path from the top of the
// tree; hosting: another web server than POLLUX_SERVER says (lib/webserver.mjs); sidecar: false for none; tls: true for https:.
export function makeServer(options) {
	if (isReference) return new Reference(options);
	return (options.hosting ?? kind) === 'standalone' ? new Standalone(options) : new Pollux(options);
}

// Web servers in front of pollux.fcgi processes and the sidecar: the shipped configurations (conf/) for the port that may use all of
// them, and a port more for each process alone, so that a test chooses which one gets a request.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.mjs';
import { freePorts, untilAccepting } from './ports.mjs';

const conf = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../conf');

// Fills a template; one process takes both places of it.
function fill(file, { dir, ports, sockets = [], ws, prefix, rooms }, more) {
	const values = {
		HOST: '127.0.0.1', PORT: ports[0], IPV6: '#', ROOT: `${dir}/www`, VAR: dir, PATH: prefix, ROOMS: rooms,
		SOCKET1: sockets[0], SOCKET2: sockets[1] ?? sockets[0], WS: ws, AS_ROOT: process.getuid() === 0 ? '' : '#', ...more,
	};
	return fs.readFileSync(path.join(conf, file), 'utf8').replace(/@([A-Z0-9_]+)@/g, (whole, name) => String(values[name] ?? whole));
}

// A certificate that nobody vouches for.
function makeCertificate(dir) {
	const { status, stderr } = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc',
		'-keyout', `${dir}/key.pem`, '-out', `${dir}/cert.pem`, '-days', '2', '-subj', '/CN=localhost'], { encoding: 'utf8' });
	if (status !== 0) throw new Error(`openssl: ${stderr}`);
	return { TLS: '', CERT: `${dir}/cert.pem`, KEY: `${dir}/key.pem` };
}

function startLighttpd(options) {
	const { dir, ports, sockets, prefix } = options;
	const own = sockets.map((socket, i) => `
$SERVER["socket"] == "127.0.0.1:${ports[i + 1]}" {
	fastcgi.server = ( "${prefix}" => ( ( "socket" => "${socket}", "check-local" => "disable", "tcp-fin-propagate" => "enable", "disable-time" => 0 ) ) )
}`);
	const more = { FDS: 4096, CONNECTIONS: 2048, ...(options.tls ? makeCertificate(dir) : { TLS: '#' }) };
	fs.writeFileSync(`${dir}/lighttpd.conf`, fill('lighttpd.conf.in', options, more) + own.join(''));
	return new Child('lighttpd', '/usr/sbin/lighttpd', ['-D', '-f', `${dir}/lighttpd.conf`], { log: `${dir}/lighttpd.log` });
}

// A ProxyPass of the main server would go before those of the others: it moves to a host of its own. Hosts have the main server's
// rewriting only if they say so.
const apacheHost = (port, proxyPass) => `
<VirtualHost 127.0.0.1:${port}>
	${proxyPass}
	RewriteEngine On
	RewriteOptions Inherit
	AllowEncodedSlashes NoDecode
</VirtualHost>`;

function startApache(options) {
	const { dir, ports, sockets, prefix } = options;
	const own = sockets.map((socket, i) => `
Listen 127.0.0.1:${ports[i + 1]}${apacheHost(ports[i + 1], `ProxyPass "${prefix}" "unix:${socket}|fcgi://process${i}${prefix}" disablereuse=on retry=0`)}`);
	const shipped = fill('apache.conf.in', options, { MODULES: '/usr/lib/apache2/modules', USER: 'www-data' })
		.replace(/^ProxyPass .*$/m, (line) => apacheHost(ports[0], line));
	fs.writeFileSync(`${dir}/apache.conf`, shipped + own.join(''));
	return new Child('apache2', '/usr/sbin/apache2', ['-DFOREGROUND', '-f', `${dir}/apache.conf`], { log: `${dir}/apache.log` });
}

function startNginx(options) {
	const { dir, ports, sockets } = options;
	const shipped = fill('nginx.conf.in', options, { FDS: 4096 });
	const server = shipped.slice(shipped.indexOf('\tserver {\n'), shipped.lastIndexOf('}'));
	const own = sockets.map((socket, i) => server.replace(`127.0.0.1:${ports[0]} `, `127.0.0.1:${ports[i + 1]} `)
		.replace('fastcgi_pass pollux;', `fastcgi_pass unix:${socket};`));
	fs.writeFileSync(`${dir}/nginx.conf`, shipped.replace(server, () => server + own.join('')));
	return new Child('nginx', '/usr/sbin/nginx', ['-e', `${dir}/nginx.log`, '-p', dir, '-c', `${dir}/nginx.conf`], { log: `${dir}/nginx.log` });
}

const lighttpdFront = ({ dir, ports }) => `
server.document-root = "${dir}/www"
server.bind = "127.0.0.1"
server.port = ${ports[0]}
server.upload-dirs = ( "${dir}" )
`;

// lighttpd starts the processes itself; descriptor 0 is their listening socket.
function startSpawning(options) {
	const { dir, command, db, appPath } = options;
	const shipped = fill('lighttpd-spawn.conf.in', options, { BIN: command, PROCESSES: 2, SOCKET: `${dir}/spawned.sock`, DB: db, APP: appPath });
	fs.writeFileSync(`${dir}/lighttpd.conf`, lighttpdFront(options) + shipped);
	return new Child('lighttpd', '/usr/sbin/lighttpd', ['-D', '-f', `${dir}/lighttpd.conf`]);
}

// Plain CGI: a process a request, at /pollux.cgi/socket.io/.
function startCgi(options) {
	const { dir, command, db, appPath } = options;
	fs.writeFileSync(`${dir}/www/pollux.cgi`, `export POLLUX_CLIENT='${process.env.POLLUX_CLIENT}'\nexec ${command} --db ${db} --app ${appPath}\n`);
	fs.writeFileSync(`${dir}/lighttpd.conf`, `${lighttpdFront(options)}
server.modules = ( "mod_cgi" )
cgi.assign = ( ".cgi" => "/bin/sh" )
`);
	return new Child('lighttpd', '/usr/sbin/lighttpd', ['-D', '-f', `${dir}/lighttpd.conf`]);
}

const starters = { lighttpd: startLighttpd, apache: startApache, nginx: startNginx, spawning: startSpawning, cgi: startCgi };
export const startsProcesses = (kind) => kind === 'spawning' || kind === 'cgi';

// Resolves to { child, urls: { any, each } }. options: dir; prefix, the path that is served, without the last slash; rooms, that of plain WebSockets; ws, the sidecar's Unix
// socket; the processes' Unix sockets, or, where the web server starts them, command, db and appPath; tls: https: (lighttpd).
export async function startWebServer(kind, options) {
	fs.mkdirSync(`${options.dir}/www`, { recursive: true });
	for (let attempt = 1; ; attempt++) {
		const ports = await freePorts(startsProcesses(kind) ? 1 : options.sockets.length + 1);
		const child = starters[kind]({ ...options, ports });
		try {
			for (const port of ports) await untilAccepting({ host: '127.0.0.1', port }, child);
			const [any, ...each] = ports.map((port) => `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`);
			return { child, urls: { any, each } };
		} catch (error) {
			await child.stop();
			// Somebody else has taken a port meanwhile.
			if (attempt === 3 || !/already in use|could not bind/i.test(child.stderr())) throw error;
		}
	}
}

// Web servers in front of pollux.fcgi processes: the shipped configurations (conf/) for the port that may use all of them, and
// a port more for each process alone, so that a test chooses which one gets a request.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.mjs';
import { freePorts, untilAccepting } from './ports.mjs';

const conf = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../conf');

// Fills a template; one process takes both places of it.
function fill(file, { dir, ports, sockets, prefix }, more) {
	const values = {
		HOST: '127.0.0.1', PORT: ports[0], IPV6: '#', ROOT: `${dir}/www`, VAR: dir, PATH: prefix,
		SOCKET1: sockets[0], SOCKET2: sockets[1] ?? sockets[0], ...more,
	};
	return fs.readFileSync(path.join(conf, file), 'utf8').replace(/@([A-Z0-9_]+)@/g, (whole, name) => String(values[name] ?? whole));
}

function startLighttpd(options) {
	const { dir, ports, sockets, prefix } = options;
	const own = sockets.map((socket, i) => `
$SERVER["socket"] == "127.0.0.1:${ports[i + 1]}" {
	fastcgi.server = ( "${prefix}" => ( ( "socket" => "${socket}", "check-local" => "disable", "tcp-fin-propagate" => "enable", "disable-time" => 0 ) ) )
}`);
	fs.writeFileSync(`${dir}/lighttpd.conf`, fill('lighttpd.conf.in', options, { FDS: 4096, CONNECTIONS: 2048 }) + own.join(''));
	return new Child('lighttpd', '/usr/sbin/lighttpd', ['-D', '-f', `${dir}/lighttpd.conf`], { log: `${dir}/lighttpd.log` });
}

function startApache(options) {
	const { dir, ports, sockets, prefix } = options;
	const own = sockets.map((socket, i) => `
Listen 127.0.0.1:${ports[i + 1]}
<VirtualHost 127.0.0.1:${ports[i + 1]}>
	ProxyPass "${prefix}" "unix:${socket}|fcgi://process${i}${prefix}" disablereuse=on retry=0
</VirtualHost>`);
	const more = { MODULES: '/usr/lib/apache2/modules', AS_ROOT: process.getuid() === 0 ? '' : '#', USER: 'www-data' };
	// A ProxyPass of the main server would go before those of the others: it moves to a host of its own.
	const shipped = fill('apache.conf.in', options, more)
		.replace(/^ProxyPass .*$/m, (line) => `<VirtualHost 127.0.0.1:${ports[0]}>\n\t${line}\n</VirtualHost>`);
	fs.writeFileSync(`${dir}/apache.conf`, shipped + own.join(''));
	return new Child('apache2', '/usr/sbin/apache2', ['-DFOREGROUND', '-f', `${dir}/apache.conf`], { log: `${dir}/apache.log` });
}

const lighttpdFront = ({ dir, ports }) => `
server.document-root = "${dir}/www"
server.bind = "127.0.0.1"
server.port = ${ports[0]}
server.upload-dirs = ( "${dir}" )
`;

// lighttpd starts the processes itself; descriptor 0 is their listening socket.
function startSpawning(options) {
	const { dir, command, db, appPath, prefix } = options;
	fs.writeFileSync(`${dir}/lighttpd.conf`, `${lighttpdFront(options)}
server.modules = ( "mod_fastcgi" )
fastcgi.server = ( "${prefix}" => ( (
	"bin-path" => "${command} --db ${db} --app ${appPath}", "socket" => "${dir}/spawned.sock",
	"min-procs" => 2, "max-procs" => 2, "check-local" => "disable" ) ) )
`);
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

const starters = { lighttpd: startLighttpd, apache: startApache, spawning: startSpawning, cgi: startCgi };
export const startsProcesses = (kind) => kind === 'spawning' || kind === 'cgi';

// Resolves to { child, urls: { any, each } }. options: dir; prefix, the path that is served, without the last slash; the
// processes' Unix sockets, or, where the web server starts them, command, db and appPath.
export async function startWebServer(kind, options) {
	fs.mkdirSync(`${options.dir}/www`, { recursive: true });
	for (let attempt = 1; ; attempt++) {
		const ports = await freePorts(startsProcesses(kind) ? 1 : options.sockets.length + 1);
		const { dir, sockets, prefix, command, db, appPath } = options;
		const child = starters[kind]({ dir, sockets, prefix, command, db, appPath, ports });
		try {
			for (const port of ports) await untilAccepting({ host: '127.0.0.1', port }, child);
			const [any, ...each] = ports.map((port) => `http://127.0.0.1:${port}`);
			return { child, urls: { any, each } };
		} catch (error) {
			await child.stop();
			// Somebody else has taken a port meanwhile.
			if (attempt === 3 || !/already in use|could not bind/i.test(child.stderr())) throw error;
		}
	}
}

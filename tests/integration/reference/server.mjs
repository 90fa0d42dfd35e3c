// The reference: npm socket.io serving one of the applications beside this file.
// node server.mjs APPLICATION OPTIONS_JSON; prints "ready PORT". An application gets Socket.IO's server and the web server.
import http from 'node:http';
import { Server } from 'socket.io';

const [application, options] = process.argv.slice(2);
const { default: install, options: own } = await import(new URL(`./${application}.mjs`, import.meta.url));
const web = http.createServer((request, response) => response.writeHead(404).end());
const io = new Server(web, { ...own, ...JSON.parse(options) });

install(io, web);
web.listen(0, '127.0.0.1', () => console.log(`ready ${web.address().port}`));

// The reference: npm socket.io serving one of the applications beside this file.
// node server.mjs APPLICATION OPTIONS_JSON; prints "ready PORT".
import http from 'node:http';
import { Server } from 'socket.io';

const [application, options] = process.argv.slice(2);
const { default: install, options: own } = await import(new URL(`./${application}.mjs`, import.meta.url));
const web = http.createServer((request, response) => response.writeHead(404).end());
const io = new Server(web, { ...own, ...JSON.parse(options) });

install(io);
web.listen(0, '127.0.0.1', () => console.log(`ready ${web.address().port}`));

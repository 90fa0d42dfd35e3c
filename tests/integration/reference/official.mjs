// What the official suites are written against: node official.mjs engine|socket.
import http from 'node:http';
import * as engine from 'engine.io';
import { Server } from 'socket.io';
import install from './suite.mjs';

const options = { pingInterval: 300, pingTimeout: 200, maxPayload: 1e6, connectTimeout: 1000, cors: { origin: '*' } };
const web = http.createServer();
if (process.argv[2] === 'engine') engine.attach(web, options).on('connection', (socket) => socket.on('data', (...args) => socket.send(...args)));
else install(new Server(web, options));
web.listen(0, '127.0.0.1', () => console.log(`ready ${web.address().port}`));

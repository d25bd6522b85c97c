// Socket.IO's server of the resume storm: one room, connection state recovery on, WebSocket only. --port N.
'use strict';

const http = require('http');
const { Server } = require('socket.io');

const flag = process.argv.indexOf('--port');
const port = flag < 0 ? 0 : Number(process.argv[flag + 1]);

const listener = http.createServer();
const io = new Server(listener, {
  transports: ['websocket'],
  serveClient: false,
  connectionStateRecovery: { maxDisconnectionDuration: 5 * 60 * 1000, skipMiddlewares: true },
});

io.on('connection', (socket) => {
  socket.join('room'); // of no effect if it was recovered
  socket.on('message', (text) => io.to('room').emit('message', text));
});

listener.listen({ host: '127.0.0.1', port, backlog: 4096 }, () => {
  console.log(`listening on http://127.0.0.1:${listener.address().port}/`);
});

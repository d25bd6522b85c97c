// A room server on Socket.IO, WebSocket transport only. Its protocol is not plain WebSocket: `wsload --socketio`
// speaks it, and names the path in the query of the handshake.
'use strict';

const http = require('http');
const { Server } = require('socket.io');

const flag = process.argv.indexOf('--port');
const port = flag < 0 ? 9002 : Number(process.argv[flag + 1]);

const listener = http.createServer();
const io = new Server(listener, { transports: ['websocket'], serveClient: false });

io.on('connection', (socket) => {
  const path = socket.handshake.query.path;
  if (path === '/echo') {
    socket.on('message', (text) => socket.emit('message', text));
    return;
  }
  socket.join(path);
  socket.on('message', (text) => io.to(path).emit('message', text));
});

listener.listen({ host: '127.0.0.1', port, backlog: 4096 }, () => {
  console.log(`listening on http://127.0.0.1:${listener.address().port}/`);
});

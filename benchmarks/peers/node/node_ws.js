// A room server on Node's `ws`: the broadcast loop of its documentation.
'use strict';

const { WebSocketServer, WebSocket } = require('ws');

const flag = process.argv.indexOf('--port');
const port = flag < 0 ? 9002 : Number(process.argv[flag + 1]);
const rooms = new Map();

function joinRoom(path, socket) {
  if (!rooms.has(path)) rooms.set(path, new Set());
  const room = rooms.get(path);
  room.add(socket);
  socket.on('close', () => room.delete(socket));
  return room;
}

const server = new WebSocketServer({ host: '127.0.0.1', port, backlog: 4096, perMessageDeflate: false });

server.on('connection', (socket, request) => {
  socket.on('error', () => {});
  if (request.url === '/echo') {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
    return;
  }
  const room = joinRoom(request.url, socket);
  socket.on('message', (data, binary) => {
    for (const member of room) {
      if (member.readyState === WebSocket.OPEN) member.send(data, { binary });
    }
  });
});

server.on('listening', () => console.log(`listening on http://127.0.0.1:${server.address().port}/`));

// node-app.mjs: the Node app that meshbot's host is compared with: Express, Socket.IO, ws
//
//   node bench/signaling/node-app.mjs PORT
//
// Rooms in memory over REST, the events of docs/protocol.md over Socket.IO with its default options, and the
// same over a plain WebSocket at /ws the way one writes it: JSON.parse, look up, JSON.stringify. The packages
// are those of the end-to-end tests.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../tests/e2e/package.json', import.meta.url));
const express = require('express');
const { Server } = require('socket.io');
const { WebSocketServer } = require('ws');

const rooms = new Map();
const app = express();
app.disable('x-powered-by');
app.use(express.json());
app.get('/api/rooms', (request, response) => response.json([...rooms.values()]));
app.get('/api/rooms/:id', (request, response) => {
  const room = rooms.get(request.params.id);
  response.status(room ? 200 : 404).json(room ?? { error: 'no such room' });
});
app.post('/api/rooms', (request, response) => {
  const { name } = request.body ?? {};
  if (typeof name !== 'string' || !name.trim())
    return response.status(400).json({ error: 'name is blank' });
  const room = { id: randomUUID(), name: name.trim(), createdAt: new Date().toISOString() };
  rooms.set(room.id, room);
  return response.status(201).location(`/api/rooms/${room.id}`).json(room);
});

const server = createServer(app);
const io = new Server(server);
io.on('connection', (socket) => {
  socket.on('join-room', ({ roomId, displayName }) => {
    const others = [...(io.sockets.adapter.rooms.get(roomId) ?? [])];
    socket.join(roomId);
    socket.data.room = roomId;
    socket.emit('peers', { peers: others });
    socket.to(roomId).emit('peer-joined', { peerId: socket.id, displayName });
  });
  socket.on('signal', ({ to, data }) => {
    if (io.sockets.adapter.rooms.get(socket.data.room)?.has(to))
      io.to(to).emit('signal', { from: socket.id, data });
  });
  socket.on('disconnecting', () => {
    if (socket.data.room)
      socket.to(socket.data.room).emit('peer-left', { peerId: socket.id });
  });
});

/** @type {Map<string, Map<string, import('ws').WebSocket>>} the plain dialect's members by room and id */
const plainRooms = new Map();
const plain = new WebSocketServer({ noServer: true });
const say = (socket, message) => socket.send(JSON.stringify(message));
plain.on('connection', (socket) => {
  const id = randomUUID();
  let room = '';
  const others = () => [...(plainRooms.get(room) ?? [])].filter(([each]) => each !== id);
  say(socket, { type: 'welcome', id });
  socket.on('message', (bytes) => {
    const message = JSON.parse(bytes.toString());
    if (message.type === 'join-room') {
      room = message.roomId;
      say(socket, { type: 'peers', peers: others().map(([each]) => each) });
      others().forEach(([, other]) => say(other, { type: 'peer-joined', peerId: id, displayName: message.displayName }));
      if (!plainRooms.has(room))
        plainRooms.set(room, new Map());
      plainRooms.get(room).set(id, socket);
    } else if (message.type === 'signal') {
      const to = plainRooms.get(room)?.get(message.to);
      if (to)
        say(to, { type: 'signal', from: id, data: message.data });
    }
  });
  socket.on('close', () => {
    others().forEach(([, other]) => say(other, { type: 'peer-left', peerId: id }));
    plainRooms.get(room)?.delete(id);
  });
});
server.on('upgrade', (request, socket, head) => {
  if (request.url === '/ws')
    plain.handleUpgrade(request, socket, head, (upgraded) => plain.emit('connection', upgraded, request));
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'));

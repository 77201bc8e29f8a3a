// node-server.mjs: somebody else's room server, on express and the stock Socket.IO

import { createServer } from 'node:http';
import express from 'express';
import { Server } from 'socket.io';

/**
 * Rooms as a small app would have them: no roles, no acknowledgement, ids only. A join too many, a
 * signal to nobody and the like are passed over in silence, as most such apps do.
 * @param {import('node:test').TestContext} t
 * @param {(name: string) => string} [page] the app's page at /page/NAME
 * @returns {Promise<string>} its address
 */
export async function startNodeServer(t, page) {
  const app = express();
  app.get('/', (request, response) => response.send('somebody else'));
  if (page)
    app.get('/page/:name', (request, response) => response.type('html').send(page(request.params.name)));
  const server = createServer(app);
  const io = new Server(server);
  io.on('connection', (socket) => {
    const leave = () => {
      const { room } = socket.data;
      delete socket.data.room;
      if (!room)
        return;
      socket.leave(room);
      socket.to(room).emit('peer-left', { peerId: socket.id });
    };
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
    socket.on('leave-room', leave);
    socket.on('disconnecting', leave);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  t.after(() => {
    // Those who are still connected end later than this server: nobody waits for them.
    io.close();
    server.closeAllConnections();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return `http://localhost:${port}`;
}

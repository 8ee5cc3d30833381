// @ts-check
// Relays the connections between boards and their broker, and can break them for one board at a time.
import { once } from 'node:events';
import { connect as dial, createServer } from 'node:net';

/**
 * @typedef {object} Relay
 * @property {number} port where the boards connect
 * @property {(uid: string, ms: number) => void} cut the link of this board is lost, and for `ms` milliseconds it gets no other
 * @property {() => number} lost connections that `cut` has ended
 * @property {() => void} stop
 */

/** Passes connections on to a port of this computer. @param {number} to @returns {Promise<Relay>} */
export async function startRelay(to) {
  /** Until when a board gets no connection, by uid. @type {Map<string, number>} */
  const away = new Map();
  /** @type {Map<string, import('node:net').Socket>} */
  const open = new Map();
  let lost = 0;
  const server = createServer({ noDelay: true }, (board) => {
    board.on('error', () => undefined); // the board ended it
    board.once('data', (first) => {
      // The first packet names the board: its last will goes to mpy/UID/st.
      const [, uid = ''] = /mpy\/([0-9a-f]+)\//.exec(first.toString('latin1')) ?? [];
      if ((away.get(uid) ?? 0) > performance.now()) return board.destroy();
      const broker = dial({ port: to, host: '127.0.0.1', noDelay: true });
      broker.on('error', () => board.destroy());
      broker.on('close', () => board.destroy());
      board.on('close', () => broker.destroy());
      broker.write(first);
      board.pipe(broker).pipe(board);
      open.set(uid, board);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut: (uid, ms) => {
      away.set(uid, performance.now() + ms);
      const socket = open.get(uid);
      if (socket && !socket.destroyed) lost++;
      socket?.destroy();
    },
    lost: () => lost,
    stop: () => {
      server.close();
      for (const socket of open.values()) socket.destroy();
    },
  };
}

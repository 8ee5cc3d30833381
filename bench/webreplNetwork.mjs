// @ts-check
// A network between this computer and a board: a TCP proxy.
import { connect, createServer } from 'node:net';

/**
 * Holds every byte back for `delay` ms, and lets no more than `rate` bytes a second through to the board.
 * @param {number} to port @param {number} delay @param {number} [rate]
 */
export async function slowNetwork(to, delay, rate = Infinity) {
  const server = createServer((near) => {
    const there = connect(to, '127.0.0.1');
    pass(near, there, delay, rate);
    pass(there, near, delay, Infinity);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, close: () => server.close() };
}

/** Bytes that the network buffers in each direction, as Wi-Fi does. */
const HELD = 32 * 1024;
/** Number of bytes that are forwarded together. */
const PACKET = 1460;

/** @param {import('node:net').Socket} from @param {import('node:net').Socket} into @param {number} delay @param {number} rate */
function pass(from, into, delay, rate) {
  let freeAt = 0; // when the line has carried all that was given to it
  let held = 0;
  from.setNoDelay(true);
  from.on('data', (data) => {
    for (let at = 0; at < data.length; at += rate === Infinity ? data.length : PACKET) {
      const packet = rate === Infinity ? data : data.subarray(at, at + PACKET);
      freeAt = Math.max(freeAt, performance.now()) + (packet.length / rate) * 1000;
      held += packet.length;
      if (held > HELD && rate !== Infinity) from.pause();
      const deliver = () => {
        held -= packet.length;
        if (held <= HELD) from.resume();
        into.write(packet);
      };
      setTimeout(deliver, freeAt - performance.now() + delay);
    }
  });
  from.on('end', () => setTimeout(() => into.end(), freeAt - performance.now() + delay + 1));
  from.on('error', () => into.destroy());
}

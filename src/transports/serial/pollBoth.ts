import type { EventEmitter } from 'node:events';
import type { SerialPort } from 'serialport';

/** Events of the library's poller, and their bits. */
const BITS = { readable: 1, writable: 2 } as const;

interface Poller extends EventEmitter {
  poll(bits?: number): void;
}

/**
 * Makes an open port wait for reading and writing at the same time. In `@serialport/bindings-cpp`
 * 13, `poll` replaces what the poller waits for: when the next read is awaited, a write that waits
 * for room is forgotten until the board sends something. But a board that waits for the rest of the
 * data sends nothing. On Windows, ports have no poller.
 */
export function pollBoth(port: SerialPort): void {
  const { poller } = (port.port ?? {}) as { poller?: Poller };
  if (!poller) return;
  const poll = poller.poll.bind(poller);
  poller.poll = (bits = 0) => {
    const waiting = Object.entries(BITS).filter(([event]) => poller.listenerCount(event) > 0);
    poll(waiting.reduce((all, [, bit]) => all | bit, bits));
  };
}

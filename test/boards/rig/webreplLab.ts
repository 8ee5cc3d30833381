import { openSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { ReadStream } from 'node:tty';
import type { WebReplAddress } from '../../../src/core/address';
import { ConnectError } from '../../../src/core/errors';
import { webreplAddress } from '../../../src/core/parseAddress';
import { startUboard } from '../../lab/index.mjs';
import { pollUntil } from '../../lab/process.mjs';

/** A real MicroPython with its own WebREPL running, on the loopback interface. */
export interface WebReplBoard {
  readonly address: WebReplAddress;
  readonly port: number;
  readonly password: string;
  readonly board: Awaited<ReturnType<typeof startUboard>>;
  restart(): Promise<void>;
  /** Waits until its WebREPL answers (again). */
  listening(): Promise<void>;
  stop(): Promise<void>;
}

const START_MS = 20_000; // a loaded machine starts a board within this

/**
 * Starts uboard with WebREPL in its boot.py. Its serial output is read and dropped, because an
 * unread line would block it.
 */
export async function startWebReplBoard(
  options: {
    password?: string;
    files?: Record<string, string | Uint8Array>;
    sizeKib?: number;
    heap?: number;
  } = {},
): Promise<WebReplBoard> {
  const port = await boardPort();
  const password = options.password ?? 'secret';
  const boot = `import webrepl\nwebrepl.start(${port}, ${JSON.stringify(password)})\n`;
  const board = await startUboard({
    files: { 'boot.py': boot, ...options.files },
    ...(options.sizeKib ? { sizeKib: options.sizeKib } : {}),
    ...(options.heap ? { heap: options.heap } : {}),
  });
  let drain = drainTty(board.tty);
  await listening(port);
  return {
    address: webreplAddress(`ws://127.0.0.1:${port}`),
    port,
    password,
    board,
    listening: () => listening(port),
    restart: async () => {
      drain.destroy();
      await board.restart();
      drain = drainTty(board.tty);
      await listening(port);
    },
    stop: async () => {
      drain.destroy();
      await board.stop();
    },
  };
}

const FREE_MS = 30_000; // a loaded machine lets a client go within this

/** Repeats `open` until the board takes a client: it serves one, and refuses others until it has noticed that the last one is gone. */
export async function onceFree<T>(open: () => Promise<T>): Promise<T> {
  const end = performance.now() + FREE_MS;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isBusy = error instanceof ConnectError && error.reason === 'busy';
      if (!isBusy || performance.now() > end) throw error;
    }
  }
}

/** A free port that no outgoing connection of this machine can take while the board is off. */
export async function boardPort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (free) return port;
  }
}

function drainTty(tty: string): ReadStream {
  const stream = new ReadStream(openSync(tty, 'r+'));
  stream.on('error', () => undefined); // the board was switched off: there is nothing more to read
  return stream.resume();
}

/** Waits until the port is open, without connecting (WebREPL serves only one client). */
export async function listening(port: number): Promise<void> {
  const { readFile } = await import('node:fs/promises');
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const listens = async () => {
    const table = await readFile('/proc/net/tcp', 'utf8');
    return table.split('\n').some((line) => line.includes(local) && line.includes(' 0A '));
  };
  if (!(await pollUntil(listens, START_MS))) throw new Error(`nobody listens on port ${port}`);
}

/** A TCP proxy that can stop forwarding while its connections stay open, as a lost Wi-Fi does. */
export interface Proxy {
  readonly port: number;
  /** Bytes that went to the board. */
  readonly sent: number;
  /** Stops all traffic in both directions. */
  freeze(): void;
  /** Resets every connection. */
  cut(): void;
  stop(): Promise<void>;
}

/**
 * Starts a proxy to `port`. `onSent` is called with the number of bytes sent to the board, before
 * they are passed on.
 */
export async function startProxy(port: number, onSent?: (bytes: number) => void): Promise<Proxy> {
  let frozen = false;
  let sent = 0;
  const sockets = new Set<Socket>();
  const pipe = (from: Socket, to: Socket, count: boolean) => {
    sockets.add(from);
    from.on('data', (data: Buffer) => {
      if (count) {
        sent += data.length;
        onSent?.(sent);
      }
      if (!frozen) to.write(data);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      if (!frozen) to.destroy();
    });
  };
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    pipe(near, far, true);
    pipe(far, near, false);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get sent() {
      return sent;
    },
    freeze: () => (frozen = true),
    cut,
    stop: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

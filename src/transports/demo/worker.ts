import { parentPort, workerData } from 'node:worker_threads';
import { InputRing } from './inputRing';
import { Interpreter } from './interpreter';
import type { StartMode, WorkerMessage, WorkerSettings } from './messages';
import { Repl } from './repl';

/*
 * The demo board's thread: one interpreter, from its start to its next reset. Whoever started it ends it.
 */

const settings = workerData as WorkerSettings;
const ring = new InputRing(settings.ring);
const port = parentPort;
const waitForever = new Int32Array(new SharedArrayBuffer(4));

function send(message: WorkerMessage): void {
  port?.postMessage(message);
}

function end(start: StartMode): never {
  send({ type: 'reset', start });
  for (;;) Atomics.wait(waitForever, 0, 0);
}

/**
 * MicroPython's `js` module gives Python code this thread's global object. A board has no way to the computer it is plugged into, so
 * what leads out of here is taken away: Node, the network, and making functions from text.
 */
function lockDown(): void {
  const all = globalThis as Record<string, unknown>;
  const ways = 'process global fetch WebSocket EventSource BroadcastChannel Worker navigator eval';
  for (const name of `${ways} Function require module`.split(' ')) {
    if (name in all) Object.defineProperty(all, name, { value: undefined });
  }
  const kinds = [
    () => undefined,
    async () => Promise.resolve(),
    function* () {
      yield 0;
    },
    async function* () {
      yield Promise.resolve(0);
    },
  ];
  for (const kind of kinds) {
    Object.defineProperty(Object.getPrototypeOf(kind), 'constructor', { value: undefined });
  }
}

async function main(): Promise<void> {
  const python = await Interpreter.start(settings, ring, {
    output: (bytes) => {
      ring.sent(bytes.length);
      send({ type: 'output', bytes });
    },
    room: () => send({ type: 'room' }),
    reset: () => end('power'),
  });
  lockDown();
  const repl = new Repl(python, ring, (start) => {
    python.flush();
    end(start);
  });
  send({ type: 'ready' });
  repl.start(settings.start);
  const pump = () => {
    for (let byte = ring.readByte(); byte !== undefined; byte = ring.readByte()) {
      if (ring.takeHostWaits()) send({ type: 'room' });
      repl.feed(byte);
    }
    python.flush();
  };
  port?.on('message', pump);
  pump();
}

main().catch((error: unknown) => {
  send({ type: 'failed', message: error instanceof Error ? String(error.stack) : String(error) });
});

import { parentPort, workerData } from 'node:worker_threads';
import { InputRing } from './inputRing';
import { Interpreter } from './interpreter';
import { lockDown } from './lockDown';
import type { StartMode, WorkerMessage, WorkerSettings } from './messages';
import { Repl } from './repl';

/** The thread of a demo board: one interpreter, from start to reset. Its creator terminates it. */

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

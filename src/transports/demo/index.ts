import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Address } from '../../core/address';
import { systemClock } from '../../core/async';
import { asError, ConnectError } from '../../core/errors';
import type { Log } from '../../core/log';
import { StreamTransport } from '../../core/repl/streamTransport';
import { DemoStream } from './demoStream';
import { addExamples } from './examples';

/** As much as a small board has. */
const FLASH_BYTES = 2 * 1024 * 1024;

/** Where a demo board finds what it is made of. */
export interface DemoSettings {
  /** Folder under which every demo board keeps its files. */
  readonly storage: string;
  /** Path of the bundled worker script. */
  readonly worker: string;
  /** Path of MicroPython's micropython.mjs, with micropython.wasm beside it. */
  readonly micropython: string;
  /** Bytes of flash; tests choose less. */
  readonly flashBytes?: number;
  /** Whether a new board gets example files. */
  readonly examples?: boolean;
}

/** What `machine.unique_id()` says on this demo board, in lower-case hex. */
function demoUid(address: Address): string {
  return createHash('sha256').update(`demo board ${address.rest}`).digest('hex').slice(0, 16);
}

/** The folder of this computer that stands for the board's flash. */
export function demoFolder(address: Address, settings: DemoSettings): string {
  return join(settings.storage, demoUid(address));
}

/** A MicroPython inside this program: `demo:1`, `demo:2`, … are boards of their own, which keep their files. */
export function demoTransport(address: Address, settings: DemoSettings, log: Log): StreamTransport {
  const uid = demoUid(address);
  const folder = demoFolder(address, settings);
  return new StreamTransport({
    address,
    log,
    open: async (signal) => {
      if (settings.examples ?? true) addExamples(folder);
      const stream = new DemoStream({
        folder,
        uid,
        flashBytes: settings.flashBytes ?? FLASH_BYTES,
        worker: settings.worker,
        micropython: settings.micropython,
        clock: systemClock,
      });
      try {
        await stream.powerOn(signal);
      } catch (error) {
        await stream.close();
        throw signal.aborted ? error : notStarted(address, error);
      }
      return stream;
    },
  });
}

function notStarted(address: Address, cause: unknown): ConnectError {
  return new ConnectError(address, 'other', asError(cause).message, {
    hint: 'Reload the window; if that does not help, install the extension again.',
    cause,
  });
}

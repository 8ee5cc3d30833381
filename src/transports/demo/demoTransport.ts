import * as l10n from '@vscode/l10n';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DemoAddress } from '../../core/address';
import { systemClock } from '../../core/async';
import { asError, ConnectError } from '../../core/errors';
import type { Log } from '../../core/log';
import { StreamTransport } from '../../core/repl';
import { DemoStream } from './demoStream';
import { addExamples } from './examples';

/** The size of a small board's flash. */
const FLASH_BYTES = 2 * 1024 * 1024;

/** Locations of a demo board's parts. */
export interface DemoSettings {
  /** Folder under which every demo board keeps its files. */
  readonly storage: string;
  /** Path of the bundled worker script. */
  readonly worker: string;
  /** Path of MicroPython's micropython.mjs; micropython.wasm is next to it. */
  readonly micropython: string;
  /** Bytes of flash; tests choose less. */
  readonly flashBytes?: number;
  /** Whether a new board gets example files. */
  readonly examples?: boolean;
}

/** Returns the value of `machine.unique_id()` on this demo board, in lower-case hex. */
function demoUid(address: DemoAddress): string {
  return createHash('sha256').update(`demo board ${address.id}`).digest('hex').slice(0, 16);
}

/** Returns the folder on this computer that represents the board's flash. */
export function demoFolder(address: DemoAddress, settings: DemoSettings): string {
  return join(settings.storage, demoUid(address));
}

/**
 * Creates a MicroPython inside this program: `demo:1`, `demo:2`, … are separate boards, each with
 * its own files.
 */
export function demoTransport(
  address: DemoAddress,
  settings: DemoSettings,
  log: Log,
): StreamTransport {
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

function notStarted(address: DemoAddress, cause: unknown): ConnectError {
  return new ConnectError(address, 'other', asError(cause).message, {
    hint: l10n.t('Reload the window. If that does not help, reinstall the extension.'),
    cause,
  });
}

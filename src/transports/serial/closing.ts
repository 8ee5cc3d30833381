import type { SerialPort } from 'serialport';
import { systemClock, within } from '../../core/async';
import { asError } from '../../core/errors';
import type { Log } from '../../core/log';

/**
 * Ports that this process is closing, by path. A port is locked until it is closed, so an attempt that follows a failed or aborted
 * one at once would read that another program uses the port.
 */
const closing = new Map<string, Promise<void>>();
/** Longest wait in milliseconds for such a port. A driver may never answer. */
const CLOSING_MS = 3_000;

/** Closes a port. Never rejects. */
export function closePort(port: SerialPort, log: Log): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    port.close((error) => {
      if (error) log.debug(`Closing ${port.path}: ${asError(error).message}`);
      resolve();
    });
  });
  return whileClosing(port.path, closed);
}

/** Makes {@link untilClosed} wait for `closed`, which never rejects. */
export async function whileClosing(path: string, closed: Promise<void>): Promise<void> {
  closing.set(path, closed);
  await closed;
  if (closing.get(path) === closed) closing.delete(path);
}

/** Resolves when this process has closed the port at `path`. Every opening of a port begins with it. */
export async function untilClosed(path: string, signal?: AbortSignal): Promise<void> {
  const closed = closing.get(path);
  if (closed) await within(systemClock, CLOSING_MS, closed, undefined, signal);
}

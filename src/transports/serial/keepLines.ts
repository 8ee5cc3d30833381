import { execFile } from 'node:child_process';
import type { Log } from '../../core/log';

const MOST_MS = 5000; // stty needs a few milliseconds
/** How `stty` is told the port: GNU's and BusyBox's, and BSD's. */
const PORT_OPTION: Partial<Record<NodeJS.Platform, string>> = { linux: '-F', darwin: '-f' };

/**
 * Lets an open port keep DTR and RTS when it is closed: the system's drivers begin with HUPCL ("hang up on close"), and
 * serialport's `hupcl: false` only does not add it. Opening a port whose DTR is up already changes nothing on the board's lines.
 * Resolves when it is done or cannot be done; never rejects.
 */
export function keepLinesOnClose(path: string, log: Log): Promise<void> {
  const option = PORT_OPTION[process.platform];
  if (option === undefined) return Promise.resolve(); // Windows has no such thing
  return new Promise((resolve) => {
    execFile('stty', [option, path, '-hupcl'], { timeout: MOST_MS }, (error) => {
      if (error) log.debug(`stty ${option} ${path} -hupcl: ${error.message}`);
      resolve();
    });
  });
}

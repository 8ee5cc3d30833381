import { execFile } from 'node:child_process';
import type { Log } from '../../core/log';

const MOST_MS = 5000; // stty needs a few milliseconds
/** The option of `stty` that selects the port: GNU and BusyBox, and BSD. */
const PORT_OPTION: Partial<Record<NodeJS.Platform, string>> = { linux: '-F', darwin: '-f' };

/**
 * Keeps DTR and RTS up when an open port is closed. The drivers start with HUPCL ("hang up on close"), and serialport's
 * `hupcl: false` does not clear it. Opening a port whose DTR is already up changes nothing on the board's lines.
 * Resolves when it is done or cannot be done; never rejects.
 */
export function keepLinesOnClose(path: string, log: Log): Promise<void> {
  const option = PORT_OPTION[process.platform];
  if (option === undefined) return Promise.resolve(); // Windows has no such option
  return new Promise((resolve) => {
    execFile('stty', [option, path, '-hupcl'], { timeout: MOST_MS }, (error) => {
      if (error) log.debug(`stty ${option} ${path} -hupcl: ${error.message}`);
      resolve();
    });
  });
}

import { readFileSync } from 'node:fs';
import type { ReadStream } from 'node:tty';
import type { Disposable } from '../../core/events';
import type { CliInput } from './input';

/** Returns the process's own standard input. */
export function standardInput(stdin: NodeJS.ReadStream): CliInput {
  return {
    isTerminal: stdin.isTTY && isForeground(),
    listen: (onData, onEnd) => listen(stdin, onData, onEnd),
    readAll: async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stdin) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks);
    },
  };
}

function listen(
  stdin: NodeJS.ReadStream,
  onData: (chunk: Uint8Array) => void,
  onEnd: () => void,
): Disposable {
  const terminal: ReadStream | undefined = stdin.isTTY ? stdin : undefined;
  terminal?.setRawMode(true);
  stdin.on('data', onData);
  stdin.once('end', onEnd);
  stdin.resume();
  return {
    dispose: () => {
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      stdin.pause();
      terminal?.setRawMode(false);
    },
  };
}

/**
 * Returns whether this process is in the foreground. The kernel stops a background job that
 * accesses its terminal (SIGTTOU), and `mpyfleet exec … &` must continue. Fields 5 and 8 of
 * /proc/self/stat (proc_pid_stat(5)) are our process group and the terminal's foreground group.
 */
function isForeground(): boolean {
  if (process.platform !== 'linux') return true;
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[2] === fields[5];
}

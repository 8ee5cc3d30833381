import { CancelledError } from '../core/errors';
import type { Log } from '../core/log';
import type { Cli } from './cli';
import { EXIT } from './exitStatus';
import { mpyfleet } from './mpyfleet';

/** Entry of the `mpyfleet` program: connects the command line with the process it runs in. */
async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const status = await mpyfleet(argv, world(argv));
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  // A link that hangs in its last breath must not keep the program alive.
  process.exit(status);
}

function world(argv: readonly string[]): Omit<Cli, 'options'> {
  const cancel = new AbortController();
  process.on('SIGINT', () => {
    if (cancel.signal.aborted) process.exit(EXIT.cancelled); // asked twice: at once
    cancel.abort(new CancelledError());
  });
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // `mpyfleet … | head` has seen enough: no fault of ours, and nothing more to say.
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.internal);
  });
  return {
    out: (data) => void process.stdout.write(data),
    err: (text) => void process.stderr.write(text),
    readInput: readAll,
    interactive: process.stderr.isTTY,
    env: process.env,
    cwd: process.cwd(),
    signal: cancel.signal,
    log: stderrLog(
      argv
        .filter((a) => /^(-v+|--verbose)$/.test(a))
        .join('')
        .replace(/[^v]/g, '').length,
    ),
  };
}

async function readAll(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** Level 0: warnings; 1: what is done; 2: every byte. */
function stderrLog(level: number): Log {
  const say = (least: number) => (message: string, error?: unknown) => {
    if (level < least) return;
    const more = error instanceof Error ? ` ${error.stack ?? error.message}` : '';
    process.stderr.write(`${message}${more}\n`);
  };
  return { error: say(0), warn: say(0), info: say(1), debug: say(1), trace: say(2) };
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

void main();

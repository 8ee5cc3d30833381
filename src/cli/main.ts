import { CancelledError } from '../core/errors';
import type { Log } from '../core/log';
import type { Cli } from './cli';
import { EXIT } from './exitStatus';
import { mpyfleet } from './mpyfleet';
import { runEditor, standardInput } from './input';
import { WINDOW_VARIABLE } from './window/protocol';

/** Runs `mpyfleet`: connects the command line with its process. */
async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const own = world(argv);
  const status = (await inWindow(argv, own)) ?? (await mpyfleet(argv, own));
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  // A link that hangs while closing must not keep the program alive.
  process.exit(status);
}

/**
 * Runs the command in the window. Outside of a window's terminal, the code for it is not loaded.
 */
async function inWindow(argv: readonly string[], own: Omit<Cli, 'options'>) {
  if (!own.env[WINDOW_VARIABLE]) return undefined;
  const { throughWindow } = await import('./window/throughWindow');
  return throughWindow(argv, own);
}

function world(argv: readonly string[]): Omit<Cli, 'options'> {
  const cancel = new AbortController();
  const interrupt = () => {
    if (cancel.signal.aborted) process.exit(EXIT.cancelled); // the second time: immediately
    cancel.abort(new CancelledError());
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt); // how systemd stops a service
  // VS Code's own Node runs us (the shim on PATH). Clear its variable, so that an editor that we
  // start runs normally.
  delete process.env.ELECTRON_RUN_AS_NODE;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of `mpyfleet … | head` closed the pipe, which is not an error.
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.internal);
  });
  return {
    out: (data) => void process.stdout.write(data),
    err: (text) => void process.stderr.write(text),
    input: standardInput(process.stdin),
    interrupt,
    edit: runEditor,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
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

/** Creates the log. Level 0: warnings; 1: actions; 2: every byte. */
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

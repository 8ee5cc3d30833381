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
  const cancel = new AbortController();
  const output = new Output(cancel);
  const own = world(argv, cancel, output);
  const status = (await inWindow(argv, own)) ?? (await mpyfleet(argv, own));
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  // A link that hangs while closing must not keep the program alive.
  process.exit(output.failed ?? status);
}

/**
 * Writes to standard output and standard error. When one of them fails, for example because `head`
 * has ended, the command is cancelled as by Ctrl-C: a board in the middle of an upload must get back
 * to its prompt.
 */
class Output {
  /** The exit status then: that of a program that SIGPIPE ends, or that of an internal error. */
  failed: number | undefined;

  constructor(cancel: AbortController) {
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (this.failed !== undefined) return;
        this.failed = error.code === 'EPIPE' ? EXIT.pipe : EXIT.internal;
        if (error.code !== 'EPIPE' && stream === process.stdout) {
          this.err(`mpyfleet: The output cannot be written: ${error.message}\n`);
        }
        cancel.abort(new CancelledError());
      });
    }
  }

  out(data: Uint8Array | string): void {
    if (process.stdout.writable) process.stdout.write(data);
  }

  err(text: string): void {
    if (process.stderr.writable) process.stderr.write(text);
  }
}

/**
 * Runs the command in the window. Outside of a window's terminal, the code for it is not loaded.
 */
async function inWindow(argv: readonly string[], own: Omit<Cli, 'options'>) {
  if (!own.env[WINDOW_VARIABLE]) return undefined;
  const { throughWindow } = await import('./window/throughWindow');
  return throughWindow(argv, own);
}

function world(
  argv: readonly string[],
  cancel: AbortController,
  output: Output,
): Omit<Cli, 'options'> {
  const interrupt = () => {
    if (cancel.signal.aborted) process.exit(EXIT.cancelled); // the second time: immediately
    cancel.abort(new CancelledError());
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt); // how systemd stops a service
  // Its terminal was closed: the board is left tidy, as after Ctrl-C. The shell and the system may both say so. Without a terminal
  // (nohup), it goes on.
  if (process.stdin.isTTY) process.on('SIGHUP', () => cancel.abort(new CancelledError()));
  // VS Code's own Node runs us (the shim on PATH). Clear its variable, so that an editor that we
  // start runs normally.
  delete process.env.ELECTRON_RUN_AS_NODE;
  return {
    out: (data) => output.out(data),
    err: (text) => output.err(text),
    input: standardInput(process.stdin),
    interrupt,
    edit: runEditor,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    interactive: process.stderr.isTTY,
    env: process.env,
    cwd: process.cwd(),
    signal: cancel.signal,
    log: stderrLog(
      output,
      argv
        .filter((a) => /^(-v+|--verbose)$/.test(a))
        .join('')
        .replace(/[^v]/g, '').length,
    ),
  };
}

/** Creates the log. Level 0: warnings; 1: actions; 2: every byte. */
function stderrLog(output: Output, level: number): Log {
  const say = (least: number) => (message: string, error?: unknown) => {
    if (level < least) return;
    const more = error instanceof Error ? ` ${error.stack ?? error.message}` : '';
    output.err(`${message}${more}\n`);
  };
  return { error: say(0), warn: say(0), info: say(1), debug: say(1), trace: say(2) };
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writable) stream.write('', () => resolve());
    else resolve();
  });
}

void main();

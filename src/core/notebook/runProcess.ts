import * as l10n from '@vscode/l10n';
import { spawn, type ChildProcess } from 'node:child_process';
import { abortError } from '../async';
import { FleetError, UsageError } from '../errors';

/** A program to run on this computer. */
export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Text for its standard input, which is then closed. */
  readonly input?: string;
  readonly signal: AbortSignal;
  onOut(text: string): void;
  onErr(text: string): void;
}

/** A program on this computer ended with a status other than 0. */
export class ProgramFailedError extends FleetError {
  readonly code = 'program';

  constructor(program: string, status: number | null, signal: NodeJS.Signals | null) {
    super(
      l10n.t(
        '{0} exited with {1}',
        program,
        status === null ? `signal ${signal}` : `status ${status}`,
      ),
    );
  }
}

/**
 * Runs a program to its end. Aborting ends the program and everything it started.
 * @throws UsageError if the program does not exist, ProgramFailedError, CancelledError
 */
export async function runProgram(run: ProgramRun): Promise<void> {
  const { program, args, cwd, signal } = run;
  const child = spawn(program, args, {
    cwd,
    env: run.env ?? process.env,
    stdio: 'pipe',
    windowsHide: true,
    // Starts a process group, so that child processes can be ended as well.
    detached: process.platform !== 'win32',
  });
  const stop = () => endGroup(child);
  signal.addEventListener('abort', stop, { once: true });
  try {
    child.stdout.setEncoding('utf8').on('data', (s: string) => run.onOut(s));
    child.stderr.setEncoding('utf8').on('data', (s: string) => run.onErr(s));
    child.stdin.on('error', () => undefined); // it may end before reading all its input
    child.stdin.end(run.input ?? '');
    const { status, by } = await ended(child, program);
    if (signal.aborted) throw abortError(signal);
    if (status !== 0) throw new ProgramFailedError(program, status, by);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function ended(
  child: ChildProcess,
  program: string,
): Promise<{ status: number | null; by: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'ENOENT'
          ? new UsageError(l10n.t('{0} is not installed on this computer', program), { cause })
          : cause,
      );
    });
    child.once('close', (status, by) => resolve({ status, by }));
  });
}

/** Ends a program and everything it started. */
export function endGroup(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  if (process.platform === 'win32') {
    child.kill();
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    child.kill(signal); // the group has ended already
  }
}

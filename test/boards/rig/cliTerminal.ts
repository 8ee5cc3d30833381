import { spawn } from 'node:child_process';
import { Deferred } from '../../../src/core/async';

/** Closes the terminal in place of typing. */
export const HANG_UP = Symbol('hang up');

/** Keys to type once the terminal has shown something since the previous ones. */
export type Step = readonly [shown: string | RegExp, keys: string | typeof HANG_UP];

/**
 * Runs a program in its own terminal, made by script(1) of util-linux, and types each step's keys
 * once its text was shown.
 * @returns what the terminal showed, and the program's exit status; null: the terminal was closed
 */
export async function inTerminal(
  command: readonly string[],
  steps: readonly Step[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ screen: string; status: number | null }> {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const child = spawn('script', ['-q', '-e', '-c', quoted, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm', ...env },
  });
  const ended = new Deferred<number | null>();
  const left = [...steps];
  let screen = '';
  let looked = 0;
  const look = () => {
    const [next] = left;
    if (!next) return;
    const [shown, keys] = next;
    const seen = screen.slice(looked);
    if (!(typeof shown === 'string' ? seen.includes(shown) : shown.test(seen))) return;
    left.shift();
    looked = screen.length;
    if (keys === HANG_UP) child.kill('SIGKILL');
    else child.stdin.write(keys);
  };
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    look();
  });
  child.on('error', (error) => ended.reject(error));
  child.on('close', (code) => ended.resolve(code));
  child.stdin.on('error', () => undefined); // it may end before it has read everything
  const status = await ended.promise;
  if (left.length > 0) throw new Error(`${String(left[0]?.[0])} was not shown:\n${screen}`);
  return { screen, status };
}

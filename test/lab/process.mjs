// @ts-check
// Child processes of the lab. They report when they are ready, and never outlive the process that started them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const READY_MS = 30_000; // a loaded two-core machine starts every part of the lab well within this
const STOP_MS = 10_000; // from SIGTERM to SIGKILL
const CHILDREN_MS = 2_000; // from the end of a process to SIGKILL for its children

/**
 * @typedef {object} Running
 * @property {import('node:child_process').ChildProcess} child
 * @property {Promise<number | string>} exited exit status or signal name
 * @property {() => Promise<void>} stop ends it with SIGTERM and waits for its end
 * @property {() => Promise<void>} kill ends it with SIGKILL, like a power failure, and waits for its end
 * @property {(line: string) => Promise<string>} ask writes a line to its standard input and returns its next line of output
 * @property {() => string} output returns the last 200 lines of its output
 */

/** Functions that kill the running processes. @type {Set<() => Promise<void>>} */
const running = new Set();

/** Kills all processes of `launch` that are still running. */
export async function endAll() {
  await Promise.all([...running].map((kill) => kill()));
}

/**
 * Starts a program and waits until it is ready.
 * @param {string[]} command
 * @param {{ ready: RegExp | (() => Promise<boolean>), env?: NodeJS.ProcessEnv, cwd?: string, readyMs?: number, stopMs?: number }} options
 *   `ready`: a line of its output, or a probe that is repeated until it returns true
 * @returns {Promise<Running & { line: string }>} `line`: the line that matched
 * @throws Error with its output if it ends or is not ready in time
 */
export async function launch(command, { ready, env, cwd, readyMs = READY_MS, stopMs = STOP_MS }) {
  // The kernel ends the child when this process ends, for any reason.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd ? { cwd } : {}),
  });
  const name = String(command[0]).split('/').pop();
  /** @type {string[]} */
  const tail = [];
  /** @type {((line: string) => void)[]} */
  const asked = [];
  /** @type {(line: string) => boolean} */
  let onLine = () => false;
  const hear = (/** @type {string} */ line) => {
    tail.push(line);
    if (tail.length > 200) tail.shift();
    return onLine(line);
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!hear(line)) asked.shift()?.(line);
  });
  createInterface({ input: child.stderr }).on('line', hear);
  child.stdin.on('error', (error) => hear(`standard input: ${error.message}`));

  const exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0));
  });
  const output = () => tail.join('\n');
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  const end = async (/** @type {NodeJS.Signals} */ signal) => {
    if (gone()) return;
    const offspring = descendants(child.pid ?? 0);
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await exited;
    clearTimeout(timer);
    // Its children may live for a moment longer, and write into folders that are about to be removed.
    const left = () => offspring.filter(({ pid, start }) => startOf(pid) === start);
    if (!(await pollUntil(() => Promise.resolve(left().length === 0), CHILDREN_MS))) {
      for (const { pid } of left()) process.kill(pid, 'SIGKILL');
      await pollUntil(() => Promise.resolve(left().length === 0), stopMs);
    }
  };
  const kill = () => end('SIGKILL');
  running.add(kill);
  const forget = () => void running.delete(kill);
  exited.then(forget, forget);
  const line = await new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ what) =>
      reject(new Error(`${name} ${what}. It printed:\n${output()}`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`was not ready after ${readyMs / 1000} s`);
    }, readyMs);
    const done = (/** @type {string} */ text) => (clearTimeout(timer), resolve(text));
    exited.then(
      (status) => (clearTimeout(timer), fail(`ended (${status}) instead of starting`)),
      (error) => (clearTimeout(timer), fail(`could not start: ${error.message}`)),
    );
    if (ready instanceof RegExp) {
      onLine = (text) => {
        if (!ready.test(text)) return false;
        onLine = () => false;
        done(text);
        return true;
      };
    } else {
      void pollUntil(ready, readyMs, () => child.exitCode !== null).then(
        (ok) => ok && done(''),
        (error) => fail(`cannot be probed: ${error.message}`),
      );
    }
  });

  return {
    child,
    line,
    exited,
    output,
    stop: () => end('SIGTERM'),
    kill,
    ask: (text) =>
      new Promise((resolve, reject) => {
        if (gone()) return reject(new Error(`${name} has ended. It printed:\n${output()}`));
        asked.push(resolve);
        void exited.then(() => reject(new Error(`${name} ended before it answered ${text}`)));
        child.stdin.write(`${text}\n`);
      }),
  };
}

/** Returns when a process started, in ticks, or undefined if it has ended. Pid and start together identify a process. */
function startOf(/** @type {number} */ pid) {
  return statOf(pid)?.start;
}

function statOf(/** @type {number} */ pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : { parent: Number(parent), start: rest[17] };
  } catch {
    return undefined; // it has ended
  }
}

/** Returns the child processes of a process, and their children. */
function descendants(/** @type {number} */ root) {
  const all = readdirSync('/proc')
    .map(Number)
    .flatMap((pid) => {
      const stat = pid > 0 ? statOf(pid) : undefined;
      return stat ? [{ pid, ...stat }] : [];
    });
  const found = new Set([root]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return all.filter(({ pid }) => pid !== root && found.has(pid));
}

/**
 * Polls until the answer is true, for things that send no event: a port, a file.
 * @param {() => Promise<boolean>} probe
 * @param {number} ms time limit in milliseconds
 * @param {() => boolean} [stop] ends the polling early when it returns true
 */
export async function pollUntil(probe, ms, stop = () => false) {
  const end = performance.now() + ms;
  while (performance.now() < end && !stop()) {
    if (await probe()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

/**
 * Runs a program to its end.
 * @param {string[]} command
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, show?: boolean, input?: string | Buffer }} [options] `show`: its output appears in ours
 * @returns {Promise<string>} its standard output (empty with `show`)
 * @throws Error with its output if its exit status is not 0
 */
export async function run(command, { env, cwd, show = false, input } = {}) {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    stdio: [
      input === undefined ? 'ignore' : 'pipe',
      show ? 'inherit' : 'pipe',
      show ? 'inherit' : 'pipe',
    ],
    env: { ...process.env, ...env },
    ...(cwd ? { cwd } : {}),
  });
  let out = '';
  let err = '';
  child.stdout?.on('data', (data) => (out += data));
  child.stderr?.on('data', (data) => (err += data));
  child.stdin?.end(input);
  const [code, signal] = await once(child, 'close');
  if (code !== 0) {
    throw new Error(
      `${command.join(' ')} failed (${code ?? signal})\n${out.slice(-4000)}${err.slice(-4000)}`,
    );
  }
  return out;
}

/** Returns a free TCP port of the loopback interface. @returns {Promise<number>} */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import esbuild from 'esbuild';
import { buildAgent, buildApps } from '../../../scripts/buildAgent.mjs';
import { forNode, inPieces } from '../../../scripts/programs.mjs';
import { root, tempDir } from '../../lab/index.mjs';

/** Result of one run of the program. */
export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly bytes: Buffer;
  readonly err: string;
  readonly ms: number;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Called with the standard output so far. */
  readonly onOut?: (soFar: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** The bundled command line in its own folder, as users get it. */
export class BuiltCli {
  private constructor(
    readonly path: string,
    private readonly home: string,
  ) {}

  static async build(): Promise<BuiltCli> {
    const dir = tempDir('cli');
    const outdir = join(dir, 'dist');
    const entries = { cli: 'src/cli/main.ts' };
    await esbuild.build(inPieces({ entries, outdir, production: true }));
    const workers = {
      mpyCross: 'src/core/packages/mpyCrossWorker.ts',
      store: 'src/core/store/storeWorker.ts',
      storePg: 'src/core/store/pgWorker.ts',
    };
    await esbuild.build({ ...forNode, entryPoints: workers, outdir });
    const sqlite = 'node-sqlite3-wasm.wasm';
    cpSync(join(root, 'node_modules/node-sqlite3-wasm/dist', sqlite), join(outdir, sqlite));
    const prebuilds = join(root, 'node_modules', '@serialport', 'bindings-cpp', 'prebuilds');
    cpSync(prebuilds, join(dir, 'prebuilds'), { recursive: true });
    const wasm = join(root, 'node_modules/@pybricks/mpy-cross-v6/build/mpy-cross-v6.wasm');
    cpSync(wasm, join(outdir, 'mpy-cross.wasm'));
    await buildApps(join(outdir, 'fleet'));
    await buildAgent(join(outdir, 'agent'));
    const micropython = join(root, 'node_modules/@micropython/micropython-webassembly-pyscript');
    for (const file of ['micropython.mjs', 'micropython.wasm']) {
      cpSync(join(micropython, file), join(outdir, file));
    }
    return new BuiltCli(join(outdir, 'cli.js'), dir);
  }

  /** Returns how many bytes of its own code a run reads, and its milliseconds. */
  async codeRead(args: readonly string[]): Promise<{ size: number; ms: number }> {
    const report = join(this.home, 'code-read.json');
    const hook = join(this.home, 'hook.cjs');
    writeFileSync(
      hook,
      `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(report)}, JSON.stringify(Object.keys(require.cache))));`,
    );
    const { ms, status, err } = await this.run(args, {
      env: { NODE_OPTIONS: `--require=${hook}` },
    });
    if (status !== 0) throw new Error(err);
    const read = (JSON.parse(readFileSync(report, 'utf8')) as string[]).filter((f) => f !== hook);
    return { size: read.reduce((sum, file) => sum + statSync(file).size, 0), ms };
  }

  /** Starts a command that runs until it is stopped. */
  start(args: readonly string[], options: Omit<RunOptions, 'onOut'> = {}): RunningCli {
    const child = spawn(process.execPath, [this.path, ...args], {
      ...{ cwd: options.cwd ?? this.home, env: this.#env(options) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new RunningCli(child);
  }

  #env(options: RunOptions): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      TZ: process.env.TZ,
      XDG_CONFIG_HOME: this.home,
      XDG_STATE_HOME: this.home,
      XDG_CACHE_HOME: this.home,
      ...options.env,
    };
  }

  /** Runs it to its end. It cannot see the user's own configuration. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const start = performance.now();
      const child = spawn(process.execPath, [this.path, ...args], {
        cwd: options.cwd ?? this.home,
        env: this.#env(options),
      });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => {
        out.push(chunk);
        options.onOut?.(Buffer.concat(out).toString(), (signal) => void child.kill(signal));
      });
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      child.on('error', reject);
      child.on('close', (status) => {
        const bytes = Buffer.concat(out);
        const ms = performance.now() - start;
        resolve({ status, bytes, out: bytes.toString(), err: Buffer.concat(err).toString(), ms });
      });
      child.stdin.on('error', () => undefined); // it may end without reading its input
      child.stdin.end(options.input);
    });
  }
}

/** A running command, and its output so far on both streams. */
export class RunningCli {
  said = '';
  readonly #ended: Promise<number | null>;
  #look: (() => void) | undefined;
  #isOver = false;

  constructor(private readonly child: ChildProcessByStdio<null, Readable, Readable>) {
    const take = (chunk: Buffer) => {
      this.said += chunk.toString();
      this.#look?.();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    this.#ended = new Promise((resolve) => {
      child.on('close', (status) => {
        this.#isOver = true;
        this.#look?.();
        resolve(status);
      });
    });
  }

  /** Resolves with the match once the output contains it. @throws Error if it ends first */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        const found = pattern.exec(this.said);
        if (found) resolve(found);
        else if (this.#isOver) reject(new Error(`it ended without ${pattern}: ${this.said}`));
      };
      this.#look();
    });
  }

  /** @returns the exit status; null when the signal ended it */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.#ended;
  }
}

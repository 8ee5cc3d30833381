import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import esbuild from 'esbuild';
import { root, tempDir } from '../lab/index.mjs';

/** What one run of the program gave. */
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
  /** Called with what has come on standard output so far. */
  readonly onOut?: (soFar: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** The command line as it is shipped: bundled, in a folder of its own. */
export class BuiltCli {
  private constructor(
    readonly path: string,
    private readonly home: string,
  ) {}

  static async build(): Promise<BuiltCli> {
    const dir = tempDir('cli');
    await esbuild.build({
      absWorkingDir: root,
      entryPoints: { cli: 'src/cli/main.ts', mpyCross: 'src/core/packages/mpyCrossWorker.ts' },
      outdir: join(dir, 'dist'),
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      loader: { '.py': 'text' },
      external: ['bufferutil', 'utf-8-validate'],
      mainFields: ['module', 'main'],
      logLevel: 'error',
    });
    const prebuilds = join(root, 'node_modules', '@serialport', 'bindings-cpp', 'prebuilds');
    cpSync(prebuilds, join(dir, 'prebuilds'), { recursive: true });
    const wasm = join(root, 'node_modules/@pybricks/mpy-cross-v6/build/mpy-cross-v6.wasm');
    cpSync(wasm, join(dir, 'dist', 'mpy-cross.wasm'));
    return new BuiltCli(join(dir, 'dist', 'cli.js'), dir);
  }

  /** Runs it to its end. The user's own configuration is out of its sight. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const start = performance.now();
      const child = spawn(process.execPath, [this.path, ...args], {
        cwd: options.cwd ?? this.home,
        env: {
          PATH: process.env.PATH,
          XDG_CONFIG_HOME: this.home,
          XDG_STATE_HOME: this.home,
          XDG_CACHE_HOME: this.home,
          ...options.env,
        },
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

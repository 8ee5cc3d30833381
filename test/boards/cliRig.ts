import { spawn } from 'node:child_process';
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import esbuild from 'esbuild';
import { forNode, inPieces } from '../../scripts/programs.mjs';
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
    const outdir = join(dir, 'dist');
    const entries = { cli: 'src/cli/main.ts' };
    await esbuild.build(inPieces({ entries, outdir, production: true }));
    const worker = { mpyCross: 'src/core/packages/mpyCrossWorker.ts' };
    await esbuild.build({ ...forNode, entryPoints: worker, outdir });
    const prebuilds = join(root, 'node_modules', '@serialport', 'bindings-cpp', 'prebuilds');
    cpSync(prebuilds, join(dir, 'prebuilds'), { recursive: true });
    const wasm = join(root, 'node_modules/@pybricks/mpy-cross-v6/build/mpy-cross-v6.wasm');
    cpSync(wasm, join(outdir, 'mpy-cross.wasm'));
    return new BuiltCli(join(outdir, 'cli.js'), dir);
  }

  /** How many bytes of its own code a run reads, and its milliseconds. */
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

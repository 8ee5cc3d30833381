import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import type { Deferred } from '../../core/async';
import { asError, CancelledError, UsageError } from '../../core/errors';
import type { Log } from '../../core/log';
import type { Settings } from '../settings';

const PROBE =
  "import os, sys, socket, asyncio; print(sys.implementation._mpy & 255, hasattr(os, 'VfsLfs2'))";
const PROBE_MS = 20_000;
const HEAP = 'heapsize=2m';
/**
 * Exit status with which the board's program requests a restart. board/demo/farBoard.py uses the
 * same value.
 */
const RESTART = 7;
const UID_KEY = 'mpyFleet.farDemoUid';
/** Number of characters of its output that an error quotes. */
const MOST_OUTPUT = 2000;

/**
 * A simulated board with the agent: the Unix port of MicroPython with its own flash. It ends with
 * the window. Its files remain for the next start.
 */
export class FarDemo implements vscode.Disposable {
  #child: ChildProcess | undefined;
  #output = '';
  #code = '';

  constructor(
    private readonly extension: vscode.ExtensionContext,
    private readonly settings: Settings,
    private readonly log: Log,
  ) {}

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /**
   * Returns the board's unique id. Each workspace has its own, because two windows must not write
   * the same flash.
   */
  async uid(): Promise<string> {
    const { workspaceState } = this.extension;
    const stored = workspaceState.get<string>(UID_KEY);
    if (stored !== undefined) return stored;
    const uid = randomBytes(6).toString('hex');
    await workspaceState.update(UID_KEY, uid);
    return uid;
  }

  /**
   * Checks whether the system's `micropython` can run the board.
   * @returns the version of .mpy files that it loads
   * @throws UsageError that names what to install
   */
  async probe(signal: AbortSignal): Promise<number> {
    try {
      const { stdout } = await promisify(execFile)(this.#program, ['-c', PROBE], {
        ...{ timeout: PROBE_MS, signal, windowsHide: true },
      });
      const [, version = '', hasFlash] = /^(\d+) (True|False)\s*$/.exec(stdout) ?? [];
      if (hasFlash === 'True') return Number(version);
      throw new Error(stdout.slice(0, MOST_OUTPUT));
    } catch (cause) {
      if (signal.aborted) throw new CancelledError();
      throw new UsageError(
        vscode.l10n.t(
          'A demo board with the agent needs the program "micropython" on this computer',
        ),
        { hint: howToInstall(), cause },
      );
    }
  }

  /**
   * Writes `files` to its flash and switches it on.
   * @param ended is rejected when the board's program ends
   */
  async start(files: ReadonlyMap<string, Uint8Array>, ended: Deferred<never>): Promise<void> {
    this.#code = (await import('../../../board/demo/farBoard.py')).default;
    const folder = this.#folder;
    // Keys and passwords are in these files, as on a board's flash.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const [path, content] of files) {
      const place = join(folder, 'new', path);
      await mkdir(dirname(place), { recursive: true, mode: 0o700 });
      await writeFile(place, content, { mode: 0o600 });
    }
    this.#run(await this.uid(), 'power', ended);
  }

  /** Deletes the files that `start` wrote, because the board has them. */
  async forgetFiles(): Promise<void> {
    await rm(join(this.#folder, 'new'), { recursive: true, force: true });
  }

  /** Switches it off. Its files remain. */
  stop(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill();
  }

  dispose(): void {
    this.stop();
  }

  get #program(): string {
    return this.settings.get('demoBoard.program');
  }

  get #folder(): string {
    const { storageUri, globalStorageUri } = this.extension;
    return join((storageUri ?? globalStorageUri).fsPath, 'demo-board');
  }

  #run(uid: string, cause: 'power' | 'reset', ended: Deferred<never>): void {
    const args = ['-X', HEAP, '-c', this.#code, this.#folder, uid, cause];
    // Standard input stays open because the board ends when it closes, even if this process is
    // killed.
    const child = spawn(this.#program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    this.#child = child;
    this.#output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        this.#output = (this.#output + data.toString()).slice(-MOST_OUTPUT);
      });
    }
    child.on('error', (error) => this.#ended(child, error.message, ended));
    child.on('exit', (code) => {
      if (code === RESTART && this.#child === child) {
        this.forgetFiles().then(
          () => this.#run(uid, 'reset', ended),
          (error: unknown) => this.#ended(child, asError(error).message, ended),
        );
      } else {
        this.#ended(child, this.#output.trim(), ended);
      }
    });
  }

  #ended(child: ChildProcess, why: string, ended: Deferred<never>): void {
    if (this.#child === child) this.#child = undefined;
    this.log.info(`The demo board with the agent has ended: ${why}`);
    ended.reject(new UsageError(vscode.l10n.t('The demo board has ended: {0}', why)));
  }
}

function howToInstall(): string {
  const other = vscode.l10n.t('"Start a Demo Board" needs nothing, but has no network.');
  switch (process.platform) {
    case 'darwin':
      return `${vscode.l10n.t('Install it with: {0}', 'brew install micropython')}. ${other}`;
    case 'win32':
      return `${vscode.l10n.t('It is not available for Windows, but runs in WSL, on Linux and on macOS.')} ${other}`;
    default:
      return `${vscode.l10n.t('Install it with: {0}', 'sudo apt install micropython')}. ${other}`;
  }
}

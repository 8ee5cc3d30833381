/** A real MicroPython board (uboard) with the agent from board/agent on it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSync, constants } from 'node:fs';
import { ReadStream } from 'node:tty';
import { agentModules } from '../../../../scripts/buildAgent.mjs';
import type { AgentSource } from '../../../../src/core/agent/agentInstall';
import { startUboard } from '../../../lab/index.mjs';

export const ADMIN_KEY = Buffer.alloc(32, 0xa1);
export const OPERATOR_KEY = Buffer.alloc(32, 0xb2);
export const VIEWER_KEY = Buffer.alloc(32, 0xc3);
const SHIM = join(import.meta.dirname, '../../../../board/agent/shim.py');

export interface AgentBoardOptions {
  readonly name: string;
  readonly broker: Record<string, unknown>;
  /** Further settings of config.json. */
  readonly config?: Record<string, unknown>;
  /** More files on the flash, by path. */
  readonly files?: Record<string, string | Uint8Array>;
  readonly heap?: number;
  readonly sizeKib?: number;
  /** main.py instead of the usual start lines. */
  readonly main?: string;
}

/** Returns the agent's files by path on a board (compiled, as they are shipped). */
export async function agentFiles(slot = 'a'): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {
    '/mpyfleet/__init__.py': readFileSync(SHIM),
  };
  compiled ??= agentModules();
  for (const [name, mpy] of await compiled) files[`/mpyfleet/${slot}/${name}`] = mpy;
  return files;
}
let compiled: ReturnType<typeof agentModules> | undefined;

/** The agent as the product installs it on boards: compiled. */
export async function agentSource(): Promise<AgentSource> {
  compiled ??= agentModules();
  return { shim: readFileSync(SHIM), copy: await compiled };
}

export type AgentBoard = Awaited<ReturnType<typeof startAgentBoard>>;

/** Starts a board whose main.py starts the agent. Its output is collected in `printed`. */
export async function startAgentBoard(options: AgentBoardOptions) {
  const config = {
    name: options.name,
    broker: options.broker,
    mode: 'signed',
    keys: {
      admin: ADMIN_KEY.toString('hex'),
      operator: OPERATOR_KEY.toString('hex'),
      viewer: VIEWER_KEY.toString('hex'),
    },
    ...options.config,
  };
  const board = await startUboard({
    name: options.name,
    ...(options.heap ? { heap: options.heap } : {}),
    ...(options.sizeKib ? { sizeKib: options.sizeKib } : {}),
    files: {
      ...(await agentFiles()),
      '/mpyfleet/config.json': JSON.stringify(config),
      '/main.py': options.main ?? 'import mpyfleet\nmpyfleet.start()\n',
      ...options.files,
    },
  });
  const tap = new TtyTap(board.tty);
  return {
    ...board,
    uid: Buffer.from(options.name).toString('hex'),
    /** Everything the board printed on its cable. */
    printed: () => tap.text,
    type: (text: string) => tap.write(text),
    restart: async () => {
      tap.close();
      await board.restart();
      tap.open();
    },
    stop: async () => {
      tap.close();
      await board.stop();
    },
  };
}

/** Reads the cable, so that the board's prints never wait for a reader. */
class TtyTap {
  text = '';
  private stream: ReadStream | undefined;

  constructor(private readonly tty: string) {
    this.open();
  }

  open(): void {
    this.stream = new ReadStream(openSync(this.tty, constants.O_RDWR | constants.O_NOCTTY));
    this.stream.on(
      'data',
      (data: Buffer) => (this.text = (this.text + data.toString()).slice(-65536)),
    );
    this.stream.on('error', () => undefined); // the board was killed: the tests detect it in another way
  }

  write(text: string): void {
    (this.stream as unknown as NodeJS.WritableStream).write(text);
  }

  close(): void {
    this.stream?.destroy();
  }
}

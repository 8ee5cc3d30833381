import * as l10n from '@vscode/l10n';
import { type Board, setClock } from '../board';
import type { BoardFiles } from '../boardFiles';
import { UsageError } from '../errors';
import { LineEnds } from '../repl';
import {
  applyUpload,
  planFor,
  type PlannedFile,
  type UploadPlan,
  type UploadServices,
} from './uploadPlan';

/** A file with its content in memory, read once for all boards. */
export interface UploadFile extends PlannedFile {
  readonly content: Uint8Array;
}

/**
 * One verb for many boards. All kinds except `work` are plain data, so they can wait for a board
 * that is away.
 */
export type FleetAction =
  | {
      readonly kind: 'exec';
      readonly code: string;
      readonly label: string;
      /**
       * The location of the code on this computer, for links from tracebacks: a URI and its first
       * line, from 0.
       */
      readonly source?: { readonly uri: string; readonly line: number };
    }
  | ({
      readonly kind: 'upload';
      readonly label: string;
      /** Set for a waiting job with source to be compiled for its board. */
      readonly compile?: boolean;
    } & UploadPlan<UploadFile>)
  /** Prints the repr of an expression. */
  | { readonly kind: 'read'; readonly expression: string }
  | { readonly kind: 'reset'; readonly mode: 'soft' | 'hard' }
  /** Puts an agent on the board over the air, and waits until the board has confirmed it. */
  | {
      readonly kind: 'updateAgent';
      /** A signed release: URL and SHA-256 of its manifest when the job was made. Undefined: the product's own agent. */
      readonly release?: { readonly url: string; readonly sha256: string };
    }
  /**
   * Writes firmware to the second partition over the air, and waits until the board has confirmed it. A waiting job names its
   * file, because thirty boards would keep thirty copies.
   */
  | {
      readonly kind: 'updateFirmware';
      readonly label: string;
      /** URI of the image or its signed manifest. */
      readonly file: string;
      /** Hash of the content when the job was created. */
      readonly sha256: string;
    }
  /** Deploys the app of a folder and version on this computer; without `app` the one that is assigned to the board. */
  | {
      readonly kind: 'deployApp';
      readonly title: string;
      /**
       * `ref`: a git tag or commit, `latest`, or '' for the files at the time of the deployment.
       */
      readonly app?: { readonly folder: string; readonly ref: string };
    }
  /** Sets the board's clock to this computer's local time, since boards have no time zones. */
  | { readonly kind: 'setClock' }
  /** Any other work. It depends on this window, so it cannot wait for a board that is away. */
  | {
      readonly kind: 'work';
      readonly title: string;
      readonly work: (board: Board, io: ActionIo) => Promise<void>;
    };

/** An action that can wait for a board that is away, in the window or in `mpyfleet watch`. */
export type StoredAction = Exclude<FleetAction, { readonly kind: 'work' }>;

/** The parts of a board that actions need. */
export interface ActionBoard {
  readonly files: BoardFiles;
  exec(
    code: string,
    options: {
      readonly job?: string;
      readonly signal?: AbortSignal | undefined;
      readonly onStdout?: (chunk: Uint8Array) => void;
    },
  ): Promise<unknown>;
  reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void>;
}

/** Receives an action's reports while it runs. */
export interface ActionIo<B = Board> {
  readonly signal: AbortSignal;
  /** Prints output, with `\n` as line end. */
  print(text: string): void;
  /** Reports progress. `path`: the file that is sent, for uploads. */
  progress?(done: number, total: number, path?: string): void;
  /** Files on the board were replaced. Copies are kept, so the user can undo it. */
  replaced?(board: B, count: number, paths: readonly string[]): void;
  /**
   * Sends a file to this board and the others of the job at once. False: the file must be written
   * to this board alone.
   */
  publish?(path: string, content: Uint8Array): Promise<boolean>;
}

/** Returns a short description for the tree, the history and the results view. */
export function describeAction(action: FleetAction): string {
  switch (action.kind) {
    case 'exec':
      return l10n.t('Run {0}', action.label);
    case 'upload':
      return l10n.t('Upload {0}', action.label);
    case 'read':
      return l10n.t('Read {0}', oneLine(action.expression));
    case 'reset':
      return action.mode === 'hard' ? l10n.t('Hard reset') : l10n.t('Soft reset');
    case 'setClock':
      return l10n.t('Set the clock');
    case 'updateAgent':
      return l10n.t('Update the agent');
    case 'updateFirmware':
      return l10n.t('Update the firmware to {0}', action.label);
    case 'deployApp':
    case 'work':
      return action.title;
  }
}

/** Describes an action for the audit, without code: typed code is its own label. */
export function auditAction(action: FleetAction): string {
  if (action.kind === 'read') return l10n.t('Read a value');
  const isTyped = action.kind === 'exec' && action.code.includes(action.label);
  return isTyped ? l10n.t('Run code') : describeAction(action);
}

/** Services of the window, or of `mpyfleet watch`, that some actions need. */
export interface ActionServices<B = Board> {
  /** Services that uploads need; undefined: files are sent unchanged. */
  readonly upload?: UploadServices<B>;
  /** Updates the agent of a board and waits for its confirmation. */
  readonly updateAgent?: (
    board: B,
    action: Extract<FleetAction, { kind: 'updateAgent' }>,
    io: ActionIo<B>,
  ) => Promise<void>;
  /** Updates the firmware of a board over the air and waits for its confirmation. */
  readonly updateFirmware?: (
    board: B,
    action: Extract<FleetAction, { kind: 'updateFirmware' }>,
    io: ActionIo<B>,
  ) => Promise<void>;
  /** Deploys an app to a board. */
  readonly deployApp?: (
    board: B,
    action: Extract<FleetAction, { kind: 'deployApp' }>,
    io: ActionIo<B>,
  ) => Promise<void>;
}

/** Does the action on one board. @throws what the board's verbs throw */
export async function runAction(
  board: Board,
  action: FleetAction,
  io: ActionIo,
  services: ActionServices = {},
): Promise<void> {
  if (action.kind === 'work') return action.work(board, io);
  return runStored(board, action, io, services);
}

/** Does an action that may have waited. @throws what the board's verbs throw */
export async function runStored<B extends ActionBoard>(
  board: B,
  action: StoredAction,
  io: ActionIo<B>,
  { upload, updateAgent, updateFirmware, deployApp }: ActionServices<B> = {},
): Promise<void> {
  const { signal } = io;
  switch (action.kind) {
    case 'exec':
      return exec(board, action.code, io, describeAction(action));
    case 'read':
      return exec(board, readCode(action.expression), io, describeAction(action));
    case 'setClock':
      return setClock(board, new Date(), signal);
    case 'reset':
      return board.reset(action.mode, signal);
    case 'updateAgent':
      if (!updateAgent) throw new UsageError(l10n.t('The agent cannot be updated from here'));
      return updateAgent(board, action, io);
    case 'updateFirmware':
      if (!updateFirmware) throw new UsageError(l10n.t('Firmware cannot be updated from here'));
      return updateFirmware(board, action, io);
    case 'deployApp':
      if (!deployApp) throw new UsageError(l10n.t('Apps cannot be deployed from here'));
      return deployApp(board, action, io);
    case 'upload': {
      const plan = await planFor(board, action, upload, signal);
      const onProgress = (done: number, total: number, path: string) =>
        io.progress?.(done, total, path);
      return applyUpload(board, plan, upload, signal, async (items) => {
        const onSame = () => undefined; // nothing to report: the file is on the board in either case
        if (!upload?.replace) return board.files.writeMany(items, { signal, onProgress, onSame });
        const count = await upload.replace(board, items, { signal, onProgress });
        const paths = items.map(({ path }) => path);
        if (count > 0) io.replaced?.(board, count, paths);
      });
    }
  }
}

async function exec(
  board: ActionBoard,
  code: string,
  io: Pick<ActionIo, 'signal' | 'print'>,
  job: string,
): Promise<void> {
  const lines = new LineEnds();
  const decoder = new TextDecoder();
  const onStdout = (chunk: Uint8Array) =>
    io.print(decoder.decode(lines.convert(chunk), { stream: true }));
  try {
    await board.exec(code, { job, signal: io.signal, onStdout });
  } finally {
    io.print(decoder.decode(lines.end()));
  }
}

/**
 * Returns code that prints the value of the user's expression; a newline would make it more than an
 * expression.
 */
function readCode(expression: string): string {
  const trimmed = expression.trim();
  if (trimmed === '' || /[\r\n]/.test(trimmed)) {
    throw new UsageError(l10n.t('Only one expression on one line can be read'), {
      hint: l10n.t('Use "Run on Boards…" for more than that.'),
    });
  }
  return `print(repr((${trimmed}\n)))`;
}

function oneLine(code: string): string {
  const line = code.trim().split('\n')[0] ?? '';
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}

import type { Board } from '../board/board';
import { setClock } from '../board/boardClock';
import { UsageError } from '../errors';
import { LineEnds } from '../repl/lineEnds';

/** A file with its content in memory: read once, for however many boards. */
export interface UploadFile {
  /** Absolute path on the boards. */
  readonly path: string;
  readonly content: Uint8Array;
}

/** One verb for many boards, as plain data: it can wait for a board that is away, and be done again. */
export type FleetAction =
  | { readonly kind: 'exec'; readonly code: string; readonly label: string }
  | { readonly kind: 'upload'; readonly files: readonly UploadFile[]; readonly label: string }
  /** Prints the repr of an expression. */
  | { readonly kind: 'read'; readonly expression: string }
  | { readonly kind: 'reset'; readonly mode: 'soft' | 'hard' }
  /** Sets the board's clock to this computer's local time: boards know no time zones. */
  | { readonly kind: 'setClock' };

/** Where an action reports to while it runs. */
export interface ActionIo {
  readonly signal: AbortSignal;
  /** Output, with `\n` as line end. */
  print(text: string): void;
  progress?(done: number, total: number): void;
}

/** A few words for the tree, the history and the results view. */
export function describeAction(action: FleetAction): string {
  switch (action.kind) {
    case 'exec':
      return `Run ${action.label}`;
    case 'upload':
      return `Upload ${action.label}`;
    case 'read':
      return `Read ${oneLine(action.expression)}`;
    case 'reset':
      return action.mode === 'hard' ? 'Hard reset' : 'Soft reset';
    case 'setClock':
      return 'Set the clock';
  }
}

/** Does the action on one board. @throws what the board's verbs throw */
export async function runAction(board: Board, action: FleetAction, io: ActionIo): Promise<void> {
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
    case 'upload':
      return board.files.writeMany(action.files, {
        signal,
        onProgress: (done, total) => io.progress?.(done, total),
      });
  }
}

async function exec(board: Board, code: string, io: ActionIo, job: string): Promise<void> {
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

/** Code that prints the value of what the user typed; a newline in it would make it more than an expression. */
function readCode(expression: string): string {
  const trimmed = expression.trim();
  if (trimmed === '' || /[\r\n]/.test(trimmed)) {
    throw new UsageError('Only one expression on one line can be read', {
      hint: 'Use "Run on boards" for more than that.',
    });
  }
  return `print(repr((${trimmed}\n)))`;
}

function oneLine(code: string): string {
  const line = code.trim().split('\n')[0] ?? '';
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}

/** An action as JSON, for jobs that outlive the window. */
export function actionToJson(action: FleetAction): unknown {
  if (action.kind !== 'upload') return action;
  const files = action.files.map((f) => ({
    path: f.path,
    base64: Buffer.from(f.content).toString('base64'),
  }));
  return { ...action, files };
}

/** Reads what {@link actionToJson} wrote. @throws UsageError when it is damaged */
export function actionFromJson(json: unknown): FleetAction {
  const o = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const str = (key: string) => {
    const value = o[key];
    if (typeof value !== 'string')
      throw new UsageError(`A waiting job is damaged: ${key} is missing`);
    return value;
  };
  switch (o.kind) {
    case 'exec':
      return { kind: 'exec', code: str('code'), label: str('label') };
    case 'read':
      return { kind: 'read', expression: str('expression') };
    case 'reset':
      return { kind: 'reset', mode: o.mode === 'hard' ? 'hard' : 'soft' };
    case 'setClock':
      return { kind: 'setClock' };
    case 'upload':
      return { kind: 'upload', label: str('label'), files: filesFromJson(o.files) };
    default:
      throw new UsageError('A waiting job is damaged: its kind is not known');
  }
}

function filesFromJson(json: unknown): UploadFile[] {
  if (!Array.isArray(json)) throw new UsageError('A waiting job is damaged: files are missing');
  return json.map((entry: { path?: unknown; base64?: unknown }) => {
    if (typeof entry.path !== 'string' || typeof entry.base64 !== 'string') {
      throw new UsageError('A waiting job is damaged: a file is missing');
    }
    return { path: entry.path, content: new Uint8Array(Buffer.from(entry.base64, 'base64')) };
  });
}

/**
 * Protocol between a command line and the window: one connection per command, one JSON object per
 * line, bytes in base64. The first line from the shell is a {@link Hello}.
 */

/**
 * In the window's terminals, this variable names a file that only its user can read and that holds a {@link Place}. The file
 * keeps its name when the window is reloaded, so terminals that outlive it find the new one.
 */
export const WINDOW_VARIABLE = 'MPYFLEET_WINDOW';

/** Address at which a window listens, and the token that must be sent first. */
export interface Place {
  /** Path of a socket, or the name of a pipe. */
  readonly path: string;
  readonly token: string;
}

/** Longest line in characters. The environment is the largest thing that is sent. */
const MAX_LINE = 4 * 1024 * 1024;

/** A command line, and the place where it was typed. */
export interface Hello {
  readonly token: string;
  /** Version of mpyfleet. Another version may speak another protocol. */
  readonly version: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly isTerminal: boolean;
  readonly columns?: number;
  readonly interactive: boolean;
}

export type FromShell =
  | { readonly type: 'data'; readonly data: string }
  | { readonly type: 'end' }
  | { readonly type: 'interrupt' }
  | { readonly type: 'edited'; readonly status: number | null };

export type FromWindow =
  | { readonly type: 'out'; readonly data: string }
  | { readonly type: 'err'; readonly text: string }
  /** Whether the verb wants standard input. */
  | { readonly type: 'keys'; readonly on: boolean }
  | { readonly type: 'edit'; readonly editor: string; readonly file: string }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'exit'; readonly status: number };

/** Splits received text into lines and parses each as an object. */
export class JsonLines {
  #rest = '';
  readonly #decoder = new TextDecoder();

  /**
   * Adds received bytes. Returns the messages that are now complete.
   * @throws Error for a line that is too long or not an object
   */
  add(chunk: Uint8Array): unknown[] {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE) throw new Error('a line is too long');
    return lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line));
  }
}

export function jsonLine(message: Hello | FromShell | FromWindow): string {
  return `${JSON.stringify(message)}\n`;
}

/** Checks the first line of a shell. Returns undefined if it is invalid. */
export function readHello(value: unknown): Hello | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { token, version, argv, cwd, env, isTerminal, columns, interactive } = value as Partial<
    Record<keyof Hello, unknown>
  >;
  const isList = Array.isArray(argv) && argv.every((a) => typeof a === 'string');
  if (typeof token !== 'string' || typeof version !== 'string' || typeof cwd !== 'string')
    return undefined;
  if (!isList || typeof env !== 'object' || env === null) return undefined;
  const variables = Object.entries(env).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return {
    ...{ token, version, argv, cwd, env: Object.fromEntries(variables) },
    ...{ isTerminal: isTerminal === true, interactive: interactive === true },
    ...(typeof columns === 'number' ? { columns } : {}),
  };
}

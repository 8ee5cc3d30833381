import { PythonError, type FileError } from '../errors';
import { text as decode } from '../bytes';

/** One line `File "main.py", line 3, in loop` of a traceback. */
export interface TracebackFrame {
  readonly file: string;
  readonly line: number;
  /** Name of the function or `<module>`; undefined for a syntax error. */
  readonly name: string | undefined;
}

/** A parsed traceback. `frames` has the innermost last, as printed. */
export interface Traceback {
  readonly type: string;
  readonly detail: string;
  readonly frames: readonly TracebackFrame[];
}

const FRAME_LIMIT = 100;
const DETAIL_LIMIT = 2000;

/**
 * Encodes `value` as a Python literal (str or bytes) in printable ASCII. This is the only way in
 * which names and data get into code. Control characters and quotes are escaped, so nothing in it
 * can end the literal or act as a REPL command.
 */
export function pyRepr(value: string | Uint8Array): string {
  if (typeof value === 'string') return `'${Array.from(value, pyChar).join('')}'`;
  return `b'${Array.from(value, (b) => (b < 0x80 ? pyChar(String.fromCharCode(b)) : hexEscape(b))).join('')}'`;
}

function hexEscape(code: number): string {
  return `\\x${code.toString(16).padStart(2, '0')}`;
}

function pyChar(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (char === '\\' || char === "'") return `\\${char}`;
  if (code >= 0x20 && code < 0x7f) return char;
  if (code < 0x80) return hexEscape(code);
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

/** Parses a printed traceback. Bounded, because a board can print anything. */
export function parseTraceback(text: string): Traceback {
  const lines = text.split(/\r?\n/);
  const frames: TracebackFrame[] = [];
  let end = 0;
  for (const [index, line] of lines.entries()) {
    const match = /^\s*File "([^"]*)", line (\d+)(?:, in (.*))?$/.exec(line);
    if (!match && !line.startsWith('Traceback (most recent')) continue;
    end = index + 1;
    const [, file, number, name] = match ?? [];
    if (file === undefined || frames.length >= FRAME_LIMIT) continue;
    frames.push({ file, line: Number(number), name });
  }
  const said = lines.slice(end).join('\n').trim();
  const match = /^([A-Za-z_][\w.]*)(?::\s*([^]*))?$/.exec(said);
  return {
    type: match?.[1] ?? '',
    detail: (match ? (match[2] ?? '') : said).trim().slice(0, DETAIL_LIMIT),
    frames,
  };
}

/** Returns the error for a traceback from the raw REPL. */
export function pythonError(traceback: Uint8Array): PythonError {
  const text = decode(traceback);
  const { type, detail } = parseTraceback(text);
  return new PythonError(text, type, detail);
}

type Errno = FileError['errno'];

// Two numberings: Linux's, which almost every port uses, and WASI's, which the WebAssembly port has.
const LINUX: Readonly<Record<number, Errno>> = {
  1: 'EPERM',
  2: 'ENOENT',
  5: 'EIO',
  12: 'ENOMEM',
  13: 'EACCES',
  16: 'EBUSY',
  17: 'EEXIST',
  19: 'ENODEV',
  20: 'ENOTDIR',
  21: 'EISDIR',
  22: 'EINVAL',
  28: 'ENOSPC',
  30: 'EROFS',
  39: 'ENOTEMPTY',
};
const WASI: Readonly<Record<number, Errno>> = {
  2: 'EACCES',
  10: 'EBUSY',
  20: 'EEXIST',
  28: 'EINVAL',
  29: 'EIO',
  31: 'EISDIR',
  44: 'ENOENT',
  48: 'ENOMEM',
  51: 'ENOSPC',
  54: 'ENOTDIR',
  55: 'ENOTEMPTY',
  69: 'EROFS',
};
const NAMES = new Set<string>(Object.values(LINUX));

/**
 * Returns the POSIX name for an OSError message: `28`, `[Errno 28] ENOSPC`, `[Errno 44] ENOENT`
 * (WebAssembly) or `2, '/x'`. A name in the text takes priority over the number, on which ports
 * disagree; `numbering` says how to interpret a bare number.
 */
export function errnoName(
  type: string,
  detail: string,
  numbering: 'linux' | 'wasi' = 'linux',
): Errno | undefined {
  if (type === 'MemoryError') return 'ENOMEM';
  if (!/^(OSError|IOError)$/.test(type)) return undefined;
  const name = /\bE[A-Z]{3,10}\b/.exec(detail)?.[0];
  if (name !== undefined && NAMES.has(name)) return name as Errno;
  const number = /^(?:\[Errno (-?\d+)\]|\(?(-?\d+)\b)/.exec(detail);
  if (!number) return undefined;
  const value = Math.abs(Number(number[1] ?? number[2]));
  return (numbering === 'wasi' ? WASI : LINUX)[value] ?? WASI[value];
}

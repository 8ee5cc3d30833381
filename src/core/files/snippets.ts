import * as l10n from '@vscode/l10n';
import { deflateRawSync } from 'node:zlib';
import { throwIfAborted } from '../async';
import { concat, text, utf8 } from '../bytes';
import { ProtocolError, PythonError, TimeoutError } from '../errors';
import { withFirmwareNames } from '../python/firmwareNames';
import { pyRepr } from '../python/python';
import type { ExecOptions, Session } from '../transport';
import { crc32 } from './crc';
import { rawPath } from './paths';

/** Types of arguments for a verb on the board. */
export type Argument = string | number | boolean | Uint8Array | null | readonly Argument[];

/** Longest silence of a verb in milliseconds; it prints a sign of life after each unit of work. */
export const SILENCE_MS = 30_000;
/**
 * The line with which a verb shows that it is still working (report.py). Not part of the checksum.
 */
const SIGN_OF_LIFE = '.';
/** Attempts for an answer or a request that is damaged on the line. */
const ATTEMPTS = 3;

/**
 * Encodes a value as a Python literal. This is the only way in which names and data get into code.
 */
export function literal(value: Argument): string {
  if (value === null) return 'None';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return pyRepr(rawPath(value) ?? value);
  if (value instanceof Uint8Array) return pyRepr(value);
  return `(${value.map((v) => `${literal(v)},`).join('')})`;
}

/**
 * Removes comments and empty lines from `source` and indents by one space, so that less is sent.
 */
export function minify(source: string): string {
  return source
    .split('\n')
    .map((line) => line.replace(/\s+# .*$/, '').trimEnd())
    .filter((line) => line !== '' && !/^\s*#/.test(line))
    .map((line) => line.replace(/^( {4})+/, (indent) => ' '.repeat(indent.length / 4)))
    .join('\n');
}

/** Joins the snippets and adds the call that starts them. */
export function program(snippets: readonly string[], args: readonly Argument[]): string {
  return `${snippets.map(minify).join('\n')}\nrun(${['verb', ...args.map(literal)].join(',')})\n`;
}

/** The properties of a board that determine how code is sent to it. */
export interface CodeForm {
  readonly binascii: boolean;
  readonly deflate: boolean;
  /** See {@link withFirmwareNames}. */
  readonly firmwareNames?: boolean;
  /** Free heap in bytes. */
  readonly heap: number;
  /** `packed`: inflating code needed more memory than the board has. */
  readonly tooLarge?: Set<'stream' | 'store' | 'packed'>;
  /** The link carries any byte; otherwise only text. */
  readonly eightBit?: boolean;
}

/**
 * Heap in bytes for inflating code: a window of 4 KB, and as much again for the inflater and the
 * code.
 */
const PACK_HEAP = 32_000;
const PACK_WORTH = 600;
const PACK_WINDOW_BITS = 12;

/**
 * Wraps `code` for sending. The board checks a CRC before running it (a flipped byte in a path must
 * not delete another file), runs it in a throw-away namespace, and inflates it first when deflating
 * saved bytes. MicroPython accepts any byte in a bytes literal. If something on the way does not,
 * the repeated attempt is `careful` and uses base64.
 */
export function wireForm(code: string, form: CodeForm, careful = false): string | Uint8Array {
  const own = form.firmwareNames ? withFirmwareNames(code) : code;
  if (!form.binascii) return `exec(${quoted(own)},{})`;
  const u = form.firmwareNames ? 'u' : '';
  const run = `(lambda c:exec(c,{})if __import__('${u}binascii').crc32(c)==${crc32(utf8(own))} else print('?'))`;
  if (!isPacked(own, form)) {
    return `${run}(${quoted(own)})`;
  }
  const options = { level: 9, memLevel: 9, windowBits: PACK_WINDOW_BITS };
  const packed = deflateRawSync(own, options);
  const raw =
    form.eightBit && !careful
      ? rawLiteral(packed)
      : utf8(`__import__('${u}binascii').a2b_base64('${packed.toString('base64')}')`);
  const [before, behind] = [
    `${run}(__import__('deflate').DeflateIO(__import__('${u}io').BytesIO(`,
    `),1,${PACK_WINDOW_BITS}).read())`,
  ];
  return concat([utf8(before), raw, utf8(behind)]);
}

/** Returns whether {@link wireForm} sends `code` deflated. */
export function isPacked(code: string, form: CodeForm): boolean {
  const fits = form.heap >= PACK_HEAP && !form.tooLarge?.has('packed');
  return form.binascii && form.deflate && fits && code.length >= PACK_WORTH;
}

/**
 * Switches to unpacked code after the board ran out of memory over packed code. Returns false if
 * that was done before.
 */
export function sendsPlainly(error: unknown, form: CodeForm): boolean {
  const packs = form.deflate && form.tooLarge !== undefined && !form.tooLarge.has('packed');
  if (!packs || !(error instanceof PythonError) || error.type !== 'MemoryError') return false;
  form.tooLarge.add('packed');
  return true;
}

/** Encodes multi-line `code` as one literal. */
export function quoted(code: string): string {
  return `'''${code.replaceAll('\\', '\\\\').replaceAll("'''", "\\'\\'\\'")}'''`;
}

/**
 * Encodes a bytes literal. Bytes stay unchanged except those that end the literal or are commands
 * of the raw REPL.
 */
export function rawLiteral(data: Uint8Array): Uint8Array {
  const out: number[] = [0x62, 0x27]; // b'
  for (const [at, byte] of data.entries()) {
    if (byte > 5 && ![10, 13, 0x27, 0x5c].includes(byte)) {
      out.push(byte);
      continue;
    }
    const next = data[at + 1] ?? 0;
    const octal = byte.toString(8);
    // An octal escape takes up to three digits.
    out.push(...utf8(`\\${next >= 0x30 && next <= 0x37 ? octal.padStart(3, '0') : octal}`));
  }
  out.push(0x27);
  return Uint8Array.from(out);
}

/** Limit on the lines of an answer; no board with a file system sends more. */
const MOST_LINES = 200_000;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * A board's answer, line by line. The last line carries the checksum of the others and shows that
 * the answer is complete.
 */
export class Answer {
  readonly lines: string[] = [];
  /** All lines arrived intact. Boards without CRC support are `unchecked`. */
  whole = false;
  /** Pieces of the current, incomplete line. */
  #rest: Uint8Array[] = [];
  #bytes = 0;
  #check = 0;

  constructor(
    private readonly checked: boolean,
    private readonly onLine?: (line: string) => void,
  ) {}

  /**
   * Adds output of the board.
   * @throws ProtocolError if the answer is longer than any board's, so that it cannot fill the
   * memory
   */
  feed(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      this.#rest.push(chunk.subarray(from, end));
      this.#line(this.#rest.length === 1 ? (this.#rest[0] ?? chunk) : concat(this.#rest));
      this.#rest = [];
      from = end + 1;
    }
    if (from < chunk.length) this.#rest.push(chunk.slice(from));
    if (this.#bytes > MOST_BYTES || this.lines.length > MOST_LINES) {
      throw new ProtocolError(l10n.t("The board's answer never ends"), {
        hint: l10n.t('Reset the board, and check what runs on it.'),
      });
    }
  }

  #line(bytes: Uint8Array): void {
    const line = bytes.at(-1) === 13 ? bytes.subarray(0, -1) : bytes;
    const said = text(line);
    if (said === SIGN_OF_LIFE) return;
    const end = /^= (\d+)$/.exec(said);
    if (end) {
      this.whole = !this.checked || Number(end[1]) === this.#check;
      return;
    }
    this.#check = crc32(line, this.#check);
    this.lines.push(said);
    this.onLine?.(said);
  }
}

/** How a verb runs: cancellation, and the form in which its code is sent. */
export interface VerbOptions {
  signal?: AbortSignal;
  form: CodeForm;
}

/**
 * Runs a verb until its answer arrives intact, and returns the lines. `args(again)` supplies the
 * arguments; `again`: an earlier attempt's answer was damaged, so the verb may already have done
 * its work.
 * @throws ProtocolError when the line damages every attempt; whatever {@link Session.exec} throws
 */
export async function runVerb(
  session: Session,
  snippets: readonly string[],
  args: (again: boolean) => readonly Argument[],
  { signal, form }: VerbOptions,
): Promise<string[]> {
  let cause: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    throwIfAborted(signal);
    const code = program(snippets, args(attempt > 0));
    const answer = new Answer(form.binascii);
    const options: ExecOptions = {
      signal,
      idleTimeoutMs: SILENCE_MS,
      onStdout: (c) => answer.feed(c),
    };
    try {
      await session.exec(wireForm(code, form, attempt > 0), options);
      if (answer.whole) return answer.lines;
    } catch (error) {
      if (sendsPlainly(error, form)) continue;
      if (!isDamage(error) || !form.binascii || isSame(error, cause)) throw error;
      cause = error;
    }
  }
  throw damagedLine(cause);
}

/**
 * Returns whether two exceptions are identical. Damage differs from one attempt to the next, so the
 * board really reports such an exception.
 */
export function isSame(error: unknown, earlier: unknown): boolean {
  return (
    error instanceof PythonError &&
    earlier instanceof PythonError &&
    error.traceback === earlier.traceback
  );
}

/** Returns whether corrupted bytes may have caused the error, so that a retry makes sense. */
export function isDamage(error: unknown): boolean {
  if (error instanceof PythonError) return error.type !== 'MemoryError';
  return error instanceof ProtocolError || error instanceof TimeoutError;
}

/**
 * Returns the error for a link that corrupts or loses bytes in every attempt, or, if that is all
 * that was observed, stays silent.
 */
export function damagedLine(cause: unknown): ProtocolError | TimeoutError {
  if (cause instanceof TimeoutError) return cause;
  return new ProtocolError(l10n.t('The connection to the board corrupts data'), {
    cause,
    hint: l10n.t('Check the cable and its connectors, or use a lower baud rate.'),
  });
}

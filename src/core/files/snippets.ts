import { deflateRawSync } from 'node:zlib';
import { throwIfAborted } from '../async';
import { concat, text, utf8 } from '../bytes';
import { ProtocolError, PythonError, TimeoutError } from '../errors';
import { pyRepr } from '../python/python';
import type { ExecOptions, Session } from '../transport';
import { crc32 } from './crc';

/** What can be handed to a verb on the board. */
export type Argument = string | number | boolean | Uint8Array | null | readonly Argument[];

/** A verb may be silent for so long: hashing a large file on a slow chip takes its time. */
const SILENCE_MS = 30_000;
/** An answer or a request that was damaged on the line is asked for again so often. */
const ATTEMPTS = 3;

/** A Python literal: the only way by which names and data get into code. */
export function literal(value: Argument): string {
  if (value === null) return 'None';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string' || value instanceof Uint8Array) return pyRepr(value);
  return `(${value.map((v) => `${literal(v)},`).join('')})`;
}

/** `source` without comments and empty lines, indented by one space: less to send. */
export function minify(source: string): string {
  return source
    .split('\n')
    .map((line) => line.replace(/\s+# .*$/, '').trimEnd())
    .filter((line) => line !== '' && !/^\s*#/.test(line))
    .map((line) => line.replace(/^( {4})+/, (indent) => ' '.repeat(indent.length / 4)))
    .join('\n');
}

/** The snippets in one piece, and the call that starts them. */
export function program(snippets: readonly string[], args: readonly Argument[]): string {
  return `${snippets.map(minify).join('\n')}\nrun(${['verb', ...args.map(literal)].join(',')})\n`;
}

/** What of a board matters to how code is sent to it. */
export interface CodeForm {
  readonly binascii: boolean;
  readonly deflate: boolean;
  /** Bytes of heap that are free. */
  readonly heap: number;
  /** The link carries code of any bytes; otherwise text. */
  readonly eightBit?: boolean;
}

/** Inflating the code takes a window of 4 KB and as much again for what the inflater and the code need. */
const PACK_HEAP = 32_000;
const PACK_WORTH = 600;
const PACK_WINDOW_BITS = 12;

/**
 * `code` as it is sent: such that the board runs it only if it arrived as it was sent (a flipped byte in a path must not
 * delete another file), in a name space of its own that is gone afterwards, and deflated where that makes it shorter. MicroPython takes any byte in a
 * bytes literal; in case something on the way does not, a repeated attempt is `careful` and sends base64.
 */
export function wireForm(code: string, form: CodeForm, careful = false): string | Uint8Array {
  if (!form.binascii) return `exec(${quoted(code)},{})`;
  const run = `(lambda c:exec(c,{})if __import__('binascii').crc32(c)==${crc32(utf8(code))} else print('?'))`;
  if (!form.deflate || form.heap < PACK_HEAP || code.length < PACK_WORTH) {
    return `${run}(${quoted(code)})`;
  }
  const options = { level: 9, memLevel: 9, windowBits: PACK_WINDOW_BITS };
  const packed = deflateRawSync(code, options);
  const raw =
    form.eightBit && !careful
      ? rawLiteral(packed)
      : utf8(`__import__('binascii').a2b_base64('${packed.toString('base64')}')`);
  const [before, behind] = [
    `${run}(__import__('deflate').DeflateIO(__import__('io').BytesIO(`,
    `),1,${PACK_WINDOW_BITS}).read())`,
  ];
  return concat([utf8(before), raw, utf8(behind)]);
}

/** `code`, of any number of lines, as one literal. */
export function quoted(code: string): string {
  return `'''${code.replaceAll('\\', '\\\\').replaceAll("'''", "\\'\\'\\'")}'''`;
}

/** A bytes literal with all bytes as they are but those that end the literal, or that the raw REPL takes for commands. */
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

/** A board's answer, line by line, and whether it is whole: the last line carries the checksum of the others. */
export class Answer {
  readonly lines: string[] = [];
  /** The lines came to the end and unchanged. `unchecked` boards have no CRC to say so. */
  whole = false;
  #rest: Uint8Array = new Uint8Array();
  #check = 0;

  constructor(
    private readonly checked: boolean,
    private readonly onLine?: (line: string) => void,
  ) {}

  feed(chunk: Uint8Array): void {
    let all = concat([this.#rest, chunk]);
    for (let end = all.indexOf(10); end >= 0; end = all.indexOf(10)) {
      this.#line(all.subarray(0, end));
      all = all.subarray(end + 1);
    }
    this.#rest = all;
  }

  #line(bytes: Uint8Array): void {
    const line = bytes.at(-1) === 13 ? bytes.subarray(0, -1) : bytes;
    const said = text(line);
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

export interface VerbOptions {
  signal?: AbortSignal;
  form: CodeForm;
}

/**
 * Runs a verb until its answer has come whole and gives its lines. `args(again)` gives the arguments; `again`: an earlier
 * attempt's answer was damaged, so that what the verb does may have been done.
 * @throws ProtocolError when the line damages every attempt; what {@link Session.exec} throws
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
      if (!isDamage(error) || !form.binascii || isSame(error, cause)) throw error;
      cause = error;
    }
  }
  throw damagedLine(cause);
}

/** Damage differs from one attempt to the next: the same exception twice is what the board means. */
export function isSame(error: unknown, earlier: unknown): boolean {
  return (
    error instanceof PythonError &&
    earlier instanceof PythonError &&
    error.traceback === earlier.traceback
  );
}

/** The error may come from bytes that were changed on the line: what was meant can be tried again. */
export function isDamage(error: unknown): boolean {
  if (error instanceof PythonError) return error.type !== 'MemoryError';
  return error instanceof ProtocolError || error instanceof TimeoutError;
}

/** The link changes or loses bytes, however often it is tried; or, when that is all that was seen, it is silent. */
export function damagedLine(cause: unknown): ProtocolError | TimeoutError {
  if (cause instanceof TimeoutError) return cause;
  return new ProtocolError('The connection to the board damages data', {
    cause,
    hint: 'Check the cable and its connectors, or use a lower baud rate.',
  });
}

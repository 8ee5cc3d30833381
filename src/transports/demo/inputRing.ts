/** Words in front of the ring's bytes. */
const word = {
  written: 0,
  read: 1,
  scanned: 2,
  hostWaits: 3,
  running: 4,
  raw: 5,
  sent: 6,
  taken: 7,
} as const;
const WORDS = 8;
const CTRL_C = 0x03;

/** Bytes that fit into the ring. */
export const ringBytes = 1 << 16;

/** Memory for one ring. */
export function createRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * 4 + ringBytes);
}

/**
 * The demo board's serial line, as shared memory: bytes from the extension to the worker, which reads them even while Python code runs there (a
 * worker that is busy gets no messages). Written by one side, read by the other; beside it what each knows of the other.
 */
export class InputRing {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#bytes = new Uint8Array(memory, WORDS * 4, ringBytes);
  }

  /** How many bytes have ever been written, modulo 2 ** 32 (as all positions here). */
  get written(): number {
    return Atomics.load(this.#words, word.written);
  }

  /** Up to which byte the worker has looked for Ctrl-C. */
  get scanned(): number {
    return Atomics.load(this.#words, word.scanned);
  }

  get available(): number {
    return (this.written - Atomics.load(this.#words, word.read)) | 0;
  }

  /** Bytes of output that the worker has sent and the extension has not taken. */
  get untaken(): number {
    return (Atomics.load(this.#words, word.sent) - Atomics.load(this.#words, word.taken)) | 0;
  }

  /** The worker has sent so many more. */
  sent(bytes: number): void {
    Atomics.add(this.#words, word.sent, bytes);
  }

  /** The extension has taken so many more. */
  taken(bytes: number): void {
    Atomics.add(this.#words, word.taken, bytes);
    Atomics.notify(this.#words, word.taken);
  }

  /** Blocks until some more is taken, at most `ms`. */
  waitUntilTaken(ms: number): void {
    Atomics.wait(this.#words, word.taken, Atomics.load(this.#words, word.taken), ms);
  }

  /** Python code runs. */
  get running(): boolean {
    return Atomics.load(this.#words, word.running) === 1;
  }

  set running(value: boolean) {
    Atomics.store(this.#words, word.running, value ? 1 : 0);
  }

  /** The raw REPL is on. */
  get raw(): boolean {
    return Atomics.load(this.#words, word.raw) === 1;
  }

  set raw(value: boolean) {
    Atomics.store(this.#words, word.raw, value ? 1 : 0);
  }

  /** Writes what fits; gives how many bytes that was. The worker says "room" once there is more. */
  write(data: Uint8Array): number {
    const count = Math.min(data.length, ringBytes - this.available);
    const at = this.written;
    for (let i = 0; i < count; i++) this.#bytes[(at + i) & (ringBytes - 1)] = data[i] ?? 0;
    Atomics.store(this.#words, word.hostWaits, count < data.length ? 1 : 0);
    Atomics.store(this.#words, word.written, (at + count) | 0);
    Atomics.notify(this.#words, word.written);
    return count;
  }

  /** The next byte, or undefined. */
  readByte(): number | undefined {
    if (this.available === 0) return undefined;
    const at = Atomics.load(this.#words, word.read);
    const byte = this.#bytes[at & (ringBytes - 1)];
    Atomics.store(this.#words, word.read, (at + 1) | 0);
    return byte;
  }

  /** Forgets what was written up to `position` and has not been read, and what was not taken; only while there is no worker. */
  clear(position: number): void {
    const read = Atomics.load(this.#words, word.read);
    if (((position - read) | 0) > 0) Atomics.store(this.#words, word.read, position);
    Atomics.store(this.#words, word.taken, Atomics.load(this.#words, word.sent));
  }

  /** Whether the extension waits for room; it is told only once. */
  takeHostWaits(): boolean {
    return Atomics.exchange(this.#words, word.hostWaits, 0) === 1;
  }

  /** Blocks while nothing has been written since `written` was `seen`, at most `ms`. */
  waitSince(seen: number, ms: number): void {
    Atomics.wait(this.#words, word.written, seen, ms);
  }

  /** Takes the first Ctrl-C out of what has not been looked at; true when there was one. */
  takeInterrupt(): boolean {
    const end = this.written;
    const read = Atomics.load(this.#words, word.read);
    let at = this.scanned;
    if (((at - read) | 0) < 0) at = read;
    for (; at !== end; at = (at + 1) | 0) {
      if (this.#bytes[at & (ringBytes - 1)] === CTRL_C) break;
    }
    const found = at !== end;
    if (found) this.#removeAt(at, read);
    Atomics.store(this.#words, word.scanned, found ? (at + 1) | 0 : end);
    return found;
  }

  /** Nothing looks for Ctrl-C now: bytes pass as they are. */
  skipInterrupts(): void {
    Atomics.store(this.#words, word.scanned, this.written);
  }

  /** The unread bytes before `at` move up by one, over it. */
  #removeAt(at: number, read: number): void {
    for (let i = at; i !== read; i = (i - 1) | 0) {
      this.#bytes[i & (ringBytes - 1)] = this.#bytes[(i - 1) & (ringBytes - 1)] ?? 0;
    }
    Atomics.store(this.#words, word.read, (read + 1) | 0);
  }
}

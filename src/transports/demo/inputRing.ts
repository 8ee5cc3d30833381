/** Layout of the words before the ring's bytes. */
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

/** Capacity of the ring in bytes. */
export const ringBytes = 1 << 16;

/** Allocates the memory for one ring. */
export function createRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * 4 + ringBytes);
}

/**
 * The demo board's serial line in shared memory: bytes from the extension to the worker, which can
 * read them even while Python code is running (a busy worker receives no messages). One side
 * writes, the other reads; additional words hold what each side knows about the other.
 */
export class InputRing {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#bytes = new Uint8Array(memory, WORDS * 4, ringBytes);
  }

  /** Number of bytes ever written, modulo 2 ** 32 (like all positions here). */
  get written(): number {
    return Atomics.load(this.#words, word.written);
  }

  /** Position up to which the worker has searched for Ctrl-C. */
  get scanned(): number {
    return Atomics.load(this.#words, word.scanned);
  }

  get available(): number {
    return (this.written - Atomics.load(this.#words, word.read)) | 0;
  }

  /** Number of output bytes that the worker has sent and the extension has not yet processed. */
  get untaken(): number {
    return (Atomics.load(this.#words, word.sent) - Atomics.load(this.#words, word.taken)) | 0;
  }

  /** Adds to the number of bytes that the worker has sent. */
  sent(bytes: number): void {
    Atomics.add(this.#words, word.sent, bytes);
  }

  /** Adds to the number of bytes that the extension has processed. */
  taken(bytes: number): void {
    Atomics.add(this.#words, word.taken, bytes);
    Atomics.notify(this.#words, word.taken);
  }

  /** Blocks until more bytes are processed, at most `ms`. */
  waitUntilTaken(ms: number): void {
    Atomics.wait(this.#words, word.taken, Atomics.load(this.#words, word.taken), ms);
  }

  /** Whether Python code is running. */
  get running(): boolean {
    return Atomics.load(this.#words, word.running) === 1;
  }

  set running(value: boolean) {
    Atomics.store(this.#words, word.running, value ? 1 : 0);
  }

  /** Whether the raw REPL is active. */
  get raw(): boolean {
    return Atomics.load(this.#words, word.raw) === 1;
  }

  set raw(value: boolean) {
    Atomics.store(this.#words, word.raw, value ? 1 : 0);
  }

  /**
   * Writes as many bytes as fit and returns their number. The worker sends "room" when there is
   * more space.
   */
  write(data: Uint8Array): number {
    const count = Math.min(data.length, ringBytes - this.available);
    const at = this.written;
    for (let i = 0; i < count; i++) this.#bytes[(at + i) & (ringBytes - 1)] = data[i] ?? 0;
    Atomics.store(this.#words, word.hostWaits, count < data.length ? 1 : 0);
    Atomics.store(this.#words, word.written, (at + count) | 0);
    Atomics.notify(this.#words, word.written);
    return count;
  }

  /** Reads the next byte. Returns undefined if there is none. */
  readByte(): number | undefined {
    if (this.available === 0) return undefined;
    const at = Atomics.load(this.#words, word.read);
    const byte = this.#bytes[at & (ringBytes - 1)];
    Atomics.store(this.#words, word.read, (at + 1) | 0);
    return byte;
  }

  /**
   * Discards unread input up to `position`, and unprocessed output. Call only while there is no
   * worker.
   */
  clear(position: number): void {
    const read = Atomics.load(this.#words, word.read);
    if (((position - read) | 0) > 0) Atomics.store(this.#words, word.read, position);
    Atomics.store(this.#words, word.taken, Atomics.load(this.#words, word.sent));
  }

  /** Returns whether the extension is waiting for room; it is notified only once. */
  takeHostWaits(): boolean {
    return Atomics.exchange(this.#words, word.hostWaits, 0) === 1;
  }

  /** Blocks while nothing has been written since `written` was `seen`, at most `ms`. */
  waitSince(seen: number, ms: number): void {
    Atomics.wait(this.#words, word.written, seen, ms);
  }

  /** Removes the first Ctrl-C from the bytes not yet searched; returns true if there was one. */
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

  /** Marks the unread bytes as searched: without a search for Ctrl-C, bytes pass unchanged. */
  skipInterrupts(): void {
    Atomics.store(this.#words, word.scanned, this.written);
  }

  /** Moves the unread bytes before `at` up by one, overwriting it. */
  #removeAt(at: number, read: number): void {
    for (let i = at; i !== read; i = (i - 1) | 0) {
      this.#bytes[i & (ringBytes - 1)] = this.#bytes[(i - 1) & (ringBytes - 1)] ?? 0;
    }
    Atomics.store(this.#words, word.read, (read + 1) | 0);
  }
}

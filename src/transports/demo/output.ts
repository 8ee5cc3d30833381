/** Output is sent in pieces of this many bytes, or when there is a pause. */
const OUTPUT_BYTES = 4096;
/** Code that never pauses still shows its output at this interval, in milliseconds. */
const OUTPUT_MS = 50;
const [LF, CR] = [10, 13];

/** Collects a demo board's output into pieces. */
export class Output {
  readonly #pending = new Uint8Array(OUTPUT_BYTES);
  #length = 0;
  /** Time at which the oldest byte was printed. */
  #since = 0;
  #lastByte = 0;
  /** If set, output goes here instead. */
  #captured: number[] | undefined;

  constructor(private readonly handOn: (bytes: Uint8Array) => void) {}

  /** Sends the collected output. */
  flush(): void {
    if (this.#length === 0) return;
    const bytes = this.#pending.slice(0, this.#length);
    this.#length = 0;
    this.handOn(bytes);
  }

  /** Sends the output if a part of it has waited long enough. */
  flushOld(): void {
    if (this.#length > 0 && performance.now() - this.#since >= OUTPUT_MS) this.flush();
  }

  /** Returns the output of `work`, which is not shown. */
  capture(work: () => void): string {
    const captured: number[] = [];
    this.#captured = captured;
    work();
    this.#captured = undefined;
    return Buffer.from(captured).toString();
  }

  /** Takes unmodified bytes. */
  bytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.#put(byte);
  }

  /**
   * Takes standard output and converts line ends to a board's. Returns whether a line has ended.
   */
  text(bytes: Uint8Array): boolean {
    let lineEnded = false;
    for (const byte of bytes) {
      if (byte === LF) {
        lineEnded = true;
        if (this.#lastByte !== CR) this.#put(CR);
      }
      this.#put(byte);
    }
    return lineEnded;
  }

  #put(byte: number): void {
    this.#lastByte = byte;
    if (this.#captured) {
      this.#captured.push(byte);
      return;
    }
    if (this.#length === 0) this.#since = performance.now();
    this.#pending[this.#length++] = byte;
    if (this.#length === OUTPUT_BYTES) this.flush();
  }
}

/** Output is handed on in pieces of so many bytes, or when there is a pause. */
const OUTPUT_BYTES = 4096;
/** Code that only computes and prints still shows its output this often. */
const OUTPUT_MS = 50;
const [LF, CR] = [10, 13];

/** What a demo board prints, gathered into pieces. */
export class Output {
  readonly #pending = new Uint8Array(OUTPUT_BYTES);
  #length = 0;
  /** When the oldest byte of it was printed. */
  #since = 0;
  #lastByte = 0;
  /** Output goes here instead, while it is set. */
  #captured: number[] | undefined;

  constructor(private readonly handOn: (bytes: Uint8Array) => void) {}

  /** Hands on what has been printed. */
  flush(): void {
    if (this.#length === 0) return;
    const bytes = this.#pending.slice(0, this.#length);
    this.#length = 0;
    this.handOn(bytes);
  }

  /** Hands it on if a part of it has waited for long enough. */
  flushOld(): void {
    if (this.#length > 0 && performance.now() - this.#since >= OUTPUT_MS) this.flush();
  }

  /** What is printed during `work`, which is shown nowhere. */
  capture(work: () => void): string {
    const captured: number[] = [];
    this.#captured = captured;
    work();
    this.#captured = undefined;
    return Buffer.from(captured).toString();
  }

  /** Bytes as they are. */
  bytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.#put(byte);
  }

  /** Standard output: line ends become those of a board. Says whether a line has ended. */
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

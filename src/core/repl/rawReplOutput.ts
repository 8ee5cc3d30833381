import { concat, utf8 } from '../bytes';

/** Output is kept whole up to here; a board that prints more without end is stopped. */
const WHOLE_LIMIT = 64 * 1024 * 1024;
/** Of output that is handed on as it comes, only so much of the end is kept. */
const STREAMED_LIMIT = 1024 * 1024;
const BANNER_TAIL = utf8('information.\r\n>>> ');

/** What one piece of code has printed, within bounds. */
export class OutputCollector {
  #chunks: Uint8Array[] = [];
  #size = 0;
  #tail: Uint8Array = new Uint8Array();

  constructor(private readonly onStdout?: (chunk: Uint8Array) => void) {}

  get bytes(): Uint8Array {
    return concat(this.#chunks);
  }

  /** The output ends as the friendly REPL begins: the board was reset behind the raw REPL's back. */
  get endsInBanner(): boolean {
    return Buffer.compare(this.#tail, BANNER_TAIL) === 0;
  }

  /** False when there is too much of it. */
  add(bytes: Uint8Array): boolean {
    const end = bytes.subarray(-BANNER_TAIL.length);
    this.#tail = Buffer.concat([this.#tail, end]).subarray(-BANNER_TAIL.length);
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    if (this.onStdout) {
      while (this.#size - (this.#chunks[0]?.length ?? 0) > STREAMED_LIMIT) {
        this.#size -= this.#chunks.shift()?.length ?? 0;
      }
      this.onStdout(bytes);
      return true;
    }
    if (this.#size <= WHOLE_LIMIT) return true;
    this.#chunks = [];
    this.#size = 0;
    return false;
  }
}

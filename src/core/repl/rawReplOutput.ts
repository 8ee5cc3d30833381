import { concat, utf8 } from '../bytes';

/** Limit, in bytes, for output that is kept whole; code that prints more is stopped. */
const WHOLE_LIMIT = 64 * 1024 * 1024;
/** Bytes kept from the end of output that is streamed. */
const STREAMED_LIMIT = 1024 * 1024;
const BANNER_TAIL = utf8('information.\r\n>>> ');

/** Collects the output of one piece of code, within bounds. */
export class OutputCollector {
  #chunks: Uint8Array[] = [];
  #size = 0;
  #tail: Uint8Array = new Uint8Array();

  constructor(private readonly onStdout?: (chunk: Uint8Array) => void) {}

  get bytes(): Uint8Array {
    return concat(this.#chunks);
  }

  /** The output ends like the start of the friendly REPL: the board was reset unexpectedly. */
  get endsInBanner(): boolean {
    return Buffer.compare(this.#tail, BANNER_TAIL) === 0;
  }

  /** Returns false when the limit is exceeded. */
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

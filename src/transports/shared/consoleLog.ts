import type { Clock } from '../../core/async';
import type { Disposable } from '../../core/events';

/** Milliseconds by which output is delayed, so that a line becomes one message. */
const FLUSH_MS = 250;
/**
 * Number of records kept for those who connect later, and maximum length of a record in characters.
 */
const MOST_RECORDS = 200;
const MOST_TEXT = 400;
/** Characters that may wait for the end of their line. */
const MOST_PARTIAL = 2_000;

interface Record {
  readonly seq: number;
  readonly ms: number;
  readonly text: string;
}

/**
 * Turns what the board prints outside of sessions into log records of level O (docs/protocol.md
 * section 9).
 */
export class ConsoleLog implements Disposable {
  #records: Record[] = [];
  #next = 1;
  #sent = 0;
  #dropped = 0;
  #partial = '';
  readonly #decoder = new TextDecoder();
  #timer: Disposable | undefined;
  readonly #begun: number;

  constructor(
    private readonly boot: string,
    private readonly clock: Clock,
    private readonly most: number,
    /** Sends a batch. Returns false while the broker is away. */
    private readonly publish: (batch: Uint8Array) => boolean,
  ) {
    this.#begun = clock.now();
  }

  add(chunk: Uint8Array): void {
    this.#partial += this.#decoder.decode(chunk, { stream: true }).replaceAll('\r', '');
    const lines = this.#partial.split('\n');
    this.#partial = lines.pop() ?? '';
    if (this.#partial.length > MOST_PARTIAL) lines.push(this.#take());
    for (const line of lines) this.#add(`${line}\n`);
    this.#timer ??= this.clock.after(FLUSH_MS, () => this.flush());
  }

  /**
   * Returns one batch from record `seq` on. A batch without records means that there are no newer
   * ones.
   */
  from(seq: number): Uint8Array {
    return this.#batch(
      this.#records.filter((r) => r.seq >= seq),
      Math.max(seq, 1),
    );
  }

  dispose(): void {
    this.#timer?.dispose();
  }

  #take(): string {
    const all = this.#partial;
    this.#partial = '';
    return all;
  }

  #add(line: string): void {
    const ms = Math.round(this.clock.now() - this.#begun);
    this.#records.push({ seq: this.#next++, ms, text: line.slice(0, MOST_TEXT) });
    if (this.#records.length > MOST_RECORDS && this.#records.shift()) this.#dropped += 1;
  }

  /** Sends all unsent records. */
  flush(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    // A prompt never ends its line, and is of no interest to anyone.
    if (this.#partial !== '' && !/^(>>>|\.\.\.|===) /.test(this.#partial)) this.#add(this.#take());
    for (;;) {
      const fresh = this.#records.filter((r) => r.seq > this.#sent);
      const first = fresh[0];
      if (!first) return;
      const count = this.#fitting(fresh);
      if (!this.publish(this.#batch(fresh, first.seq))) return;
      this.#sent = first.seq + count - 1;
    }
  }

  /** Returns how many of the records fit into one frame. */
  #fitting(records: readonly Record[]): number {
    let used = 160;
    let count = 0;
    for (const record of records) {
      used += Buffer.byteLength(lineOf(record)) + 1;
      if (used > this.most) break;
      count += 1;
    }
    return Math.max(count, Math.min(records.length, 1));
  }

  #batch(records: readonly Record[], from: number): Uint8Array {
    const own = records.slice(0, this.#fitting(records));
    const head = {
      ...{ boot: this.boot, s: own[0]?.seq ?? from, n: own.length },
      ...{ t: Math.round(this.clock.now() - this.#begun), u: Math.floor(Date.now() / 1000) },
      drop: { O: this.#dropped },
    };
    return Buffer.from([JSON.stringify(head), ...own.map(lineOf)].join('\n'));
  }
}

function lineOf({ ms, text: said }: Record): string {
  const escaped = said
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
  return `O\t${ms}\tboard\t${escaped}`;
}

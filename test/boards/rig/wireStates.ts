import type { Way } from '../../lab/serlink.mjs';

/**
 * A position on the wire at which a fault can occur: after `at` bytes in the direction `dir`.
 */
export interface Place {
  readonly state: string;
  readonly dir: Way;
  readonly at: number;
}

export type Recorded = readonly { readonly dir: Way; readonly bytes: Buffer }[];

const ASK = Buffer.from('\x05A\x01'); // raw-paste is asked for, and code follows
const GRANTED = Buffer.from('R\x01'); // the board will take it; two bytes of its window follow
const END = 4;
const OVER = Buffer.from('\x04\x04>'); // of what the code printed, without an exception
/** Pieces of code that are neither the question, nor the listing, nor the receiver. */
export const OTHER = 'other verb';
const FRAME_HEAD = 9; // of an upload's frame, see board/snippets/receiver.py

/** One piece of code: the offsets of its code, its window and its answer in the two directions. */
interface Run {
  readonly ask: number;
  readonly codeEnd: number;
  readonly upEnd: number;
  readonly window: number;
  readonly downEnd: number;
}

/** The wire of a whole transfer, derived from the traffic: no length is known beforehand. */
export class Wire {
  readonly up: Buffer;
  readonly down: Buffer;

  constructor(private readonly parts: Recorded) {
    const way = (dir: Way) => Buffer.concat(parts.filter((p) => p.dir === dir).map((p) => p.bytes));
    this.up = way('toBoard');
    this.down = way('toHost');
  }

  bytes(dir: Way): Buffer {
    return dir === 'toBoard' ? this.up : this.down;
  }

  /**
   * Bytes that the board must have received for all of it. After them, the raw REPL is left
   * (Ctrl-B).
   */
  get lastAsked(): number {
    return this.up.lastIndexOf(2);
  }

  /** Bytes that contain the whole answer to the last piece of code. */
  get lastAnswered(): number {
    return this.down.lastIndexOf(OVER) + OVER.length;
  }

  /** Returns a position in every state of the protocol, in each piece of code that is run. */
  places(): Place[] {
    const found: Place[] = [
      { state: 'the prompt is asked for', dir: 'toBoard', at: 1 },
      { state: 'the prompt comes', dir: 'toHost', at: this.down.indexOf('>>>') + 1 },
      { state: 'the raw REPL comes', dir: 'toHost', at: this.down.indexOf('raw REPL') + 4 },
    ];
    for (const run of this.#runs()) found.push(...this.#ofRun(run));
    found.push({ state: 'the prompt comes back', dir: 'toHost', at: this.down.length - 2 });
    return found;
  }

  #runs(): Run[] {
    const asks: number[] = [];
    for (let at = this.up.indexOf(ASK); at >= 0; at = this.up.indexOf(ASK, at + 1)) asks.push(at);
    return asks.map((ask, i) => {
      const window = this.down.indexOf(GRANTED, this.#heardWhen(ask)) + GRANTED.length;
      return {
        ask,
        codeEnd: this.up.indexOf(END, ask + ASK.length),
        upEnd: asks[i + 1] ?? this.lastAsked,
        window,
        downEnd: this.down.indexOf(OVER, window) + OVER.length,
      };
    });
  }

  /** Returns the bytes that had arrived from the board when the byte `at` was sent. */
  #heardWhen(at: number): number {
    let [up, down] = [0, 0];
    for (const { dir, bytes } of this.parts) {
      if (dir === 'toHost') down += bytes.length;
      else if (up + bytes.length > at) return down;
      else up += bytes.length;
    }
    return down;
  }

  #ofRun(run: Run): Place[] {
    const answer = this.down.indexOf(END, run.window + 2);
    const isStream = (this.up[run.codeEnd + 2] ?? 0) >= 128 && this.up[run.codeEnd + 1] === 0x7e;
    const says = this.down.toString('latin1', answer + 1, run.downEnd);
    // The first listing brings along what the board can.
    const asks = /^can \d/.test(says);
    const lists = /^(can .*\r\n){0,2}\/ /.test(says);
    const kinds = [
      ...(isStream ? ['receiver'] : []),
      ...(asks ? ['question what the board can'] : []),
      ...(lists ? ['listing and hashing'] : []),
    ];
    return (kinds.length > 0 ? kinds : [OTHER]).flatMap((what) =>
      this.#ofKind(what, run, answer, isStream),
    );
  }

  #ofKind(what: string, run: Run, answer: number, isStream: boolean): Place[] {
    const name = (state: string) => `${what}: ${state}`;
    const middle = (from: number, to: number) => Math.floor((from + to) / 2);
    const places: Place[] = [
      { state: name('its code'), dir: 'toBoard', at: middle(run.ask, run.codeEnd) },
      { state: name('window waited for'), dir: 'toHost', at: run.window + 1 },
      { state: name('code sent, not confirmed'), dir: 'toHost', at: answer },
      { state: name('end of its answer'), dir: 'toHost', at: run.downEnd - 1 },
    ];
    if (this.down[run.window + 2] === 1) {
      places.push({ state: name('credit waited for'), dir: 'toHost', at: run.window + 2 });
    }
    if (!isStream)
      places.push({ state: name('answer'), dir: 'toHost', at: middle(answer, run.downEnd) });
    return isStream ? [...places, ...this.#ofStream(run, answer)] : places;
  }

  /** The frames of an upload, and the board's answer to each. */
  #ofStream(run: Run, from: number): Place[] {
    const places: Place[] = [];
    let heard = this.down.indexOf(answerTo(-1), from);
    let previous = '';
    for (let at = run.codeEnd + 1, number = 0; this.up[at] === 0x7e && at < run.upEnd; number++) {
      const length = (((this.up[at + 2] ?? 0) & 127) << 7) | ((this.up[at + 3] ?? 0) & 127);
      const end = at + FRAME_HEAD + length;
      const kind = String.fromCharCode(this.up[at + FRAME_HEAD] ?? 0);
      const lastOfFile = 'OQ'.includes(String.fromCharCode(this.up[end + FRAME_HEAD] ?? 0));
      const answered = this.down.indexOf(answerTo(number), heard);
      if (kind === 'Q') {
        places.push({ state: 'finish: its frame', dir: 'toBoard', at: at + 1 });
        places.push({ state: 'finish: nothing heard of it', dir: 'toHost', at: heard + 3 });
        break;
      }
      if (kind === 'O' && previous !== '') {
        places.push({ state: 'between two files', dir: 'toBoard', at });
      } else if (kind === 'O') {
        places.push({ state: 'file announced', dir: 'toHost', at: answered });
      } else if (lastOfFile) {
        places.push({ state: 'before the hash', dir: 'toBoard', at: end - 1 });
        places.push({ state: 'in its place, not told', dir: 'toHost', at: answered });
      } else {
        places.push({ state: 'block half sent', dir: 'toBoard', at: at + Math.floor(length / 2) });
        places.push({ state: 'block sent, not answered', dir: 'toHost', at: answered });
      }
      previous = kind;
      heard = answered;
      at = end;
    }
    return places;
  }
}

/**
 * The receiver's message after it has accepted this frame: the next number that it wants, and its
 * complement.
 */
function answerTo(number: number): Buffer {
  const want = (number + 1) & 63;
  return Buffer.from(['K'.charCodeAt(0), 48 + want, 111 - want]);
}

/**
 * Returns `count` offsets over `total` bytes, one in each part, at a place drawn with a fixed seed.
 */
export function spread(total: number, count: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(((i + state / 2 ** 32) * total) / count);
  });
}

import * as l10n from '@vscode/l10n';
import { randomInt } from 'node:crypto';
import { type Clock, systemClock } from '../async';
import { concat, indexOf, utf8 } from '../bytes';
import { asError } from '../errors';
import { type Disposable, Emitter } from '../events';
import type { ByteStream } from '../transport';
import { answer } from './answers';
import type { MountedFolder } from './folder';
import {
  AHEAD,
  answerHead,
  BLOCK,
  errnoOf,
  GIVES_UP,
  OVER,
  READS_BLOCK,
  readRequest,
  type Request,
} from './protocol';

/** Milliseconds within which the rest of a mark, and that of a request, follows its beginning. */
const MARK_MS = 500;
const REQUEST_MS = 2000;
/** Milliseconds that the folder may take. The board waits longer. */
const FOLDER_MS = 5000;
/** Milliseconds within which the board asks for the next block, or says that it has read the last. */
const CONFIRM_MS = 3000;
/** Milliseconds after which a board that was sent {@link FILLER} is certainly done with its request. */
const GIVEN_UP_MS = 8000;
/** Releases a board that waits for bytes that were lost on the line: it takes at most a block at once. */
const FILLER = new Uint8Array(BLOCK);
/** Bytes of an answer that are still sent when Ctrl-C waits behind them. */
const FEW_BYTES = 16 * 1024;
/** Bytes that are kept for the board until its request has been answered. */
const MOST_WAITING = 64 * 1024;

/** A request that is being answered. */
interface Answering {
  /** The part of the body that was not sent yet, and {@link OVER} at its end. */
  rest: Uint8Array;
  /** Bytes that the board has room for. */
  room: number;
}

/** Returns a new mark, which no program prints by chance. */
export function newMark(): Uint8Array {
  const letters = Array.from({ length: 5 }, () => String.fromCharCode(0x61 + randomInt(26)));
  return utf8(`\x1a${letters.join('')}`);
}

/**
 * The line to a board on which a folder is mounted: answers the requests in the board's output, and
 * passes on everything else. What is typed meanwhile waits until the answer has been read.
 */
export class MountStream implements ByteStream {
  readonly #data = new Emitter<Uint8Array>();
  readonly onData = this.#data.event;
  readonly onClose: ByteStream['onClose'];
  /** Output that may be the beginning of a mark, or a request after its mark. */
  #held: Uint8Array = new Uint8Array();
  #busy: Answering | undefined;
  #waiting: Uint8Array = new Uint8Array();
  #timer: Disposable | undefined;

  /** @param onTrouble receives a sentence for the user when a request was lost, or what was typed */
  constructor(
    private readonly line: ByteStream,
    private readonly folder: MountedFolder,
    private readonly mark: Uint8Array,
    private readonly onTrouble: (words: string) => void,
    private readonly clock: Clock = systemClock,
  ) {
    this.onClose = line.onClose;
    line.onData((chunk) => this.#take(chunk));
    line.onClose(() => this.#timer?.dispose());
  }

  async write(data: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (!this.#busy || this.#waiting.length + data.length > MOST_WAITING) {
      await this.line.write(data, signal);
      return;
    }
    this.#waiting = concat([this.#waiting, data]);
    // The board gives up when no more follows, and takes the Ctrl-C then.
    if (data.includes(0x03) && this.#busy.rest.length > FEW_BYTES)
      this.#busy.rest = new Uint8Array();
  }

  close(): Promise<void> {
    this.#timer?.dispose();
    return this.line.close();
  }

  #take(chunk: Uint8Array): void {
    let rest: Uint8Array | undefined = chunk;
    while (rest && rest.length > 0) rest = this.#busy ? this.#whileBusy(rest) : this.#look(rest);
  }

  /** Searches output for a request. Returns the bytes after it. */
  #look(chunk: Uint8Array): Uint8Array | undefined {
    const all = this.#held.length > 0 ? concat([this.#held, chunk]) : chunk;
    this.#held = new Uint8Array();
    this.#timer?.dispose();
    const at = indexOf(all, this.mark);
    if (at < 0) {
      const kept = partOf(this.mark, all);
      if (kept > 0) this.#hold(all.slice(all.length - kept), MARK_MS);
      this.#show(all.subarray(0, all.length - kept));
      return undefined;
    }
    this.#show(all.subarray(0, at));
    const begin = at + this.mark.length;
    const request = readRequest(all.subarray(begin));
    if (request === 'more') {
      this.#hold(all.slice(at), REQUEST_MS);
      return undefined;
    }
    if (!request) {
      this.#show(this.mark);
      return all.subarray(begin);
    }
    this.#busy = { rest: new Uint8Array(), room: AHEAD };
    void this.#serve(request);
    return all.subarray(begin + request.length);
  }

  /** Takes the board's words about the answer out of its other output. Returns the bytes after the end. */
  #whileBusy(chunk: Uint8Array): Uint8Array | undefined {
    const busy = this.#busy;
    const others: number[] = [];
    for (const [index, byte] of chunk.entries()) {
      if (byte === OVER) {
        this.#show(Uint8Array.from(others));
        this.#end();
        return chunk.subarray(index + 1);
      }
      if (byte === READS_BLOCK && busy) busy.room += BLOCK;
      else if (byte === GIVES_UP && busy) busy.rest = new Uint8Array();
      else others.push(byte);
    }
    this.#show(Uint8Array.from(others));
    this.#pump();
    return undefined;
  }

  async #serve({ ask, data }: Request): Promise<void> {
    const busy = this.#busy;
    this.#arm(FOLDER_MS, () =>
      this.#giveUp(l10n.t('The mounted folder does not answer in time; the board was told so')),
    );
    let errno = 0;
    let body: Uint8Array = new Uint8Array();
    try {
      if (ask === 'damaged') throw new Error('damaged');
      body = await answer(this.folder, ask, data);
    } catch (error) {
      errno = errnoOf(error);
      if (ask === 'damaged') this.onTrouble(l10n.t('A request of the board arrived damaged'));
    }
    // The board may have stopped waiting meanwhile.
    if (!busy || this.#busy !== busy) return;
    busy.rest = concat([body, Uint8Array.of(OVER)]);
    this.#pump(answerHead(errno, body.length));
  }

  /** Sends as much of the answer as the board has room for, after its `head`. */
  #pump(head: Uint8Array = new Uint8Array()): void {
    const busy = this.#busy;
    if (!busy || busy.rest.length === 0) return;
    // The end mark needs no room of its own.
    const size = busy.rest.length - 1 <= busy.room ? busy.rest.length : busy.room;
    const next = concat([head, busy.rest.subarray(0, size)]);
    busy.rest = busy.rest.subarray(size);
    busy.room -= size;
    this.#arm(CONFIRM_MS, () =>
      this.#giveUp(l10n.t('The board did not read an answer to the end; it gets ETIMEDOUT')),
    );
    if (next.length > 0) this.#send(next);
  }

  /** Stops to answer: bytes were lost, or the folder is slow. */
  #giveUp(words: string): void {
    const busy = this.#busy;
    if (!busy) return;
    this.onTrouble(words);
    this.#busy = { rest: new Uint8Array(), room: 0 };
    this.#send(FILLER);
    this.#arm(GIVEN_UP_MS, () => this.#end());
  }

  #end(): void {
    this.#timer?.dispose();
    this.#busy = undefined;
    const typed = this.#waiting;
    this.#waiting = new Uint8Array();
    if (typed.length > 0) this.#send(typed);
  }

  /** Writes to the board. Ends the request if the line has failed: nothing more arrives there. */
  #send(data: Uint8Array): void {
    this.line.write(data).catch((error: unknown) => {
      this.onTrouble(asError(error).message);
      this.#end();
    });
  }

  #hold(bytes: Uint8Array, ms: number): void {
    this.#held = bytes;
    this.#arm(ms, () => {
      this.#held = new Uint8Array();
      this.#show(bytes);
    });
  }

  #arm(ms: number, then: () => void): void {
    this.#timer?.dispose();
    this.#timer = this.clock.after(ms, then);
  }

  #show(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#data.fire(bytes);
  }
}

/** Returns how many bytes at the end of `all` are the beginning of `mark`. */
function partOf(mark: Uint8Array, all: Uint8Array): number {
  for (let n = Math.min(mark.length - 1, all.length); n > 0; n--) {
    if (indexOf(all.subarray(all.length - n), mark.subarray(0, n)) === 0) return n;
  }
  return 0;
}

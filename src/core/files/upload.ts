import * as l10n from '@vscode/l10n';
import { abortError, Deferred, systemClock, throwIfAborted, type Clock } from '../async';
import type { TransferOptions, WriteItem } from '../boardFiles';
import { concat } from '../bytes';
import { asError, ProtocolError, TimeoutError } from '../errors';
import type { Session } from '../transport';
import { AnswerParser, type StreamAnswer } from './uploadAnswers';
import { bodies, type BodyOptions } from './uploadFrames';
import { SendWindow } from './sendWindow';
import { Answer } from './snippets';

/**
 * Bytes that every receive ring holds in addition to what its chip is about to deliver; the
 * smallest rings hold 256.
 */
export const SAFE_AHEAD = 192;
/**
 * Milliseconds without an answer after which a byte counts as lost: initial, minimum and maximum. A
 * flash erase takes 0.1 s.
 */
const STALL_MS = { first: 1000, least: 300, most: 4000 };
/** Milliseconds without any answer after which the board counts as gone. */
const GIVE_UP_MS = 20_000;
/**
 * If bytes of a frame were lost, the board waits for the rest. Sending zeros completes the frame;
 * its CRC then fails and the board asks again. Zeros go out in bursts that fit every receive ring,
 * with a pause so that the board sees a quiet line.
 */
const FILLER = 192;
const FILLER_PAUSE_MS = 120;
/** A frame requested this many times in a row does not get through at this size. */
const REPAIRS_IN_A_ROW = 5;

/** How one run of the receiver begins. `ahead`: bytes that may be in transit before an answer. */
export interface StreamPlan extends BodyOptions {
  readonly ahead: number;
  readonly code: string | Uint8Array;
  /** The first file that is still to be sent. */
  readonly first: number;
}

/** Progress of one run. */
export interface StreamEvents {
  /** Called when the files before this index are verified and in place. */
  onCommitted(count: number): void;
  onContent(bytes: number, file: number): void;
}

/** One run of the receiver: sends files until all are committed or something fails. */
export class UploadStream {
  readonly #window: SendWindow;
  readonly #text = new Answer(true);
  readonly #stop = new AbortController();
  readonly #parser: AnswerParser;
  #wake = new Deferred<undefined>();
  #started = false;
  #ended = false;
  #answers = 0;
  #slowest = 0;
  #silent = 0; // stalls since the last answer
  #repairs = 0; // of the same frame
  readonly #clock: Clock;

  constructor(
    private readonly items: readonly WriteItem[],
    private readonly plan: StreamPlan,
    private readonly events: StreamEvents,
    private readonly options: TransferOptions,
    clock: Clock = systemClock,
  ) {
    this.#clock = clock;
    this.#window = new SendWindow(plan.ahead);
    this.#parser = new AnswerParser(
      (answer) => this.#onAnswer(answer),
      (chunk) => this.#onText(chunk),
    );
  }

  /**
   * Sends the files and waits for the receiver's answer.
   * @returns the receiver's lines, including errors; undefined if they are damaged
   * @throws whatever {@link Session.exec} throws, TimeoutError when the board falls silent
   */
  async run(session: Session): Promise<readonly string[] | undefined> {
    throwIfAborted(this.options.signal);
    const signal = this.options.signal;
    const onAbort = () => this.#stop.abort(signal ? abortError(signal) : undefined);
    signal?.addEventListener('abort', onAbort, { once: true });
    let sending: Promise<void> | undefined;
    try {
      await session.exec(this.plan.code, {
        signal: this.#stop.signal,
        idleTimeoutMs: GIVE_UP_MS * 2, // longer than the sender's own limit
        onStdout: (chunk) => this.#parser.feed(chunk),
        onStart: (write) => {
          sending = this.#send(write).catch((error: unknown) => this.#stop.abort(asError(error)));
        },
      });
      return this.#text.whole ? this.#text.lines : undefined;
    } finally {
      this.#ended = true;
      this.#wake.resolve(undefined);
      signal?.removeEventListener('abort', onAbort);
      await sending;
    }
  }

  async #send(write: (data: Uint8Array) => Promise<void>): Promise<void> {
    const source = bodies(this.items, this.plan.first, this.plan);
    let more = true;
    try {
      while (!this.#ended && !this.#stop.signal.aborted) {
        while (more && this.#window.wantsMore) {
          const next = await source.next();
          if (next.done) more = false;
          else this.#window.add(next.value);
        }
        if (this.#started && !this.#over) {
          const parts = this.#window.take();
          if (parts.length > 0) await write(concat(parts));
        }
        if (this.#repairs >= REPAIRS_IN_A_ROW) {
          throw new ProtocolError(l10n.t('The board keeps asking for the same bytes'));
        }
        const waited = this.#stallMs * 2 ** Math.min(Math.max(0, this.#silent - 1), 3);
        if (await this.#heard(waited)) continue;
        this.#silent++;
        if (waited * this.#silent > GIVE_UP_MS) {
          throw new TimeoutError(l10n.t('The board stopped answering'));
        }
        if (this.#started && !this.#over) await this.#fill(write);
      }
    } finally {
      await source.return();
    }
  }

  async #fill(write: (data: Uint8Array) => Promise<void>): Promise<void> {
    const amount = this.#window.firstLength + FILLER;
    for (let sent = 0; sent < amount && this.#silent > 0 && !this.#over; sent += FILLER) {
      await write(new Uint8Array(FILLER));
      await this.#heard(FILLER_PAUSE_MS);
    }
  }

  /** Whether the receiver has received everything, or has begun its closing lines. */
  get #over(): boolean {
    return this.#ended || this.#text.lines.length > 0;
  }

  get #stallMs(): number {
    if (this.#slowest === 0) return STALL_MS.first;
    return Math.min(STALL_MS.most, Math.max(STALL_MS.least, this.#slowest * 2));
  }

  /** Waits for the next answer of the board; false if none arrived within `ms`. */
  async #heard(ms: number): Promise<boolean> {
    const began = this.#clock.now();
    let late = false;
    const timer = this.#clock.after(ms, () => {
      late = true;
      this.#wake.resolve(undefined);
    });
    const wasSilent = this.#silent > 0;
    const answers = this.#answers;
    await this.#wake.promise;
    timer.dispose();
    this.#wake = new Deferred();
    const heard = this.#answers !== answers;
    if (heard && !wasSilent) {
      this.#slowest = Math.max(this.#slowest * 0.9, this.#clock.now() - began);
    }
    return heard || !late || this.#ended;
  }

  #onAnswer(answer: StreamAnswer): void {
    this.#answers++;
    this.#silent = 0;
    this.#started = true;
    const done = this.#window.acknowledge(answer);
    if (answer.mark === 'N') {
      this.#repairs = done.length > 0 ? 1 : this.#repairs + 1;
    } else if (done.length > 0) {
      this.#repairs = 0;
    }
    for (const body of done) {
      if (body.file === undefined) continue;
      if (body.content > 0) this.events.onContent(body.content, body.file);
      if (body.last) this.events.onCommitted(body.file + 1);
    }
    this.#wake.resolve(undefined);
  }

  #onText(chunk: Uint8Array): void {
    this.#answers++;
    this.#text.feed(chunk);
    this.#wake.resolve(undefined);
  }
}

import * as l10n from '@vscode/l10n';
import { delay, within, type Clock } from '../async';
import { TimeoutError } from '../errors';

const CTRL_C = 0x03;
/** Blocks of various lengths, so that their timing never synchronises with the program's. */
const BLOCKS = [1, 8, 2, 34, 3, 1, 13, 5, 55, 1, 21].map((n) => new Uint8Array(n).fill(CTRL_C));

/**
 * A program may clean up after the first Ctrl-C (stop motors, close files), and a second one would
 * interrupt that. It gets this many milliseconds of silence after its last output, ...
 */
const SILENT_MS = 2000;
/** ... and this many in total: a program that keeps printing does not react. */
const TIDY_MS = 5000;

/** How long a program that received one Ctrl-C is left alone. */
export class Patience {
  readonly #start: number;
  #heardAt: number;

  constructor(private readonly clock: Clock) {
    this.#start = clock.now();
    this.#heardAt = this.#start;
  }

  /** The program printed something, so it may be cleaning up. */
  heard(): void {
    this.#heardAt = this.clock.now();
  }

  /** Milliseconds left; 0 or less: the program does not react. */
  get leftMs(): number {
    const now = this.clock.now();
    return Math.min(this.#heardAt + SILENT_MS, this.#start + TIDY_MS) - now;
  }
}

/** One Ctrl-C. */
export const ONCE: StopRound = { floodMs: 0, waitMs: 0 };

/**
 * Rounds of Ctrl-C for programs that ignored a single one: continuously for `floodMs`, then silence
 * for `waitMs`. Code that catches every exception (`while True: try: ... except: pass`) ends only
 * if a Ctrl-C arrives in the microseconds between a handler and the next `try`, so it takes many of
 * them, out of step with the program. The first rounds send no more than the line carries, so that none
 * arrive after the prompt; later rounds send as many as the line accepts, since USB has no fixed
 * rate. Eight seconds in total.
 */
export const STOP_ROUNDS: readonly StopRound[] = [
  { floodMs: 30, waitMs: 300, paced: true },
  { floodMs: 300, waitMs: 300, paced: true },
  { floodMs: 600, waitMs: 400, paced: true },
  ...Array.from({ length: 15 }, () => ({ floodMs: 200, waitMs: 80 })),
  { floodMs: 500, waitMs: 1500 },
];

/** Milliseconds of Ctrl-C and of the silence after it. `paced`: no more than the line carries. */
export interface StopRound {
  readonly floodMs: number;
  readonly waitMs: number;
  readonly paced?: boolean;
}

/**
 * The line that receives the Ctrl-C. `lineRate`: bytes per second, if the line is the bottleneck.
 */
export interface StopLine {
  readonly clock: Clock;
  readonly lineRate?: number;
  write(data: Uint8Array): Promise<void>;
}

/**
 * A line accepts a few bytes within milliseconds, on a busy computer within a second or two; after
 * this many milliseconds its far end is not reading.
 */
const BLOCKED_MS = 5000;

/** Sends one round of Ctrl-C until `isOver`. Returns false if the line accepts no more. */
export async function sendInterrupts(
  line: StopLine,
  { floodMs, paced }: StopRound,
  isOver: () => boolean,
): Promise<boolean> {
  const { clock, lineRate } = line;
  const start = clock.now();
  const perMs = paced && lineRate ? lineRate / 1000 : Infinity;
  let sent = 0;
  for (let n = 0; n === 0 || (!isOver() && clock.now() - start < floodMs);) {
    if (n === 0 || sent <= (clock.now() - start) * perMs) {
      const block = BLOCKS[n++ % BLOCKS.length] ?? new Uint8Array();
      if (!(await accepted(line.write(block), clock))) return false;
      sent += block.length;
    }
    // Lets the event loop deliver received bytes between two writes.
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  return true;
}

function accepted(written: Promise<void>, clock: Clock): Promise<boolean> {
  const isWritten = written.then(() => true);
  return within(clock, BLOCKED_MS, isWritten, false);
}

/** Code to be stopped. */
export interface Stoppable {
  readonly isOver: () => boolean;
  /** Settles when the code has ended. */
  readonly done: Promise<unknown>;
  /** Starts at the first Ctrl-C; notified of the code's output. */
  readonly patience: Patience;
  /** Why the code is being stopped. */
  readonly cause: Error | undefined;
}

/** Sends one Ctrl-C, waits, then sends all rounds. Returns the outcome. */
async function interruptUntil(
  line: StopLine,
  { isOver, done, patience }: Stoppable,
): Promise<'over' | 'inVain' | 'blocked'> {
  const settled = done.then(
    () => undefined,
    () => undefined,
  );
  const wait = (ms: number) => Promise.race([settled, delay(line.clock, ms)]);
  for (const round of [ONCE, ...STOP_ROUNDS]) {
    if (!(await sendInterrupts(line, round, isOver))) return isOver() ? 'over' : 'blocked';
    if (round === ONCE) {
      while (!isOver() && patience.leftMs > 0) await wait(Math.min(patience.leftMs, LOOK_MS));
    } else {
      await wait(round.waitMs);
    }
    if (isOver()) return 'over';
  }
  return 'inVain';
}

/**
 * While the program cleans up, its last output may turn out to be its end, so check this often
 * (milliseconds).
 */
const LOOK_MS = 250;

/**
 * Interrupts running code until it ends.
 * @throws TimeoutError if it does not react, with the reason for stopping as `cause`
 */
export async function stopCode(line: StopLine, code: Stoppable): Promise<void> {
  const went = await interruptUntil(line, code);
  if (went === 'over') return;
  const message =
    went === 'blocked'
      ? l10n.t('The connection to the board accepts no more data')
      : l10n.t('The code on the board does not react to Ctrl-C');
  throw new TimeoutError(message, {
    hint: l10n.t("Press the board's reset button, or unplug it and plug it in again."),
    cause: code.cause,
  });
}

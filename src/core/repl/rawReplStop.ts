import { Deferred, type Clock } from '../async';
import { TimeoutError } from '../errors';

const CTRL_C = 0x03;
/** Blocks of different lengths, so that their beat never falls in with the program's. */
const BLOCKS = [1, 8, 2, 34, 3, 1, 13, 5, 55, 1, 21].map((n) => new Uint8Array(n).fill(CTRL_C));

/**
 * Rounds of Ctrl-C: for `floodMs` without a pause (0: once), then silence for `waitMs`. Code that catches every exception
 * (`while True: try: ... except: pass`) is left only when a Ctrl-C comes in the microseconds between one handler and
 * the next `try`: only many, in no step with the program, hit them. First no more than the line carries, so that none are
 * left to come after the prompt; then all that it takes, since USB has no rate to go by. Eight seconds in all.
 */
export const STOP_ROUNDS: readonly StopRound[] = [
  { floodMs: 0, waitMs: 150 },
  { floodMs: 30, waitMs: 300, paced: true },
  { floodMs: 300, waitMs: 300, paced: true },
  { floodMs: 600, waitMs: 400, paced: true },
  ...Array.from({ length: 15 }, () => ({ floodMs: 200, waitMs: 80 })),
  { floodMs: 500, waitMs: 1500 },
];

export interface StopRound {
  readonly floodMs: number;
  readonly waitMs: number;
  readonly paced?: boolean;
}

/** Where the Ctrl-C go. `lineRate`: bytes a second, where the line limits. */
export interface StopLine {
  readonly clock: Clock;
  readonly lineRate?: number;
  write(data: Uint8Array): Promise<void>;
}

/** The line takes a few bytes in milliseconds; when it does not, nobody reads at its far end. */
const BLOCKED_MS = 1500;

/** Sends the Ctrl-C of one round, until `isOver`. False: the line takes no more. */
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
    // What comes is read between two writes only if the event loop gets its turn.
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  return true;
}

async function accepted(written: Promise<void>, clock: Clock): Promise<boolean> {
  const late = new Deferred<boolean>();
  const timer = clock.after(BLOCKED_MS, () => late.resolve(false));
  try {
    return await Promise.race([written.then(() => true), late.promise]);
  } finally {
    timer.dispose();
  }
}

/** All rounds, until `isOver` (asked again when `done` has settled). False: in vain. */
async function interruptUntil(
  line: StopLine,
  isOver: () => boolean,
  done: Promise<unknown>,
): Promise<boolean> {
  const settled = done.then(
    () => undefined,
    () => undefined,
  );
  for (const round of STOP_ROUNDS) {
    if (!(await sendInterrupts(line, round, isOver))) return isOver();
    await Promise.race([settled, pause(line.clock, round.waitMs)]);
    if (isOver()) return true;
  }
  return false;
}

/** Interrupts code that runs until it is over. @throws TimeoutError when it does not react, with `cause` for why it was stopped */
export async function stopCode(
  line: StopLine,
  isOver: () => boolean,
  done: Promise<unknown>,
  cause: Error | undefined,
): Promise<void> {
  if (await interruptUntil(line, isOver, done)) return;
  throw new TimeoutError('The code on the board does not react to Ctrl-C', {
    hint: 'Press the reset button of the board, or unplug it and plug it in again.',
    cause,
  });
}

/** Resolves after `ms`. */
export async function pause(clock: Clock, ms: number): Promise<void> {
  const passed = new Deferred<undefined>();
  clock.after(ms, () => passed.resolve(undefined));
  await passed.promise;
}

import { Deferred, type Clock } from './async';

const CTRL_C = 0x03;
/** Blocks of different lengths, so that their beat never falls in with the program's. */
const BLOCKS = [1, 8, 2, 34, 3, 1, 13, 5, 55, 1, 21].map((n) => new Uint8Array(n).fill(CTRL_C));

/**
 * Rounds of Ctrl-C: for `floodMs` without a pause (0: once), then silence for `waitMs`. Code that catches every exception
 * (`while True: try: ... except: pass`) is left only when a Ctrl-C comes in the microseconds between one handler and
 * the next `try`: only many, in no step with the program, hit them. Eight seconds in all.
 */
export const STOP_ROUNDS: readonly StopRound[] = [
  { floodMs: 0, waitMs: 150 },
  { floodMs: 30, waitMs: 200 },
  ...Array.from({ length: 20 }, () => ({ floodMs: 200, waitMs: 80 })),
  { floodMs: 500, waitMs: 1500 },
];

export interface StopRound {
  readonly floodMs: number;
  readonly waitMs: number;
}

/** Sends the Ctrl-C of one round, until `isOver`. */
export async function sendInterrupts(
  write: (data: Uint8Array) => Promise<void>,
  clock: Clock,
  floodMs: number,
  isOver: () => boolean,
): Promise<void> {
  const end = clock.now() + floodMs;
  let n = 0;
  do {
    await write(BLOCKS[n++ % BLOCKS.length] ?? new Uint8Array());
    // What comes is read between two writes only if the event loop gets its turn.
    await new Promise<void>((resolve) => void setImmediate(resolve));
  } while (!isOver() && clock.now() < end);
}

/** Resolves after `ms`. */
export async function pause(clock: Clock, ms: number): Promise<void> {
  const passed = new Deferred<undefined>();
  clock.after(ms, () => passed.resolve(undefined));
  await passed.promise;
}

import { Deferred, type Clock } from './async';

const CTRL_C = Uint8Array.of(0x03);
/** Small, so that each arrives by itself where the line is faster than the board. */
const BLOCK = Uint8Array.of(3, 3, 3, 3, 3, 3, 3, 3);

/**
 * Rounds of Ctrl-C, each harder: for `floodMs` without a pause (0: once), then silence for `waitMs`. Code that catches every
 * exception (`while True: try: ... except: pass`) is left only when a Ctrl-C comes in the microseconds between one
 * handler and the next `try`: only a full line hits them. Nine seconds in all.
 */
export const STOP_ROUNDS: readonly { floodMs: number; waitMs: number }[] = [
  { floodMs: 0, waitMs: 150 },
  { floodMs: 20, waitMs: 250 },
  { floodMs: 300, waitMs: 500 },
  { floodMs: 1500, waitMs: 1000 },
  { floodMs: 3500, waitMs: 1500 },
];

/** Sends Ctrl-C, once or for a while, until `isOver`. */
export async function sendInterrupts(
  write: (data: Uint8Array) => Promise<void>,
  clock: Clock,
  floodMs: number,
  isOver: () => boolean,
): Promise<void> {
  if (floodMs === 0) {
    await write(CTRL_C);
    return;
  }
  const end = clock.now() + floodMs;
  while (!isOver() && clock.now() < end) {
    await write(BLOCK);
    // What comes is read between two writes only if the event loop gets its turn.
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

/** Resolves after `ms`. */
export async function pause(clock: Clock, ms: number): Promise<void> {
  const passed = new Deferred<undefined>();
  clock.after(ms, () => passed.resolve(undefined));
  await passed.promise;
}

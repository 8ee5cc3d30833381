// @ts-check
// Finds out when the machine stood still: a timer that should fire four times a second fires seconds late. What depends on a
// real line may fail then, and the summary says so at the test.
import { told } from './report.mjs';

const BEAT_MS = 250;
const STALL_MS = 2_000; // a loaded machine lets a process that does nothing run well within this

/**
 * Starts to watch.
 * @returns {{ stalls: import('./report.mjs').Stall[], stop: () => void }} `stalls` grows as they happen
 */
export function watchForStalls() {
  /** @type {import('./report.mjs').Stall[]} */
  const stalls = [];
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > STALL_MS) {
      const stall = { from: last, to: now };
      stalls.push(stall);
      console.log(`The machine stood still for ${told(stall)}.`);
    }
    last = now;
  }, BEAT_MS);
  return { stalls, stop: () => clearInterval(timer) };
}

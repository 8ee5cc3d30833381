import { performance } from 'node:perf_hooks';
import { Script } from 'node:vm';

const SLICE_MS = 250;
const BUSY = 0.1; // of a slice: what a window that has settled stays below
const PATIENCE_MS = 30_000;
const FUNCTIONS = 2000;
const REFERENCE_MS = 60; // measured on one core of the small virtual machine that the limits were chosen for

/**
 * Resolves when this process is nearly idle: the other extensions of a new window start at the same
 * time, and their cost must not be counted. Gives up after 30 s.
 */
export async function quiet(): Promise<void> {
  const { eventLoopUtilization } = performance;
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const before = eventLoopUtilization();
    await new Promise((resolve) => setTimeout(resolve, SLICE_MS));
    if (eventLoopUtilization(before).utilization < BUSY) return;
  }
}

/** Returns the milliseconds that `work` takes, by the clock and of all threads of this process. */
export async function measured(work: () => unknown): Promise<{ clock: number; processor: number }> {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { clock: performance.now() - start, processor: (user + system) / 1000 };
}

/**
 * Returns how many times slower than the machine of the limits this one is now, at work of the same kind: reading and starting many
 * small functions. At least 1.
 */
export async function slowness(): Promise<number> {
  const source = Array.from(
    { length: FUNCTIONS },
    (_, i) =>
      `const f${i} = (a, b) => { const c = [a, b, ${i}]; return c.map((x) => x + 1).join('-'); };f${i}(1, 2);`,
  ).join('\n');
  const { clock, processor } = await measured(() => new Script(`{${source}}`).runInThisContext());
  return Math.max(1, Math.min(clock, processor) / REFERENCE_MS);
}

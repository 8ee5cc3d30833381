import { randomBytes, randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { text } from '../../../src/core/bytes';
import { asError } from '../../../src/core/errors';
import { pollUntil, startMosquitto } from '../../lab/index.mjs';
import { linkTo, startFar } from '../rig/mqttRig';
import { wire } from '../rig/wire';

/** Seconds; MPYFLEET_SOAK=600 for ten minutes. */
const SECONDS = Number(process.env.MPYFLEET_SOAK ?? 40);
const TROUBLE_MS = 4_000;
/** Limit of the loss from the second fifth to the last one. */
const HEAP_SLACK = 3_000;

/** Returns the median of each fifth of the figures. */
function medians(figures: readonly number[]): number[] {
  return [0, 1, 2, 3, 4].map((i) => {
    const part = figures.slice((figures.length * i) / 5, (figures.length * (i + 1)) / 5);
    return part.sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0;
  });
}

it(
  `${SECONDS} s of broker restarts and cut links: no file is lost, nothing runs twice, no memory leaks`,
  async () => {
    const mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
    const [near, far] = [await wire(mosquitto.port), await wire(mosquitto.port)];
    const there = await startFar(
      { url: `mqtt://127.0.0.1:${near.port}` },
      { broker: { host: '127.0.0.1', port: far.port, backoff: [1, 1] } },
    );
    const counts = { files: 0, runs: 0, failed: 0, troubles: 0 };
    const heap: number[] = [];
    let transport = linkTo(there);
    await transport.open(AbortSignal.timeout(20_000));
    const exec = (code: string) =>
      transport.withSession(async (s) => text(await s.exec(code)).trim());
    const reopen = async () => {
      await transport.close();
      const back = async () => {
        transport = linkTo(there);
        return transport.open(AbortSignal.timeout(10_000)).then(
          () => true,
          () => false,
        );
      };
      if (!(await pollUntil(back, 30_000))) throw new Error('the board does not come back');
    };
    // The ring of log records is full from the start. Filling up must not look like a leak.
    await exec(
      'n = 0\nimport sys\nlog = sys.modules["mpyfleet.a.main"].current.ag.log\n' +
        'for i in range(100): log.info("soak", "a record of %d" % i)',
    );
    const end = Date.now() + SECONDS * 1000;
    let nextTrouble = Date.now() + TROUBLE_MS;
    let trouble: Promise<void> = Promise.resolve();
    let least = 0; // minimum number of times that the code has run
    let most = 0; // maximum number of times that it may have run
    while (Date.now() < end) {
      if (Date.now() > nextTrouble) {
        nextTrouble = Date.now() + TROUBLE_MS;
        const kind = counts.troubles++ % 3;
        trouble = trouble.then(async () => {
          if (kind === 0) await mosquitto.restart();
          else (kind === 1 ? near : far).cut();
        });
      }
      try {
        const content = randomBytes(randomInt(200_000));
        const path = `/soak${counts.files % 4}.bin`;
        await transport.withSession(async (s) => s.native?.write?.(path, content));
        const got = await transport.withSession(async (s) => s.native?.read?.(path));
        expect(Buffer.from(got ?? []).equals(content)).toBe(true);
        counts.files++;
        most++;
        await exec('n += 1');
        least++;
        counts.runs++;
        heap.push(Number(await exec('import gc\ngc.collect()\nprint(gc.mem_free())')));
      } catch (error) {
        if (error instanceof Error && error.name === 'AssertionError') throw error;
        counts.failed++;
        console.info(`soak: ${asError(error).message}`);
        await trouble;
        await reopen();
      }
    }
    await trouble;
    const n = Number(
      await exec('print(n)').catch(async () => {
        await reopen();
        return exec('print(n)');
      }),
    );
    const fifths = medians(heap);
    console.info(
      `soak: ${counts.files} files, ${counts.runs} runs, ${counts.failed} told as failed, ${counts.troubles} troubles; ` +
        `heap free ${heap[0] ?? 0} at first, ${fifths.join(', ')} in each fifth, ${Math.min(...heap)} at least`,
    );
    expect(n).toBeGreaterThanOrEqual(least);
    expect(n).toBeLessThanOrEqual(most);
    expect(counts.files).toBeGreaterThan(5);
    expect(counts.troubles).toBeGreaterThan(2);
    expect(fifths[4]).toBeGreaterThan((fifths[1] ?? 0) - HEAP_SLACK);
    await transport.close();
    await there.stop();
    near.stop();
    far.stop();
    await mosquitto.stop();
  },
  SECONDS * 1000 + 120_000,
);

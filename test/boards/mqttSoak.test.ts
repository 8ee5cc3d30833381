import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { text } from '../../src/core/bytes';
import { asError } from '../../src/core/errors';
import { pollUntil, startMosquitto } from '../lab/index.mjs';
import { linkTo, startFar } from './mqttRig';

/** Seconds; MPYFLEET_SOAK=600 for ten minutes. */
const SECONDS = Number(process.env.MPYFLEET_SOAK ?? 40);
const TROUBLE_MS = 4_000;
/** What a board may have less of at the end than after warming up: the memory of fragments, not of a leak. */
const HEAP_SLACK = 8_000;

/** A wire that can be cut: every connection through it ends at once. */
async function wire(port: number) {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      for (const socket of open) socket.destroy();
    },
    stop: () => server.close(),
  };
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
    await exec('n = 0');
    const end = Date.now() + SECONDS * 1000;
    let nextTrouble = Date.now() + TROUBLE_MS;
    let trouble: Promise<void> = Promise.resolve();
    let least = 0; // times that the code has surely run
    let most = 0; // times that it may have run
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
    console.info(
      `soak: ${counts.files} files, ${counts.runs} runs, ${counts.failed} told as failed, ${counts.troubles} troubles; ` +
        `heap free ${heap[0] ?? 0} at first, ${Math.min(...heap)} at least, ${heap.at(-1) ?? 0} at the end`,
    );
    expect(n).toBeGreaterThanOrEqual(least);
    expect(n).toBeLessThanOrEqual(most);
    expect(counts.files).toBeGreaterThan(5);
    expect(counts.troubles).toBeGreaterThan(2);
    const warm = Math.max(...heap.slice(0, 5));
    expect(heap.at(-1) ?? 0).toBeGreaterThan(warm - HEAP_SLACK);
    await transport.close();
    await there.stop();
    near.stop();
    far.stop();
    await mosquitto.stop();
  },
  SECONDS * 1000 + 120_000,
);

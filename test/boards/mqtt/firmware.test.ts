import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startMosquitto } from '../../lab/index.mjs';
import { startFar } from '../rig/mqttRig';

it('writes firmware over the air, reports progress, and sees it confirmed after the restart', async () => {
  const mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const far = await startFar(
    { url: mosquitto.url },
    {
      ...{ heap: 1000, broker: { host: '127.0.0.1', port: mosquitto.port } },
      config: { wd: { limit: 60, allok: 4 } },
      files: {
        '/mpyfleet_hal.py': readFileSync(join(import.meta.dirname, '../rig/agent/flashHal.py')),
      },
    },
  );
  try {
    const agent = far.brokers.agent('b', far.board.uid);
    expect(agent?.birth?.caps.has('ota')).toBe(true);
    const slots = await agent?.firmware();
    const image = randomBytes(70_001);
    image[0] = 0xe9;
    image.writeUInt16LE(9, 12);
    expect(slots?.size ?? 0).toBeGreaterThan(image.length);
    const done: number[] = [];
    await agent?.writeFirmware(image, { onProgress: (bytes) => done.push(bytes) });
    expect(done.at(-1)).toBe(image.length);
    expect(await agent?.firmware()).toMatchObject({ running: slots?.running });
    const confirmed = new Promise<unknown>((resolve) => {
      far.broker.onMessage(({ topic, data }) => {
        if (topic === 'ev' && data.ev === 'ota' && data.state === 'confirmed') resolve(data.state);
      });
    });
    const born = await agent?.restart({ mode: 'hard' });
    expect(born?.trial).toBe(true);
    expect(await confirmed).toBe('confirmed');
    expect((await agent?.firmware())?.running).toBe(slots?.next);
    const wrong = randomBytes(5_000);
    wrong[0] = 0;
    await expect(agent?.writeFirmware(wrong, {})).rejects.toThrow();
  } finally {
    await far.stop();
    await mosquitto.stop();
  }
}, 60_000);

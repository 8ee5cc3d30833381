import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRig, type Rig } from './filesRig';

describe('files on a board', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({
      baud: Number(process.env.BAUD ?? 115200),
      drop: process.env.DROP !== '0',
    });
  });
  afterAll(() => rig.stop());

  it('probes', async () => {
    console.log(await rig.files.capabilities());
  });
  it('verbs', async () => {
    await rig.files.mkdir('/a/b', { parents: true });
    console.log(await rig.files.list('/'));
    console.log(await rig.files.walk('/', { hash: true }));
    console.log(await rig.files.space('/'), await rig.files.stat('/a'));
  });
  it('writes', async () => {
    const content = randomBytes(20000);
    const t = Date.now();
    await rig.files.write('/x/y.bin', content);
    console.log(Date.now() - t);
    expect((await rig.board.files())['/x/y.bin']).toEqual(content);
    expect(Buffer.from(await rig.files.read('/x/y.bin'))).toEqual(content);
    console.log(await rig.files.walk('/', { hash: true }));
  });
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WriteItem } from '../../../src/core/boardFiles';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import { webReplTransport } from '../../../src/transports/webrepl/webReplTransport';
import { startRig } from '../rig/filesRig';
import { startWebReplBoard } from '../rig/webreplLab';

/** A board's files over one kind of link. */
interface Linked {
  readonly files: SessionFiles;
  stop(): Promise<void>;
}

async function byCable(): Promise<Linked> {
  const rig = await startRig({ drop: false });
  return { files: rig.files, stop: () => rig.stop() };
}

async function byWebRepl(): Promise<Linked> {
  const lab = await startWebReplBoard();
  const login = { getPassword: () => Promise.resolve(lab.password) };
  const transport = webReplTransport(lab.address, login, silentLog);
  await transport.open(AbortSignal.timeout(10_000));
  return {
    files: new SessionFiles((work, options) => transport.withSession(work, options)),
    stop: async () => {
      await transport.close();
      await lab.stop();
    },
  };
}

describe.each([
  ['USB', byCable],
  ['WebREPL', byWebRepl],
])('files that a board has already (%s)', (_, connect) => {
  let linked: Linked;
  beforeAll(async () => {
    linked = await connect();
  });
  afterAll(() => linked.stop());

  /** Writes the items. Returns the number of content bytes that were sent, and the paths that were not. */
  async function put(items: readonly WriteItem[]): Promise<{ sent: number; same: string[] }> {
    const same: string[] = [];
    let sent = 0;
    await linked.files.writeMany(items, {
      onProgress: (done) => void (sent = done),
      onSame: (path) => void same.push(path),
    });
    return { sent, same };
  }

  it('are not sent again: of a folder, only the one that changed', async () => {
    const items = Array.from({ length: 20 }, (_, i) => {
      return { path: `/app/m${i}.py`, content: randomBytes(200 + i) };
    });
    const paths = items.map((item) => item.path);
    const all = items.reduce((sum, { content }) => sum + content.length, 0);
    expect(await put(items)).toEqual({ sent: all, same: [] });
    expect(await put(items)).toEqual({ sent: 0, same: expect.arrayContaining(paths) as string[] });
    // The same length does not make the same file. A new file among old ones is sent as well.
    const changed = { path: '/app/m3.py', content: randomBytes(203) };
    const fresh = { path: '/app/new.py', content: randomBytes(50) };
    const next = [...items.map((item) => (item.path === changed.path ? changed : item)), fresh];
    const { sent, same } = await put(next);
    expect(sent).toBe(253);
    expect(same).toHaveLength(19);
    expect(Buffer.from(await linked.files.read(changed.path))).toEqual(changed.content);
    expect(await linked.files.stat(fresh.path)).toMatchObject({ size: 50 });
    await linked.files.remove('/app', { recursive: true });
  });

  it('need no space on a board that is nearly full', async () => {
    const { files } = linked;
    const { free } = await files.space('/');
    const large = { path: '/font.bin', content: randomBytes(Math.floor(free * 0.7)) };
    await files.write(large.path, large.content);
    // Another one fits only once, too. Without a hash, this was refused for lack of space.
    expect(await put([large])).toEqual({ sent: 0, same: [large.path] });
    await expect(
      put([{ ...large, content: randomBytes(large.content.length) }]),
    ).rejects.toMatchObject({ errno: 'ENOSPC' });

    const small = { path: '/small.bin', content: randomBytes(1200) };
    await files.write(small.path, small.content);
    const rest = (await files.space('/')).free;
    await files.write('/fill.bin', randomBytes(Math.max(0, rest - 10_000)));
    let left = (await files.space('/')).free;
    for (let i = 0; left > 1200; left = (await files.space('/')).free) {
      const filled = await files
        .write(`/fill${i++}.bin`, randomBytes(1000))
        .catch((e: unknown) => e);
      if (filled !== undefined) break;
    }
    await expect(files.write(small.path, small.content)).rejects.toMatchObject({ errno: 'ENOSPC' });
    expect((await put([small])).same).toEqual([small.path]);
    expect((await put([small, large])).same.sort()).toEqual([large.path, small.path]);
  });
});

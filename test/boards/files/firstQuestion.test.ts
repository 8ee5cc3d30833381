import { afterEach, expect, it } from 'vitest';
import { sha256 } from '../../../src/core/hash';
import { first, LESSER_BOARDS, startRig, type Rig } from '../rig/filesRig';

let rig: Rig;
afterEach(() => rig.stop());

it('is answered along with what the board can do', async () => {
  rig = await startRig();
  await rig.files.write('/kept.py', Buffer.from('A = 2\n'));
  const listed = await first(rig, () => rig.files.list('/'));
  expect(listed.execs).toBe(1);
  expect(listed.result.map(({ name }) => name)).toContain('kept.py');
  const hashed = await first(rig, () => rig.files.hash(['/kept.py', '/none']));
  expect(hashed).toEqual({ result: [sha256(Buffer.from('A = 2\n')), undefined], execs: 1 });
  const more = await first(rig, async () => {
    await rig.files.hash(['/none']);
    return rig.files.capabilities();
  });
  expect(more.execs).toBe(1);
  expect(more.result).toMatchObject({ stdin: true, deflate: true, sha256: true });
  await expect(first(rig, () => rig.files.stat('/none'))).rejects.toMatchObject({
    errno: 'ENOENT',
  });
});

it.each(LESSER_BOARDS)(
  'is asked again in the careful way on a board that lacks %s',
  async (lacks, options) => {
    rig = await startRig(options);
    const { result } = await first(rig, () => rig.files.list('/'));
    expect(result.map(({ name }) => name)).toEqual('files' in options ? ['boot.py'] : []);
    const hashing = first(rig, () => rig.files.hash(['/none']));
    if (lacks === 'hashlib') await expect(hashing).rejects.toMatchObject({ errno: 'ENOSYS' });
    else expect((await hashing).result).toEqual([undefined]);
  },
);

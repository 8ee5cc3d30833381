import { afterEach, expect, it } from 'vitest';
import { sha256 } from '../../../src/core/hash';
import { startRig, type Rig } from '../rig/filesRig';

let rig: Rig;
afterEach(() => rig.stop());

/** Runs `work` as the first on a link. Returns its result and the number of pieces of code that it ran. */
async function first<T>(work: () => Promise<T>): Promise<{ result: T; execs: number }> {
  rig.forget();
  const before = rig.execs();
  return { result: await work(), execs: rig.execs() - before };
}

it('is answered along with what the board can do', async () => {
  rig = await startRig();
  await rig.files.write('/kept.py', Buffer.from('A = 2\n'));
  const listed = await first(() => rig.files.list('/'));
  expect(listed.execs).toBe(1);
  expect(listed.result.map(({ name }) => name)).toContain('kept.py');
  const hashed = await first(() => rig.files.hash(['/kept.py', '/none']));
  expect(hashed).toEqual({ result: [sha256(Buffer.from('A = 2\n')), undefined], execs: 1 });
  const more = await first(async () => {
    await rig.files.hash(['/none']);
    return rig.files.capabilities();
  });
  expect(more.execs).toBe(1);
  expect(more.result).toMatchObject({ stdin: true, deflate: true, sha256: true });
  await expect(first(() => rig.files.stat('/none'))).rejects.toMatchObject({ errno: 'ENOENT' });
});

it.each([
  ['deflate', { files: { '/boot.py': withoutModule('deflate') } }],
  ['hashlib', { files: { '/boot.py': withoutModule('uhashlib') } }],
  ['memory', { heap: 20, drop: false }],
])('is asked again in the careful way on a board that lacks %s', async (lacks, options) => {
  rig = await startRig(options);
  const { result } = await first(() => rig.files.list('/'));
  expect(result.map(({ name }) => name)).toEqual('files' in options ? ['boot.py'] : []);
  const hashing = first(() => rig.files.hash(['/none']));
  if (lacks === 'hashlib') await expect(hashing).rejects.toMatchObject({ errno: 'ENOSYS' });
  else expect((await hashing).result).toEqual([undefined]);
});

/** Returns a boot.py that takes a module away. */
function withoutModule(module: string): string {
  return `import builtins
real = builtins.__import__
def pretend(name, *rest):
    if name in ("${module}", "${module}"[1:]): raise ImportError(name)
    return real(name, *rest)
builtins.__import__ = pretend
`;
}

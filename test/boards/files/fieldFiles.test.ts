import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { resultSummary } from '../../../src/core/sync/summary';
import type { Session } from '../../../src/core/transport';
import { mountFat, onPrompt } from '../rig/fatBoard';
import { startRig, type Rig } from '../rig/filesRig';
import { Workspace } from '../rig/syncRig';

let rig: Rig;
let work: Workspace | undefined;
afterEach(async () => {
  work?.dispose();
  work = undefined;
  await rig.stop();
});

describe('names that are not valid text', () => {
  const ODD = 'Fr\uf081hst\uf081ck.wav';

  it('can be listed, hashed, read, renamed, copied and deleted', async () => {
    rig = await startRig({ heap: 1024 });
    await mountFat(rig, '/');
    await onPrompt(
      rig,
      `os.mkdir('/d')\nos.mkdir(b'/d/\\x81u')\n` +
        `for n in (b'/d/Fr\\x81hst\\x81ck.wav', b'/d/plain.txt', b'/d/\\x81u/in\\x84.txt'):\n with open(n, 'w') as f: f.write('sound')`,
    );
    const { files } = rig;
    expect((await files.list('/d')).map((e) => e.name).sort()).toEqual(
      [ODD, 'plain.txt', '\uf081u'].sort(),
    );
    const walked = await files.walk('/', { hash: true });
    const sum = walked.find((e) => e.path === '/d/plain.txt')?.sha256;
    expect(walked.find((e) => e.path === `/d/\uf081u/in\uf084.txt`)?.sha256).toBe(sum);
    expect(await files.hash([`/d/${ODD}`])).toEqual([sum]);
    expect(Buffer.from(await files.read(`/d/${ODD}`)).toString()).toBe('sound');
    await files.copy('/d', '/e');
    await files.write(`/e/${ODD}`, Buffer.from('other'));
    await files.rename(`/d/${ODD}`, '/d/breakfast.wav');
    await files.rename('/d/breakfast.wav', `/d/${ODD}`);
    await files.remove(`/d/${ODD}`);
    await files.remove('/d', { recursive: true });
    expect((await files.walk('/')).map((e) => e.path).sort()).toEqual(
      ['/e', '/e/plain.txt', '/e/\uf081u', '/e/\uf081u/in\uf084.txt', `/e/${ODD}`].sort(),
    );
    expect(Buffer.from(await files.read(`/e/${ODD}`)).toString()).toBe('other');
  });

  it('are skipped and reported by a pull, deleted by a mirror, and restored by undo', async () => {
    rig = await startRig();
    await onPrompt(
      rig,
      `import os\nfor n in (b'/\\x81.txt', b'/a\\\\b.txt', b'/a\\nb.txt', b'/good.txt'):\n with open(n, 'w') as f: f.write('x')`,
    );
    work = new Workspace(() => rig.files);
    const pull = await work.plan('pull');
    expect(pull.actions.map((a) => a.path)).toEqual(['/good.txt']);
    expect(pull.problems.map((p) => p.message)).toContain(
      'The name of /\\x81.txt is not valid text: rename it on the board',
    );
    expect(resultSummary(await work.sync('pull'))).toBe('1 added, 0 up to date');
    expect(resultSummary(await work.sync('mirror'))).toBe('3 deleted, 1 up to date');
    expect(await rig.board.files()).toEqual({ '/good.txt': Buffer.from('x') });
    await work.undoLast();
    expect(await onPrompt(rig, 'print(sorted(os.listdir(b"/.")))')).toContain(
      "[b'a\\nb.txt', b'a\\\\b.txt', b'good.txt', b'\\x81.txt']",
    );
  });
});

/**
 * boot.py: SHA-256 takes 20 ms for each piece, as on a card behind a slow bus. A hashlib.py would have no effect, because the
 * product uses the firmware's.
 */
const SLOW_HASH = `
import builtins, uhashlib, time
real = builtins.__import__
class Sha:
    def __init__(self, d=b''): self.h = uhashlib.sha256(d)
    def update(self, d):
        time.sleep_ms(20)
        self.h.update(d)
    def digest(self): return self.h.digest()
class Hashlib:
    sha256 = Sha
def slow(name, *rest): return Hashlib if name in ('hashlib', 'uhashlib') else real(name, *rest)
builtins.__import__ = slow
`;

describe('files that a board runs at its start', () => {
  it('are written last: a cable pulled half-way leaves the old ones', async () => {
    const old = { 'boot.py': 'old', 'main.py': 'old' };
    rig = await startRig({ sizeKib: 1024, files: old });
    work = new Workspace(() => rig.files);
    const started = { 'boot.py': 'new', 'main.py': 'new', 'code.py': 'new' };
    work.put({ ...started, 'lib/z.bin': randomBytes(60_000), 'zzz.py': 'z' });
    expect(
      (await work.plan('push')).actions
        .map((a) => a.path)
        .slice(-3)
        .sort(),
    ).toEqual(['/boot.py', '/code.py', '/main.py']);
    await rig.cable.fault({ dir: 'toBoard', at: 30_000, kind: 'unplug' });
    await expect(work.sync('push')).rejects.toThrow();
    const left = await rig.board.files();
    expect([left['/boot.py'], left['/main.py']].map(String)).toEqual(['old', 'old']);
    expect(left).not.toHaveProperty(['/code.py']);
    await rig.reconnect();
    await work.sync('push');
    expect(String((await rig.board.files())['/boot.py'])).toBe('new');
  });
});

describe('long work', () => {
  it('sends progress every 16 kB: hashing an upload, comparing, copying, reading on', async () => {
    rig = await startRig({ heap: 512, drop: false, files: { '/boot.py': SLOW_HASH } });
    // Returns the longest silence of the board in milliseconds while code ran on it.
    let longest = 0;
    const files = new SessionFiles((run) =>
      rig.transport.withSession(
        (session) => {
          const exec: Session['exec'] = async (code, options = {}) => {
            let last = performance.now();
            const heard = () => {
              longest = Math.max(longest, performance.now() - last);
              last = performance.now();
            };
            const said = await session.exec(code, {
              ...options,
              onStdout: (chunk) => {
                heard();
                options.onStdout?.(chunk);
              },
            });
            heard();
            return said;
          };
          return run({ exec });
        },
        { mayInterrupt: true },
      ),
    );
    const content = Buffer.from(Array.from({ length: 240_000 }, (_, i) => (i * i) % 251));
    await files.write('/sound.wav', content); // 118 pieces: 2.4 s
    const began = performance.now();
    await files.hash(['/sound.wav']); // 235 pieces
    expect(performance.now() - began).toBeGreaterThan(235 * 20);
    await files.copy('/sound.wav', '/copy.wav');
    expect(longest).toBeLessThan(2000);
  });

  /** A folder of `count` files, each of which takes `ms` to list. */
  const slowFolder = (count: number, ms: number) => `
import vfs, os, time
class Slow:
    passes = 0
    def __init__(self, n): self.n = {'log%05d.csv' % i: 1 for i in range(n)}
    def mount(self, ro, mk): pass
    def umount(self): pass
    def ilistdir(self, p):
        Slow.passes += 1
        b = isinstance(p, bytes)
        for x in sorted(self.n):
            time.sleep_us(${ms * 1000})
            yield (x.encode() if b else x, 0x8000, 0, 3)
    def stat(self, p):
        if p in ('', '/'): return (0x4000,) + (0,) * 9
        if p.strip('/') in self.n: return (0x8000, 0, 0, 0, 0, 0, 3, 0, 0, 0)
        raise OSError(2)
    def statvfs(self, p): return (512, 512, 100, 50, 50, 0, 0, 0, 0, 255)
    def remove(self, p): del self.n[p.strip('/')]
    def rmdir(self, p): raise OSError(1)
    def chdir(self, p): pass
    def getcwd(self): return '/'
vfs.mount(Slow(${count}), '/logs')
`;

  it('deletes 400 files in a few passes over their folder', async () => {
    rig = await startRig({ heap: 96 });
    await onPrompt(rig, slowFolder(400, 1));
    // The mount point itself cannot be removed.
    await expect(rig.files.remove('/logs', { recursive: true })).rejects.toThrow();
    expect(await onPrompt(rig, "print(os.listdir('/logs'), Slow.passes)")).toMatch(/^\[\] [2-8]\r/);
  });
});

describe('a heap of 37 kB', () => {
  it('handles lists of 150 files and of 5000 names: hashes, mirror, undo, copy and delete', async () => {
    rig = await startRig({ sizeKib: 16_384, heap: 40, drop: false });
    await onPrompt(
      rig,
      `import os\nos.mkdir('/logs')\nfor i in range(150):\n with open('/logs/log%05d.csv' % i, 'w') as f: f.write('%d' % i)`,
    );
    const paths = Array.from(
      { length: 5000 },
      (_, i) => `/logs/log${String(i).padStart(5, '0')}.csv`,
    );
    const sums = await rig.files.hash(paths);
    expect(sums).toHaveLength(5000);
    expect(sums.filter((sum) => sum !== undefined)).toHaveLength(150);
    let read = 0;
    await rig.files.readMany(
      paths.slice(0, 150).map((path) => ({ path })),
      () => {
        read++;
      },
    );
    expect(read).toBe(150);
    await rig.files.copy('/logs', '/kept');
    await rig.files.remove('/logs', { recursive: true });
    expect(await rig.files.walk('/')).toHaveLength(151);
    work = new Workspace(() => rig.files);
    work.mappings = ['logs -> /kept'];
    work.put({ 'logs/one.csv': 'one' });
    expect(resultSummary(await work.sync('mirror'))).toBe('1 added, 150 deleted, 0 up to date');
    expect((await work.undoLast()).restored).toHaveLength(150);
  }, 120_000);
});

describe('a heap of 256 kB', () => {
  // The gathered names lie all over the heap, between the listing's objects, so no long list fits
  // between them.
  it('deletes a folder of 600 files', async () => {
    rig = await startRig({ sizeKib: 8192, drop: false });
    await onPrompt(
      rig,
      `import os\nos.mkdir('/logs')\nfor i in range(600):\n with open('/logs/module_%03d.py' % i, 'w') as f: f.write('x')`,
    );
    await rig.files.remove('/logs', { recursive: true });
    expect(await rig.files.list('/')).toEqual([]);
  }, 60_000);
});

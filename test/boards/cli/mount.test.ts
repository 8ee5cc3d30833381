import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startUboard, tempDir } from '../../lab/index.mjs';
import { CliBoards } from '../rig/cliBoards';

const rig = CliBoards.use();
const secret = join(tempDir('outside'), 'secret.txt');
const MODULE = 'print("app from", __file__)\ndef answer():\n    return 42\n';
let dir: string;

/** Creates a folder with these files. */
function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = tempDir('mounted');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

beforeAll(() => {
  writeFileSync(secret, 'not for boards');
  dir = folderOf({
    'app.py': MODULE,
    'box/__init__.py': 'from .inner import *\n',
    'box/inner.py': 'INSIDE = "in the box"\n',
    'main.py': 'import app\nprint(app.answer())\n',
    'words.txt': 'eins\nzwei: zwölf\n\ndrei',
    'data.bin': randomBytes(100_000),
  });
  symlinkSync(secret, join(dir, 'way-out.txt'));
  symlinkSync(dirname(secret), join(dir, 'way-out'));
  symlinkSync('words.txt', join(dir, 'inside.txt'));
});

const mounted = (options: readonly string[], ...verb: string[]) =>
  rig.cli.run(['-b', rig.one, 'mount', ...options, dir, '+', ...verb]);
/** Runs code with the folder mounted. @returns what it printed */
async function printed(code: string, ...options: string[]): Promise<string> {
  const { out, err, status } = await mounted(options, 'exec', code);
  expect({ err, status }, out).toEqual({ err: '', status: 0 });
  return out.replaceAll('\r', '');
}

/** The same on a board with 1 MB of heap, on which a file of 100 kB fits twice. */
async function onBigBoard(folder: string, ...verb: string[]): Promise<string> {
  const board = await startUboard({ heap: 1024 });
  try {
    const { out, err } = await rig.cli.run(['-b', board.tty, 'mount', folder, '+', ...verb]);
    expect(err).toBe('');
    return out.replaceAll('\r', '');
  } finally {
    await board.stop();
  }
}

describe('mount', () => {
  it('lets the board import modules and packages from the folder', async () => {
    expect(await printed('import app\nprint(app.answer())')).toBe('app from app.py\n42\n');
    expect(await printed('import box\nprint(box.INSIDE)')).toBe('in the box\n');
    expect(
      (await rig.cli.run(['-b', rig.one, 'mount', '.', '+', 'run', 'main.py'], { cwd: dir })).out,
    ).toContain('42');
    expect((await mounted([], 'eval', 'open("words.txt").readline()')).out).toContain('eins');
  });

  it('reads 100 kB byte for byte, whole and in pieces, while the program prints', async () => {
    const right = createHash('sha256')
      .update(readFileSync(join(dir, 'data.bin')))
      .digest('hex');
    const code = `import hashlib, binascii
def show(h): print(binascii.hexlify(h.digest()).decode())
show(hashlib.sha256(open("data.bin", "rb").read()))
h = hashlib.sha256()
b = bytearray(999)
f = open("data.bin", "rb")
while True:
 n = f.readinto(b)
 print(n)
 if not n: break
 h.update(memoryview(b)[:n])
show(h)`;
    const out = await onBigBoard(dir, 'exec', code);
    expect(out).toBe(`${right}\n${'999\n'.repeat(100)}100\n0\n${right}\n`);
  });

  it('reads text by characters and lines, and seeks', async () => {
    const code = `f = open("words.txt")
print([f.read(3), f.read(9), f.tell(), f.read(1), f.readline(), f.readline(2), f.read(), f.read()])
f.seek(5)
print([l for l in f], f.seek(-4, 2), f.read(2), f.seek(1, 1), f.readlines())
with open("words.txt", "rb") as g: print(g.read(4), g.readline(), g.readinto(bytearray(3)), g.tell())`;
    expect(await printed(code)).toBe(
      "['ein', 's\\nzwei: z', 12, 'w', '\\xf6lf\\n', '\\n', 'drei', '']\n" +
        "['zwei: zw\\xf6lf\\n', '\\n', 'drei'] 19 dr 22 ['i']\n" +
        "b'eins' b'\\n' 3 8\n",
    );
  });

  it('lists and describes files; links that lead out of the folder do not exist', async () => {
    utimesSync(join(dir, 'app.py'), 1_600_000_000, 1_600_000_000);
    const code = `import os
print(os.getcwd(), sorted(os.listdir()))
print(sorted(os.ilistdir("box"))[0], os.stat("app.py")[0], os.stat("app.py")[6:9], os.stat("box")[0])
os.chdir("box"); print(os.getcwd(), os.listdir("..")[0]); os.chdir("../."); print(os.getcwd(), os.statvfs("/remote")[0] > 0)`;
    expect(await printed(code)).toBe(
      "/remote ['app.py', 'box', 'data.bin', 'inside.txt', 'main.py', 'words.txt']\n" +
        `('__init__.py', 32768, 0, 21) 32768 (${MODULE.length}, 1600000000, 1600000000) 16384\n` +
        '/remote/box app.py\n/remote True\n',
    );
  });

  it('lists 500 files', async () => {
    const names = Array.from({ length: 500 }, (_, i) => [`file-${i}.txt`, 'x']);
    const many = folderOf(Object.fromEntries(names) as Record<string, string>);
    const code = 'len(set(__import__("os").listdir()))';
    expect(await onBigBoard(many, 'eval', code)).toBe('500\n');
  });

  it('reaches nothing outside of the folder', async () => {
    const code = `for p in "way-out.txt", "way-out/secret.txt", "../x", "box/../../x", "/remote/../x", "no\\0thing", "missing":
 try: open(p).read(); print("read", p)
 except OSError as e: print(e.errno)
import os
for f in os.mkdir, os.remove, os.rmdir:
 try: f("../x")
 except OSError as e: print(e.errno)`;
    expect((await printed(code, '--write')).split('\n')).toEqual([
      ...['13', '13', '13', '13', '13', '2', '2', '13', '13', '13', ''],
    ]);
    expect(readFileSync(secret, 'utf8')).toBe('not for boards');
  });

  const CHANGES = `import os
os.mkdir("new")
with open("new/a.txt", "w") as f: print(f.write("one\\n" * 1000))
with open("new/a.txt", "a") as f: f.write("end")
with open("new/a.txt", "r+b") as f: f.seek(1); f.write(b"NE"); print(f.read(3))
os.rename("new/a.txt", "b.txt")
os.rmdir("new")
open("gone.txt", "w").close(); os.remove("gone.txt")`;
  it('changes the folder only with --write', async () => {
    const refused = await mounted([], 'exec', CHANGES);
    expect(refused.status).toBe(1);
    expect(refused.err).toContain('--write allows changes');
    expect(existsSync(join(dir, 'new'))).toBe(false);
    expect(await printed(CHANGES, '--write')).toBe("4000\nb'\\non'\n");
    expect(readFileSync(join(dir, 'b.txt'), 'utf8')).toBe(`oNE\n${'one\n'.repeat(999)}end`);
    expect(['new', 'gone.txt'].map((name) => existsSync(join(dir, name)))).toEqual([false, false]);
  });

  it('does not write through links, nor files that tools of this computer obey', async () => {
    symlinkSync(join(dirname(secret), 'planted.txt'), join(dir, 'dangling.txt'));
    const code = `import os
for p in "way-out.txt", "way-out/planted.txt", "dangling.txt", ".git/hooks", ".vscode":
 try: open(p, "w"); print("opened", p)
 except OSError as e: print(e.errno)
try: os.mkdir(".git")
except OSError as e: print(e.errno)`;
    expect(await printed(code, '--write')).toMatch(/^13\n13\n(2|13)\n13\n13\n13\n$/);
    expect(existsSync(join(dirname(secret), 'planted.txt'))).toBe(false);
  });

  it('says what is wrong with the command line', async () => {
    const said = async (...args: string[]) => {
      const { status, err } = await rig.cli.run(args);
      return [status, err.split('\n')[0]];
    };
    expect(await said('-b', 'ws://127.0.0.1:1', 'mount', dir, '+', 'exec', '1')).toEqual([
      64,
      expect.stringContaining('only over a cable'),
    ]);
    const one = ['-b', rig.one, 'mount'];
    expect((await said(...one, secret, '+', 'df'))[1]).toContain(
      'is not a folder of this computer',
    );
    expect((await said(...one, dir, '--at', '/a/b', '+', 'df'))[1]).toContain(
      '--at needs a folder',
    );
    expect((await said(...one, '+', 'df'))[1]).toContain('mount needs one folder');
    expect((await said(...one, dir))[1]).toContain('repl needs a terminal');
  });

  it('restores the board at the end', async () => {
    const look =
      'import os, sys\nprint(os.getcwd(), os.listdir("/").count("remote"), sys.path, [n for n in globals() if "mpy" in n.lower()])';
    const before = await rig.exec(look);
    await printed('import app', '--at', ':/pc');
    expect((await rig.exec(look)).out).toBe(before.out);
    const failed = await mounted([], 'exec', '1/0');
    expect([failed.status, (await rig.exec(look)).out]).toEqual([1, before.out]);
  });

  it('passes on what looks like a request, and keeps working', async () => {
    const code = `import sys
m = _mpy_fs[0].link.mark
for junk in b"\\xff\\xff\\xff\\xff", b"\\x03\\xff\\xff\\x00", b"\\x63", b"":
 sys.stdout.buffer.write(m + junk + b"!")
sys.stdout.buffer.write(m[:3])
print("still", open("words.txt").readline())`;
    const { out, status } = await mounted([], 'exec', code);
    expect(status).toBe(0);
    expect(out).toContain('still eins');
  });

  it('fits a board with 37 kB of heap', async () => {
    const small = await startUboard({ heap: 37, drop: true });
    try {
      const { out, err } = await rig.cli.run([
        '-b',
        small.tty,
        'mount',
        dir,
        '+',
        'exec',
        'import box, app, gc\ngc.collect()\nprint(app.answer(), gc.mem_free(), len(open("data.bin", "rb").read(1000)))',
      ]);
      expect(err).toBe('');
      expect(out).toMatch(/^app from app.py\r?\n42 \d+ 1000/);
    } finally {
      await small.stop();
    }
  });
});

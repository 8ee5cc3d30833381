import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serialAddress } from '../../../src/core/parseAddress';
import { readInfo } from '../../../src/core/board/readInfo';
import { utf8 } from '../../../src/core/bytes';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import { startUboard } from '../../lab/index.mjs';
import { BuiltCli } from '../rig/cliRig';

// Files and programs of the user that could get in the way of the product's own code on the board.

const ends: (() => Promise<void> | void)[] = [];
let cli: BuiltCli;
beforeAll(async () => {
  cli = await BuiltCli.build();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function board(files: Record<string, string>) {
  const started = await startUboard({ files, heap: 512 });
  ends.push(started.stop);
  const transport = serialTransport(serialAddress(started.tty), silentLog);
  await transport.open(AbortSignal.timeout(10_000));
  ends.push(() => transport.close());
  const verbs = new SessionFiles((work, options) => transport.withSession(work, options));
  return { ...started, transport, verbs };
}

const RUNS = 'open("ran", "w").close()\n';
const NAMES = ['os', 'select', 'time', 'io', 'hashlib', 'binascii', 'errno', 'machine', 'gc'];

describe('files of the user that are named like modules of the firmware', () => {
  const shadows = Object.fromEntries(NAMES.map((name) => [`/${name}.py`, RUNS]));

  it('are not run, and everything works: also removing them', async () => {
    const { verbs, transport } = await board(shadows);
    const info = await transport.withSession((session) => readInfo(session));
    expect(info).toMatchObject({ implementation: 'micropython' });
    expect(info.uid).toBeDefined();
    expect(info.flash?.total).toBeGreaterThan(0);
    await verbs.write('/a.txt', utf8('first'));
    await verbs.write('/large.bin', new Uint8Array(20_000).fill(7));
    expect(await verbs.read('/large.bin')).toHaveLength(20_000);
    await verbs.remove('/os.py');
    const names = (await verbs.list('/')).map((entry) => entry.name);
    expect(names).toContain('select.py');
    expect(names).not.toContain('os.py');
    expect(names).not.toContain('ran');
  });

  it('may hang when they are imported', async () => {
    const hang = 'while True:\n  print("hanging")\n';
    const { verbs } = await board({ '/select.py': hang, '/time.py': hang, '/os.py': hang });
    await verbs.write('/large.bin', new Uint8Array(20_000).fill(7));
    for (const name of ['select', 'time', 'os']) await verbs.remove(`/${name}.py`);
    expect((await verbs.list('/')).map((entry) => entry.name)).toEqual(['large.bin']);
  });

  it('do not disturb the command line', async () => {
    const { tty, transport } = await board({ '/os.py': 'x = 1\n' });
    await transport.close();
    const removed = await cli.run(['-b', `serial:${tty}`, 'rm', ':os.py']);
    expect(removed).toMatchObject({ status: 0, err: '' });
  });

  it('may have been imported by the program before', async () => {
    const { verbs } = await board({ '/os.py': 'x = 1\n', '/boot.py': 'import os\n' });
    expect((await verbs.list('/')).map((entry) => entry.name)).toContain('os.py');
    await verbs.remove('/os.py');
  });
});

describe('a program that replaces what Python has built in', () => {
  const replacements = {
    print: 'p = print\nbuiltins.print = lambda *a, **k: p("[12:00]", *a, **k)\n',
    open: 'builtins.open = lambda *a: 1 / 0\n',
    'print and open by nothing': 'builtins.print = builtins.open = None\n',
  };
  for (const [what, code] of Object.entries(replacements)) {
    it(`${what}: files are copied both ways`, async () => {
      const { verbs, transport, tty } = await board({ '/main.py': `import builtins\n${code}` });
      const info = await transport.withSession((session) => readInfo(session));
      expect(info).toMatchObject({ implementation: 'micropython' });
      await verbs.write('/a.txt', utf8('first'));
      await verbs.write('/large.bin', new Uint8Array(20_000).fill(7));
      expect(await verbs.read('/a.txt')).toEqual(utf8('first'));
      await verbs.copy('/a.txt', '/b.txt');
      await verbs.remove('/a.txt');
      expect((await verbs.list('/')).map((entry) => entry.name)).toContain('b.txt');
      await transport.close();
      const ls = await cli.run(['-b', `serial:${tty}`, 'ls']);
      expect(ls).toMatchObject({ status: 0, err: '' });
      expect(ls.out).toContain('large.bin');
    });
  }
});

describe('a program that leaves the memory full', () => {
  it('is named as the cause of what fails after it, and a reset helps', async () => {
    const started = await startUboard({ heap: 64 });
    ends.push(started.stop);
    const run = (...args: string[]) => cli.run(['-b', `serial:${started.tty}`, ...args]);
    const hungry = await run('exec', 'kept = []\nwhile True: kept.append(bytearray(1000))');
    expect(hungry).toMatchObject({
      status: 1,
      err: expect.stringMatching(/MemoryError[^]*in variables stays in memory/) as string,
    });
    for (const args of [['exec', 'print(1)'], ['ls']]) {
      expect(await run(...args)).toMatchObject({
        status: 1,
        err: expect.stringContaining('what earlier code has left') as string,
      });
    }
    expect(await run('reset')).toMatchObject({ status: 0 });
    expect(await run('exec', 'print(1)')).toMatchObject({ status: 0, out: '1\n', err: '' });
  });
});

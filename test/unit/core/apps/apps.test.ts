import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  appFromFolder,
  appFromGit,
  messagesCsv,
  numbersOf,
  parseManifest,
} from '../../../../src/core/apps';
import { appFileOf, parseNote } from '../../../../src/core/apps/boardNote';
import { parseMessageBatch, startOf } from '../../../../src/core/agent/messageBatch';
import { withAppLines } from '../../../../src/core/apps/startBlock';
import { parseTime } from '../../../../src/core/timeText';
import { utf8 } from '../../../../src/core/bytes';
import { nodeLocalFs } from '../../../../src/core/sync/nodeLocalFs';
import { tempDir } from '../../../lab/index.mjs';

const json = (value: unknown) => utf8(JSON.stringify(value));
const MAIN = 'async def main():\n    pass\n';

function folder(files: Record<string, string>): string {
  const dir = tempDir('app');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

describe('app.json', () => {
  it('has defaults for all but the name', () => {
    expect(parseManifest(json({ name: 'blinky' }))).toEqual({
      ...{ name: 'blinky', version: '0.0.0', worker: 60, management: 60, trial: 30, keep: 4096 },
      ...{ sleep: 0, wake: 2 },
      config: {},
    });
  });

  it.each([
    ['{', /is not valid JSON/],
    ['[]', /is not a JSON object/],
    ['{}', /no "name"/],
    ['{"name":"../x"}', /"name" cannot be/],
    ['{"name":"x","worker":"5"}', /"worker" must be a number from 0.05/],
    ['{"name":"x","worker":0}', /"worker" must be a number/],
    ['{"name":"x","entry":"../main.py"}', /"entry" cannot be/],
    ['{"name":"x","intervall":3}', /unknown entry "intervall"/],
    ['{"name":"x","tasks":["a b"]}', /"tasks" cannot be/],
    [`{"name":"x","version":"${'1'.repeat(40)}"}`, /"version" cannot be/],
    [`{"name":"x","config":{"a":"${'1'.repeat(20_000)}"}}`, /more than 16384 bytes/],
  ])('refuses what is wrong: case %#', (content, message) => {
    expect(() => parseManifest(utf8(content))).toThrow(message);
  });
});

describe('the files of an app', () => {
  it('are those that app.json chooses, without files that no board needs, under a hash of their content', async () => {
    const files = {
      'app.json': JSON.stringify({ name: 'a', version: '1.0.0', files: ['*.py', '!test_*.py'] }),
      ...{ 'main.py': MAIN, 'lib/x.py': 'X = 1\n', 'test_x.py': '', 'notes.md': 'no' },
      ...{ '.git/config': '', '__pycache__/main.pyc': '' },
    };
    const app = await appFromFolder(nodeLocalFs, folder(files));
    expect(app.files.map((f) => f.path)).toEqual(['lib/x.py', 'main.py', 'app.json']);
    expect(app.id).toMatch(/^a\/1\.0\.0-[0-9a-f]{8}$/);
    const same = await appFromFolder(nodeLocalFs, folder({ ...files, 'notes.md': 'other' }));
    expect(same.id).toBe(app.id);
    const other = await appFromFolder(nodeLocalFs, folder({ ...files, 'lib/x.py': 'X = 2\n' }));
    expect(other.id).not.toBe(app.id);
  });

  it.each([
    [{}, /is not an app: it has no app.json/],
    [{ 'app.json': '{"name":"a"}' }, /has no file main.py/],
    [
      { 'app.json': '{"name":"a"}', 'main.py': 'while True: pass\n' },
      /nothing that can be started/,
    ],
  ])('must be an app: %j', async (files, message) => {
    await expect(appFromFolder(nodeLocalFs, folder(files))).rejects.toThrow(message);
  });

  it("can be those of a tag, independent of the folder's current content", async () => {
    const dir = folder({ 'sub/app.json': '{"name":"a"}', 'sub/main.py': MAIN });
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: dir });
    git('init', '-q');
    git('add', '.');
    git('commit', '-q', '-m', 'one');
    git('tag', 'v1');
    const sub = join(dir, 'sub');
    const before = await appFromFolder(nodeLocalFs, sub);
    writeFileSync(join(sub, 'main.py'), `${MAIN}# changed\n`);
    expect((await appFromFolder(nodeLocalFs, sub)).id).not.toBe(before.id);
    expect((await appFromGit(sub, 'v1')).id).toBe(before.id);
    await expect(appFromGit(sub, 'v2')).rejects.toThrow(/git could not read v2/);
    await expect(appFromGit(sub, '--output=/tmp/x')).rejects.toThrow(/is not a tag or commit/);
  });
});

describe('messages', () => {
  const batch = (head: object, ...lines: string[]) =>
    parseMessageBatch(utf8([JSON.stringify(head), ...lines].join('\n')));
  const head = { boot: '9f03c2aa', s: 5, n: 3, t: 9_000, u: 1_700_000_100, drop: 2, app: 'a' };

  it('are read with the time of the board', () => {
    const read = batch(
      head,
      'D\t1000\t{"t":21.5}',
      'D\t2000\t{"t":nan}',
      'R\t3000\t{"id":"m","r":"ok"}',
    );
    expect(read.records).toEqual([
      { seq: 5, ms: 1_000, kind: 'data', data: { t: 21.5 } },
      { seq: 6, ms: 2_000, kind: 'data', data: '{"t":nan}' },
      { seq: 7, ms: 3_000, kind: 'reply', to: 'm', reply: 'ok' },
    ]);
    expect(startOf(read, 0)).toBe(1_700_000_091_000);
    expect(startOf({ ...read, unix: 0 }, 50_000)).toBe(41_000);
  });

  it.each([[['D\t1\t1']], [['X\t1\t1', 'D\t1\t1', 'D\t1\t1']], [[]]])(
    'of another form are refused: %j',
    (lines) => {
      expect(() => batch(head, ...lines)).toThrow(/message/);
    },
  );
});

describe("a board's report of its app", () => {
  it('is accepted only if it is valid', () => {
    expect(parseNote(json({ run: 'a/1-2', old: 'b/1', trial: 30 }))).toEqual({
      ...{ run: 'a/1-2', old: 'b/1', onTrial: true },
    });
    expect(parseNote(json({ run: '../../x', bad: { v: 'a/1', x: 'why' } }))).toEqual({
      ...{ onTrial: false, bad: { version: 'a/1', why: 'why' } },
    });
    expect(parseNote(utf8('{"ru'))).toEqual({ onTrial: false });
  });

  it('starts from main.py by lines that are added and removed', () => {
    const own = 'print(1)\n';
    const both = withAppLines(own, true);
    expect(both).toContain('fleet.run()');
    expect(withAppLines(both, true)).toBe(both);
    expect(withAppLines(both, false)).toBe(own);
  });
});

describe('messages for people and programs', () => {
  const row = { uid: 'aa', boot: 'b', seq: 1, at: Date.UTC(2026, 4, 1), app: 'a' };

  it('are tables with a column for each entry, safe for spreadsheets', () => {
    const rows = [
      { ...row, data: '{"t":-1.5,"in":{"rh":40}}' },
      { ...row, seq: 2, data: '{"t":2,"note":"=HYPERLINK(1)","__proto__":1}' },
      { ...row, seq: 3, data: '7' },
    ];
    expect(messagesCsv(rows, () => 'kitchen')).toBe(
      [
        'time,board,app,t,in.rh,note,__proto__,value',
        '2026-05-01T00:00:00.000Z,kitchen,a,-1.5,40,,,',
        "2026-05-01T00:00:00.000Z,kitchen,a,2,,'=HYPERLINK(1),1,",
        '2026-05-01T00:00:00.000Z,kitchen,a,,,,,7',
        '',
      ].join('\r\n'),
    );
    expect(numbersOf({ data: '{"t":-1.5,"in":{"rh":40},"on":true}' })).toEqual({
      ...{ t: -1.5, 'in.rh': 40 },
    });
  });

  it.each([
    ['2h', 3_600_000 * 998],
    ['1700000000', 1_700_000_000_000],
    ['2026-05-01T00:00Z', Date.UTC(2026, 4, 1)],
  ])('are asked for by a time such as %s', (text, expected) => {
    expect(parseTime(text, 3_600_000 * 1_000)).toBe(expected);
  });

  it('refuses text that is not a time', () => {
    expect(() => parseTime('yesterday', 0)).toThrow(/is not a time/);
  });
});

describe('a file that a traceback names', () => {
  it('is found in the folder of the app, wherever the home of the board is', () => {
    const file = { app: 'hello', path: 'lib/sensor.py' };
    expect(appFileOf('/fleet/apps/hello/0.1.0-1a2b3c4d/lib/sensor.py')).toEqual(file);
    expect(appFileOf('/flash/fleet/apps/hello/0.1.0-1a2b3c4d/lib/sensor.py')).toEqual(file);
    expect(appFileOf('/main.py')).toBeUndefined();
  });

  it('cannot lead out of that folder', () => {
    for (const path of ['../secret.py', 'lib/../../secret.py', 'lib//x.py', '..']) {
      expect(appFileOf(`/fleet/apps/hello/0.1.0-1a2b3c4d/${path}`), path).toBeUndefined();
    }
    expect(appFileOf('/fleet/apps/../x/y.py')).toBeUndefined();
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compareBoards } from '../../../src/core/sync/compare';
import { followChanges, type LocalChange } from '../../../src/core/sync/followChanges';
import { nodeLocalFs } from '../../../src/core/sync/nodeLocalFs';
import { applyPlan } from '../../../src/core/sync/apply';
import { planSummary, resultSummary } from '../../../src/core/sync/summary';
import { mountFat, onPrompt } from '../rig/fatBoard';
import { startRig, type Rig } from '../rig/filesRig';
import { Workspace } from '../rig/syncRig';

let rig: Rig;
let work: Workspace;

beforeAll(async () => {
  rig = await startRig({ heap: 2048, drop: false });
});
afterAll(() => rig.stop());
beforeEach(async () => {
  await mountFat(rig, '/');
  rig.forget();
  work = new Workspace(() => rig.files);
});
afterEach(async () => {
  work.dispose();
  await rig.transport.reset('soft');
});

/** The files by path, as the board itself lists and reads them. */
async function onBoard(): Promise<Record<string, string>> {
  const said = await onPrompt(
    rig,
    `
import os, json
def walk(at):
    for e in os.ilistdir(at or '/'):
        path = at + '/' + e[0]
        if e[1] == 0x4000: walk(path)
        else:
            with open(path) as f: found[path] = f.read()
found = {}
walk('')
print(json.dumps(found))
`,
  );
  return JSON.parse(said) as Record<string, string>;
}

async function follow(changes: LocalChange[]) {
  const actions = await followChanges(changes, rig.files, nodeLocalFs, () => false);
  const plan = {
    mode: 'push',
    actions,
    unchanged: 0,
    kept: [],
    problems: [],
    boardDirs: [],
  } as const;
  return applyPlan(plan, work.options());
}

describe('a board with a case-insensitive file system', () => {
  it('keeps a file that was renamed in case and changed, through mirror and undo', async () => {
    work.put({ 'Main.py': 'one', 'lib.py': 'lib' });
    await work.sync('mirror');
    work.take('Main.py');
    work.put({ 'main.py': 'two' });
    const result = await work.sync('mirror');
    expect(resultSummary(result)).toBe('1 updated, 1 up to date');
    expect(await onBoard()).toEqual({ '/main.py': 'two', '/lib.py': 'lib' });
    expect(planSummary(await work.plan('mirror'))).toBe('All 2 up to date');
    const undone = await work.undoLast();
    expect(undone.restored).toEqual(['/main.py']);
    expect(await onBoard()).toEqual({ '/Main.py': 'one', '/lib.py': 'lib' });
  });

  it('renames files and folders that differ in case only, and undo restores the old names', async () => {
    work.put({ 'Lib/Driver/A.py': 'a', 'Main.py': 'one' });
    await work.sync('push');
    work.take('Lib');
    work.take('Main.py');
    work.put({ 'lib/driver/a.py': 'a', 'main.py': 'one' });
    const result = await work.sync('mirror');
    expect(resultSummary(result)).toBe('2 renamed, 0 up to date');
    expect(await onBoard()).toEqual({ '/lib/driver/a.py': 'a', '/main.py': 'one' });
    expect(planSummary(await work.plan('mirror'))).toBe('All 2 up to date');
    await work.undoLast();
    expect(await onBoard()).toEqual({ '/Lib/Driver/A.py': 'a', '/Main.py': 'one' });
  });

  it('follows a rename in case at save, of a file and of a folder', async () => {
    work.put({ 'Main.py': 'one', 'Lib/a.py': 'a' });
    await work.sync('push');
    work.take('Main.py');
    work.take('Lib');
    work.put({ 'main.py': 'one', 'lib/a.py': 'a' });
    const at = (path: string) => `${work.folder}/${path}`;
    await follow([
      { kind: 'gone', local: at('Main.py'), places: ['/Main.py'] },
      { kind: 'written', local: at('main.py'), places: ['/main.py'] },
      { kind: 'gone', local: at('Lib'), places: ['/Lib'] },
      { kind: 'written', local: at('lib/a.py'), places: ['/lib/a.py'] },
    ]);
    expect(await onBoard()).toEqual({ '/main.py': 'one', '/lib/a.py': 'a' });
  });

  it('renames in the tree, and refuses to put a folder into itself under another case', async () => {
    await rig.files.write('/Sub/Main.py', Buffer.from('one'));
    await rig.files.rename('/Sub/Main.py', '/Sub/main.py');
    await rig.files.rename('/Sub', '/sub');
    expect(await onBoard()).toEqual({ '/sub/main.py': 'one' });
    await expect(rig.files.copy('/sub', '/SUB/deeper')).rejects.toMatchObject({ errno: 'EINVAL' });
    await expect(rig.files.rename('/sub', '/Sub/deeper')).rejects.toMatchObject({
      errno: 'EINVAL',
    });
    expect(await onBoard()).toEqual({ '/sub/main.py': 'one' });
  });

  it('gets one of two local files whose names differ in case only, and reports the other', async () => {
    await rig.files.write('/other.py', Buffer.from('o'));
    work.put({ 'A.py': 'big', 'a.py': 'small' });
    const plan = await work.plan('push');
    expect(plan.problems).toMatchObject([{ severity: 'error', path: '/a.py' }]);
    await applyPlan(plan, work.options());
    expect(await onBoard()).toEqual({ '/other.py': 'o', '/A.py': 'big' });
  });

  it('keeps its start file in a mirror, in any case', async () => {
    await rig.files.write('/Boot.py', Buffer.from('start'));
    work.put({ 'main.py': 'm' });
    await work.sync('mirror');
    expect(await onBoard()).toEqual({ '/Boot.py': 'start', '/main.py': 'm' });
  });

  it('counts as identical to a board whose names have another case', async () => {
    await rig.files.write('/Lib/Main.py', Buffer.from('one'));
    const other = await startRig({ drop: false });
    try {
      await other.files.write('/lib/main.py', Buffer.from('one'));
      expect((await compareBoards(other.files, rig.files, '/')).drift).toEqual([]);
      expect((await compareBoards(rig.files, other.files, '/')).drift).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  it('pulls a file to its existing local name', async () => {
    await rig.files.write('/MAIN.PY', Buffer.from('new'));
    work.put({ 'main.py': 'old' });
    const plan = await work.plan('pull');
    expect(plan.actions).toMatchObject([{ kind: 'update', local: `${work.folder}/main.py` }]);
  });
});

it('a case-sensitive board keeps both files, and a mirror deletes the missing one', async () => {
  const flash = await startRig({ drop: false });
  const folder = new Workspace(() => flash.files);
  try {
    folder.put({ 'Main.py': 'one', 'main.py': 'two' });
    await folder.sync('push');
    await flash.files.rename('/main.py', '/MAIN.PY');
    folder.take('Main.py');
    expect(resultSummary(await folder.sync('mirror'))).toBe('1 added, 2 deleted, 0 up to date');
    const there = await flash.board.files();
    expect(Object.keys(there)).toEqual(['/main.py']);
  } finally {
    folder.dispose();
    await flash.stop();
  }
});

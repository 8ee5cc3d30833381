import { describe, expect, it } from 'vitest';
import { withStartLines } from '../../../src/core/files/agentStartLines';
import { UsageError } from '../../../src/core/errors';
import { compareBoards } from '../../../src/core/sync/compare';
import { applyPlan } from '../../../src/core/sync/apply';
import { followChanges, type LocalChange } from '../../../src/core/sync/followChanges';
import type { WriteItem } from '../../../src/core/boardFiles';
import { keepDeleted } from '../../../src/core/sync/keepCopy';
import { keepReplaced } from '../../../src/core/sync/keepNew';
import { nodeLocalFs } from '../../../src/core/sync/nodeLocalFs';
import { protection } from '../../../src/core/sync/rules';
import { planSummary } from '../../../src/core/sync/summary';
import { startRig } from '../rig/filesRig';
import { syncRig } from '../rig/syncRig';

const { rig, work, onBoard, roundTrips } = syncRig();

describe('undo', () => {
  it('reverts additions, changes and deletions of a mirror', async () => {
    work().put({ 'a.py': 'a1', 'gone/deep.py': 'd', 'same.py': 's' });
    await work().sync('push');
    const before = await onBoard();
    work().put({ 'a.py': 'a2', 'new/n.py': 'n' });
    work().take('gone');
    await work().sync('mirror');
    expect(await onBoard()).toEqual({ '/a.py': 'a2', '/new/n.py': 'n', '/same.py': 's' });
    const undone = await work().undoLast();
    expect(undone.left).toEqual([]);
    expect(await onBoard()).toEqual(before);
    expect((await rig().files.list('/')).map((e) => e.name).sort()).toEqual([
      'a.py',
      'gone',
      'same.py',
    ]);

    await work().undoLast();
    expect(await onBoard()).toEqual({});
    await expect(work().undoLast()).rejects.toBeInstanceOf(UsageError);
  });

  it('keeps files that have changed since', async () => {
    await rig().files.write('/a.py', Buffer.from('old'));
    work().put({ 'a.py': 'new', 'b.py': 'added' });
    await work().sync('push');
    await rig().files.write('/a.py', Buffer.from('edited on the board'));
    const undone = await work().undoLast();
    expect(undone).toMatchObject({ left: ['/a.py'], removed: ['/b.py'], restored: [] });
    expect(await onBoard()).toEqual({ '/a.py': 'edited on the board' });
  });

  it('restores the content that was on the board, not the planned one', async () => {
    await rig().files.write('/a.py', Buffer.from('first'));
    work().put({ 'a.py': 'new' });
    const plan = await work().plan('push');
    await rig().files.write('/a.py', Buffer.from('edited meanwhile'));
    await applyPlan(plan, work().options());
    await work().undoLast();
    expect(await onBoard()).toEqual({ '/a.py': 'edited meanwhile' });
  });

  it('keeps the records of ten syncs, and only the content that they need', async () => {
    for (let i = 0; i < 13; i++) {
      work().put({ 'a.py': `version ${i}` });
      await work().sync('push');
    }
    for (let i = 0; i < 10; i++) await work().undoLast();
    expect(await onBoard()).toEqual({ '/a.py': 'version 2' });
    await expect(work().undoLast()).rejects.toBeInstanceOf(UsageError);
  });
});

describe('files replaced or deleted outside a sync', () => {
  const options = () => ({ ...work().options(), files: rig().files });

  it('are kept and restored: only files that an upload replaces; new ones are removed', async () => {
    const { files } = rig();
    await files.write('/a.py', Buffer.from('old'));
    await files.write('/same.py', Buffer.from('same'));
    const items = ['a', 'same', 'new'].map((n) => ({ path: `/${n}.py`, content: Buffer.from(n) }));
    const sent: string[] = [];
    const write = (changed: readonly WriteItem[]) => {
      sent.push(...changed.map((item) => item.path));
      return files.writeMany(changed);
    };
    expect(await keepReplaced(options(), items, write)).toBe(1);
    expect(sent).toEqual(['/a.py', '/new.py']);
    expect(await keepReplaced(options(), items, write)).toBe(0);
    expect(sent).toHaveLength(2);
    expect(await onBoard()).toMatchObject({ '/a.py': 'a', '/new.py': 'new' });
    const undone = { restored: ['/a.py'], removed: ['/new.py'], left: [] };
    expect(await work().undoLast()).toMatchObject(undone);
    expect(await onBoard()).toEqual({ '/a.py': 'old', '/same.py': 'same' });
  });

  it('are kept and restored: a folder with its content, and a file', async () => {
    const { files } = rig();
    await files.write('/d/deep/x.py', Buffer.from('x'));
    await files.mkdir('/d/empty');
    await files.write('/main.py', Buffer.from('main'));
    const before = await onBoard();
    await keepDeleted(options(), ['/d', '/main.py']);
    expect(Object.keys(await onBoard())).not.toContain('/main.py');
    expect(await work().undoLast()).toMatchObject({ left: [] });
    expect(await onBoard()).toEqual(before);
    expect((await files.list('/d')).map((e) => e.name).sort()).toEqual(['deep', 'empty']);
  });
});

describe('the lines that start the fleet agent', () => {
  const START = withStartLines('');
  const BARE = 'import mpyfleet\nmpyfleet.start()\n';
  const put = (path: string, content: string) => rig().files.write(path, Buffer.from(content));

  it('stay in a main.py that is pushed without them, and are ignored otherwise', async () => {
    await put('/mpyfleet/__init__.py', 'def start(): pass\n');
    await put('/main.py', `${START}print("old")\n`);
    work().put({ 'main.py': 'print("new")' });
    await work().sync('push');
    expect((await onBoard())['/main.py']).toBe(`${START}print("new")`);
    let said = '';
    const asked = await roundTrips(async () => (said = planSummary(await work().plan('mirror'))));
    expect(said).toBe('All 1 up to date');
    expect(asked).toBeLessThanOrEqual(3);
    await work().undoLast();
    expect((await onBoard())['/main.py']).toBe(`${START}print("old")\n`);
    const change = {
      kind: 'written' as const,
      local: `${work().folder}/main.py`,
      places: ['/main.py'],
    };
    const actions = await followChanges([change], rig().files, nodeLocalFs, protection([]));
    expect(Buffer.from(actions[0]?.content ?? []).toString()).toBe(`${START}print("new")`);
  });

  it('stay in place if they were written by hand', async () => {
    await put('/mpyfleet/__init__.py', '');
    await put('/boot.py', BARE);
    await put('/main.py', `print("old")\n${BARE}`);
    work().put({ 'main.py': 'print("new")' });
    await work().sync('push');
    expect((await onBoard())['/main.py']).toBe(`print("new")\n${BARE}`);
    await put('/boot.py', 'x = 1\n');
    expect((await onBoard())['/boot.py']).toBe(`${BARE}x = 1\n`);
  });

  it('are not deleted with a main.py that only the board has', async () => {
    await put('/mpyfleet/__init__.py', '');
    await put('/main.py', START);
    await put('/x.py', '1');
    const plan = await work().plan('mirror');
    expect(plan.actions.map((a) => a.path)).toEqual(['/x.py']);
    expect(plan.kept).toEqual(['/main.py', '/mpyfleet']);
  });

  it('are ignored where no agent is installed', async () => {
    await put('/main.py', START);
    work().put({ 'main.py': '1\n' });
    await work().sync('push');
    expect((await onBoard())['/main.py']).toBe('1\n');
  });
});

describe('following local changes', () => {
  const change = (kind: LocalChange['kind'], path: string): LocalChange => {
    return { kind, local: `${work().folder}/${path}`, places: [`/${path}`] };
  };
  const follow = async (...changes: LocalChange[]) => {
    const actions = await followChanges(changes, rig().files, nodeLocalFs, protection([]));
    const plan = { mode: 'mirror' as const, actions, unchanged: 0, kept: [], problems: [] };
    await applyPlan({ ...plan, boardDirs: [] }, work().options());
    return actions.map((a) => `${a.kind} ${a.path}`);
  };

  it('creates, changes, deletes and renames; files and whole folders', async () => {
    work().put({ 'a.py': '1', 'pkg/x.py': 'x', 'pkg/sub/y.py': 'y' });
    await work().sync('push');
    work().put({ 'a.py': '2', 'new.py': 'n' });
    work().take('pkg');
    expect(
      await follow(change('written', 'a.py'), change('written', 'new.py'), change('gone', 'pkg')),
    ).toEqual([
      'update /a.py',
      'add /new.py',
      'delete /pkg/sub/y.py',
      'delete /pkg/x.py',
      'delete /pkg/sub',
      'delete /pkg',
    ]);
    expect(await onBoard()).toEqual({ '/a.py': '2', '/new.py': 'n' });
    expect((await rig().files.list('/')).map((e) => e.name)).not.toContain('pkg');

    work().put({ 'moved.py': 'n' });
    work().take('new.py');
    await follow(change('gone', 'new.py'), change('written', 'moved.py'));
    expect(await onBoard()).toEqual({ '/a.py': '2', '/moved.py': 'n' });
    await work().undoLast();
    expect(await onBoard()).toEqual({ '/a.py': '2', '/new.py': 'n' });
  });

  it('needs no step for identical, vanished and protected files', async () => {
    work().put({ 'a.py': '1', 'boot.py': 'b' });
    await work().sync('push');
    work().take('boot.py');
    const changes = [
      change('written', 'a.py'),
      change('written', 'no.py'),
      change('gone', 'boot.py'),
    ];
    expect(await follow(...changes)).toEqual([]);
    expect(Object.keys(await onBoard())).toEqual(['/a.py', '/boot.py']);
  });
});

describe('compare', () => {
  it('lists how two boards have drifted apart', async () => {
    const other = await startRig({
      files: { 'same.py': 's', 'differs.py': 'right', 'right.py': 'r', 'webrepl_cfg.py': '2' },
    });
    try {
      work().put({ 'same.py': 's', 'differs.py': 'left!', 'left.py': 'l', 'webrepl_cfg.py': '1' });
      await work().sync('push');
      const asked = rig().execs();
      const { drift, same } = await compareBoards(rig().files, other.files, '/');
      expect(rig().execs() - asked).toBeLessThanOrEqual(2);
      expect(same).toBe(1);
      expect(drift).toEqual([
        { path: '/differs.py', kind: 'differs' },
        { path: '/left.py', kind: 'onlyLeft' },
        { path: '/right.py', kind: 'onlyRight' },
      ]);
    } finally {
      await other.stop();
    }
  });
});

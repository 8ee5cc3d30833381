import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileError } from '../../../src/core/errors';
import { applyPlan } from '../../../src/core/sync/apply';
import { planSummary, resultSummary } from '../../../src/core/sync/summary';
import { syncRig } from '../rig/syncRig';

const { rig, work, onBoard, roundTrips } = syncRig();

describe('push', () => {
  it('sends a project of 300 files, verified, and then all 300 are up to date', async () => {
    const project = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => {
        const text = `"""Module ${i}."""\n\n\ndef value():\n    return ${i}\n`;
        return [`src/part${i % 12}/module${i}.py`, text.repeat(1 + (i % 5))];
      }),
    );
    work().put(project);
    work().mappings = ['src -> /'];
    const result = await work().sync('push');
    expect(resultSummary(result)).toBe('300 added, 0 up to date');
    const there = await onBoard();
    const expected = Object.entries(project).map(([path, text]) => [path.slice(3), text]);
    expect(there).toEqual(Object.fromEntries(expected));
    expect(planSummary(await work().plan('push'))).toBe('All 300 up to date');
  });

  it('asks at most three times about 200 unchanged files', async () => {
    const files = Array.from({ length: 200 }, (_, i) => [`d${i % 7}/f${i}.py`, `x = ${i}\n`]);
    work().put(Object.fromEntries(files) as Record<string, string>);
    await work().sync('push');
    let said = '';
    const asked = await roundTrips(async () => {
      const plan = await work().plan('push');
      said = planSummary(plan);
      await work().sync('push', { chosen: new Set() });
    });
    expect(said).toBe('All 200 up to date');
    // Twice in this job: once to plan, once to sync.
    expect(asked / 2).toBeLessThanOrEqual(3);
  });

  it('never deletes, and writes only changed files', async () => {
    await rig().files.write('/extra.py', Buffer.from('mine'));
    work().put({ 'main.py': 'one', 'lib/a.py': 'a', 'odd name é.txt': '\r\n', 'empty.py': '' });
    await work().sync('push');
    work().put({ 'main.py': 'two' });
    work().take('lib');
    const result = await work().sync('push');
    expect(result).toMatchObject({ added: 0, updated: 1, deleted: 0, unchanged: 2 });
    expect(await onBoard()).toEqual({
      '/main.py': 'two',
      '/lib/a.py': 'a',
      '/extra.py': 'mine',
      '/odd name é.txt': '\r\n',
      '/empty.py': '',
    });
  });

  it('follows rules and mappings', async () => {
    work().put({
      'src/main.py': '1',
      'src/secret.key': 'k',
      'src/__pycache__/main.pyc': 'x',
      'shared/util.py': '2',
      'shared/test/t.py': '3',
      'notes.md': 'n',
      '.mpyignore': '*.key\ntest/\n',
    });
    work().mappings = ['src -> /', 'shared -> /lib/shared'];
    await work().sync('push');
    expect(await onBoard()).toEqual({ '/main.py': '1', '/lib/shared/util.py': '2' });
  });

  it('applies only chosen steps', async () => {
    work().put({ 'a.py': '1', 'b.py': '2' });
    const result = await work().sync('push', { chosen: new Set(['/b.py']) });
    expect(resultSummary(result)).toBe('1 added, 1 not chosen, 0 up to date');
    expect(await onBoard()).toEqual({ '/b.py': '2' });
  });

  it('uses the current content of a file that changed after the plan, and can still undo it', async () => {
    work().put({ 'a.py': 'planned' });
    const plan = await work().plan('push');
    work().put({ 'a.py': 'saved since' });
    await applyPlan(plan, work().options());
    expect(await onBoard()).toEqual({ '/a.py': 'saved since' });
    expect((await work().undoLast()).removed).toEqual(['/a.py']);
  });

  it('detects missing space before the first byte', async () => {
    await rig().files.write('/keep.py', Buffer.from('old'));
    work().put({ 'keep.py': 'new', 'big.bin': randomBytes(3_000_000) });
    const error = await work()
      .sync('push')
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FileError);
    expect((error as FileError).errno).toBe('ENOSPC');
    expect((error as FileError).message).toMatch(/has .*B free, and the sync needs 2\.9 MiB/);
    expect(await onBoard()).toEqual({ '/keep.py': 'old' });
  });
});

describe('mirror', () => {
  it('deletes extra files, never protected ones', async () => {
    work().put({ 'boot.py': 'b', 'mpyfleet/link.py': 'l', 'x/y/z.py': 'z', 'webrepl_cfg.py': 'w' });
    work().put({ 'data/log.csv': '1', 'old.py': 'o' });
    await work().sync('push');
    for (const path of ['boot.py', 'mpyfleet', 'x', 'webrepl_cfg.py', 'data', 'old.py']) {
      work().take(path);
    }
    work().put({ 'main.py': 'm' });
    work().protect = ['*.csv'];
    const plan = await work().plan('mirror');
    expect(planSummary(plan)).toBe('1 to add, 4 to delete, 0 up to date');
    await work().sync('mirror');
    expect(await onBoard()).toEqual({
      '/boot.py': 'b',
      '/mpyfleet/link.py': 'l',
      '/webrepl_cfg.py': 'w',
      '/data/log.csv': '1',
      '/main.py': 'm',
    });
    expect((await rig().files.list('/')).map((e) => e.name)).not.toContain('x');
    expect(planSummary(await work().plan('mirror'))).toBe('All 1 up to date');
  });

  it('deletes first if the space is not enough otherwise', async () => {
    await rig().files.write('/old.bin', randomBytes(1_200_000));
    work().put({ 'new.bin': randomBytes(1_200_000) });
    await expect(work().sync('push')).rejects.toMatchObject({ errno: 'ENOSPC' });
    await work().sync('mirror');
    expect(Object.keys(await onBoard())).toEqual(['/new.bin']);
  });
});

describe('pull', () => {
  it('downloads new and changed files, and deletes no local ones', async () => {
    work().mappings = ['src -> /', 'lib -> /lib'];
    work().put({ 'src/main.py': 'mine', 'src/own.py': 'only here' });
    await rig().files.write('/main.py', Buffer.from('from the board'));
    await rig().files.write('/lib/deep/x.bin', Uint8Array.of(0, 255, 3));
    const result = await work().sync('pull');
    expect(result).toMatchObject({ added: 1, updated: 1, deleted: 0 });
    expect(readFileSync(join(work().folder, 'src/main.py'), 'utf8')).toBe('from the board');
    expect([...readFileSync(join(work().folder, 'lib/deep/x.bin'))]).toEqual([0, 255, 3]);
    expect(existsSync(join(work().folder, 'src/own.py'))).toBe(true);

    const undone = await work().undoLast();
    expect(undone.restored).toEqual([`${work().folder}/src/main.py`]);
    expect(readFileSync(join(work().folder, 'src/main.py'), 'utf8')).toBe('mine');
    expect(existsSync(join(work().folder, 'lib/deep/x.bin'))).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { complete, magicAt, type CompletionSource } from '../../../../src/core/notebook/complete';
import { magics } from '../../../../src/core/notebook/magics';

describe('completion', () => {
  const source: CompletionSource = {
    magics,
    boards: () => ['kitchen', 'garden'],
    entries: (path) => Promise.resolve([{ name: `in ${path}`, isFolder: false }]),
    names: (expression) => Promise.resolve([`of ${expression}`]),
  };
  const labels = async (line: string, where = { first: true }) =>
    (await complete(line, where, source)).map((c) => c.label);

  it('offers magics, options, boards, paths and names', async () => {
    expect(await labels('%sof')).toEqual(['%softreset']);
    expect(await labels('%%')).toContain('%%host');
    expect(await labels('%%ho', { first: false })).toEqual([]);
    expect(await labels('%discover --')).toEqual(['--all', '--verbose', '--help']);
    expect(await labels('%connect ki')).toEqual(['kitchen', 'garden']);
    expect(await labels('%store x --to ')).toEqual(['kitchen', 'garden']);
    expect(await labels('%cat lib/ma')).toEqual(['in lib/']);
    expect(await labels('%cp :/li')).toEqual(['in /']);
    expect(await labels('print(machine.Pi')).toEqual(['of machine.Pi']);
    expect(await labels('print("machine.Pi')).toEqual([]);
  });

  it('offers no names of the board in a cell for the host', async () => {
    expect(await complete('os.pa', { first: false, magic: '%%host' }, source)).toEqual([]);
  });

  it('finds the magic under the mouse', () => {
    expect(magicAt('%%connect --all', 4, magics)?.name).toBe('%%connect');
    expect(magicAt('%settime', 4, magics)?.name).toBe('%synctime');
    expect(magicAt('x = 1', 0, magics)).toBeUndefined();
  });
});

import { expect, it } from 'vitest';
import { KnownBoards } from '../../../../src/core/board/knownBoards';
import { lentNames } from '../../../../src/core/deviceYaml/lentNames';
import { parseDeviceFile } from '../../../../src/core/deviceYaml/parse';
import { filterBoards, groupBoards } from '../../../../src/core/many/grouping';
import type { Selectable } from '../../../../src/core/many/selector';

it('lends names and tags of device files by uid, and reports each board that they change', () => {
  const saved: unknown[] = [];
  const store = { load: () => [], save: (all: unknown) => Promise.resolve(void saved.push(all)) };
  const known = new KnownBoards(store, () => undefined);
  const changed: string[] = [];
  known.onDidChange((uid) => changed.push(uid));
  const porch = { name: 'porch', tags: ['wet'], own: true };
  known.lend(new Map([['a1', porch]]));
  known.lend(new Map([['a1', { ...porch }]]));
  known.lend(new Map([['b2', porch]]));
  expect(changed).toEqual(['a1', 'a1', 'b2']);
  expect(known.lentTo('b2')).toEqual(porch);
  expect(known.lentTo('a1')).toBeUndefined();
  expect([saved, known.all()]).toEqual([[], []]);
});

it('takes no name that a selector or a folder could not have', () => {
  const text = '"../up": {uid: "01:02"}\nall: {uid: "03"}\nporch: {uid: "0A:0B", tags: [wet]}\n';
  const { devices } = parseDeviceFile('boards.yaml', text, {});
  const lent = lentNames(devices, (file) => file === 'boards.yaml');
  expect([...lent]).toEqual([['0a0b', { name: 'porch', tags: ['wet'], own: true }]]);
});

it('filters and groups boards by the names and tags of device files', () => {
  const board = (name: string, lent?: Selectable['lent']): Selectable => ({
    ...{ name, addresses: [], state: 'ready', tags: name === 'desk' ? ['mine'] : [], brokers: [] },
    ...(lent ? { lent } : {}),
  });
  const lent = { name: 'porch', tags: ['wet'], own: false };
  const boards = [board('esp32-1', lent), board('desk')];
  for (const words of ['porch', 'tag:wet', 'name:esp32']) {
    expect(filterBoards(boards, words).map((b) => b.name)).toEqual(['esp32-1']);
  }
  expect(groupBoards(boards, 'tag').map((g) => g.key)).toEqual(['mine', 'wet']);
});

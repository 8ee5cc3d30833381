import { describe, expect, it } from 'vitest';
import { tagsIn } from '../../../../src/core/many/grouping';
import { selectBoards, type Selectable } from '../../../../src/core/many/selector';

const board = (name: string, more: Partial<Selectable> = {}): Selectable => ({
  name,
  state: 'idle',
  tags: [],
  addresses: [],
  brokers: [],
  ...more,
});

const boards = [
  board('kitchen', { platform: 'rp2', tags: ['home', 'floor0'], uid: 'e6614c311b7f6521' }),
  board('esp32-1', { platform: 'esp32', brokers: ['office'], state: 'online' }),
  board('esp32-2', { platform: 'esp32', brokers: ['office'], state: 'offline', tags: ['home'] }),
  board('esp32-10', { platform: 'esp32', addresses: ['serial:/dev/ttyUSB0'] }),
  board('Desk, left', { platform: 'rp2' }),
];
const groups = { lab: 'esp32-[1-2]', most: '@lab,kitchen', loop: '@pool', pool: 'kitchen,@loop' };

function names(selector: string) {
  const { boards: chosen, unmatched } = selectBoards(selector, boards, groups);
  return [chosen.map((b) => b.name), unmatched];
}

describe('choosing boards', () => {
  it.each([
    ['kitchen,esp32-[1,10]', ['kitchen', 'esp32-1', 'esp32-10'], []],
    ['esp32-*', ['esp32-1', 'esp32-2', 'esp32-10'], []],
    ['esp32-?', ['esp32-1', 'esp32-2'], []],
    ['platform:esp32,-,state:offline', ['esp32-1', 'esp32-10'], []],
    ['tag:home', ['kitchen', 'esp32-2'], []],
    ['tag:floor*', ['kitchen'], []],
    ['broker:office', ['esp32-1', 'esp32-2'], []],
    ['state:idle', ['kitchen', 'esp32-10', 'Desk, left'], []],
    ['all', ['kitchen', 'esp32-1', 'esp32-2', 'esp32-10', 'Desk, left'], []],
    ['all,-,esp32-*', ['kitchen', 'Desk, left'], []],
    ['@lab', ['esp32-1', 'esp32-2'], []],
    ['lab', ['esp32-1', 'esp32-2'], []],
    ['most', ['esp32-1', 'esp32-2', 'kitchen'], []],
    ['"Desk, left"', ['Desk, left'], []],
    ['serial:/dev/ttyUSB[0-1]', ['esp32-10'], ['serial:/dev/ttyUSB1']],
    ['E6:61:4C:31:1B:7F:65:21', ['kitchen'], []],
    ['uid:e661*', ['kitchen'], []],
    ['kitchn,esp32-[1-3]', ['esp32-1', 'esp32-2'], ['kitchn', 'esp32-3']],
    ['tag:none,x*,@nogroup', [], ['tag:none', 'x*', '@nogroup']],
    ['all,-,kitchn', ['kitchen', 'esp32-1', 'esp32-2', 'esp32-10', 'Desk, left'], ['kitchn']],
    ['', [], []],
  ])('%s', (selector, chosen, unmatched) => {
    expect(names(selector)).toEqual([chosen, unmatched]);
  });

  it('names the group of a name that matches nothing', () => {
    const { unmatched } = selectBoards('g', boards, { g: 'kitchen,gone' });
    expect(unmatched).toEqual(['gone (in group g)']);
  });

  it('refuses a group that contains itself', () => {
    expect(() => names('@loop')).toThrow(/contains itself \(loop > pool > loop\)/);
  });

  it('accepts quoted names that look like patterns', () => {
    const odd = [board('a*b'), board('aXb'), board('[1]')];
    expect(selectBoards('"a*b","[1]"', odd).boards.map((b) => b.name)).toEqual(['a*b', '[1]']);
  });

  it('chooses among 5,000 boards by a hostlist of 5,000 without comparing each with each', () => {
    let reads = 0;
    const many = Array.from({ length: 5000 }, (_, i) => ({
      ...board(`n${i}`),
      get name() {
        reads++;
        return `n${i}`;
      },
    }));
    expect(selectBoards('n[0-4999]', many).boards).toHaveLength(5000);
    expect(reads).toBeLessThan(5 * 5000);
  });
});

it('reads tags separated by spaces or commas, and rejects invalid characters', () => {
  expect(tagsIn('front, window')).toEqual(['front', 'window']);
  expect(tagsIn(' back,back lab-2 ')).toEqual(['back', 'lab-2']);
  expect(tagsIn('')).toEqual([]);
  expect(tagsIn('front; window')).toBeUndefined();
});

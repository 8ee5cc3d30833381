import { describe, expect, it } from 'vitest';
import { frameInCell } from '../../../../src/core/notebook/failure';
import { heapCells, timeitText } from '../../../../src/core/notebook/magics/measure';
import { seriesOf } from '../../../../src/core/notebook/magics/plot';
import { numbersIn, PlotOutput } from '../../../../src/core/notebook/plotOutput';
import { chartSvg } from '../../../../src/core/notebook/svg';
import { tableHtml, tableOf } from '../../../../src/core/notebook/table';

describe('values and numbers', () => {
  it('a list of dicts or of rows is a table; what it shows is escaped', () => {
    expect(tableOf("[{'a': 1, 'b': None}, {'a': '<i>', 'b': True}]")).toEqual({
      head: ['a', 'b'],
      rows: [
        ['1', 'None'],
        ['<i>', 'True'],
      ],
    });
    expect(tableOf('[(1, 2), (3, 4)]')?.rows).toHaveLength(2);
    for (const text of ['[1, 2]', '[(1, 2), (3,)]', '[]', '<object>', '[(1, 2)]', '[f(), 2]']) {
      expect(tableOf(text), text).toBeUndefined();
    }
    expect(tableHtml({ head: ['<x>'], rows: [['"&']] })).toContain(
      '<th>&lt;x&gt;</th></tr></thead><tbody><tr><td>&quot;&amp;</td>',
    );
  });

  it.each([
    ['1 2.5', ['', 1, '', 2.5]],
    ['(1, -2)', ['', 1, '', -2]],
    ['temp: 21.5 hum:40', ['temp', 21.5, 'hum', 40]],
    ['1e3', ['', 1000]],
  ])('%j are numbers', (line, expected) => {
    expect(numbersIn(line)?.flatMap((n) => [n.name, n.value])).toEqual(expected);
  });

  it.each(['done', '1 of 2', '', 'Traceback 3', '12:30:45'])('%j is text', (line) => {
    expect(numbersIn(line)).toBeUndefined();
  });

  it('a chart grows and keeps the latest points', () => {
    const shown: string[] = [];
    let now = 0;
    const plot = new PlotOutput(
      {
        text: () => undefined,
        note: () => undefined,
        fail: () => undefined,
        ask: () => Promise.resolve(undefined),
        display: (data) => {
          shown.push(data['text/plain'] ?? '');
          return { update: (next) => void shown.push(next['text/plain'] ?? '') };
        },
      },
      { title: '', points: 3, now: () => now },
    );
    plot.text('1\n2\n3');
    plot.text('\n4\n5\n');
    now = 1_000;
    plot.text('6\n');
    plot.end();
    expect(shown).toEqual(['values: 2 points', 'values: 3 points', 'values: 3 points']);
  });

  it('a chart of anything is a picture without markup from outside', () => {
    const svg = chartSvg([{ name: '<script>', points: [[0, 1]] }], '"&');
    expect(svg).toContain('&lt;script&gt;');
    expect(svg).not.toMatch(/NaN|Infinity|<script/);
    expect(chartSvg([])).not.toMatch(/NaN|Infinity/);
    // One value is a dot, because its line has no length.
    expect(svg).toMatch(/<circle cx="[\d.]+" cy="[\d.]+"/);
    const [from, to] = [
      [0, 1],
      [1, 2],
    ] as const;
    expect(chartSvg([{ name: 'x', points: [from, to] }])).not.toContain('<circle');
    expect(seriesOf('{"a": [1, 2], "b": [3, null]}').map((s) => s.points.length)).toEqual([2, 1]);
    expect(() => seriesOf('"text"')).toThrow('The output has no numbers');
  });

  it('a map of the heap is read as MicroPython prints it', () => {
    const map = ['GC memory layout; from 2000:', '0000: h=.M', '       (2 lines all free)'];
    expect(heapCells(map.join('\r\n')).slice(0, 5)).toEqual([1, 1, 0, 1, 0]);
    expect(heapCells('0000: hh\n(999999999 lines all free)')).toEqual([1, 1]);
  });

  it('times are formatted as in IPython', () => {
    expect(timeitText(100, [1_000, 1_200])).toBe(
      '11 µs ± 1 µs per loop (mean ± std. dev. of 2 runs, 100 loops each)',
    );
  });

  it('frames of a traceback name the cell', () => {
    const place = { cell: 3, offset: 4 };
    expect(frameInCell('  File "<stdin>", line 2, in f', place)).toBe('  Cell In[3], line 6, in f');
    expect(frameInCell('  File "lib.py", line 2', place)).toBe('  File "lib.py", line 2');
  });
});

import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/core/errors';
import { BoardOutput, marksFor } from '../../../../src/core/notebook/boardOutput';
import { parseCell } from '../../../../src/core/notebook/cell';
import { complete, magicAt, type CompletionSource } from '../../../../src/core/notebook/complete';
import { frameInCell } from '../../../../src/core/notebook/failure';
import { showingLastValue } from '../../../../src/core/notebook/lastValue';
import { helpText, parseMagicArgs, type MagicSpec } from '../../../../src/core/notebook/magicArgs';
import { magics } from '../../../../src/core/notebook/magics';
import { heapCells, timeitText } from '../../../../src/core/notebook/magics/measure';
import { seriesOf } from '../../../../src/core/notebook/magics/plot';
import { nearNames } from '../../../../src/core/notebook/nearNames';
import { numbersIn, PlotOutput } from '../../../../src/core/notebook/plotOutput';
import { chartSvg } from '../../../../src/core/notebook/svg';
import { tableHtml, tableOf } from '../../../../src/core/notebook/table';
import { utf8 } from '../../../../src/core/bytes';

describe('a cell is divided', () => {
  const parts = (source: string) => {
    const cell = parseCell(source);
    return cell.kind === 'parts' ? cell.parts : [cell];
  };

  it('into magics, shell commands and the code between them, each with its line', () => {
    expect(parts('%name\n\na = 5\nprint(a)\n%softreset -h\n!ls *.py\nb = 1')).toEqual([
      { kind: 'magic', name: '%name', rest: '', line: 0 },
      { kind: 'code', code: '\na = 5\nprint(a)', line: 1 },
      { kind: 'magic', name: '%softreset', rest: '-h', line: 4 },
      { kind: 'shell', command: 'ls *.py', line: 5 },
      { kind: 'code', code: 'b = 1', line: 6 },
    ]);
  });

  it.each([
    ['inside a string', "s = '''\n%name\n!ls\n'''"],
    ['inside brackets', 'x = (7\n%name)'],
    ['in a continued line', 'x = 7 \\\n%name'],
    ['behind an indent', 'if x:\n  %name'],
    ['as an operator', 'x = 7 % 3'],
  ])('where a line with %% %s is code', (_, source) => {
    expect(parts(source)).toEqual([{ kind: 'code', code: source, line: 0 }]);
  });

  it('where quotes in a shell command and a comment open no string', () => {
    expect(parts("!echo it's\n# don't\nx = 1\n%name").map((p) => p.kind)).toEqual([
      'shell',
      'code',
      'magic',
    ]);
  });

  it('into a cell magic and its body', () => {
    expect(parseCell('\n%%connect --all --host\n\nimport sys\n')).toEqual({
      kind: 'cellMagic',
      name: '%%connect',
      rest: '--all --host',
      body: '\nimport sys\n',
      bodyLine: 2,
    });
    expect(parseCell('%%bash')).toMatchObject({ name: '%%bash', body: '' });
    expect(parts('%cat?')).toEqual([{ kind: 'magic', name: '%cat', rest: '-h', line: 0 }]);
  });

  it('even if it has a megabyte', () => {
    const source = `${'print("x", [1, 2], """y""")\n'.repeat(40_000)}%name`;
    expect(parts(source)).toHaveLength(2);
  });
});

describe('the value of the last line', () => {
  const shown = (code: string) => showingLastValue(code, '!').includes('_=(');

  it.each(['a', 'a, b', 'f(x=1)', "'a:b'", 'x[1:2]', 'a == b', 'x  # why: no = reason', 'f(\n1)'])(
    'is shown for %j',
    (code) => expect(shown(code)).toBe(true),
  );

  it.each([
    'a = 1',
    'a += 1',
    'import os',
    'for i in x: pass',
    'if a:\n  b',
    'a;',
    'x: int',
    'del a',
    '@f\ndef g(): pass',
    '*a, b = c',
    'return',
    'lambda: 0',
    '',
    '# nothing',
  ])('is not asked for after %j', (code) => expect(showingLastValue(code, '!')).toBe(code));

  it('does not change line numbers', () => {
    const lines = showingLastValue('import os\n\nboom()  # here', '!').split('\n');
    expect(lines[2]).toBe('_=(boom()  # here');
  });
});

describe('output of a board', () => {
  const marks = marksFor('t0');

  it('is separated from questions and the value, wherever chunks are split', () => {
    const bytes = utf8(`a\r\n${marks.question}Näme? \x1db\x1dc${marks.value}[1]\r\n`);
    for (let cut = 0; cut <= bytes.length; cut++) {
      let text = '';
      const questions: string[] = [];
      const output = new BoardOutput(marks, {
        text: (t) => (text += t),
        question: (q) => questions.push(q),
      });
      output.take(bytes.subarray(0, cut));
      output.take(bytes.subarray(cut));
      output.end();
      expect({ text, questions, value: output.value }, String(cut)).toEqual({
        text: 'a\nb\x1dc',
        questions: ['Näme? '],
        value: '[1]',
      });
    }
  });

  it('is shown if it only looks like a mark', () => {
    let text = '';
    const output = new BoardOutput(marks, { text: (t) => (text += t), question: () => undefined });
    output.take(utf8('\x1dt1?x\x1d\x1dt0'));
    output.end();
    expect(text).toBe('\x1dt1?x\x1d\x1dt0');
    expect(output.value).toBeUndefined();
  });
});

describe('the line of a magic', () => {
  const spec: MagicSpec = {
    name: '%rm',
    summary: () => 'Delete',
    options: [
      { short: '-r', long: '--recursive', help: () => 'all' },
      { short: '-f', long: '--force', help: () => 'quiet' },
      { short: '-t', long: '--target', value: 'DIR', help: () => 'where' },
    ],
    args: [{ name: 'path', help: () => 'files', count: 'some' }],
  };
  const wrong = (line: string) => {
    try {
      parseMagicArgs(spec, line);
    } catch (error) {
      if (error instanceof UsageError) return error.message.split('\n').at(-1);
      throw error;
    }
    return undefined;
  };

  it('has options, values and quoted arguments', () => {
    const args = parseMagicArgs(spec, `-rf --target=/x "a b" 'c' d\\ e C:\\dir -- -z`);
    expect([args.has('recursive'), args.has('force'), args.value('target')]).toEqual([
      true,
      true,
      '/x',
    ]);
    expect(args.args).toEqual(['a b', 'c', 'd e', 'C:\\dir', '-z']);
    expect(parseMagicArgs(spec, '--rec a').has('recursive')).toBe(true);
  });

  it.each([
    ['-x a', '%rm: error: unrecognized arguments: -x'],
    ['', '%rm: error: the following arguments are required: path'],
    ['a -t', '%rm: error: argument --target: expected one argument'],
    ['"a', '%rm: error: the quote " is not closed'],
  ])('%j is refused with the usage', (line, words) => {
    expect(wrong(line)).toBe(words);
  });

  it('may be anything after the last argument that takes the rest', () => {
    const rest: MagicSpec = { ...spec, args: [{ name: 'code', help: () => '', count: 'rest' }] };
    expect(parseMagicArgs(rest, `-r f("x", -1) # 'it`.replace(" # 'it", '')).args).toEqual([
      'f("x", -1)',
    ]);
  });

  it('is explained as by argparse', () => {
    const discover = magics.find((m) => m.name === '%discover');
    expect(discover && helpText(discover)).toBe(
      [
        'usage: %discover [-h] [-a] [-v]',
        '',
        'Discover available devices',
        '',
        'optional arguments:',
        '  -h, --help     show this help message and exit',
        '  -a, --all      list all devices connected to USB ports',
        '  -v, --verbose  show uid',
        '',
      ].join('\n'),
    );
  });

  it('is named by the code near it', () => {
    const names = magics.map((m) => m.name);
    expect(nearNames('%discovr', names)[0]).toBe('%discover');
    expect(nearNames('%xyzzyxyzzy', names)).toEqual([]);
  });
});

describe('every magic of IoT Kernel', () => {
  const names = magics.flatMap((m) => [m.name, ...(m.aliases ?? [])]);

  it.each(
    `%cat %cd %connect %cp %discover %gettime %hardreset %info %loglevel %lsmagic %mkdirs %mpycross %name %pip %platform
    %rdiff %register %rlist %rm %rsync %settime %softreset %store %synctime %uid %unregister %upip %url %%bash %%connect
    %%host %%kernel %%service %%ssh %%writefile !`.split(/\s+/),
  )('%s is there', (name) => expect(names).toContain(name));
});

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

import { describe, expect, it } from 'vitest';
import { BoardOutput, marksFor } from '../../../../src/core/notebook/boardOutput';
import { parseCell } from '../../../../src/core/notebook/cell';
import { showingLastValue } from '../../../../src/core/notebook/lastValue';
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

import { describe, expect, it } from 'vitest';
import { ConnectionLostError, FileError, PythonError } from '../../../../src/core/errors';
import { LineEnds } from '../../../../src/core/repl/lineEnds';
import { localParts } from '../../../../src/core/files/localParts';
import { hostNames } from '../../../../src/core/files/hostNames';
import {
  foldResults,
  resultError,
  summarize,
  type BoardResult,
} from '../../../../src/core/many/results';
import {
  resultsToCsv,
  resultsToJson,
  resultsToText,
} from '../../../../src/core/many/resultsExport';

const ok = (board: string, output: string): BoardResult => ({
  board,
  id: `uid:${board}`,
  status: 'ok',
  ms: 12,
  output,
});
const failed = (board: string, message: string): BoardResult => ({
  ...ok(board, ''),
  status: 'failed',
  error: { code: 'connectionLost', message },
});

describe('results', () => {
  it('folds equal answers, the most frequent first', () => {
    const results = [ok('a', '1\n'), ok('b', '2\n'), ok('c', '2\n'), failed('d', 'gone')];
    const folds = foldResults(results);
    expect(folds.map((f) => [f.output, f.results.map((r) => r.board)])).toEqual([
      ['2\n', ['b', 'c']],
      ['1\n', ['a']],
      ['', ['d']],
    ]);
  });

  it('treats failures as equal that differ only in the name of the board', () => {
    const folds = foldResults([failed('a', 'No answer from a'), failed('b', 'No answer from b')]);
    expect(folds).toHaveLength(1);
  });

  it('does not treat answers with different values as equal', () => {
    expect(
      foldResults([
        { ...ok('a', ''), value: 1 },
        { ...ok('b', ''), value: 2 },
      ]),
    ).toHaveLength(2);
  });

  it.each([
    [[ok('a', 'x'), ok('b', 'x'), ok('c', 'y')], '3 boards done: same answer on 2, another on c'],
    [
      ['x', 'x', 'y', 'z'].map((out, i) => ok('abcd'.charAt(i), out)),
      '4 boards done: same answer on 2, others on c, d',
    ],
    [
      ['x', 'x', 'y', 'y', 'y', 'z', 'z'].map((out, i) => ok('abcdefg'.charAt(i), out)),
      '7 boards done: same answer on 3, others on 4 boards',
    ],
    [
      [ok('a', 'x'), ok('b', 'x'), failed('c', 'x')],
      '2 of 3 boards done, same answer; c failed: x',
    ],
    [[ok('a', 'x'), ok('b', 'y'), ok('c', 'z')], '3 boards done, 3 different answers'],
    [[ok('a', 'x'), ok('b', 'x')], '2 boards done, same answer'],
    [[ok('a', 'x')], '1 board done'],
    [[ok('a', ''), ok('b', '')], '2 boards done'],
    [
      [
        ok('a', ''),
        { ...ok('b', ''), status: 'cancelled' as const, untouched: 'skipped' as const },
      ],
      '1 of 2 boards done; b: skipped',
    ],
    [[ok('a', 'x'), failed('b', 'b is not there')], '1 of 2 boards done; b is not there'],
    [
      [ok('a', 'x'), failed('kitchen', 'no space left')],
      '1 of 2 boards done; kitchen failed: no space left',
    ],
    [[ok('a', 'x'), { ...ok('b', ''), status: 'running' as const }], '1 of 2 boards done; 1 left'],
    [
      ['a', 'b', 'c', 'd', 'e'].map((n) => failed(n, 'x')),
      '0 of 5 boards done; a failed: x; b failed: x; c failed: x; 2 more failed',
    ],
    [
      [
        ...['a', 'b', 'c', 'd'].map((n) => failed(n, 'x')),
        ...['e', 'f'].map((n) => ({
          ...{ ...ok(n, ''), status: 'cancelled' as const },
          untouched: 'notReached' as const,
        })),
        { ...ok('g', ''), status: 'cancelled' as const },
      ],
      '0 of 7 boards done; a failed: x; b failed: x; c failed: x; 1 more failed; 2 more not reached; 1 more cancelled',
    ],
  ])('sums up %#', (results, words) => {
    expect(summarize(results)).toBe(words);
  });

  it('keeps the text of an error', () => {
    expect(resultError(new PythonError('Traceback…', 'OSError', '28'))).toEqual({
      code: 'python',
      message: 'OSError: 28',
      traceback: 'Traceback…',
    });
    expect(resultError(new ConnectionLostError('gone', { hint: 'plug in' }))).toEqual({
      code: 'connectionLost',
      message: 'gone',
      hint: 'plug in',
    });
    expect(resultError(new FileError('ENOSPC', '/x', 'full'))).toMatchObject({ code: 'file' });
    expect(resultError(new TypeError('bug')).code).toBe('error');
  });
});

describe('results as text, JSON and CSV', () => {
  const results = [ok('a', '1\n'), { ...failed('b', 'lost, "sadly"'), output: 'half' }];

  it('writes a section for each board', () => {
    const lines = resultsToText('Executing', results).split('\n');
    expect(lines[0]).toMatch(/^## Executing on 'a' #+$/);
    expect(lines.slice(1, 4)).toEqual(['1', '', expect.stringMatching(/^## Executing on 'b' #+$/)]);
    expect(lines.slice(4)).toEqual(['half', 'connectionLost: lost, "sadly"', '']);
  });

  it('does not let a name break its heading', () => {
    expect(resultsToText('Executing', [ok('a\n\u001b[2J', '')])).not.toContain('\u001b');
  });

  it('writes JSON that can be read back', () => {
    expect(JSON.parse(resultsToJson(results))).toEqual(results);
  });

  it('quotes CSV cells and disarms formulas', () => {
    const csv = resultsToCsv([...results, ok('=cmd()', '-1'), ok('c', '@x\nline')]);
    expect(csv.split('\r\n')).toEqual([
      'board,id,status,ms,output,error,message',
      'a,uid:a,ok,12,"1\n",,',
      'b,uid:b,failed,12,half,connectionLost,"lost, ""sadly"""',
      "'=cmd(),uid:=cmd(),ok,12,-1,,",
      'c,uid:c,ok,12,"\'@x\nline",,',
      '',
    ]);
  });
});

describe('line ends of a board', () => {
  it.each([
    [['a\r\nb\r\n'], 'a\nb\n'],
    [['a\r', '\nb'], 'a\nb'],
    [['a\rb\r', '\r', '\n'], 'a\rb\r\n'],
    [['a\r'], 'a\r'],
  ])('%j', (chunks, expected) => {
    const lines = new LineEnds();
    const parts = chunks.map((c) => lines.convert(Buffer.from(c)));
    expect(Buffer.concat([...parts, lines.end()]).toString()).toBe(expected);
  });
});

describe('names from a board on this computer', () => {
  it('takes ordinary paths', () => {
    expect(localParts('/lib/a b#ü.py', hostNames('linux'))).toEqual(['lib', 'a b#ü.py']);
  });
  it.each(['/../x', '/a/../../x', '/a\0b', '/', '/.'])('refuses %j', (path) => {
    expect(() => localParts(path, hostNames('linux'))).toThrow(/cannot have that name/);
  });
  it.each(['/a:b', '/..\\x', '/nul', '/COM1.txt', '/a.', '/C:\\x'])(
    'refuses %j on Windows',
    (path) => {
      expect(() => localParts(path, hostNames('win32'))).toThrow(/cannot have that name/);
    },
  );
});

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errnoName, parseTraceback, pyRepr } from '../../../../src/core/python/python';

describe('pyRepr', () => {
  it('escapes all that could end a literal or command a REPL', () => {
    expect(pyRepr("it's \\ \n\x03\x04")).toBe("'it\\'s \\\\ \\x0a\\x03\\x04'");
    expect(pyRepr('é€😀')).toBe("'\\u00e9\\u20ac\\U0001f600'");
    expect(pyRepr(Uint8Array.of(0, 39, 92, 65, 255))).toBe("b'\\x00\\'\\\\A\\xff'");
  });

  it('is read back by Python unchanged', () => {
    const texts = fc.sample(fc.string({ unit: 'grapheme', maxLength: 40 }), 200);
    const blobs = fc.sample(fc.uint8Array({ maxLength: 40 }), 200);
    const code = [
      `for t in [${texts.map(pyRepr).join()}]: print(t.encode().hex())`,
      `for b in [${blobs.map(pyRepr).join()}]: print(b.hex())`,
    ].join('\n');
    const { stdout } = spawnSync('python3', ['-'], { input: code, encoding: 'utf8' });
    const expected = [...texts, ...blobs].map((v) => Buffer.from(v).toString('hex'));
    expect(stdout.split('\n').slice(0, -1)).toEqual(expected);
  });
});

describe('parseTraceback', () => {
  it('parses a traceback', () => {
    const text =
      'Traceback (most recent call last):\r\n  File "<stdin>", line 3, in <module>\r\n  File "lib/a b.py", line 12, in f\r\nOSError: [Errno 2] ENOENT: x\r\n';
    expect(parseTraceback(text)).toEqual({
      type: 'OSError',
      detail: '[Errno 2] ENOENT: x',
      frames: [
        { file: '<stdin>', line: 3, name: '<module>' },
        { file: 'lib/a b.py', line: 12, name: 'f' },
      ],
    });
  });

  it('accepts a traceback without frames or text, and text without a traceback', () => {
    expect(parseTraceback('KeyboardInterrupt: \r\n')).toMatchObject({
      type: 'KeyboardInterrupt',
      detail: '',
    });
    expect(
      parseTraceback(
        'Traceback (most recent call last):\n  File "m.py", line 1\nSyntaxError: invalid syntax\n',
      ),
    ).toMatchObject({
      type: 'SyntaxError',
      frames: [{ file: 'm.py', line: 1, name: undefined }],
    });
    expect(parseTraceback('what is this?')).toEqual({
      type: '',
      detail: 'what is this?',
      frames: [],
    });
    expect(parseTraceback('File "x", line 1\n'.repeat(1000)).frames).toHaveLength(100);
  });
});

it.each([
  ['OSError', '[Errno 28] ENOSPC', 'ENOSPC'],
  ['OSError', '28', 'ENOSPC'],
  ['OSError', '[Errno 44] ENOENT', 'ENOENT'],
  ['OSError', '44', 'ENOENT'],
  ['OSError', "(2, '/x')", 'ENOENT'],
  ['OSError', '-2', 'ENOENT'],
  ['OSError', '[Errno 30] Read-only filesystem', 'EROFS'],
  ['MemoryError', 'memory allocation failed', 'ENOMEM'],
  ['OSError', '99', undefined],
  ['ValueError', '28', undefined],
])('reads the errno of %s: %s', (type, detail, expected) => {
  expect(errnoName(type, detail)).toBe(expected);
});

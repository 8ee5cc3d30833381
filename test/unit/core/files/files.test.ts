import { deflateRawSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { FileError } from '../../../../src/core/errors';
import { InflateMeter, windowBitsFor } from '../../../../src/core/files/content';
import { crc32 } from '../../../../src/core/files/crc';
import { noSpace, storeError } from '../../../../src/core/files/fileErrors';
import { escapeBytes, fitting, frame, HEAD } from '../../../../src/core/files/frames';
import { parseList, parseWalk } from '../../../../src/core/files/listing';
import {
  boardPath,
  isTemporaryName,
  nameFromBoard,
  parseBytes,
  pathBytes,
  shownPath,
  typedPath,
} from '../../../../src/core/files/paths';
import { localParts } from '../../../../src/core/files/localParts';
import { SendWindow } from '../../../../src/core/files/sendWindow';
import { Answer, literal, minify, wireForm } from '../../../../src/core/files/snippets';
import { eachPortion, portions } from '../../../../src/core/files/portions';
import { AnswerParser, type StreamAnswer } from '../../../../src/core/files/uploadAnswers';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const body = (length: number) => ({ wire: new Uint8Array(length), content: length, last: false });

describe('frames', () => {
  it('escapes only bytes that the REPL treats as commands', () => {
    expect(Buffer.from(escapeBytes(bytes('a\x02\x03\x04\x10z'))).toString('latin1')).toBe(
      'a\x10B\x10C\x10D\x10Pz',
    );
    const plain = bytes('plain\x01\x05\xff');
    expect(escapeBytes(plain)).toBe(plain);
  });

  it('counts the bytes that fit', () => {
    expect(fitting(bytes('abc\x03d'), 0, 5)).toBe(4);
    expect(fitting(bytes('abc\x03d'), 0, 4)).toBe(3);
    expect(fitting(bytes('abc\x03d'), 3, 100)).toBe(2);
  });

  it('has no command byte in its head, and a CRC over head and body', () => {
    for (const length of [0, 1, 127, 128, 2048]) {
      const whole = frame(5, new Uint8Array(length).fill(0x61));
      expect(whole.subarray(1, HEAD).every((b) => b >= 0x80)).toBe(true);
      const sum = crc32(whole.subarray(HEAD), crc32(whole.subarray(0, 4)));
      const written = [...whole.subarray(4, HEAD)].reduce((v, b) => v * 128 + (b & 127), 0);
      expect(written).toBe(sum);
    }
  });

  it('computes the standard CRC-32', () => {
    expect(crc32(bytes('123456789'))).toBe(0xcbf43926);
    expect(crc32(bytes('6789'), crc32(bytes('12345')))).toBe(0xcbf43926);
  });
});

describe('the send window', () => {
  it('sends the requested frame, and at most one ring of bytes after it', () => {
    const window = new SendWindow(192);
    while (window.wantsMore) window.add(body(1000));
    const sent = window.take().reduce((sum, part) => sum + part.length, 0);
    expect(sent).toBeGreaterThan(1000 + HEAD);
    expect(sent).toBeLessThanOrEqual(1000 + HEAD + 192);
    expect((sent - (1000 + HEAD) - HEAD) % 64).toBe(0); // ends with a piece, where the board can stop
    expect(window.take()).toEqual([]);
  });

  it('continues after an acknowledgement and goes back after a refusal', () => {
    const window = new SendWindow(192);
    for (let i = 0; i < 3; i++) window.add(body(1000));
    const first = Buffer.concat(window.take()).length;
    expect(window.acknowledge({ mark: 'K', number: 1 })).toHaveLength(1);
    const second = Buffer.concat(window.take()).length;
    expect(first + second).toBe(2 * (1000 + HEAD) + first - (1000 + HEAD));
    expect(window.acknowledge({ mark: 'N', number: 1 })).toEqual([]);
    expect(Buffer.concat(window.take()).length).toBe(first);
    expect(window.acknowledge({ mark: 'K', number: 40 })).toEqual([]); // never sent
  });

  it('handles the overflow of frame numbers', () => {
    const window = new SendWindow(192);
    for (let i = 0; i < 200; i++) {
      window.add(body(10));
      window.take();
      expect(window.acknowledge({ mark: 'K', number: (i + 1) % 64 })).toHaveLength(1);
    }
    expect(window.empty).toBe(true);
  });
});

describe('answers of the receiver', () => {
  const parse = (...chunks: string[]) => {
    const answers: StreamAnswer[] = [];
    let text = '';
    const parser = new AnswerParser(
      (a) => answers.push(a),
      (t) => (text += Buffer.from(t).toString('latin1')),
    );
    for (const chunk of chunks) parser.feed(bytes(chunk));
    return { answers: answers.map((a) => `${a.mark}${a.number}`), text };
  };

  it('are found among noise and in pieces, and end with text', () => {
    expect(parse('K0', 'oK1nxx', 'KN2mboot\r\n! 0 ENOSPC 5 3\r\n')).toEqual({
      answers: ['K0', 'K1', 'N2'],
      text: '! 0 ENOSPC 5 3\r\n',
    });
  });

  it('go on after a line that something else on the board has printed', () => {
    expect(parse('K0oti', 'ck 7\r\nK1n!\r\n', '\nK2m\r\n= 0\r\n')).toEqual({
      answers: ['K0', 'K1', 'K2'],
      text: '= 0\r\n',
    });
  });

  it('are ignored if number and complement disagree', () => {
    expect(parse('K1oK2oN0n').answers).toEqual([]);
  });

  it('name the file and the figures of an error', () => {
    const path = (index: number) => ['/a', '/b'][index] ?? '?';
    expect(storeError(['! 1 ENOSPC 5000 40'], path)).toEqual(noSpace('/b', 5000, 40));
    expect(storeError(['! 0 21'], path)).toMatchObject({ errno: 'EISDIR', path: '/a' });
    expect(storeError(['! ENOMEM'], path)).toMatchObject({ errno: 'ENOMEM' });
    expect(storeError(['', '! -1 ETIMEDOUT'], path)).toBeUndefined();
  });
});

describe('answers of verbs', () => {
  const answer = (said: string) => {
    const a = new Answer(true);
    for (let at = 0; at < said.length; at += 3) a.feed(bytes(said.slice(at, at + 3)));
    return a;
  };

  it('are complete only with a valid checksum', () => {
    const check = crc32(bytes('f 1'), 0);
    expect(answer(`f 1\r\n= ${check}\r\n`)).toMatchObject({ lines: ['f 1'], whole: true });
    expect(answer(`f 7\r\n= ${check}\r\n`).whole).toBe(false);
    expect(answer('f 1\r\n').whole).toBe(false);
  });

  it('contain entries whose names stay in their folder', () => {
    const said = ["d 0 b'lib'", "f 12 b'a\\nb'", "f 3 b'..'", "f 4 b'caf\\xc3\\xa9'", "f 5 b'x/y'"];
    expect(parseList(said).map((e) => e.name)).toEqual([
      'lib',
      'a\uf00ab',
      '%2e%2e',
      'café',
      'x%2fy',
    ]);
    expect(() => parseList(['nonsense'])).toThrow('not a file');
  });

  it('contain a tree', () => {
    const sum = Buffer.alloc(32, 7).toString('base64');
    expect(
      parseWalk(["/ b'/'", "d b'lib'", "/ b'/lib'", `f 9 ${sum} b'm.py'`, "f 1 - b'n'"]),
    ).toEqual([
      { path: '/lib', type: 'dir', size: 0 },
      { path: '/lib/m.py', type: 'file', size: 9, sha256: '07'.repeat(32) },
      { path: '/lib/n', type: 'file', size: 1 },
    ]);
  });
});

describe('paths and names', () => {
  it('are normalised', () => {
    expect(boardPath('lib//a.py')).toBe('/lib/a.py');
    expect(boardPath('/a/./b/../../../c/')).toBe('/c');
    expect(boardPath('')).toBe('/');
    expect(() => boardPath('/a\0b')).toThrow(FileError);
  });

  it('are read from Python literals', () => {
    const read = (text: string) => Buffer.from(parseBytes(text) ?? 'none').toString('latin1');
    expect(read("b'a\\'b\\\\\\x00\\n'")).toBe("a'b\\\x00\n");
    expect(read(`b"it's"`)).toBe("it's");
    expect(read("b'\\q'")).toBe('none');
    expect(read('print(1)')).toBe('none');
  });

  it('from a board cannot leave the folder that they are downloaded to', () => {
    for (const name of ['../x', '..', '.', '', 'a/b', 'a\\b', 'C:\\x', 'a\0', '\xff']) {
      expect(nameFromBoard(bytes(name))).not.toMatch(/[/\\\0]|^\.{1,2}$/);
    }
  });

  it('that are not valid text identify one file each, in code, in transit and for people', () => {
    const names = ['Fr\x81hst\x81ck.wav', 'a\\b', 'a\nb', 'caf\xc3\xa9\xff', '\xef\x82\x81'];
    for (const name of names) {
      const raw = Buffer.from(name, 'latin1');
      const known = nameFromBoard(raw);
      expect(Buffer.from(pathBytes(`/d/${known}`)).toString('latin1')).toBe(`/d/${name}`);
      expect(typedPath(shownPath(known))).toBe(known);
    }
    expect(shownPath(nameFromBoard(Buffer.from('Fr\x81h.wav', 'latin1')))).toBe('Fr\\x81h.wav');
    expect(literal('/d/a\uf081')).toBe("b'/d/a\\x81'");
    expect(() => localParts('/d/a\uf081', { windows: false, caseInsensitive: false })).toThrow(
      'cannot have that name',
    );
  });

  it('are split into lists that fit into a small heap', () => {
    const paths = Array.from({ length: 5000 }, (_, i) => `/logs/log${i}.csv`);
    const lists = portions(paths, (path) => path.length, 37_000);
    expect(lists.flat()).toEqual(paths);
    expect(Math.max(...lists.map((list) => literal(list).length))).toBeLessThan(37_000 / 16);
    expect(portions(paths.slice(0, 200), (path) => path.length, 200_000)).toHaveLength(1);
  });

  it('are halved when the heap is fragmented, and each answer is used once and in order', async () => {
    const short = new FileError('ENOMEM', '/', 'no memory');
    const ask = vi.fn((part: readonly number[]) =>
      part.length > 2 ? Promise.reject(short) : Promise.resolve(part.map((n) => n * 2)),
    );
    const taken: number[] = [];
    await eachPortion([[1, 2, 3, 4, 5], [6]], ask, (twice) => void taken.push(...twice));
    expect(taken).toEqual([2, 4, 6, 8, 10, 12]);
    expect(ask.mock.calls.map(([part]) => part.length)).toEqual([5, 3, 2, 1, 2, 1]);
    const one = eachPortion([[1]], () => Promise.reject(short), vi.fn());
    await expect(one).rejects.toBe(short);
  });

  it('of temporary files are distinguished', () => {
    expect(isTemporaryName('main.py.mpf0123abcd~')).toBe(true);
    expect(isTemporaryName('main.py~')).toBe(false);
  });
});

describe('code', () => {
  it('carries data as literals', () => {
    expect(literal(["it's", Buffer.from([0, 39]), 3, true, null, ['x']])).toBe(
      "('it\\'s',b'\\x00\\'',3,True,None,('x',),)",
    );
  });

  it('is shortened without changing its meaning', () => {
    expect(minify('# why\n\ndef f():\n    # because\n    return "# no"  # yes\n')).toBe(
      'def f():\n return "# no"',
    );
  });

  it('contains no command byte in any form', () => {
    const code = "print('\\x03', '''a''')\n".repeat(60);
    for (const form of [
      { binascii: false, deflate: false, heap: 0 },
      { binascii: true, deflate: false, heap: 0 },
      { binascii: true, deflate: true, heap: 100_000 },
      { binascii: true, deflate: true, heap: 100_000, eightBit: true },
    ]) {
      const wire = wireForm(code, form);
      const sent = typeof wire === 'string' ? bytes(wire) : wire;
      expect([...sent].some((b) => b > 0 && b < 6)).toBe(false);
    }
  });

  it('is sent as compact bytes, and as text after a failure', () => {
    const code = Array.from({ length: 90 }, (_, i) => `x${i * i}=${i * 7919}\n`).join('');
    const form = { binascii: true, deflate: true, heap: 100_000 };
    const [raw, careful] = [false, true].map((c) =>
      Buffer.from(wireForm(code, { ...form, eightBit: true }, c)),
    );
    expect(raw?.length).toBeLessThan((careful?.length ?? 0) * 0.9);
    expect(careful).toEqual(Buffer.from(wireForm(code, form)));
    expect(raw?.some((b) => b >= 0x80)).toBe(true);
  });
});

describe('deflate', () => {
  it('knows how much any beginning of a stream yields', async () => {
    const content = Buffer.from('def f(a):\n    return a\n'.repeat(500));
    const packed = deflateRawSync(content, { windowBits: 10 });
    const meter = new InflateMeter(10);
    const yields: number[] = [];
    for (let at = 0; at < packed.length; at += 7) {
      yields.push(await meter.feed(packed.subarray(at, at + 7)));
    }
    meter.close();
    expect(yields.reduce((a, b) => a + b)).toBe(content.length);
    expect(yields[0]).toBeLessThan(content.length);
  });

  it('uses a window that leaves room in the heap', () => {
    expect(windowBitsFor(0)).toBe(0);
    expect(windowBitsFor(25_000)).toBe(12);
    expect(windowBitsFor(8_000_000)).toBe(15);
  });
});

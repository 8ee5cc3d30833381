import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes';
import { ProtocolError } from '../../../../src/core/errors';
import {
  checkAnswer,
  decodeVersion,
  encodeRequest,
  frames,
  passwordProblem,
  webReplRequest,
} from '../../../../src/core/webrepl/webreplProtocol';

describe('WebREPL requests', () => {
  it('have the layout of struct webrepl_file', () => {
    const header = Buffer.from(encodeRequest(webReplRequest.put, '/a.py', 0x01020304));
    expect(header.length).toBe(82);
    expect(header.toString('hex', 0, 25)).toBe(
      '574101' + '00' + '0000000000000000' + '04030201' + '0500' + '2f612e7079' + '0000',
    );
  });

  it('accept names of at most 63 bytes', () => {
    expect(encodeRequest(webReplRequest.get, 'ü'.repeat(31) + 'x')).toHaveLength(82);
    expect(() => encodeRequest(webReplRequest.get, 'ü'.repeat(32))).toThrow(ProtocolError);
  });

  it('are answered by WB and a status', () => {
    expect(() => checkAnswer(utf8('WB\0\0'))).not.toThrow();
    for (const bad of ['WB\x01\0', 'WA\0\0', 'WB\0', 'WB\0\0\0', '']) {
      expect(() => checkAnswer(utf8(bad)), JSON.stringify(bad)).toThrow(ProtocolError);
    }
    expect(decodeVersion(Uint8Array.of(1, 25, 0))).toBe('1.25.0');
    expect(decodeVersion(utf8('WB\0\0'))).toBeUndefined();
  });
});

describe('WebREPL passwords', () => {
  it.each(['secr', 'secretsec', 'üüüü', 'a b c'])('may be %j', (password) => {
    expect(passwordProblem(password)).toBeUndefined();
  });
  it.each(['', 'abc', '0123456789', 'üüüüü', 'ab\ncd', 'ab\0cd'])('cannot be %j', (password) => {
    expect(passwordProblem(password)).toMatch(/WebREPL password/);
  });
  it('may be short if code has set it', () => {
    expect(passwordProblem('a', 1)).toBeUndefined();
    expect(passwordProblem('', 1)).toMatch(/at least 1/);
  });
});

it('frames hold all of the data, in order', () => {
  const data = Uint8Array.from({ length: 10 }, (_, i) => i);
  expect(frames(data, 4).map((f) => [...f])).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9],
  ]);
  expect(frames(new Uint8Array(), 4)).toEqual([]);
});

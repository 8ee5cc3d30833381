import { describe, expect, it } from 'vitest';
import { boardMayPublish, boardMaySubscribe } from '../../../src/core/broker/accessRules';
import { parseIntervals } from '../../../src/core/apps/intervals';
import { appTemplate, TEMPLATES } from '../../../src/core/apps/template';
import { parseManifest } from '../../../src/core/apps/appManifest';
import { checkFilter, checkPayload, checkTopic, payloadText } from '../../../src/core/topics';
import { utf8 } from '../../../src/core/bytes';

describe("topics of the user's own", () => {
  it.each(['a', 'a/b', 'a/+/b', '#', 'a/#', '+', '/a', 'é/ü'])('can be watched: %s', (filter) => {
    expect(() => checkFilter(filter)).not.toThrow();
  });

  it.each(['', 'a#', 'a/#/b', 'a+/b', 'a\u0000', 'a\nb', 'x'.repeat(513)])(
    'cannot be watched: %j',
    (filter) => {
      expect(() => checkFilter(filter)).toThrow(/not a topic filter/);
    },
  );

  it('are checked before something is published', () => {
    expect(() => checkTopic('lamps/kitchen')).not.toThrow();
    for (const topic of ['', 'a/+', 'a/#', '$SYS/x', 'a\tb']) {
      expect(() => checkTopic(topic)).toThrow(/Nothing can be published/);
    }
    expect(() => checkPayload(new Uint8Array(65_537))).toThrow(/65536 bytes/);
  });

  it('show text in one harmless line, and other bytes as hex', () => {
    expect(payloadText(utf8('21.5'))).toBe('21.5');
    expect(payloadText(utf8('a\nb'))).toBe('a b');
    expect(payloadText(utf8('\u001b[2J'))).toBe('0x1b5b324a');
    expect(payloadText(Uint8Array.of(0xff, 0))).toBe('0xff00');
    expect(payloadText(new Uint8Array(3_000))).toMatch(/^0x(00){1000}…$/);
  });

  it('belong to their board: it reads its own and the common ones, and writes only its own', () => {
    expect(boardMaySubscribe('mpy', 'aa', 'mpy/aa/in/rate')).toBe(true);
    expect(boardMaySubscribe('mpy', 'aa', 'mpy/all/in/rate')).toBe(true);
    expect(boardMaySubscribe('mpy', 'aa', 'mpy/bb/in/rate')).toBe(false);
    expect(boardMaySubscribe('mpy', 'aa', 'mpy/bb/out/rate')).toBe(false);
    expect(boardMayPublish('mpy', 'aa', 'mpy/aa/out/rate', false)).toBe(true);
    expect(boardMayPublish('mpy', 'aa', 'mpy/aa/out/rate', true)).toBe(false);
    expect(boardMayPublish('mpy', 'aa', 'mpy/all/in/rate', false)).toBe(false);
    expect(boardMayPublish('mpy', 'aa', 'mpy/bb/in/rate', false)).toBe(false);
  });
});

it('reads intervals of an app, in seconds', () => {
  expect(parseIntervals('worker=0.5, sleep=0')).toEqual({ worker: 0.5, sleep: 0 });
  for (const text of ['', 'worker', 'worker=', 'worker=0', 'pause=5', 'sleep=1e9', 'worker=-1']) {
    expect(() => parseIntervals(text)).toThrow(/not an interval/);
  }
});

it.each(TEMPLATES)('starts a new app from the template %s with a valid app.json', (kind) => {
  const files = appTemplate('hello', kind);
  const manifest = parseManifest(files.get('app.json') ?? new Uint8Array());
  expect(manifest).toMatchObject({ name: 'hello', version: '0.1.0' });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { concat, text, utf8 } from '../../../../src/core/bytes';
import { Emitter } from '../../../../src/core/events';
import { MountedFolder, MountStream } from '../../../../src/core/mount';
import { ASKS } from '../../../../src/core/mount/protocol';
import { tempDir } from '../../../lab/paths.mjs';
import { FakeClock } from '../../rig/fakeAgent';

const MARK = utf8('\x1aabcde');
const OVER = 0x17;

const line = new Emitter<Uint8Array>();
let clock: FakeClock;
let stream: MountStream;
let shown: string;
/** What was sent to the board; `sent` resolves at the next. */
let sent: Uint8Array[];
let onSent: (() => void) | undefined;
let trouble: string[];
/** Set while the line is down. */
let failure: Error | undefined;

beforeEach(async () => {
  const dir = tempDir('mount');
  writeFileSync(join(dir, 'a.bin'), new Uint8Array(3000).fill(7));
  [clock, shown, sent, trouble, failure] = [new FakeClock(), '', [], [], undefined];
  const folder = await MountedFolder.at(dir, false);
  stream = new MountStream(
    {
      onData: line.event,
      onClose: () => ({ dispose: () => undefined }),
      write: (data) => {
        sent.push(data);
        onSent?.();
        return failure ? Promise.reject(failure) : Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    folder,
    MARK,
    (words) => trouble.push(words),
    clock,
  );
  stream.onData((chunk) => (shown += text(chunk)));
});
afterEach(() => line.dispose());

function request(ask: keyof typeof ASKS, data: Uint8Array): Uint8Array {
  const sum = data.reduce((all, byte) => (all + byte) & 255, 0);
  return concat([MARK, Uint8Array.of(ASKS[ask], data.length & 255, data.length >> 8, sum), data]);
}
/** Resolves when the answer has begun. */
async function answered(): Promise<void> {
  if (sent.length === 0) await new Promise<void>((resolve) => (onSent = resolve));
}
const size = () => concat(sent).length;

it('finds a request in pieces among output, and answers', async () => {
  const all = concat([utf8('before'), request('stat', utf8('/a.bin')), utf8('after')]);
  for (const byte of all) line.fire(Uint8Array.of(byte));
  await answered();
  expect([...concat(sent).subarray(0, 3)]).toEqual([0x16, 0, 10]);
  expect(concat(sent).at(-1)).toBe(OVER);
  line.fire(Uint8Array.of(OVER, 0x21));
  expect(shown).toBe('beforeafter!');
});

it('passes on output that only looks like a request', async () => {
  const lies = [concat([MARK, Uint8Array.of(99)]), concat([MARK, Uint8Array.of(1, 0xff, 0xff, 0)])];
  for (const lie of lies) line.fire(lie);
  expect(shown).toBe(lies.map(text).join(''));
  line.fire(concat([utf8('x'), MARK.subarray(0, 3)]));
  expect(shown.endsWith('x')).toBe(true);
  await clock.pass(500);
  expect(shown.endsWith('x\x1aab')).toBe(true);
  line.fire(request('stat', utf8('/a.bin')).subarray(0, 9));
  await clock.pass(2000);
  expect(shown).toContain('\x1aabcde\x01\x06');
  expect(sent).toEqual([]);
});

it('sends no more than the board has room for', async () => {
  line.fire(request('open', utf8('/a.bin\0rb')));
  await answered();
  line.fire(Uint8Array.of(OVER));
  const id = concat(sent).subarray(7, 9);
  sent.length = 0;
  line.fire(request('read', concat([id, Uint8Array.of(0, 0, 0, 0, 255, 255, 0, 0)])));
  await answered();
  const sizes = [size()];
  for (let i = 0; i < 4; i++) {
    line.fire(Uint8Array.of(6));
    sizes.push(size());
  }
  expect(sizes).toEqual([247, 1207, 2167, 3008, 3008]);
});

it('keeps typed keys until the answer has been read', async () => {
  line.fire(request('stat', utf8('/a.bin')));
  await stream.write(utf8('keys'));
  await answered();
  expect(text(concat(sent))).not.toContain('keys');
  line.fire(Uint8Array.of(OVER));
  expect(text(concat(sent)).endsWith('keys')).toBe(true);
});

it('releases a board that waits for lost bytes, says so, and accepts keys again', async () => {
  line.fire(request('stat', utf8('/a.bin')));
  await answered();
  const before = size();
  await clock.pass(3000);
  expect(size()).toBe(before + 960);
  expect(trouble).toEqual(['The board did not read an answer to the end; it gets ETIMEDOUT']);
  await clock.pass(8000);
  await stream.write(utf8('k'));
  expect(text(concat(sent)).endsWith('k')).toBe(true);
});

it('says that an answer and typed keys did not reach the board', async () => {
  line.fire(request('stat', utf8('/a.bin')));
  await stream.write(utf8('keys'));
  failure = new Error('The port no longer exists');
  await answered();
  await expect.poll(() => trouble).toEqual([failure.message, failure.message]);
  failure = undefined;
  await stream.write(utf8('k'));
  expect(text(concat(sent)).endsWith('k')).toBe(true);
});

it('answers a damaged request with an error', async () => {
  const damaged = request('stat', utf8('/a.bin'));
  damaged[damaged.length - 1] = 0;
  line.fire(damaged);
  await answered();
  expect([...concat(sent).subarray(0, 3)]).toEqual([0x16, 5, 0]);
  expect(trouble).toHaveLength(1);
});

it.each(Object.keys(ASKS) as (keyof typeof ASKS)[])(
  'survives a %s request with any data',
  async (ask) => {
    for (const data of [[], [0], [255, 255, 255], [0x2f, 0, 0], Array<number>(1000).fill(255)]) {
      sent.length = 0;
      line.fire(request(ask, Uint8Array.from(data)));
      await answered();
      expect(concat(sent)[0]).toBe(0x16);
      line.fire(Uint8Array.of(OVER));
    }
  },
);

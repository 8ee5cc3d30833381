import { describe, expect, it } from 'vitest';
import { text, utf8 } from '../../../../src/core/bytes';
import { encodeFrame, makeFrame } from '../../../../src/core/agent/agentProtocol';
import { CancelledError, ConnectionLostError, TimeoutError } from '../../../../src/core/errors';
import { agentExec } from '../../../../src/transports/mqtt/agentExec';
import { FakeBoard, Op, settled, BIRTH } from '../../rig/fakeAgent';

const nothing = new Uint8Array();
const KEY = Buffer.alloc(32, 1);

describe('a request', () => {
  it('is repeated after 2, 4, 8 seconds of silence, and given up after a minute', async () => {
    const board = new FakeBoard();
    const asked = board.client.request(Op.stat, nothing).catch((e: unknown) => e);
    await board.clock.pass(1_999);
    expect(board.of(Op.stat)).toHaveLength(1);
    await board.clock.pass(1);
    expect(board.of(Op.stat)).toHaveLength(2);
    await board.clock.pass(12_000);
    expect(board.of(Op.stat)).toHaveLength(4);
    await board.clock.pass(60_000);
    expect(await asked).toBeInstanceOf(TimeoutError);
    const count = board.sent.length;
    await board.clock.pass(60_000);
    expect(board.sent).toHaveLength(count);
  });

  it('keeps its id when it is repeated, and ends with the first answer', async () => {
    const board = new FakeBoard();
    board.loses = (f, n) => f.op === Op.stat && n < 4;
    board.onFrame = (f) => board.json(Op.ok, f.reqid, { n: 5 });
    const asked = board.client.request(Op.stat, nothing);
    await board.clock.pass(10_000);
    expect(text((await asked).payload)).toBe('{"n":5}');
    expect(new Set(board.of(Op.stat).map((f) => f.reqid)).size).toBe(1);
    expect(new Set(board.of(Op.stat).map((f) => f.counter)).size).toBe(board.of(Op.stat).length);
  });

  it('ends when the board has restarted, not when only its network was lost', async () => {
    const board = new FakeBoard();
    const asked = board.client.request(Op.stat, nothing).catch((e: unknown) => e);
    await settled();
    board.presence.fire({ on: false, boot: BIRTH.boot, why: '' });
    board.presence.fire(BIRTH);
    await settled();
    expect(board.of(Op.stat).length).toBeGreaterThan(1);
    board.restart('ffffffff');
    expect(await asked).toBeInstanceOf(ConnectionLostError);
  });

  it('is cancelled on the board, too', async () => {
    const board = new FakeBoard();
    const abort = new AbortController();
    const asked = board.client.request(Op.stat, nothing, { signal: abort.signal });
    await settled();
    abort.abort();
    await expect(asked).rejects.toBeInstanceOf(CancelledError);
    expect(board.of(Op.cancel).map((f) => f.reqid)).toEqual(board.of(Op.stat).map((f) => f.reqid));
  });

  it('says HELLO to the new start of a board that restarts before it has answered', async () => {
    const board = new FakeBoard();
    board.answersHello = false;
    board.onFrame = (f) => board.json(Op.ok, f.reqid, { n: 5 });
    board.loses = (f) => f.op === Op.hello && !board.answersHello;
    const asked = board.client.request(Op.stat, nothing);
    await settled();
    board.answersHello = true;
    board.restart('ffffffff');
    expect(text((await asked).payload)).toBe('{"n":5}');
    expect(board.of(Op.hello).map((f) => f.aux)).toEqual([0x0a0b, 0xffff]);
  });

  it.each([
    ['sleep', KEY, 0],
    ['removed', KEY, 0],
    // The board comes back within the minute, or restarts.
    ['', KEY, 60],
    ['reset', KEY, 60],
    // Someone else says so.
    ['sleep', Buffer.alloc(32, 2), 60],
    ['sleep', undefined, 60],
  ])('waits for a greeting after the farewell "%s" (case %#)', async (why, signedWith, seconds) => {
    const board = new FakeBoard({ role: 'admin', key: KEY });
    board.answersHello = false;
    const asked = board.client.request(Op.stat, nothing).catch((e: unknown) => e);
    await settled();
    board.leaves(why, signedWith);
    await board.clock.pass(0);
    expect(board.clock.pending).toBe(seconds === 0 ? 0 : 1);
    await board.clock.pass(seconds * 1_000);
    expect(await asked).toBeInstanceOf(seconds === 0 ? ConnectionLostError : TimeoutError);
  });

  it('does not use its session with a board that has said that it sleeps', async () => {
    const board = new FakeBoard();
    board.onFrame = (f) => board.json(Op.ok, f.reqid, { n: 5 });
    await board.client.request(Op.stat, nothing);
    board.leaves('sleep');
    const asked = board.client.request(Op.stat, nothing);
    await expect(asked).rejects.toBeInstanceOf(ConnectionLostError);
    expect(board.of(Op.stat)).toHaveLength(1);
    board.restart('ffffffff'); // it wakes up
    expect(text((await board.client.request(Op.stat, nothing)).payload)).toBe('{"n":5}');
  });

  it('opens one session for concurrent requests', async () => {
    const board = new FakeBoard();
    board.onFrame = (f) => board.json(Op.ok, f.reqid, {});
    await Promise.all([1, 2, 3].map(() => board.client.request(Op.stat, nothing)));
    expect(board.of(Op.hello)).toHaveLength(1);
  });

  it('reports that the board is away', async () => {
    const board = new FakeBoard();
    board.birth = undefined;
    await expect(board.client.request(Op.stat, nothing)).rejects.toBeInstanceOf(
      ConnectionLostError,
    );
  });

  it("names the board by the user's name for it while it is away or silent", async () => {
    const board = new FakeBoard();
    board.name = 'kit-03';
    const asked = board.client.request(Op.stat, nothing).catch((e: unknown) => e);
    await board.clock.pass(60_000);
    expect(await asked).toMatchObject({ message: 'kit-03 does not answer' });
    const away = new FakeBoard();
    away.name = 'kit-03';
    away.birth = undefined;
    const reason = { message: 'kit-03 is not connected to the broker' };
    await expect(away.client.open()).rejects.toMatchObject(reason);
  });
});

describe('what no session of the board has signed', () => {
  /** An unsigned ERR ESTALE, which has counter 0. */
  const stale = encodeFrame(makeFrame(Op.err, 1, { aux: 5, payload: utf8('{"c":"ESTALE"}') }));
  const refused = encodeFrame(makeFrame(Op.err, 1, { aux: 6, payload: utf8('{"c":"EAUTH"}') }));
  const underWay = async () => {
    const board = new FakeBoard();
    const asked = board.client.request(Op.stat, nothing);
    await settled();
    board.answersHello = false;
    const answered = async () => {
      board.json(Op.ok, board.of(Op.stat)[0]?.reqid ?? 0, { n: 5 });
      return text((await asked).payload);
    };
    return { board, answered };
  };

  it('is only advice: the session goes on while another is asked for', async () => {
    const { board, answered } = await underWay();
    board.client.receive(stale);
    await settled();
    expect(board.of(Op.hello)).toHaveLength(2);
    expect(await answered()).toBe('{"n":5}');
  });

  it('is followed once in 5 s', async () => {
    const { board, answered } = await underWay();
    board.answersHello = true;
    for (let i = 0; i < 50; i++) {
      board.client.receive(stale);
      await settled();
    }
    expect(board.of(Op.hello)).toHaveLength(2);
    await board.clock.pass(5_000);
    board.client.receive(stale);
    await settled();
    expect(board.of(Op.hello)).toHaveLength(3);
    expect(await answered()).toBe('{"n":5}');
  });

  it('ends no request by announcing another start', async () => {
    const { board, answered } = await underWay();
    board.presence.fire({ ...BIRTH, boot: 'ffffffff' });
    await settled();
    expect(await answered()).toBe('{"n":5}');
  });

  it('ends no request by a farewell of another start, while the board is away for a moment', async () => {
    const { board, answered } = await underWay();
    board.presence.fire({ on: false, boot: BIRTH.boot, why: '' });
    board.presence.fire({ on: false, boot: 'ffffffff', why: 'stopped' });
    board.presence.fire(BIRTH);
    expect(await answered()).toBe('{"n":5}');
  });

  it('ends no request by a start that answers no HELLO, if the board answers in its session', async () => {
    const { board, answered } = await underWay();
    board.onFrame = (f) => f.op === Op.ping && board.say(Op.ok, f.reqid);
    board.birth = { ...BIRTH, boot: 'ffffffff' };
    board.presence.fire(board.birth);
    expect(await board.client.isStillInSession).toBe(true);
    board.client.receive(refused);
    await board.clock.pass(1_500);
    expect(await answered()).toBe('{"n":5}');
  });
});

describe('running code', () => {
  const start = async (code: string, options = {}) => {
    const board = new FakeBoard();
    const run = agentExec(board.client, utf8(code), options);
    await settled();
    const reqid = board.of(Op.exec)[0]?.reqid ?? 0;
    return { board, run, reqid };
  };

  it('joins output that arrives in any order, each byte once', async () => {
    const { board, run, reqid } = await start('x');
    board.json(Op.busy, reqid, { ms: 0 });
    const out = (offset: number, words: string) =>
      board.say(Op.out, reqid, { aux: 1, offset, payload: utf8(words) });
    out(0, 'abc');
    out(6, 'ghi');
    expect(board.of(Op.nak).at(-1)?.offset).toBe(3);
    out(2, 'cdef');
    out(6, 'ghi');
    out(0, 'abc');
    board.json(Op.ok, reqid, { ok: 1 }, { offset: 9 });
    expect(text(await run)).toBe('abcdefghi');
  });

  it('fetches output that is missing when the code has ended', async () => {
    const { board, run, reqid } = await start('x');
    board.json(Op.busy, reqid, { ms: 0 });
    board.json(Op.ok, reqid, { ok: 1 }, { offset: 3 });
    await settled();
    expect(board.of(Op.nak).at(-1)).toMatchObject({ reqid, offset: 0 });
    board.say(Op.out, reqid, { aux: 1, offset: 0, payload: utf8('abc') });
    expect(text(await run)).toBe('abc');
  });

  it('fetches it again when a repeated OK arrives instead', async () => {
    const { board, run, reqid } = await start('x');
    board.json(Op.busy, reqid, { ms: 0 });
    board.json(Op.ok, reqid, { ok: 1 }, { offset: 3 });
    await settled();
    board.json(Op.ok, reqid, { ok: 1 }, { offset: 3 });
    await settled();
    expect(board.of(Op.nak)).toHaveLength(2);
    board.say(Op.out, reqid, { aux: 1, offset: 0, payload: utf8('abc') });
    expect(text(await run)).toBe('abc');
  });

  it('acknowledges short output immediately: the board holds back the next until then', async () => {
    const { board, run, reqid } = await start('x');
    board.json(Op.busy, reqid, { ms: 0 });
    board.say(Op.out, reqid, { aux: 1, offset: 0, payload: utf8('a') });
    expect(board.of(Op.ack).at(-1)?.offset).toBe(1);
    board.json(Op.ok, reqid, { ok: 1 }, { offset: 1 });
    await run;
  });

  it('is never sent again once it runs: the board may have forgotten the request', async () => {
    const { board, run, reqid } = await start('x = 1');
    expect(board.of(Op.exec)[0]?.payload.length).toBeGreaterThan(0);
    board.json(Op.busy, reqid, { ms: 0 });
    await board.clock.pass(20_000);
    const again = board.of(Op.exec).slice(1);
    expect(again.length).toBeGreaterThan(1);
    expect(again.every((f) => f.payload.length === 0)).toBe(true);
    board.json(Op.ok, reqid, { ok: 1 });
    await run;
  });

  it('reports the number of bytes that the board dropped', async () => {
    const { board, run, reqid } = await start('x');
    board.json(Op.ok, reqid, { ok: 1, drop: 77 });
    expect(text(await run)).toContain('77 bytes of output were lost');
  });

  it('repeats input when it or its acknowledgement is lost, and paces unread input', async () => {
    let write: ((data: Uint8Array) => Promise<void>) | undefined;
    const { board, run, reqid } = await start('x', {
      onStart: (w: (data: Uint8Array) => Promise<void>) => (write = w),
    });
    board.json(Op.busy, reqid, { ms: 0 });
    const written = write?.(utf8('hello'));
    expect(board.of(Op.stdin)).toHaveLength(1);
    await board.clock.pass(2_000); // silence: EXEC asks again, BUSY says that the code still runs
    board.json(Op.busy, reqid, { ms: 2000 });
    expect(board.of(Op.stdin)).toHaveLength(2);
    for (let i = 0; i < 20; i++) board.say(Op.ack, reqid, { offset: 0 });
    expect(board.of(Op.stdin)).toHaveLength(2);
    board.say(Op.ack, reqid, { offset: 5 });
    await written;
    board.json(Op.ok, reqid, { ok: 1 });
    await run;
  });
});

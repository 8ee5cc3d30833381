import { describe, expect, it, vi } from 'vitest';
import { parsePresence, type Birth, type Gone } from '../../../../src/core/agent';
import { wordOf, type Found } from '../../../../src/core/board';
import { Board } from '../../../../src/core/board/board';
import { stateWord } from '../../../../src/core/board/stateWord';
import { appOfBirth } from '../../../../src/core/apps';
import { actionFromJson, actionToJson } from '../../../../src/core/many/actionJson';
import { shownMinute } from '../../../../src/core/shownTime';
import { AsleepError } from '../../../../src/core/errors';
import { Emitter } from '../../../../src/core/events';
import { PresenceSource } from '../../../../src/transports/mqtt/presenceSource';
import type { MqttBroker } from '../../../../src/transports/mqtt/mqttBroker';
import { fakeWorld, found as place } from '../../rig/fakeBoard';
import { FakeClock } from '../../rig/fakeAgent';

const MINUTE = 60_000;
const START = 1_800_000_000_000;
const UID = 'a1b2c3';
const boot = '9f03c2aa';
const parse = (value: unknown) => parsePresence(Buffer.from(JSON.stringify(value)));
const farewell = (more: object) => parse({ on: 0, boot, why: 'sleep', for: 600, ...more });
const birth = (app?: object) =>
  parse({ on: 1, proto: 2, boot, nonce: '0'.repeat(32), app }) as Birth;

function source() {
  const clock = new FakeClock();
  const presence = new Emitter<{ uid: string; state: Birth | Gone }>();
  const broker = {
    profile: { id: 'b', name: 'broker' },
    presences: new Map(),
    onPresence: presence.event,
    onDidChangeState: new Emitter<never>().event,
  } as unknown as MqttBroker;
  const found = new PresenceSource(broker, clock, () => START + clock.now());
  found.start();
  const hear = (state: Birth | Gone) => presence.fire({ uid: UID, state });
  const board = (): Found | undefined => found.found[0];
  return { clock, hear, board };
}

describe('a board that says for how long it sleeps', () => {
  it.each([
    [{ u: START / 1_000 }, 10 * MINUTE],
    // Heard five minutes after it fell asleep, from the broker.
    [{ u: START / 1_000 - 300 }, 5 * MINUTE],
    // Its clock is ahead, or not set: it cannot sleep longer than it said.
    [{ u: START / 1_000 + 9_000 }, 10 * MINUTE],
    [{ u: 0 }, 10 * MINUTE],
  ])('%j: is asleep until it is due, and overslept some time later', async (more, due) => {
    const { clock, hear, board } = source();
    hear(birth());
    hear(farewell(more));
    const until = START + due;
    expect(board()).toMatchObject({ online: false, asleep: { until, overslept: false } });
    await clock.pass(due + MINUTE);
    expect(board()?.asleep?.overslept).toBe(false);
    await clock.pass(MINUTE);
    expect(board()).toMatchObject({ asleep: { until, overslept: true } });
    hear(birth());
    expect(board()?.asleep).toBeUndefined();
    expect(clock.pending).toBeLessThanOrEqual(1); // the change that is about to be reported
  });

  it('is no longer called asleep once the broker reports it lost', () => {
    const { hear, board } = source();
    hear(farewell({}));
    hear(parse({ on: 0, boot }));
    expect(board()).toMatchObject({ online: false });
    expect(board()).not.toHaveProperty('asleep');
  });

  it('cannot claim to sleep forever, or for a time that is not a number', () => {
    expect(farewell({ for: 1e12, u: 'x' })).toMatchObject({ sleep: { seconds: 864_000, unix: 0 } });
    expect(farewell({ for: -5 })).toMatchObject({ sleep: { seconds: 0 } });
    expect(parse({ on: 0, boot, why: 'reset', for: 600 })).not.toHaveProperty('sleep');
  });

  it('is "asleep" in the tree and for state:, then "away"', () => {
    const { state, crash } = new Board('b', fakeWorld({}).services, { name: () => 'kitchen' });
    const word = (overslept: boolean) =>
      wordOf({ state, crash, present: false, asleep: { until: START, overslept } });
    expect([word(false), word(true)]).toEqual(['asleep', 'away']);
    // The window that was connected to it connects again when it wakes up.
    const trying = { tag: 'reconnecting', attempt: 1 } as const;
    const wanted = (overslept: boolean) =>
      wordOf({ state: trying, crash, present: false, asleep: { until: START, overslept } });
    expect([wanted(false), wanted(true)]).toEqual(['asleep', 'away']);
    expect(stateWord(trying, true, false, true)).toBe('reconnecting');
    const noon = new Date(2026, 4, 1, 12, 5).getTime();
    expect(shownMinute(noon, noon + MINUTE)).toBe('12:05');
    expect(shownMinute(noon, noon + 1_440 * MINUTE)).toBe('2026-05-01 12:05');
  });
});

describe('a link that ends because the board sleeps', () => {
  const ADDRESS = 'mqtt://b/a1b2c3';
  async function fellAsleep(watched: boolean) {
    const { services, opened } = fakeWorld({ [ADDRESS]: { uid: UID } });
    const board = new Board('b', services, { name: () => 'kitchen' });
    const link = (present: boolean) => board.setLinks([{ found: place(ADDRESS), present }]);
    link(true);
    await board.connect();
    if (watched) board.console.onData(() => undefined);
    link(false);
    opened[0]?.lose(new AsleepError('The board sleeps'));
    link(true);
    return { board, opened };
  }

  it('is not opened again when the board wakes up, which would keep it awake', async () => {
    const { board, opened } = await fellAsleep(false);
    expect([board.state.tag, board.wanted, opened.length]).toEqual(['disconnected', false, 1]);
    await board.exec('1');
    expect(opened.length).toBe(2);
  });

  it('is opened again for a terminal or a log', async () => {
    const { board, opened } = await fellAsleep(true);
    await vi.waitFor(() => expect([board.state.tag, opened.length]).toEqual(['idle', 2]));
  });
});

describe('the app in a birth', () => {
  it('is validated, and requested from the board if needed', () => {
    expect(birth().app).toBeUndefined();
    const { app } = birth({ v: 'hello/1.0-1a2b3c4d', trial: 30, sleep: 600 });
    expect(app).toEqual({
      run: 'hello/1.0-1a2b3c4d',
      onTrial: true,
      fellBack: false,
      sleeps: true,
    });
    expect(app && appOfBirth(app)).toEqual({ run: 'hello/1.0-1a2b3c4d', onTrial: true });
    const named = (v: unknown, more = {}) => birth({ v, ...more }).app;
    const forged = named('../../etc');
    expect(forged && appOfBirth(forged)).toEqual({ onTrial: false });
    const back = named('hello/1.0', { bad: 1 });
    expect(back && appOfBirth(back)).toBeUndefined();
  });
});

it('keeps the deployment of an app for a board that is away', () => {
  const action = {
    kind: 'deployApp',
    title: 'Deploy x',
    app: { folder: '/x', ref: 'v1' },
  } as const;
  const again = (value: unknown) => actionFromJson(JSON.parse(JSON.stringify(value)));
  expect(again(actionToJson(action))).toEqual(action);
  expect(again({ kind: 'deployApp', title: 'Deploy' })).toEqual({
    kind: 'deployApp',
    title: 'Deploy',
  });
  expect(() => again({ ...action, app: { folder: 5 } })).toThrow(/damaged/);
});

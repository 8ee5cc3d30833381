import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Gone } from '../../../../src/core/agent/agentProtocolPresence';
import { mqttAddress } from '../../../../src/core/parseAddress';
import type { BrokerState } from '../../../../src/core/broker/broker';
import { Emitter } from '../../../../src/core/events';
import type { MqttBroker } from '../../../../src/transports/mqtt/mqttBroker';
import { MqttTransport } from '../../../../src/transports/mqtt/mqttTransport';
import { BIRTH, FakeBoard } from '../../rig/fakeAgent';

// How long a board may be away before its link counts as lost: far longer than a test with a real board may take.

let board: FakeBoard;
let presence: Emitter<{ uid: string; state: typeof BIRTH | Gone }>;
let brokerState: Emitter<BrokerState>;
let lost: (Error | undefined)[];

beforeEach(async () => {
  vi.useFakeTimers();
  board = new FakeBoard();
  presence = new Emitter();
  brokerState = new Emitter();
  lost = [];
  const broker = {
    connect: () => Promise.resolve(),
    client: () => board.client,
    presences: new Map([['aa', BIRTH]]),
    onPresence: presence.event,
    onLog: new Emitter().event,
    onDidChangeState: brokerState.event,
    profile: { name: 'the office' },
  } as unknown as MqttBroker;
  const link = new MqttTransport(mqttAddress('b', 'aa'), broker, 'aa');
  await link.open(AbortSignal.timeout(1_000));
  link.onClose((error) => lost.push(error));
});
afterEach(() => vi.useRealTimers());

const goes = (why: string) =>
  presence.fire({ uid: 'aa', state: { on: false, boot: BIRTH.boot, why } });
const comes = () => presence.fire({ uid: 'aa', state: { ...BIRTH, boot: '99999999' } });

it('waits for a board whose connection broke, and longer for one that restarts', () => {
  goes('');
  vi.advanceTimersByTime(15_000);
  comes();
  goes('reset');
  vi.advanceTimersByTime(50_000);
  comes();
  vi.advanceTimersByTime(600_000);
  expect(lost).toEqual([]);
});

it.each([
  ['', 30_000, /lost its connection/],
  ['reset', 90_000, /has not reconnected/],
  ['removed', 0, /was removed/],
])('is lost when it went with "%s" and stays away', (why, ms, words) => {
  goes(why);
  vi.advanceTimersByTime(ms);
  expect(lost).toHaveLength(1);
  expect(lost[0]?.message).toMatch(words);
});

it('waits for a broker that is away, and not for one that the user has disconnected', () => {
  const away = { tag: 'offline', error: new Error('away') } as const;
  brokerState.fire(away);
  vi.advanceTimersByTime(15_000);
  brokerState.fire({ tag: 'online', protocol: 5 });
  vi.advanceTimersByTime(600_000);
  expect(lost).toEqual([]);
  brokerState.fire(away);
  vi.advanceTimersByTime(30_000);
  expect(lost[0]?.message).toMatch(/The broker the office is away/);
});

it('is lost immediately when the broker is disconnected', () => {
  brokerState.fire({ tag: 'off' });
  expect(lost[0]?.message).toMatch(/The broker the office is no longer connected/);
});

import { describe, expect, it } from 'vitest';
import { parseLogBatch } from '../../../../src/core/agent/agentProtocolLog';
import { parsePresence } from '../../../../src/core/agent/agentProtocolPresence';
import type { BoardLog, BoardMessage, Broker, Presence } from '../../../../src/core/broker/broker';
import { Emitter } from '../../../../src/core/events';
import { recordBoards, type EventEntry, type TelemetryEntry } from '../../../../src/core/store';
import type { LogLevel } from '../../../../src/core/agent/agentProtocolLog';

/** A broker whose boards send the messages that a test chooses. */
function start(level?: LogLevel) {
  const [messages, presences, logs] = [
    new Emitter<BoardMessage>(),
    new Emitter<Presence>(),
    new Emitter<BoardLog>(),
  ];
  const broker = {
    onMessage: messages.event,
    onPresence: presences.event,
    onLog: logs.event,
  } as unknown as Broker;
  const clock = { now: 1_800_000_000_000 };
  const kept: { events: EventEntry[]; telemetry: TelemetryEntry[] } = { events: [], telemetry: [] };
  recordBoards(
    { all: [broker], onDidChange: new Emitter<undefined>().event },
    {
      addEvent: (entry) => kept.events.push(entry),
      addTelemetry: (entry) => kept.telemetry.push(entry),
    },
    { level: () => level, now: () => clock.now },
  );
  const say = (topic: BoardMessage['topic'], data: BoardMessage['data'], uid = 'aa') =>
    messages.fire({ uid, topic, data });
  const presence = (data: object) =>
    presences.fire({ uid: 'aa', state: parsePresence(Buffer.from(JSON.stringify(data))) });
  return { kept, say, presence, logs, clock };
}

const birth = { on: 1, boot: '9f03c2aa', nonce: '0'.repeat(32), reset: 'power' };
const words = (events: readonly EventEntry[]) => events.map((e) => `${e.kind} ${e.text}`.trim());

describe('messages of boards are stored', () => {
  it('stores measurements, and the text of an event', () => {
    const { kept, say } = start();
    say('tm', {
      up: 60,
      free: 9000,
      fs: [100, 40],
      rssi: -61,
      rtt: 30,
      rc: 2,
      mv: 3712,
      junk: 'x',
    });
    say('ev', { ev: 'crash', boot: 'b2', boot0: 'b1', t: 5000, tb: 'Traceback\nValueError: x\n' });
    say('ev', { ev: 'task', boot: 'b2', name: 'blink', x: 'OSError(5)', n: 3 });
    say('ev', { ev: 'ota', boot: 'b2', state: 'confirmed' });
    say('ev', { ev: 7, boot: {} });
    expect(kept.telemetry[0]?.values).toEqual({
      ...{ uptime: 60, memoryFree: 9000, flashFree: 40, signal: -61, roundTrip: 30, reconnects: 2 },
      battery: 3712,
    });
    expect(words(kept.events)).toEqual([
      'crash Traceback\nValueError: x',
      'task blink: OSError(5) (3)',
      'ota confirmed',
    ]);
    expect(new Set(kept.events.map((e) => e.key)).size).toBe(3);
  });

  it('distinguishes starts from a lost connection, and stores no change of state', () => {
    const { kept, presence } = start();
    presence(birth);
    presence({ ...birth, state: 'exec' });
    presence({ on: 0, boot: birth.boot });
    presence(birth);
    presence({ ...birth, boot: 'aaaaaaaa', reset: 'watchdog', safe: 1, why: '3 crashes' });
    expect(words(kept.events)).toEqual([
      'start power',
      'away connection lost',
      'back',
      'start watchdog, safe mode: 3 crashes',
    ]);
  });

  it('keeps log lines of the set level and above, once each', () => {
    const lines = ['D\t1\tapp\tdetail', 'O\t2\t\tprinted', 'W\t3\tapp\thot', 'E\t4\tnet\tlost'];
    const head = JSON.stringify({ boot: 'b1', s: 1, n: lines.length, t: 10, u: 0, drop: {} });
    const batch = parseLogBatch(Buffer.from(`${head}\n${lines.join('\n')}\n`));
    const keptAt = (level?: LogLevel) => {
      const { kept, logs } = start(level);
      logs.fire({ uid: 'aa', batch });
      logs.fire({ uid: 'aa', batch });
      return words(kept.events);
    };
    expect(keptAt('W')).toEqual(['log:W app: hot', 'log:E net: lost']);
    expect(keptAt('O')).toHaveLength(4);
    expect(keptAt()).toEqual([]);
  });

  it('limits the rows of one board per minute, reports it, and does not affect others', () => {
    const { kept, say, clock } = start();
    for (let i = 0; i < 1000; i++) say('ev', { ev: 'task', boot: 'b', name: 'x', x: '', n: i });
    say('ev', { ev: 'ota', boot: 'b', state: 'pending' }, 'bb');
    expect(kept.events.filter((e) => e.uid === 'aa')).toHaveLength(301);
    expect(kept.events.at(-2)?.kind).toBe('flood');
    expect(kept.events.at(-1)?.uid).toBe('bb');
    clock.now += 60_000;
    say('ev', { ev: 'ota', boot: 'b', state: 'confirmed' });
    expect(kept.events.at(-1)?.text).toBe('confirmed');
  });
});

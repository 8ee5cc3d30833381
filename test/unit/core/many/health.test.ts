import { describe, expect, it } from 'vitest';
import { AGENT_VERSION } from '../../../../src/core/agent';
import type { Board } from '../../../../src/core/board/board';
import { ConnectionLostError } from '../../../../src/core/errors';
import { healthOf, offsetText } from '../../../../src/core/many/health';
import { selectBoards } from '../../../../src/core/many/selector';
import type { Sample } from '../../../../src/core/many/telemetry';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

interface Told {
  readonly crashes?: number;
  readonly error?: Error;
  readonly details?: Record<string, string>;
  readonly flash?: { free: number; total: number };
  readonly clock?: Board['clock'];
  readonly away?: boolean;
  readonly firmware?: string;
  readonly asleep?: Board['asleep'];
}

function board({
  crashes,
  error,
  details = {},
  flash,
  clock,
  away,
  firmware,
  asleep,
}: Told = {}): Board {
  const state = error || away ? { tag: 'disconnected', error } : { tag: 'online' };
  const crash = crashes === undefined ? undefined : { count: crashes, last: 'ValueError: x' };
  const links = [{ present: true, found: { details } }];
  return {
    state,
    crash,
    links,
    info: { flash, implementation: 'micropython', version: firmware },
    clock,
    asleep,
  } as unknown as Board;
}

/** A measurement a minute, the last one `ago` minutes ago. */
function minutes(count: number, of: (i: number) => Partial<Sample>, ago = 0): Sample[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ at: NOW - (count - 1 - i + ago) * MINUTE, uptime: i * 60 },
    ...of(i),
  }));
}

const marks = (b: Board, samples: Sample[] = []) =>
  healthOf(b, { samples, now: NOW }).map((i) => i.mark);

describe('what needs attention', () => {
  it('is empty for a healthy board', () => {
    const saw = minutes(60, (i) => ({ memoryFree: 90_000 - (i % 7) * 10_000, signal: -60 }));
    expect(marks(board({ flash: { free: 1e6, total: 2e6 } }), saw)).toEqual([]);
    expect(marks(board())).toEqual([]);
  });

  it('distinguishes a program that crashed from one that keeps restarting', () => {
    expect(marks(board({ crashes: 1 }))).toEqual(['crashed']);
    expect(marks(board({ crashes: 3 }))).toEqual(['restarting']);
  });

  it('includes safe mode, an update on trial, firmware that is being written, a failed module, and an error of the link', () => {
    expect(marks(board({ details: { safe: '3 crashes' } }))).toEqual(['safe']);
    expect(marks(board({ details: { trial: 'not confirmed yet' } }))).toEqual(['updating']);
    expect(marks(board({ details: { activity: 'ota' } }))).toEqual(['updating']);
    expect(marks(board({ details: { broken: "lamp: ValueError('pin',)" } }))).toEqual([
      'module-failed',
    ]);
    expect(marks(board({ error: new ConnectionLostError('gone') }))).toEqual(['error']);
  });

  it('includes an old agent, old firmware, and restarted tasks', () => {
    expect(marks(board({ details: { agent: '0.2.9' } }))).toEqual(['old-agent']);
    expect(marks(board({ details: { agent: AGENT_VERSION } }))).toEqual([]);
    expect(marks(board({ details: { agent: '99.0.0' } }))).toEqual([]);
    expect(marks(board({ details: { agent: 'what the network says' } }))).toEqual([]);
    expect(marks(board({ firmware: '1.19.1' }))).toEqual(['old-firmware']);
    expect(marks(board({ firmware: '1.26.0' }))).toEqual([]);
    const tasks = (counts: number[]) =>
      marks(
        board(),
        minutes(counts.length, (i) => ({ taskRestarts: counts[i] })),
      );
    expect(tasks([0, 0, 0])).toEqual([]);
    expect(tasks([4, 4, 4])).toEqual([]); // before this window looked
    expect(tasks([4, 5, 5])).toEqual(['task-restarts']);
    expect(tasks([4, 0, 1])).toEqual(['task-restarts']); // the board restarted in between
  });

  it('includes a board that is listed as online and has missed its heartbeats', () => {
    const even = (ago: number) => minutes(10, () => ({}), ago);
    expect(marks(board(), even(3))).toEqual([]);
    expect(marks(board(), even(4))).toEqual(['stale']);
    expect(marks(board({ away: true }), even(60))).toEqual([]);
    // A board on a cable is measured only on request.
    expect(
      marks(
        board(),
        minutes(10, () => ({ uptime: undefined }), 60),
      ),
    ).toEqual([]);
  });

  it('distinguishes a memory leak from garbage collection and from a restart', () => {
    const falling = minutes(30, (i) => ({ memoryFree: 90_000 - i * 2_000 + (i % 3) * 500 }));
    expect(marks(board(), falling)).toEqual(['low-memory']);
    const restarted = minutes(30, (i) => ({
      memoryFree: i < 15 ? 90_000 : 40_000,
      uptime: i % 15,
    }));
    expect(marks(board(), restarted)).toEqual([]);
    expect(marks(board(), falling.slice(-8))).toEqual([]);
  });

  it('includes nearly full flash, a weak signal and a wrong clock', () => {
    expect(marks(board({ flash: { free: 90_000, total: 2e6 } }))).toEqual(['low-flash']);
    expect(
      marks(
        board(),
        minutes(3, () => ({ signal: -85 })),
      ),
    ).toEqual(['weak-signal']);
    expect(
      marks(
        board(),
        minutes(3, (i) => ({ signal: i === 1 ? -60 : -85 })),
      ),
    ).toEqual([]);
    const off = (offset: number, isUtc = false) => board({ clock: { offset, isUtc } });
    expect(marks(off(-3 * 86_400_000))).toEqual(['wrong-clock']);
    expect(marks(off(20_000))).toEqual([]);
    expect(marks(off(7_200_000, true))).toEqual([]);
  });

  it('includes a board that wakes up late, and no sleeping one', () => {
    const until = NOW - 5 * MINUTE;
    expect(marks(board({ away: true, asleep: { until, overslept: true } }))).toEqual(['overslept']);
    expect(marks(board({ away: true, asleep: { until: NOW, overslept: false } }))).toEqual([]);
  });

  it('can be selected by state:, like the state', () => {
    const common = { addresses: [], tags: [], brokers: [], state: 'online' };
    const boards = [
      { ...common, name: 'kitchen', marks: ['safe'] },
      { ...common, name: 'hall' },
    ];
    const chosen = (selector: string) => selectBoards(selector, boards).boards.map((b) => b.name);
    expect(chosen('state:safe')).toEqual(['kitchen']);
    expect(chosen('state:online')).toEqual(['kitchen', 'hall']);
    expect(chosen('state:online,-,state:s*')).toEqual(['hall']);
  });
});

it('shows the deviation of a clock', () => {
  expect([-6_000, 200_000, -7_300_000, 3 * 86_400_000].map(offsetText)).toEqual([
    ...['6 s behind', '3 min ahead', '2 h behind', '3 days ahead'],
  ]);
});

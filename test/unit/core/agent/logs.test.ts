import { describe, expect, it } from 'vitest';
import { formatEntry, isWanted, LogStore } from '../../../../src/core/agent/agentLogs';
import { parseLogBatch } from '../../../../src/core/agent/agentProtocolLog';

const batch = (boot: string, first: number, ...lines: string[]) =>
  parseLogBatch(
    Buffer.from(
      `${JSON.stringify({ boot, s: first, n: lines.length, t: 1000, u: 0, drop: {} })}\n${lines.join('\n')}\n`,
    ),
  );

describe('the log of many boards', () => {
  it('takes each record once, and shows gaps and restarts', () => {
    const store = new LogStore(() => 5000);
    store.add('aa', batch('b1', 1, 'I\t500\tapp\tone', 'I\t600\tapp\ttwo'));
    store.add('aa', batch('b1', 1, 'I\t500\tapp\tone', 'I\t600\tapp\ttwo'));
    store.add('aa', batch('b1', 6, 'E\t900\tapp\tsix'));
    store.add('aa', batch('b2', 1, 'I\t10\tapp\tnew'));
    expect(store.entries.map((e) => (e.kind === 'record' ? e.record.text : e.kind))).toEqual([
      ...['one', 'two', 'gap', 'six', 'boot', 'new'],
    ]);
    expect(store.entries[2]).toMatchObject({ kind: 'gap', lost: 3 });
    expect(store.entries[0]?.at).toBe(4500);
    expect(store.loggers).toEqual(['app']);
  });

  it('shows times that never decrease, although boards send whole seconds', () => {
    const store = new LogStore(() => 5_000_000);
    const sent = (first: number, uptime: number, unix: number) => {
      const head = JSON.stringify({ boot: 'b', s: first, n: 1, t: uptime, u: unix, drop: {} });
      return parseLogBatch(Buffer.from(`${head}\nI\t${uptime - 10}\tapp\tx\n`));
    };
    // Started at 999.7 s: 1 s later its clock says 1000, although it is 1000.7.
    for (const [i, uptime] of [1000, 1200, 1400, 2300].entries()) {
      store.add('aa', sent(i + 1, uptime, Math.floor((999_700 + uptime) / 1000)));
    }
    const times = store.entries.map((e) => e.at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBe(999_700 + 2290);
    // The clock is set to the right time while it runs.
    store.add('aa', sent(5, 3000, 5_000));
    expect(store.entries.at(-1)?.at).toBe(4_999_990);
  });

  it('filters by board, level and logger', () => {
    const store = new LogStore();
    store.add('aa', batch('b', 1, 'D\t1\tnet\td', 'W\t1\tapp\tw', 'O\t1\t\tprinted'));
    store.add('bb', batch('b', 1, 'C\t1\tapp\tc'));
    const texts = (filter: Parameters<typeof isWanted>[1]) =>
      store.entries.flatMap((e) =>
        isWanted(e, filter) && e.kind === 'record' ? e.record.text : [],
      );
    expect(texts({})).toEqual(['d', 'w', 'printed', 'c']);
    expect(texts({ uids: new Set(['bb']) })).toEqual(['c']);
    expect(texts({ level: 'W', withoutPrinted: true })).toEqual(['w', 'c']);
    expect(texts({ logger: 'net' })).toEqual(['d']);
  });

  it('escapes text from boards, so that no board can forge a line', () => {
    const store = new LogStore(() => 0);
    const [entry] = store.add('aa', batch('b', 1, 'E\t1\tapp\tone\\ntwo\x1b[2J'));
    if (!entry) throw new Error('no entry');
    const lines = formatEntry(entry, 'kitchen').trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines.every((l) => /^\d\d:\d\d:\d\d\.\d{3} kitchen error app: /.test(l))).toBe(true);
    expect(lines[1]).toContain('two\\x1b[2J');
  });
});

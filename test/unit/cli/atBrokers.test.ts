import { describe, expect, it } from 'vitest';
import { bestReport, joinReports } from '../../../src/cli/board/atBrokers';
import { NOTHING_FOREIGN } from '../../../src/cli/board/project';
import { parseRegistry } from '../../../src/cli/board/registry';
import { mqttAddress } from '../../../src/core/parseAddress';
import type { Found } from '../../../src/core/board';

const report = (broker: string, uid: string, more: Partial<Found> = {}): Found => ({
  ...{ address: mqttAddress(broker, uid), uid, likely: true, online: true },
  ...more,
});

const registry = parseRegistry({
  boards: {
    desk: { address: 'serial:/dev/ttyACM0', uid: 'AB12' },
    blank: { address: 'serial:/dev/ttyACM1', uid: '000000' },
    shelf: { address: 'mqtt://office/cd34', uid: 'cd34' },
  },
});
const joined = (found: readonly Found[], foreign = NOTHING_FOREIGN) => {
  const { own, others } = joinReports({ ...registry, foreign }, found);
  const texts = (reports: readonly Found[]) => reports.map((r) => r.address.text);
  return {
    own: Object.fromEntries([...own].map(([b, reports]) => [b.name, texts(reports)])),
    others: others.map(texts),
  };
};

describe('joinReports', () => {
  it('joins a report with the entry that has its uid or its address, and reports of one board', () => {
    const found = [report('office', 'ab12'), report('lab', 'cd34'), report('office', 'cd34')];
    const more = [report('office', 'ef56'), report('lab', 'ef56')];
    expect(joined([...found, ...more])).toEqual({
      own: { desk: ['mqtt://office/ab12'], shelf: ['mqtt://lab/cd34', 'mqtt://office/cd34'] },
      others: [['mqtt://office/ef56', 'mqtt://lab/ef56']],
    });
  });

  it('does not join boards whose chips have no id, nor those of names that are equal', () => {
    const found = [report('office', '000000'), report('office', 'aa11', { name: 'desk' })];
    expect(joined(found)).toEqual({
      own: {},
      others: [['mqtt://office/000000'], ['mqtt://office/aa11']],
    });
  });

  it("does not give the board of a project's broker the name of the user's own entry", () => {
    const foreign = { ...NOTHING_FOREIGN, brokers: new Set(['theirs']) };
    expect(joined([report('theirs', 'ab12')], foreign)).toEqual({
      own: {},
      others: [['mqtt://theirs/ab12']],
    });
  });
});

describe('bestReport', () => {
  const [desk] = registry.boards;
  it('prefers a broker at which the board is online', () => {
    const reports = [report('office', 'ab12', { online: false }), report('lab', 'ab12')];
    expect(bestReport(reports, desk?.address)?.address.text).toBe('mqtt://lab/ab12');
  });

  it("never replaces the entry's own address by a board that cannot prove its uid", () => {
    const open = report('office', 'ab12', { unproven: true });
    expect(bestReport([open], desk?.address)).toBeUndefined();
    expect(bestReport([open], open.address)).toBe(open);
  });
});

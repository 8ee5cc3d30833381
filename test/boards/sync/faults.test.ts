import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { text } from '../../../src/core/bytes';
import type { Fault } from '../../lab/serlink.mjs';
import { pollUntil } from '../../lab/index.mjs';
import { Bench, JOBS, onBenches, type Job } from '../rig/faultJobs';
import { OTHER, spread, type Place, type Wire } from '../rig/wireStates';

// What the cable does to an upload of a file, of a folder and to a sync, from the first question for the prompt to the last
// byte: at places spread over all of it, and in every state that the protocol goes through. Boards are shared by the cases, and
// the jobs run side by side: most of the time goes into a board's waiting for what never comes.

const LIMIT = 300_000;
const CTRL_B = '\x02'; // leaves the raw REPL
/** States in which each job must be cut, by their names in wireStates. */
const STATES = [
  'the prompt is asked for',
  'question what the board can: window waited for',
  'question what the board can: code sent, not confirmed',
  'receiver: window waited for',
  'receiver: credit waited for',
  'file announced',
  'block half sent',
  'block sent, not answered',
  'before the hash',
  'in its place, not told',
  'finish: its frame',
  'finish: nothing heard of it',
  'receiver: end of its answer',
  'the prompt comes back',
];
const OF_SEVERAL = ['between two files'];
const OF_SYNC = ['listing and hashing: window waited for', 'listing and hashing: answer'];

async function recorded(job: Job): Promise<Wire> {
  const bench = await Bench.start(job);
  try {
    return await bench.record();
  } finally {
    await bench.stop();
  }
}

/** The first and the last place in each state, and places that a seed draws from the whole transfer. */
function cuts(wire: Wire): Place[] {
  const all = wire.places();
  const inStates = all.filter(({ state }, i) => {
    const isIt = (place: Place) => place.state === state;
    return all.findIndex(isIt) === i || (all.findLastIndex(isIt) === i && !state.startsWith(OTHER));
  });
  const anywhere = (['toBoard', 'toHost'] as const).flatMap((dir) =>
    spread(wire.bytes(dir).length, 5).map((at) => ({ state: 'anywhere', dir, at })),
  );
  return [...inStates, ...anywhere];
}

/** The place of the same state in another recording of the job. */
function samePlace(wire: Wire, place: Place, other: Wire): Place {
  const alike = (places: readonly Place[]) =>
    places.filter(({ state, dir }) => state === place.state && dir === place.dir);
  const isLast = alike(wire.places()).at(-1)?.at === place.at;
  const found = alike(other.places()).at(isLast ? -1 : 0);
  return found ?? { ...place, at: Math.min(place.at, other.bytes(place.dir).length - 1) };
}

/**
 * Cuts the cable at the place while the job runs, and expects intact files and the right outcome. Returns false if the job's
 * traffic differs from the recorded one, which makes the place meaningless: a computer that is slow between two steps leaves
 * the raw REPL and enters it again.
 */
async function isCutAt(bench: Bench, wire: Wire, { state, dir, at }: Place): Promise<boolean> {
  const where = `${state}, cut ${dir} at ${at}`;
  await bench.begin();
  await bench.rig.cable.record();
  await bench.rig.cable.fault({ kind: 'unplug', dir, at });
  const error = await bench.outcome(bench.run());
  const isCut = async () => (await bench.rig.cable.stats()).silent;
  // A shorter way ends before the cut: then the prompt comes.
  if (!error) await Promise.race([pollUntil(isCut, 10_000), bench.outcome(bench.atPrompt())]);
  const wasCut = error !== undefined || (await isCut());
  const parts = (await bench.rig.cable.recorded()).filter((part) => part.dir === dir);
  const passed = Buffer.concat(parts.map(({ bytes }) => bytes));
  const isRecordedWay = wasCut && entries(passed) === entries(wire.bytes(dir).subarray(0, at));
  if (isRecordedWay) {
    expect(passed.length, where).toBe(at);
    // The work is done once the last answer has arrived, even if the cable is cut then.
    const isDone = at >= (dir === 'toBoard' ? wire.lastAsked : wire.lastAnswered);
    expect(error === undefined, where).toBe(isDone);
  }
  if (error) expect(error, where).toMatchObject({ code: 'connectionLost' });
  else await bench.expectDone(where);
  await bench.expectMendable(where);
  return isRecordedWay;
}

/** How often the raw REPL was entered or left, as far as these bytes of one direction show it. */
function entries(bytes: Buffer): number {
  const text = bytes.toString('latin1');
  const marks = ['raw REPL', '>>> ', CTRL_B];
  return marks.reduce((sum, mark) => sum + text.split(mark).length - 1, 0);
}

describe.concurrent.each(JOBS)('$what', (job) => {
  const start = () => Bench.start(job);
  it(
    'is cut in every state and at many places: files are intact, the error is clear, and the next attempt completes',
    async () => {
      const wire = await recorded(job);
      const places = cuts(wire);
      const reached = new Set<string>();
      await onBenches(start, 3, places, async (bench, place) => {
        let [way, at] = [wire, place];
        for (let tries = 1; !(await isCutAt(bench, way, at)); tries++) {
          expect(tries, `${place.state}: another way each time`).toBeLessThan(8);
          // On a loaded computer the recorded way may be the rare one.
          way = await bench.record();
          at = samePlace(wire, place, way);
        }
        reached.add(place.state);
      });
      const must = [
        ...STATES,
        ...(Object.keys(job.after).length > 1 ? OF_SEVERAL : []),
        ...(job.removes ? OF_SYNC : []),
      ];
      expect(must.filter((state) => !reached.has(state))).toEqual([]);
    },
    LIMIT,
  );

  it(
    'has bytes flipped, dropped, doubled and inserted: faults are repaired or reported',
    async () => {
      const wire = await recorded(job);
      const of = (dir: Fault['dir'], count: number, seed: number) =>
        spread(wire.bytes(dir).length, count, seed).map((at, i): Fault => {
          const kinds: Fault[] = [
            { kind: 'flip', dir, at, mask: 1 << (i % 7) },
            { kind: 'drop', dir, at, count: 1 + (at % 5) },
            { kind: 'dup', dir, at, count: 1 + (at % 3) },
            { kind: 'insert', dir, at, data: Buffer.from('\x03~A') },
          ];
          return kinds[i % kinds.length] ?? { kind: 'flip', dir, at };
        });
      await onBenches(
        start,
        2,
        [...of('toBoard', 12, 7), ...of('toHost', 8, 11)],
        async (bench, fault) => {
          const where = `${fault.kind} ${fault.dir} at ${fault.at}`;
          const error = await bench.disturbed(fault);
          if (error) await bench.expectMendable(`${where}: ${error.message}`);
          else await bench.expectDone(where);
        },
      );
    },
    LIMIT,
  );

  it.each([
    { state: 'hash', verb: 'stat', power: true },
    { state: 'rename', verb: 'rename', power: true },
    { state: 'rename', verb: 'rename', power: false },
  ])(
    'ends just before the $state (power fails: $power): the old file is there',
    async ({ verb, power }) => {
      const bench = await Bench.start(job);
      try {
        await bench.begin();
        await stallBefore(bench, verb);
        const running = bench.outcome(bench.run());
        const stalled = () =>
          Promise.resolve(readFileSync(bench.rig.board.flash).includes(STALLED));
        expect(await pollUntil(stalled, 20_000)).toBe(true);
        if (power) await bench.rig.board.kill();
        else await bench.rig.cable.unplug();
        expect(await running).toMatchObject({ code: 'connectionLost' });
        const there = await bench.rig.board.files();
        for (const [name, content] of Object.entries(job.before)) {
          expect(there[`/${name}`]?.equals(content), name).toBe(true);
        }
        expect(Object.keys(there).filter((path) => path.endsWith('~'))).toHaveLength(1);
        if (power) await bench.rig.restart();
        else await bench.rig.reconnect();
        await bench.run();
        // A sync that mirrors has removed it already.
        if (!job.removes) await bench.rig.files.remove(MARK);
        await bench.expectDone(verb);
      } finally {
        await bench.stop();
      }
    },
    LIMIT,
  );
});

const MARK = '/stalled';
const STALLED = 'the board stands still here';

/**
 * The board stands still, once, before it does `verb` (of uos, which the snippets use) to a temporary file: nothing on the wire
 * tells these states apart.
 */
async function stallBefore(bench: Bench, verb: string): Promise<void> {
  const code = `
import sys, os
class Slow:
    def __init__(self, os): self.os = os; self.once = True
    def __getattr__(self, name): return getattr(self.os, name)
    def ${verb}(self, path, *more):
        if self.once and path.endswith('~'):
            self.once = False
            with open('${MARK}', 'w') as f: f.write('${STALLED.replace('still', "' 'still")}')
            while True: pass
        return self.os.${verb}(path, *more)
sys.modules['uos'] = Slow(os)
import uos
print(type(uos).__name__)
`;
  const said = await bench.rig.transport.withSession((session) => session.exec(code));
  expect(text(said).trim()).toBe('Slow');
}

describe('a sync', () => {
  const job = JOBS.find(({ removes }) => removes);
  if (!job) throw new Error('there is no sync among the jobs');

  it('that was cut is undone up to that point', async () => {
    const { up } = await recorded(job);
    const bench = await Bench.start(job);
    try {
      await bench.begin();
      await bench.rig.cable.fault({
        kind: 'unplug',
        dir: 'toBoard',
        at: Math.floor(up.length * 0.7),
      });
      const work = bench.workspace();
      expect(await bench.outcome(work.sync('mirror').then(() => undefined))).toMatchObject({
        code: 'connectionLost',
      });
      await bench.rig.reconnect();
      await work.undoLast();
      const there = Object.entries(await bench.rig.board.files()).filter(([p]) => !p.endsWith('~'));
      const old = Object.entries(job.before).map(([name, data]) => [`/${name}`, data] as const);
      expect(Object.fromEntries(there)).toEqual(Object.fromEntries(old));
    } finally {
      await bench.stop();
    }
  });

  it('that is cancelled leaves whole files and a responsive board, and can be undone', async () => {
    const bench = await Bench.start(job);
    try {
      await bench.begin();
      const abort = new AbortController();
      const work = bench.workspace();
      const running = work.sync('mirror', {
        signal: abort.signal,
        onProgress: (done) => {
          if (done > 8000) abort.abort();
        },
      });
      await expect(running).rejects.toMatchObject({ code: 'cancelled' });
      await bench.expectWhole('called off');
      const undone = await work.undoLast();
      expect(undone.left).toEqual([]);
      const there = await bench.rig.board.files();
      for (const [name, data] of Object.entries(job.before)) {
        expect(there[`/${name}`]?.equals(data), name).toBe(true);
      }
    } finally {
      await bench.stop();
    }
  });
});

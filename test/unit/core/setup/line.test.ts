import { describe, expect, it } from 'vitest';
import { Deferred } from '../../../../src/core/async';
import { ConnectError, LinkLostError, UsageError } from '../../../../src/core/errors';
import { FlashError, type Firmware } from '../../../../src/core/flash';
import { silentLog } from '../../../../src/core/log';
import { serialAddress } from '../../../../src/core/parseAddress';
import {
  AlreadySetUpError,
  NameRange,
  ProductionLine,
  setUpBoard,
  unfinishedRecord,
  type LineBoard,
  type LinePlaces,
  type SetupBoard,
  type SetupHost,
  type SetupRecord,
  type StepName,
} from '../../../../src/core/setup';
import { FakeFiles } from './setupFiles';

const TEMPLATE = {
  firmware: { use: 'f.bin' },
  name: 'line-[01-40]',
  files: [{ to: '/name.txt', text: '{name}' }],
};
const unused = () => Promise.reject(new Error('not used here'));

/** Places at which a board waits from the beginning. */
class Bench implements LinePlaces {
  readonly #waiting: Set<string>;
  constructor(places: readonly string[]) {
    this.#waiting = new Set(places);
  }

  arrived() {
    return Promise.resolve([...this.#waiting]);
  }

  take(place: string) {
    this.#waiting.delete(place);
  }

  plug(place: string) {
    this.#waiting.add(place);
  }
}

/** A board whose given step fails. */
function boardOf(uid: string, fails?: StepName): SetupBoard {
  const check = (step: StepName) => {
    if (fails === step) throw new UsageError(`${step} broke`);
  };
  const files = new FakeFiles();
  if (fails === 'files') files.fails = new UsageError('files broke');
  return {
    name: uid,
    files,
    exec: unused,
    flash: async (_firmware, { onChip }) => {
      await Promise.resolve();
      onChip(`chip${uid}`);
      check('flash');
      return { restarted: true };
    },
    info: async () => {
      await Promise.resolve();
      check('name');
      return { uid, implementation: 'micropython', version: '1.25.0', platform: 'p', machine: '' };
    },
    reset: async () => {
      await Promise.resolve();
      check('start');
    },
  };
}

function hostOf(names: NameRange, made: readonly SetupRecord[] = []): SetupHost {
  return {
    firmware: () => Promise.resolve({ kind: 'esp' } as Firmware),
    secret: () => Promise.resolve(undefined),
    earlier: ({ chip }) => made.find((r) => r.chip !== undefined && r.chip === chip),
    nextName: () => names.next(),
    broker: unused,
    keepKey: unused,
    handOver: unused,
    agentSource: unused,
    files: unused,
    app: unused,
    supervisor: unused,
    stubs: unused,
  };
}

const never = new AbortController().signal;

/** A line with one board at each place. `flashAt` returns how a board is flashed; undefined: successfully. */
function lineOf(
  places: readonly string[],
  flashAt: (place: string) => SetupBoard['flash'] | undefined,
  options: Partial<ConstructorParameters<typeof ProductionLine>[4]>,
): ProductionLine {
  const names = new NameRange(TEMPLATE.name, []);
  const boardAt = (place: string): LineBoard => {
    const flash = flashAt(place);
    return {
      board: { ...boardOf(place), ...(flash && { flash }) },
      host: hostOf(names),
      close: () => Promise.resolve(undefined),
    };
  };
  return new ProductionLine(TEMPLATE, new Bench(places), boardAt, () => Promise.resolve(), {
    ...{ signal: never, count: places.length, ...options },
  });
}

describe('a production line', () => {
  it('sets up thirty boards, eight in parallel, and names those that fail in any step with the reason', async () => {
    const COUNT = 30;
    const steps = ['flash', 'files', 'start'] as const;
    const places = Array.from({ length: COUNT }, (_, i) => `port${i}`);
    const failing = new Map([3, 14, 25].map((i, n) => [`port${i}`, steps[n]]));
    const names = new NameRange(TEMPLATE.name, []);
    const records: SetupRecord[] = [];
    let working = 0;
    let most = 0;
    const boardAt = (place: string): LineBoard => {
      most = Math.max(most, ++working);
      return {
        board: boardOf(place, failing.get(place)),
        host: hostOf(names),
        close: () => {
          working--;
          return Promise.resolve(undefined);
        },
      };
    };
    const add = (record: SetupRecord) => Promise.resolve(void records.push(record));
    const line = new ProductionLine(TEMPLATE, new Bench(places), boardAt, add, {
      ...{ signal: never, count: COUNT },
    });
    expect(await line.run()).toEqual({ ok: 27, failed: 3, stopped: undefined });
    expect(most).toBe(8);
    const failed = records.filter((r) => r.failed);
    expect(failed.map((r) => `${r.failed?.step}: ${r.failed?.reason}`).sort()).toEqual([
      'files: files broke',
      'flash: flash broke',
      'start: start broke',
    ]);
    expect(failed.every((r) => failing.has((r.chip ?? '').replace('chip', '')))).toBe(true);
    const ready = records.filter((r) => !r.failed);
    expect(ready.every((r) => r.done.join() === 'flash,name,files,start')).toBe(true);
    expect(new Set(ready.map((r) => r.name)).size).toBe(27);
  });

  it('names a board that failed before it was identified by its port', async () => {
    const silent = {
      ...boardOf('port7'),
      flash: () => Promise.reject(new UsageError('no answer')),
    };
    const boardAt = (): LineBoard => ({
      board: silent,
      host: hostOf(new NameRange(TEMPLATE.name, [])),
      close: () => Promise.resolve(undefined),
    });
    const records: SetupRecord[] = [];
    const add = (record: SetupRecord) => Promise.resolve(void records.push(record));
    const line = new ProductionLine(TEMPLATE, new Bench(['port7']), boardAt, add, {
      ...{ signal: never, count: 1 },
    });
    await line.run();
    expect(records).toMatchObject([{ failed: { reason: 'no answer' }, notes: ['port7'] }]);
  });

  it('says that a board was unplugged whose port no longer exists', async () => {
    const address = serialAddress('/dev/ttyUSB7');
    const silent = {
      ...boardOf('port7'),
      flash: () => Promise.reject(new ConnectError(address, 'notFound', 'Port does not exist')),
    };
    const record = await setUpBoard(TEMPLATE, silent, hostOf(new NameRange(TEMPLATE.name, [])), {
      signal: never,
    });
    expect(record.failed).toMatchObject({
      ...{ step: 'flash', reason: 'The board at /dev/ttyUSB7 was unplugged' },
      hint: 'Plug it in again. If you did not unplug it, check the cable.',
    });
  });

  it.each([
    new ConnectError(serialAddress('/dev/ttyUSB7'), 'notFound', 'Port does not exist'),
    new FlashError('lost', 'The board at /dev/ttyUSB7 was unplugged'),
    new LinkLostError('The port /dev/ttyUSB7 no longer exists'),
  ])('continues after boards that were unplugged: $message', async (error) => {
    const line = lineOf(
      ['a', 'b', 'c', 'd'],
      (place) => (place === 'd' ? undefined : () => Promise.reject(error)),
      {
        atOnce: 1,
      },
    );
    expect(await line.run()).toEqual({ ok: 1, failed: 3, stopped: undefined });
  });

  it('stops when two boards at its start fail in the same way, with an unplugged one in between', async () => {
    const reasons = [new UsageError('no'), new LinkLostError('gone'), new UsageError('no')];
    const flashAt = (place: string) => () => Promise.reject(reasons[Number(place)] ?? new Error());
    const line = lineOf(['0', '1', '2', '3'], flashAt, { atOnce: 1 });
    expect(await line.run()).toMatchObject({
      failed: 3,
      stopped: 'The line stopped: 2 boards in a row failed in "flash": no',
    });
  });

  it('continues after slow failures of boards that were not begun one after the other', async () => {
    const othersDone = new Deferred<undefined>();
    let ready = 0;
    const flash = () => othersDone.promise.then(() => Promise.reject(new UsageError('no')));
    const made = (_place: string, { failed }: SetupRecord) => {
      if (!failed && ++ready === 3) othersDone.resolve(undefined);
    };
    const flashAt = (place: string) => (Number(place) % 2 === 0 ? flash : undefined);
    const line = lineOf(['0', '1', '2', '3', '4', '5'], flashAt, { events: { made } });
    expect(await line.run()).toEqual({ ok: 3, failed: 3, stopped: undefined });
  });

  it('does not take a board for the flashed one that runs another version', async () => {
    const firmware = { kind: 'esp', version: 'v1.24.1' } as unknown as Firmware;
    const names = new NameRange(TEMPLATE.name, []);
    const host = { ...hostOf(names), firmware: () => Promise.resolve(firmware) };
    const record = await setUpBoard(TEMPLATE, boardOf('a'), host, { signal: never });
    const reason = 'The board runs 1.25.0, but the firmware file is v1.24.1';
    expect(record).toMatchObject({ done: [], failed: { step: 'flash', reason } });
  });

  it('does not set up a board twice that returns at another port', async () => {
    const bench = new Bench(['usb']);
    const begun: string[] = [];
    const names = new NameRange(TEMPLATE.name, []);
    const boardAt = (place: string): LineBoard => {
      begun.push(place);
      const board = boardOf(place);
      const flash: SetupBoard['flash'] = async (...args) => {
        const done = await board.flash(...args);
        bench.plug(place); // it was away, so its port counts as a new one
        return done;
      };
      const close = () => {
        bench.plug('elsewhere');
        line.end();
        return Promise.resolve('elsewhere');
      };
      return { board: { ...board, flash }, host: hostOf(names), close };
    };
    const add = () => Promise.resolve();
    const line = new ProductionLine(TEMPLATE, bench, boardAt, add, { signal: never });
    expect(await line.run()).toMatchObject({ ok: 1 });
    expect(begun).toEqual(['usb']);
    expect(await bench.arrived()).toEqual([]);
  });

  it('skips a finished board, and stops when the list cannot be written', async () => {
    const names = new NameRange(TEMPLATE.name, []);
    const ready = { chip: 'chipa', name: 'line-01', done: [], notes: [], time: '', seconds: 1 };
    const said: string[] = [];
    const boardAt = (place: string): LineBoard => ({
      board: boardOf(place),
      host: hostOf(names, [ready]),
      close: () => Promise.resolve(undefined),
    });
    const events = {
      already: (place: string, error: AlreadySetUpError) => said.push(`${place}: ${error.message}`),
      broken: (place: string, error: Error) => said.push(`${place}: ${error.message}`),
    };
    const add = () => Promise.reject(new Error('the disk is full'));
    const line = new ProductionLine(TEMPLATE, new Bench(['a', 'b']), boardAt, add, {
      ...{ signal: never, events },
    });
    expect(await line.run()).toEqual({ ok: 0, failed: 0, stopped: 'the disk is full' });
    expect(said.sort()).toEqual([
      'a: line-01 was set up before and was not changed',
      'b: the disk is full',
    ]);
  });

  it('continues a board that failed after it was flashed', async () => {
    const before = { uid: 'a', done: ['flash'] as const, notes: [], time: '', seconds: 1 };
    const record = { ...before, failed: { step: 'files' as const, reason: 'r' } };
    const made = { records: [record], of: () => record };
    const options = { signal: never, log: silentLog };
    expect(await unfinishedRecord(boardOf('a'), made, options)).toBe(record);
    expect(await unfinishedRecord(boardOf('a', 'name'), made, options)).toBe(undefined);
  });
});

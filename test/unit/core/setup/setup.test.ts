import { describe, expect, it } from 'vitest';
import type { BoardInfo } from '../../../../src/core/board';
import { utf8 } from '../../../../src/core/bytes';
import { FileError, UsageError } from '../../../../src/core/errors';
import type { Firmware } from '../../../../src/core/flash';
import {
  isSameBoard,
  NameRange,
  parseRecords,
  parseTemplate,
  plainSecrets,
  recordsCsv,
  recordWords,
  setUpBoard,
  stepsOf,
  withParts,
  withRecord,
  type SetupBoard,
  type SetupHost,
  type SetupRecord,
} from '../../../../src/core/setup';
import { LineTally } from '../../../../src/core/setup/lineTally';
import { FakeFiles } from './setupFiles';

const read = (text: string) => parseTemplate(text, 't.board-template.yaml');
const never = new AbortController().signal;

describe('a board template', () => {
  it.each([
    ['files: 5', 'files must be a list'],
    ['colour: red\nname: a', 'Unknown setting "colour"'],
    ['{}', 'it has no step'],
    ['name: a\nname: b', 'Map keys must be unique'],
    ['name: "{secret:x}"', 'name may contain {n}'],
    ['broker: {port: 1883}', 'broker needs "id" or "host"'],
    ['name: a\nwifi: [{ssid: x}]', 'wifi needs "broker"'],
    ['name: a\ntags: [x]', 'tags need "broker"'],
    ['broker: {host: h, password: hunter2}', 'is not in the right form'],
    ['broker: {host: h, user: u, login: derived}', 'either "login", or "user"'],
    ['broker: {host: h, handOver: hunter2hunter2}', 'is not in the right form'],
    ['broker: {host: h, handOver: "{secret:of-{name}}"}', 'is not in the right form'],
    ['name: a\nlabel: "{secret:x}"', 'label must not contain a secret'],
    ['files: [{from: ../secrets, to: /}]', 'must be a path below the folder'],
    ['app: /etc', 'must be a path below the folder'],
    ['app: "C:\\\\x"', 'must be a path below the folder'],
    ['files: [{to: /a}]', 'needs either "from" or "text"'],
    ['files: [{to: /../a, text: x}]', 'is not in the right form'],
    ['firmware: {erase: true}', 'firmware needs "use"'],
    ['name: &a x\ntags: [*a]', 'Alias'],
    [`name: ${'x'.repeat(100_001)}`, 'longer than 100000 characters'],
  ])('%j is rejected with its reason', (text, reason) => {
    expect(() => read(text)).toThrow(reason);
  });

  it('lists its steps and secrets', () => {
    const template = read(
      'firmware: {use: RPI_PICO_W}\nname: s-[1-3]\nwifi: [{ssid: x, password: "{secret:shop}"}]\n' +
        'broker: {host: h, password: "{secret:mq-{uid}}"}\nfiles: [{text: x, to: /a}]',
    );
    expect(stepsOf(template)).toEqual([
      ...['flash', 'name', 'wifi', 'agent', 'files', 'start', 'broker'],
    ]);
    expect(plainSecrets(template)).toEqual(['shop']);
  });
});

it('leaves out parts of a template together with what belongs to them', () => {
  const template = read(
    'name: a\nbroker: {host: h}\nwifi: []\ntags: [x]\naccessPoint: 60\nstubs: true\nlabel: l',
  );
  expect(withParts(template, ['name', 'broker'])).toEqual({
    ...{ name: 'a', broker: { host: 'h' }, wifi: [], tags: ['x'], accessPoint: 60, label: 'l' },
  });
  expect(withParts(template, ['stubs'])).toEqual({ stubs: true, label: 'l' });
});

describe('the names of a range', () => {
  it.each([
    ['s-[001-003]', ['s-001'], ['s-002', 's-003']],
    ['s-{n:3}', ['s-002'], ['s-001', 's-003']],
    ['only', [], ['only']],
  ])('%s without %j gives %j', (pattern, taken, given) => {
    const names = new NameRange(pattern, taken);
    expect(given.map(() => names.next().name)).toEqual(given);
  });

  it('ends with a reason', () => {
    const names = new NameRange('s-[1-1]', ['s-1']);
    expect(() => names.next()).toThrow('All names of "s-[1-1]" are in use');
  });
});

/** A board that fails at the given steps, once each. */
class Scripted implements SetupBoard {
  readonly name = 'port';
  readonly files = new FakeFiles();
  readonly calls: string[] = [];
  constructor(
    readonly uid: string,
    private readonly failing: string[] = [],
  ) {}

  #call(what: string): void {
    this.calls.push(what);
    if (this.failing[0] !== what) return;
    this.failing.shift();
    throw new UsageError(`${what} of ${this.uid} broke`, { hint: 'Mend it.' });
  }

  flash: SetupBoard['flash'] = (_firmware, { onChip }) => {
    onChip(this.uid);
    this.#call('flash');
    return Promise.resolve({ restarted: true });
  };
  info = () => {
    this.#call('info');
    const info = { uid: this.uid, implementation: 'micropython', version: '1.25.0' };
    return Promise.resolve({ ...info, platform: 'esp32', machine: 'm' } satisfies BoardInfo);
  };
  exec = () => Promise.resolve(utf8(''));
  reset = () => {
    this.#call('reset');
    return Promise.resolve();
  };
}

function hostWith(records: { list: readonly SetupRecord[] }, names: NameRange): SetupHost {
  const unused = () => Promise.reject(new Error('not part of this template'));
  return {
    firmware: () => Promise.resolve({ kind: 'uf2' } as Firmware),
    secret: (name) => Promise.resolve(name === 'pin' ? '1234' : undefined),
    earlier: (board) => records.list.find((r) => isSameBoard(r, board)),
    nextName: () => names.next(),
    ...{ broker: unused, keepKey: unused, agentSource: unused, app: unused, supervisor: unused },
    handOver: unused,
    files: ({ to }) => Promise.resolve([{ path: to, content: utf8('x') }]),
    stubs: () => Promise.resolve(undefined),
  };
}

const TEMPLATE = read(
  'firmware: {use: x}\nname: s-[01-40]\nfiles: [{from: a, to: /a}, {to: /id, text: "{name} {n} {secret:pin}"}]',
);

describe('setting a board up', () => {
  it('fills placeholders, and continues at the failed step', async () => {
    const records = { list: [] as readonly SetupRecord[] };
    const host = hostWith(records, new NameRange('s-[01-40]', ['s-01']));
    const board = new Scripted('aa01', ['reset']);
    const failed = await setUpBoard(TEMPLATE, board, host, { signal: never });
    expect(failed).toMatchObject({
      ...{ uid: 'aa01', name: 's-02', n: 2, firmware: '1.25.0', done: ['flash', 'name', 'files'] },
      failed: { step: 'start', reason: 'reset of aa01 broke', hint: 'Mend it.' },
    });
    expect(recordWords(failed)).toBe(
      's-02 failed in "start": reset of aa01 broke. Done before: flash, name, files',
    );
    expect(board.files.written.get('/id')).toEqual({ text: 's-02 2 1234', secret: true });
    board.calls.length = 0;
    const done = await setUpBoard(TEMPLATE, board, host, { signal: never, before: failed });
    expect(done.failed).toBe(undefined);
    expect(board.calls).toEqual(['info', 'reset']);
  });

  it('skips a finished board, unless forced', async () => {
    const records = { list: [] as readonly SetupRecord[] };
    const host = hostWith(records, new NameRange('s-[01-40]', []));
    const record = await setUpBoard(TEMPLATE, new Scripted('aa'), host, { signal: never });
    records.list = withRecord([], record);
    const board = new Scripted('aa');
    const again = setUpBoard(TEMPLATE, board, host, { signal: never });
    await expect(again).rejects.toThrow('s-01 was set up before and was not changed');
    expect(board.calls).toEqual([]);
    const options = { signal: never, again: true };
    expect(await setUpBoard(TEMPLATE, board, host, options)).toMatchObject({ name: 's-01' });
  });

  it('records a cancellation as a board that is not ready', async () => {
    const host = hostWith({ list: [] }, new NameRange('s', []));
    const record = await setUpBoard(TEMPLATE, new Scripted('aa'), host, {
      signal: AbortSignal.abort(),
    });
    expect(record).toMatchObject({ done: [], failed: { step: 'flash' } });
  });

  it('of 30 boards, eight in parallel, names each that fails at a random step', async () => {
    const records = { list: [] as readonly SetupRecord[] };
    const host = hostWith(records, new NameRange('s-[01-40]', []));
    const breaks = ['flash', 'info', 'reset'];
    let seed = 7;
    const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    const boards = Array.from({ length: 30 }, (_, i) => {
      const fault = random() < 0.1 ? [breaks[Math.floor(random() * 3)] ?? ''] : [];
      return { board: new Scripted(`b0${i}`, [...fault]), fault };
    });
    const waiting = [...boards];
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const record = await setUpBoard(TEMPLATE, next.board, host, { signal: never });
        records.list = withRecord(records.list, record);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    const broken = boards.filter((b) => b.fault.length > 0);
    expect(broken.length).toBeGreaterThan(0);
    for (const { board, fault } of boards) {
      const record = records.list.find((r) => r.chip === board.uid);
      expect(record?.failed?.reason).toBe(
        fault[0] === undefined ? undefined : `${fault[0]} of ${board.uid} broke`,
      );
    }
    const names = records.list.flatMap((r) => r.name ?? []);
    expect(new Set(names).size).toBe(names.length);
    const rows = recordsCsv(records.list).trim().split('\r\n').slice(1);
    expect(rows.filter((r) => r.includes(',failed,')).length).toBe(broken.length);
    expect(parseRecords(JSON.stringify(records.list))).toEqual(records.list);
  });

  it('gives the agent the Wi-Fi networks that the user chose, also after a failure, unless they are left out', async () => {
    const probe = {
      uid: 'aa01',
      platform: 'esp32',
      asyncio: 1,
      socket: 1,
      random: 1,
      wlan: 1,
      ip: '',
    };
    const board = new Scripted('aa01');
    board.exec = () => Promise.resolve(utf8(JSON.stringify(probe)));
    const host = hostWith({ list: [] }, new NameRange('s', []));
    let fails = true;
    let asked = 0;
    const wizard: SetupHost = {
      ...host,
      networks: () => {
        asked++;
        return Promise.resolve([{ ssid: 'Shop', key: 'k' }]);
      },
      broker: () => Promise.resolve({ name: 'b', broker: { host: 'h', port: 1883 } }),
      keepKey: () => Promise.resolve(undefined),
      agentSource: () => {
        if (fails) return Promise.reject(new UsageError('no source'));
        return Promise.resolve({ shim: utf8('x'), copy: new Map() });
      },
    };
    const template = { wifi: [], broker: { id: 'b' } };
    const before = await setUpBoard(template, board, wizard, { signal: never });
    expect(before).toMatchObject({ done: ['wifi'], failed: { step: 'agent' } });
    fails = false;
    asked = 0;
    await setUpBoard(template, board, wizard, { signal: never, before });
    expect(asked).toBe(1);
    const without = ['wifi'] as const;
    await setUpBoard(template, board, wizard, { signal: never, before, without });
    expect(asked).toBe(1);
  });

  it('reports the settings that the board refused', async () => {
    const host = hostWith({ list: [] }, new NameRange('s', []));
    const board = new Scripted('aa');
    board.files.fails = new FileError('ENOSPC', '/a', '9 bytes are needed');
    const record = await setUpBoard(TEMPLATE, board, host, { signal: never });
    expect(record.failed).toMatchObject({ step: 'files', reason: '9 bytes are needed' });
  });
});

describe('a production line', () => {
  const failed = (uid: string, reason: string): SetupRecord => ({
    ...{ uid, done: [], notes: [], time: '', seconds: 1 },
    failed: { step: 'flash', reason },
  });
  const ok = { uid: 'ff', done: [], notes: [], time: '', seconds: 1 } satisfies SetupRecord;

  it('stops when the first boards fail in the same way, and later only after three', () => {
    const first = new LineTally();
    expect(first.add(failed('a1', 'no answer at /dev/ttyUSB0'), 1)).toBe(undefined);
    expect(first.add(failed('a2', 'no answer at /dev/ttyUSB1'), 2)).toContain('2 boards in a row');
    const later = new LineTally();
    expect(later.add(ok, 3)).toBe(undefined);
    expect(later.add(failed('a1', 'a'), 4)).toBe(undefined);
    expect(later.add(failed('a2', 'b'), 5)).toBe(undefined);
    expect(later.add(failed('a3', 'b'), 6)).toBe(undefined);
    expect(later.add(failed('a4', 'b'), 7)).toContain('3 boards in a row failed in "flash": b');
    expect([later.ok, later.failed]).toEqual([1, 4]);
  });
});

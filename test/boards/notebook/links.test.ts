import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Address } from '../../../src/core/address';
import { demoAddress, mqttAddress, serialAddress } from '../../../src/core/parseAddress';
import type { Board } from '../../../src/core/board/board';
import type { TransportFactory } from '../../../src/core/transport';
import { silentLog } from '../../../src/core/log';
import { createTransportFactory } from '../../../src/transports';
import { startMosquitto, startSerlink, startUboard } from '../../lab/index.mjs';
import { demoBoard, demoSettings } from '../rig/demoLab';
import { composeFleet, Ports } from '../rig/fleetRig';
import { linkTo, startFar } from '../rig/mqttRig';
import { labHost, Notebook } from '../rig/notebookRig';
import { startWebReplBoard } from '../rig/webreplLab';
import { slowWire } from '../rig/wire';

// The same cells over every kind of link: a USB cable, WebREPL, and a broker 150 ms away (300 ms there and back).

/** Milliseconds that a byte takes to the broker, and the same back. */
const ONE_WAY_MS = 150;
const TIMES = 5;
/** Milliseconds by which an interrupt may exceed an empty cell on the same link. */
const SLACK_MS = 300;

interface Far {
  readonly address: Address;
  readonly open: TransportFactory;
  stop(): Promise<void>;
}

/** `baud` 0: unlimited, like the USB of a chip. */
async function usb(baud: number): Promise<Far> {
  const board = await startUboard();
  const cable = await startSerlink({ to: board.tty, baud });
  return {
    address: serialAddress(cable.tty),
    open: createTransportFactory({ log: silentLog }),
    stop: async () => {
      await cable.stop();
      await board.stop();
    },
  };
}

async function webrepl(): Promise<Far> {
  const lab = await startWebReplBoard();
  const getPassword = () => Promise.resolve(lab.password);
  return {
    address: lab.address,
    open: createTransportFactory({ log: silentLog, webrepl: { getPassword } }),
    stop: () => lab.stop(),
  };
}

async function mqtt(): Promise<Far> {
  const mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const wire = await slowWire(mosquitto.port, ONE_WAY_MS);
  const far = await startFar(
    { url: `mqtt://127.0.0.1:${wire.port}` },
    { broker: { host: '127.0.0.1', port: mosquitto.port } },
  );
  return {
    address: mqttAddress('b', far.board.uid),
    open: () => Promise.resolve(linkTo(far)),
    stop: async () => {
      await far.stop();
      wire.stop();
      await mosquitto.stop();
    },
  };
}

/** The simulated board: WebAssembly in a worker. */
async function demo(): Promise<Far> {
  const settings = await demoSettings();
  return {
    address: demoAddress('1'),
    open: () => Promise.resolve(demoBoard(settings)),
    stop: () => Promise.resolve(),
  };
}

describe.each([
  // At 115200 baud, what the pseudo terminals hold takes a second to pass; a real cable holds less than 1 kB.
  { name: 'USB', start: () => usb(0) },
  { name: 'WebREPL', start: webrepl },
  { name: 'MQTT', start: mqtt },
  // Its interpreter notices Ctrl-C when it calls the host. Code that only computes ends with a restart, which demoTransport.test.ts has.
  { name: 'demo board', start: demo, idling: 'time.sleep(0)' },
])('a notebook over $name', ({ name, start, idling = 'pass' }) => {
  let far: Far;
  let rig: ReturnType<typeof composeFleet>;
  let board: Board;
  let book: Notebook;

  beforeAll(async () => {
    far = await start();
    rig = composeFleet({ openTransport: far.open, linkOrder: () => [far.address.kind] });
    const place = new Ports();
    rig.fleet.addSource(place);
    place.show([{ address: far.address, likely: true }]);
    const [first] = rig.fleet.boards;
    if (!first) throw new Error('the board is not in the fleet');
    board = first;
    book = new Notebook(labHost(rig.fleet), board);
  });
  afterAll(async () => {
    book.dispose();
    rig.fleet.dispose();
    await far.stop();
  });

  it('prints, asks, shows a value and a traceback', async () => {
    expect((await book.run('a = 6\nprint("a", a)\na * 7')).all).toBe('a 6\n42\n');
    const asked = await book.run('name = input("Name? ")\nprint("hello", name)', {
      answers: ['Ada'],
    });
    expect(asked.failure).toBeUndefined();
    expect(asked.printed).toContain('hello Ada\n');
    const { failure } = await book.run('\n\n1 / 0');
    expect(failure?.traceback.join('\n')).toMatch(/Cell In\[\d+\], line 3/);
  });

  it.each([
    ['an endless loop', `print("on")\nwhile True: ${idling}`],
    ['endless output', 'print("on")\nwhile True: print("0123456789" * 6)'],
  ])('stops %s at once, and goes on', async (what, code) => {
    await book.run('import time\na = 6');
    const took: number[] = [];
    const empty: number[] = [];
    for (let i = 0; i < TIMES; i++) {
      const asked = performance.now();
      await book.run('pass');
      empty.push(performance.now() - asked);
      const stop = new AbortController();
      const { output, done } = book.start(code, { signal: stop.signal });
      await output.until('on');
      const began = performance.now();
      stop.abort();
      await done;
      took.push(performance.now() - began);
      expect(output.failure?.name).toBe('KeyboardInterrupt');
    }
    console.log(
      `${name}: ${what} interrupted after ${took.map((t) => t.toFixed(0)).join(', ')} ms, ` +
        `an empty cell takes ${median(empty).toFixed(0)} ms`,
    );
    // An empty cell includes the delay of the link and of a busy machine. The fastest interrupt
    // counts.
    expect(Math.min(...took)).toBeLessThan(median(empty) + SLACK_MS);
    expect((await book.run('print(a)')).all).toBe('6\n');
  });
});

describe('many cells', () => {
  let far: Far;
  let rig: ReturnType<typeof composeFleet>;
  let board: Board;
  let book: Notebook;
  const CODE = 'for i in range(40): print(i, i * i)';

  beforeAll(async () => {
    far = await usb(115_200);
    rig = composeFleet({ openTransport: far.open });
    const place = new Ports();
    rig.fleet.addSource(place);
    place.show([{ address: far.address, likely: true }]);
    const [first] = rig.fleet.boards;
    if (!first) throw new Error('the board is not in the fleet');
    board = first;
    book = new Notebook(labHost(rig.fleet), board);
  });
  afterAll(async () => {
    book.dispose();
    rig.fleet.dispose();
    await far.stop();
  });

  it('take at most 1.3 times as long as the code alone', async () => {
    const [bare, cells]: [number[], number[]] = [[], []];
    const time = async (work: () => Promise<unknown>, into: number[]) => {
      const began = performance.now();
      await work();
      into.push(performance.now() - began);
    };
    await book.run(CODE);
    for (let i = 0; i < 15; i++) {
      await time(() => board.exec(CODE), bare);
      await time(() => book.run(CODE), cells);
    }
    const ratio = median(cells) / median(bare);
    console.log(
      `a cell: ${median(cells).toFixed(1)} ms, bare: ${median(bare).toFixed(1)} ms, ratio ${ratio.toFixed(2)}`,
    );
    expect(ratio).toBeLessThan(1.3);
  });

  it('leave nothing behind, on the board and here', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const measure = async () => {
      const free = await book.run('import gc\ngc.collect()\nprint(gc.mem_free())');
      collect();
      return { board: Number(free.printed), here: process.memoryUsage().heapUsed };
    };
    for (let i = 0; i < 10; i++) await book.run(`${CODE}\ni`);
    const before = await measure();
    for (let i = 0; i < 100; i++) expect((await book.run(`${CODE}\ni`)).failure).toBeUndefined();
    const after = await measure();
    console.log(
      `100 cells: board ${before.board - after.board} bytes, here ${after.here - before.here} bytes more`,
    );
    expect(before.board - after.board).toBeLessThan(1_024);
    expect(after.here - before.here).toBeLessThan(4_000_000);
  });
});

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

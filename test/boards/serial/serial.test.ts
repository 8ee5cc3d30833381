import { expect, it } from 'vitest';
import { serialAddress } from '../../../src/core/parseAddress';
import { silentLog } from '../../../src/core/log';
import { serialFlashPort } from '../../../src/transports/serial/flashPort';
import { openSerial } from '../../../src/transports/serial/serialStream';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import { startMicrobit, startMpboard, startSerlink, startUboard } from '../../lab/index.mjs';
import { describeConformance, type Far } from '../rig/conformance';

function far(tty: string, ...stops: (() => Promise<void>)[]): Far {
  return {
    transport: serialTransport(serialAddress(tty), silentLog),
    stop: async () => {
      for (const stop of stops) await stop();
    },
  };
}

describeConformance({
  name: 'serial',
  start: async (files) => {
    const board = await startUboard({ files, heap: 512, sizeKib: 4096 });
    return far(board.tty, board.stop);
  },
});

describeConformance({
  name: 'serial, 115200 baud, a UART that loses bytes',
  largeKb: 20,
  cannot: {
    largeFiles: 'two megabytes take six minutes at this rate',
    fullFlash: 'two megabytes take three minutes at this rate',
  },
  start: async (files) => {
    const board = await startUboard({ files, drop: true, heap: 512 });
    const cable = await startSerlink({ to: board.tty, baud: 115_200 });
    return far(cable.tty, cable.stop, board.stop);
  },
});

describeConformance({
  name: 'serial, a 32-bit chip',
  largeKb: 100,
  cannot: {
    programs: 'its flash begins empty, whatever files the test has',
    largeCode: '155 kB of heap',
    largeFiles: 'an emulated processor takes too long for it',
    fullFlash: 'an emulated processor takes too long for it',
  },
  start: async () => {
    const board = await startMpboard();
    return far(board.tty, board.stop);
  },
});

describeConformance({
  name: 'serial, the oldest firmware (no raw-paste)',
  largeKb: 2,
  cannot: {
    programs: 'its flash begins empty, whatever files the test has',
    stdin: 'MicroPython 1.9.2 of the micro:bit has no sys.stdin',
    rawBytes: 'it has no sys.stdout.buffer',
    largeCode: '9 kB of heap',
    largeFiles: '30 kB of flash',
    fullFlash: 'it has no statvfs',
    files: 'the file verbs are tested apart',
  },
  start: async () => {
    const board = await startMicrobit({ baud: 115_200 });
    return far(board.tty, board.stop);
  },
});

it.for<[string, (tty: string) => Promise<{ close(): Promise<void> }>]>([
  [
    'link',
    (tty) => openSerial(serialAddress(tty), 115_200, silentLog, AbortSignal.timeout(10_000)),
  ],
  [
    'port for flashing',
    async (tty) => {
      const port = serialFlashPort(tty, undefined, silentLog);
      await port.open(115_200);
      return port;
    },
  ],
])(
  'opens a %s immediately after an attempt that was aborted or closed',
  async ([, openNext], { onTestFinished }) => {
    const board = await startUboard({});
    onTestFinished(() => board.stop());
    const ends = { aborted: 0, closed: 0 };
    for (let turns = 0; turns < 60; turns++) {
      const abort = new AbortController();
      const address = serialAddress(board.tty);
      let stream: Awaited<ReturnType<typeof openSerial>> | undefined;
      const attempt = openSerial(address, 115_200, silentLog, abort.signal).then(
        (opened) => void (stream = opened),
        () => ends.aborted++,
      );
      for (let turn = 0; turn < turns % 30; turn++) {
        await new Promise<void>((resolve) => void setImmediate(resolve));
      }
      if (turns % 3 === 2) await attempt;
      // Nothing else is awaited: the production line ends the window's attempt to connect, and flashes the board at once.
      abort.abort();
      const closed = stream?.close();
      await (await openNext(board.tty)).close();
      await Promise.all([attempt, closed]);
      if (stream) ends.closed++;
    }
    expect(ends.aborted).toBeGreaterThan(1);
    expect(ends.closed).toBeGreaterThan(9);
  },
);

it('continues writing after the board has sent something while the line was full', async ({
  onTestFinished,
}) => {
  const reader = `
import sys, time
while True:
    time.sleep(0.3)
    print('said')
    time.sleep(0.3)
    n = 0
    while n < 50000: n += len(sys.stdin.read(50))
    print('has it')
`;
  const board = await startUboard({ files: { '/main.py': reader }, heap: 512 });
  onTestFinished(() => board.stop());
  const stream = await openSerial(
    serialAddress(board.tty),
    115_200,
    silentLog,
    AbortSignal.timeout(10_000),
  );
  onTestFinished(() => stream.close());
  let heard = '';
  stream.onData((data) => (heard += Buffer.from(data).toString()));
  const shows = (text: string, times: number) =>
    expect.poll(() => heard.split(text).length - 1, { timeout: 5_000 }).toBe(times);
  for (let round = 1; round <= 6; round++) {
    await stream.write(Buffer.alloc(50_000, '.'), AbortSignal.timeout(5_000));
    await shows('has it', round);
  }
});

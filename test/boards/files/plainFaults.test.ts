import { describe, expect, it } from 'vitest';
import { serialAddress } from '../../../src/core/parseAddress';
import { FleetError } from '../../../src/core/errors';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import { startMicrobit } from '../../lab/index.mjs';
import type { Fault, Way } from '../../lab/serlink.mjs';
import { onBenches } from '../rig/faultJobs';
import { spread } from '../rig/wireStates';

// A small upload to the oldest firmware: no raw-paste, no hash, no rename, 9 kB of heap. Code is
// sent without flow control, and the result is read back.

const PATH = '/a.txt';
const OLD = Buffer.from('old one');
const NEW = Buffer.from('the new one');
/**
 * Two at a time on two cores: an emulator that gets no processor time loses bytes, which no chip
 * does.
 */
const LANES = 2;

async function startBench() {
  const board = await startMicrobit();
  const open = async () => {
    const transport = serialTransport(serialAddress(board.tty), silentLog);
    await transport.open(AbortSignal.timeout(10_000));
    return transport;
  };
  let transport = await open();
  const newFiles = () =>
    new SessionFiles((work, o) => transport.withSession(work, { ...o, mayInterrupt: true }));
  let files = newFiles();
  return {
    cable: board.cable,
    write: (content: Buffer) => files.write(PATH, content),
    read: async () => Buffer.from(await files.read(PATH)),
    /** Waits for the prompt, then starts again. */
    quiet: () => transport.interrupt(),
    reconnect: async () => {
      await transport.close();
      await board.cable.replug();
      transport = await open();
      files = newFiles();
    },
    stop: async () => {
      await transport.close();
      await board.stop();
    },
  };
}

it('writes, replaces and reads files, and names a missing one', async () => {
  const bench = await startBench();
  try {
    await expect(bench.read()).rejects.toMatchObject({ code: 'file', errno: 'ENOENT', path: PATH });
    await bench.write(OLD);
    expect(await bench.read()).toEqual(OLD);
    await bench.write(NEW);
    expect(await bench.read()).toEqual(NEW);
  } finally {
    await bench.stop();
  }
});

describe('a small upload with a byte that is', () => {
  it.each(['flip', 'drop', 'dup', 'unplug'] as const)(
    '%s: reported files are written, failures are reported, and the next attempt completes',
    async (kind) => {
      const faults: Fault[] = (['toBoard', 'toHost'] as const).flatMap((dir: Way) =>
        spread(dir === 'toBoard' ? 2770 : 330, dir === 'toBoard' ? 5 : 3, 5).map((at): Fault => {
          return kind === 'flip' ? { kind, dir, at, mask: 1 } : { kind, dir, at };
        }),
      );
      await onBenches(startBench, LANES, faults, async (bench, fault) => {
        const where = `${fault.kind} ${fault.dir} at ${fault.at}`;
        await bench.write(OLD);
        await bench.quiet();
        await bench.reconnect();
        await bench.cable.fault(fault);
        const error = await bench.write(NEW).then(
          () => undefined,
          (e: unknown) => e,
        );
        await bench.reconnect();
        if (error === undefined) expect(await bench.read(), where).toEqual(NEW);
        else expect(error, where).toBeInstanceOf(FleetError);
        await bench.write(NEW);
        expect(await bench.read(), where).toEqual(NEW);
      });
    },
    120_000,
  );
});

import { fullPlace } from '../../../src/core/address';
import { afterEach, describe, expect, it } from 'vitest';
import { serialAddress } from '../../../src/core/parseAddress';
import { text } from '../../../src/core/bytes';
import { silentLog } from '../../../src/core/log';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import { PortWatcher } from '../../../src/transports/serial/portWatcher';
import { RawRepl, startSerlink, startUboard } from '../../lab/index.mjs';
import type { Serlink, Way } from '../../lab/serlink.mjs';
import { failure } from '../rig/conformance';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function open(tty: string) {
  const transport = serialTransport(serialAddress(tty), silentLog);
  ends.push(() => transport.close());
  await transport.open(AbortSignal.timeout(5000));
  return transport;
}
async function cabled() {
  const board = await startUboard();
  ends.push(board.stop);
  const cable = await startSerlink({ to: board.tty });
  ends.push(cable.stop);
  return { cable, board, transport: await open(cable.tty) };
}
const may = { mayInterrupt: true };

describe('opening', () => {
  it('says that another program has the port', async () => {
    const board = await startUboard();
    ends.push(board.stop);
    await open(board.tty);
    const error = await failure(open(board.tty));
    expect(error).toMatchObject({ code: 'connect', reason: 'busy' });
  });

  it('reports a missing port', async () => {
    expect(await failure(open('/dev/ttyNONE7'))).toMatchObject({ reason: 'notFound' });
  });

  it('can be cancelled', async () => {
    const board = await startUboard();
    ends.push(board.stop);
    const transport = serialTransport(serialAddress(board.tty), silentLog);
    const error = await failure(transport.open(AbortSignal.abort()));
    expect(error).toMatchObject({ code: 'cancelled' });
  });
});

describe('a port that vanishes', () => {
  it('ends running and waiting work', async () => {
    const { cable, transport } = await cabled();
    const run = transport.withSession((session) =>
      session.exec('print("go")\nwhile True: pass', { onStdout: () => void cable.unplug() }),
    );
    const waiting = transport.withSession((session) => session.exec('pass'));
    for (const error of await Promise.all([failure(run), failure(waiting)])) {
      expect(error).toMatchObject({ code: 'connectionLost' });
    }
    expect(await failure(transport.withSession((s) => s.exec('pass')))).toMatchObject({
      code: 'connectionLost',
    });
  });

  it('is noticed within two seconds while idle', async () => {
    const { cable, transport } = await cabled();
    await transport.withSession((session) => session.exec('pass'));
    const start = performance.now();
    const closed = new Promise<Error | undefined>((resolve) => void transport.onClose(resolve));
    await cable.unplug();
    expect(await closed).toBeInstanceOf(Error);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(
      await failure(transport.terminal()?.write(Buffer.from('x')) ?? Promise.resolve()),
    ).toMatchObject({
      code: 'connectionLost',
    });
  });

  it('is found again with an unchanged board', async () => {
    const { cable, transport } = await cabled();
    await transport.withSession((session) => session.exec('kept = 7'));
    await cable.unplug();
    await cable.replug();
    const again = await open(cable.tty);
    expect(text(await again.withSession((s) => s.exec('print(kept)')))).toBe('7\r\n');
  });
});

describe('a device that is not a board', () => {
  const what = async (command: string) => {
    const cable = await startSerlink({ to: `exec:${command}` });
    ends.push(cable.stop);
    const transport = await open(cable.tty);
    return await failure(transport.withSession((session) => session.exec('pass'), may));
  };

  it('never answers', async () => {
    expect(await what('sleep 1000')).toMatchObject({ code: 'connect', reason: 'noAnswer' });
  });

  it('sends bytes that are not text, as a wrong baud rate gives', async () => {
    const error = await what('cat /dev/urandom');
    expect(error).toMatchObject({ code: 'connect', reason: 'notABoard' });
  });

  it('prints output, and ignores Ctrl-C', async () => {
    const error = await what('yes the weather is fine');
    expect(error).toMatchObject({ code: 'timeout' });
  });
});

it('falls silent: an abort ends after a time limit', async () => {
  const { cable, transport } = await cabled();
  const abort = new AbortController();
  const run = transport.withSession((session) =>
    session.exec('print("go")\nwhile True: pass', {
      signal: abort.signal,
      onStdout: () => void cable.pause().then(() => abort.abort()),
    }),
  );
  expect(await failure(run)).toMatchObject({ code: 'timeout' });
});

/** What passed, as bytes each way and as the times that it was the host's turn to speak. */
async function traffic(cable: Serlink, work: () => Promise<void>) {
  await cable.record();
  await work();
  const parts = await cable.recorded();
  const bytes = (dir: Way) =>
    parts.filter((p) => p.dir === dir).reduce((sum, p) => sum + p.bytes.length, 0);
  const turns = parts.filter((p, i) => p.dir === 'toBoard' && parts[i - 1]?.dir !== 'toBoard');
  return { up: bytes('toBoard'), down: bytes('toHost'), turns: turns.length };
}

it('code costs no byte and no round trip more than the bare protocol', async () => {
  const board = await startUboard();
  ends.push(board.stop);
  const cable = await startSerlink({ to: board.tty });
  ends.push(cable.stop);
  const rounds = 20;
  const bare = new RawRepl(cable.tty);
  await bare.enter();
  const base = await traffic(cable, async () => {
    for (let n = 0; n < rounds; n++) {
      bare.write('\x05A\x01');
      await bare.until('\x00\x01');
      bare.write('pass\x04');
      await bare.until('\x04\x04\x04>');
    }
  });
  bare.write('\x02');
  await bare.until('>>> ');
  bare.close();
  const transport = await open(cable.tty);
  await transport.withSession(async (session) => {
    await session.exec('pass'); // the board says its window
    const own = await traffic(cable, async () => {
      for (let n = 0; n < rounds; n++) await session.exec('pass');
    });
    expect(base.turns).toBe(2 * rounds);
    // The window is known by now: the code goes out with the question.
    expect(own).toEqual({ ...base, turns: rounds });
  });
});

it('a path that the user has added comes and goes with its port', async () => {
  const { cable } = await cabled();
  const watcher = new PortWatcher({ log: silentLog, added: () => [cable.tty] });
  ends.push(() => {
    watcher.dispose();
    return Promise.resolve();
  });
  const isThere = () => watcher.found.some((found) => fullPlace(found.address) === cable.tty);
  watcher.start();
  await expect.poll(isThere).toBe(true);
  await cable.unplug();
  await expect.poll(isThere).toBe(false);
  await cable.replug();
  await expect.poll(isThere).toBe(true);
});

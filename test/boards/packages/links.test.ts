import { afterEach, expect, it } from 'vitest';
import { text } from '../../../src/core/bytes';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { forEachBoard } from '../../../src/core/many/jobs';
import { silentLog } from '../../../src/core/log';
import { serialAddress } from '../../../src/core/parseAddress';
import type { Transport } from '../../../src/core/transport';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import { WebReplTransport } from '../../../src/transports/webrepl/webReplTransport';
import { startUboard } from '../../lab/index.mjs';
import { linkTo, startFarLocal } from '../rig/mqttRig';
import { packageBoard, startPackages } from '../rig/packageLab';
import { startWebReplBoard } from '../rig/webreplLab';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const OPEN_MS = 20_000; // on a loaded machine

const filesOf = (transport: Transport) =>
  new SessionFiles((work, options) =>
    transport.withSession(work, { ...options, mayInterrupt: true }),
  );

async function open(transport: Transport): Promise<Transport> {
  ends.push(() => transport.close());
  await transport.open(AbortSignal.timeout(OPEN_MS));
  return transport;
}

/** Opens a link of each kind to a real board. */
const LINKS: Record<string, () => Promise<Transport>> = {
  WebREPL: async () => {
    const far = await startWebReplBoard({});
    ends.push(() => far.stop());
    const getPassword = () => Promise.resolve(far.password);
    return open(new WebReplTransport(far.address, { getPassword }, silentLog));
  },
  MQTT: async () => {
    const far = await startFarLocal();
    ends.push(() => far.stop());
    return open(linkTo(far));
  },
};

it.each(Object.keys(LINKS))('installs over %s, and the board imports it', async (name) => {
  const { manager, stop } = await startPackages();
  ends.push(stop);
  const transport = await (LINKS[name] as () => Promise<Transport>)();
  const board = await packageBoard(transport, filesOf(transport));
  await manager.install(board, ['shapes']);
  const out = await transport.withSession(
    (s) => s.exec('import shapes\nprint(shapes.area(2), shapes.UNIT)'),
    { mayInterrupt: true },
  );
  expect(text(out).trim()).toMatch(/^12\.566\d* m²$/);
  expect(await manager.list(board)).toMatchObject([{ state: 'intact' }, { state: 'intact' }]);
  await manager.remove(board, ['shapes']);
  expect(await board.files.hash(['/lib/units.mpy', '/lib/shapes/circle.mpy'])).toEqual([
    undefined,
    undefined,
  ]);
});

it('installs on 20 boards of two kinds in parallel, with one download of each file', async () => {
  const { manager, index, stop } = await startPackages();
  ends.push(stop);
  const boards = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const board = await startUboard({ name: `p${i}` });
      ends.push(() => board.stop());
      return open(serialTransport(serialAddress(board.tty), silentLog));
    }),
  );
  const downloads = manager.downloads();
  const outcomes = await forEachBoard(boards, async (transport, signal) => {
    const board = await packageBoard(transport, filesOf(transport));
    // Every second one counts as a board that loads no .mpy files.
    const kind = boards.indexOf(transport) % 2 === 0 ? board : { ...board, mpy: undefined };
    await manager.install(kind, ['shapes'], { downloads, signal });
    const code = 'import shapes, units\nprint(shapes.UNIT, units.__file__)';
    return text(await transport.withSession((s) => s.exec(code, { signal }))).trim();
  });
  expect(outcomes.map((o) => (o.status === 'ok' ? o.value : o))).toEqual(
    Array.from({ length: 20 }, (_, i) => `m² /lib/units.${i % 2 === 0 ? 'mpy' : 'py'}`),
  );
  expect(new Set(index.asked).size).toBe(index.asked.length);
});

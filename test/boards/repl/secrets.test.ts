import { afterEach, expect, it } from 'vitest';
import { serialAddress } from '../../../src/core/parseAddress';
import { utf8 } from '../../../src/core/bytes';
import { filesInSession, linkFacts, SessionFiles } from '../../../src/core/files';
import { silentLog } from '../../../src/core/log';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import { startUboard } from '../../lab/index.mjs';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A board whose wire log, at its finest level, is kept. */
async function watched() {
  const board = await startUboard({});
  ends.push(() => board.stop());
  let log = '';
  const transport = serialTransport(serialAddress(board.tty), {
    ...silentLog,
    trace: (line) => void (log += `${line}\n`),
  });
  ends.push(() => transport.close());
  await transport.open(AbortSignal.timeout(10_000));
  return { board, transport, log: () => log };
}

it('keeps passwords out of the log of the line, and only those', async () => {
  const { board, transport, log } = await watched();
  const run = (secret: boolean) =>
    transport.withSession((s) => s.exec('KEY = "open sesame"; print(KEY)'), { secret });
  await run(true);
  const files = new SessionFiles((work, options) => transport.withSession(work, options));
  await files.write('/key.txt', utf8('open sesame'), { secret: true });
  expect((await board.files())['/key.txt']?.toString()).toBe('open sesame');
  expect(log()).toContain('bytes, not shown');
  expect(log()).not.toContain('open sesame');
  expect(log()).not.toContain(Buffer.from('open sesame').toString('base64').slice(0, 12));
  await run(false);
  expect(log()).toContain('open sesame');
});

it('keeps what a sync sends and reads in one session out of the log of the line', async () => {
  const { board, transport, log } = await watched();
  const read = await filesInSession(
    (work, options) => transport.withSession(work, options),
    linkFacts({ transport }),
    async (files) => {
      await files.writeMany([
        { path: '/main.py', content: utf8('print(1)') },
        { path: '/secrets.py', content: utf8('KEY = "open sesame"') },
      ]);
      return files.read('/secrets.py');
    },
    { job: 'Syncing' },
  );
  expect(Buffer.from(read).toString()).toBe('KEY = "open sesame"');
  expect((await board.files())['/secrets.py']?.toString()).toBe('KEY = "open sesame"');
  expect(log()).toContain('bytes, not shown');
  expect(log()).not.toContain('sesame');
  expect(log()).not.toContain(Buffer.from('KEY = "open').toString('base64').slice(0, 12));
});

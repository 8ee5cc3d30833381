import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebReplAddress } from '../../../src/core/address';
import { serialAddress } from '../../../src/core/parseAddress';
import { text, utf8 } from '../../../src/core/bytes';
import { UsageError } from '../../../src/core/errors';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import {
  removeWebRepl,
  scanWifi,
  setUpWebRepl,
  type SetupBoard,
  type SetupStep,
  type WebReplSetup,
} from '../../../src/core/webrepl/webreplSetup';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import { webReplTransport } from '../../../src/transports/webrepl/webReplTransport';
import { startUboard } from '../../lab/index.mjs';
import { boardPort, listening } from '../rig/webreplLab';

const OWN_BOOT = '# my own line\nx = 1';

let ends: (() => Promise<void>)[] = [];
let board: SetupBoard;
let port: number;
let filesNow: () => Promise<Record<string, Buffer>>;

beforeEach(async () => {
  const lab = await startUboard({ files: { '/boot.py': OWN_BOOT } });
  const transport = serialTransport(serialAddress(lab.tty), silentLog);
  ends = [() => lab.stop(), () => transport.close()];
  await transport.open(new AbortController().signal);
  port = await boardPort();
  filesNow = () => lab.files();
  const options = { mayInterrupt: true };
  board = {
    withSession: (work) => transport.withSession(work, options),
    files: new SessionFiles((work) => transport.withSession(work, options)),
    reset: () => transport.reset('soft'),
  };
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

function setup(wifi: WebReplSetup['wifi'], password = 'secret') {
  const steps: SetupStep[] = [];
  const done = setUpWebRepl(board, { wifi, password, port }, (step) => steps.push(step));
  return { done, steps };
}

/** What 6 * 7 is, asked over WebREPL. */
async function askOverAir(address: WebReplAddress, password: string): Promise<string> {
  const getPassword = () => Promise.resolve(password);
  const transport = webReplTransport(address, { getPassword }, silentLog);
  ends.push(() => transport.close());
  await transport.open(new AbortController().signal);
  return transport.withSession(async (session) => text(await session.exec('print(6 * 7, x)')));
}

describe('setting up WebREPL from a cabled board', () => {
  it('lists the networks in reach, the strongest first and each once', async () => {
    const networks = await board.withSession((session) => scanWifi(session));
    expect(networks).toEqual([
      { name: 'café #1', signal: -40, open: false },
      { name: 'guests', signal: -47, open: true },
      { name: 'lab', signal: -54, open: false },
    ]);
  });

  it.each([
    ['lab', 'lab-password'],
    ['café #1', 'it\'s \\ "x"'],
    ['guests', ''],
  ])('joins %j and is reached over the air', async (name, password) => {
    const { done, steps } = setup({ name, password });
    const address = await done;
    expect(steps).toEqual(['join', 'password', 'startUp', 'reset']);
    expect(address.text).toBe(`ws://127.0.0.1:${port}/`);
    await listening(port);
    expect(await askOverAir(address, 'secret')).toBe('42 1\r\n');
  });

  it('can be repeated with another password, and removed', async () => {
    await setup({ name: 'lab', password: 'lab-password' }).done;
    await listening(port);
    const first = (await filesNow())['/boot.py']?.toString();
    const address = await setup({ name: 'lab', password: 'lab-password' }, 'it\'s "9').done;
    expect((await filesNow())['/boot.py']?.toString()).toBe(first);
    expect(first).toMatch(/^# my own line\nx = 1\n# >>> mpyfleet webrepl\n/);
    await listening(port);
    expect(await askOverAir(address, 'it\'s "9')).toBe('42 1\r\n');
    await removeWebRepl(board);
    expect(await filesNow()).toEqual({ '/boot.py': Buffer.from(`${OWN_BOOT}\n`) });
  });

  it.each([
    ['wrong', 'lab', 'nope', /rejected the password/],
    ['elsewhere', 'not here', 'x', /cannot find the Wi-Fi/],
  ])('says why the board cannot join: %s', async (_, name, password, words) => {
    const { done, steps } = setup({ name, password });
    const error: unknown = await done.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(words);
    expect(steps).toEqual(['join']);
    expect(await filesNow()).toEqual({ '/boot.py': Buffer.from(OWN_BOOT) });
  });

  it('refuses a password that WebREPL does not support, and keeps a foreign configuration', async () => {
    await expect(setup({ name: 'lab', password: 'x' }, 'abc').done).rejects.toThrow(/at least 4/);
    await board.files.write('/webrepl_cfg.py', utf8("PASS = 'mine'\n"));
    await removeWebRepl(board);
    expect(Object.keys(await filesNow())).toContain('/webrepl_cfg.py');
  });
});

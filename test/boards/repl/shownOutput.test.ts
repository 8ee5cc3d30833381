import { afterEach, expect, it } from 'vitest';
import { serialAddress } from '../../../src/core/parseAddress';
import { silentLog } from '../../../src/core/log';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import { pollUntil, startSerlink, startUboard } from '../../lab/index.mjs';

// What a terminal shows after a program was stopped or a cable returned, on a line of 115200 baud,
// which splits everything: the program's output and the prompt, and nothing that the extension
// asked for its own purposes.

const COUNTER =
  "import time\nn = 0\nwhile True:\n  n += 1\n  print('tick', n)\n  time.sleep(0.1)\n";
const WAIT_MS = 20_000;

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function rig(files: Record<string, string>) {
  const board = await startUboard({ name: 'shown', files });
  ends.push(() => board.stop());
  const cable = await startSerlink({ to: board.tty, baud: 115200 });
  ends.push(() => cable.stop());
  const open = async () => {
    const transport = serialTransport(serialAddress(cable.tty), silentLog);
    await transport.open(AbortSignal.timeout(10_000));
    ends.push(() => transport.close());
    const chunks: Uint8Array[] = [];
    transport.terminal()?.onData((chunk) => chunks.push(chunk));
    const shown = () => Buffer.concat(chunks).toString('latin1');
    const shows = (text: string) =>
      pollUntil(() => Promise.resolve(shown().includes(text)), WAIT_MS);
    return { transport, shown, shows };
  };
  return { cable, open };
}

/** The terminal's text contains each once, and nothing of the raw REPL. */
function expectOneEnd(shown: string): void {
  expect(shown.split('KeyboardInterrupt')).toHaveLength(2);
  expect(shown.split('>>> ')).toHaveLength(2);
  expect(shown).toMatch(/>>> $/);
  expect(shown).not.toContain('raw REPL');
  expect(shown).not.toContain('resync');
}

it.each(['the user', 'work that may'])(
  'shows one KeyboardInterrupt and one prompt when %s stops the program',
  async (who) => {
    const { open } = await rig({ 'main.py': COUNTER });
    const { transport, shown, shows } = await open();
    expect(await shows('tick')).toBe(true);
    if (who === 'the user') await transport.interrupt();
    else {
      await transport.withSession((session) => session.exec('x = 1'), { mayInterrupt: true });
    }
    await transport.withSession((session) => session.exec('x = 2'));
    expect(shown()).toContain('File "main.py"');
    expectOneEnd(shown());
  },
);

it('shows one prompt, and not the traceback of its own code, when the cable was pulled meanwhile', async () => {
  const { cable, open } = await rig({});
  const first = await open();
  const begun = first.transport.withSession((session) => {
    const onStart = () => void cable.unplug();
    return session.exec('import sys\nsys.stdin.read(1000)', { onStart });
  });
  await expect(begun).rejects.toThrow(/lost|closed/);
  await cable.replug();
  const { transport, shown, shows } = await open();
  const work = transport.withSession((session) => session.exec('print(1)'), { mayInterrupt: true });
  expect(Buffer.from(await work).toString()).toBe('1\r\n');
  await transport.withSession((session) => session.exec('x = 2'));
  expect(await shows('>>> ')).toBe(true);
  expect(shown()).toBe('>>> ');
});

it('shows a prompt when the cable was pulled while the board was in its raw REPL', async () => {
  const { cable, open } = await rig({});
  const first = await open();
  await first.transport.withSession(async (session) => {
    await session.exec('x = 1');
    await cable.unplug();
  });
  await cable.replug();
  const { transport, shown, shows } = await open();
  await transport.withSession((session) => session.exec('x = 2'));
  await transport.withSession((session) => session.exec('x = 3'));
  expect(await shows('>>> ')).toBe(true);
  expect(shown()).toBe('>>> ');
});

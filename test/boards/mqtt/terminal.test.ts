import { afterEach, expect, it } from 'vitest';
import { text, utf8 } from '../../../src/core/bytes';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { linkTo, startFarLocal, withProgram } from '../rig/mqttRig';

// The REPL of a board behind a broker prints no prompt itself, so the terminal does.

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Opens the link of a board whose program runs. */
async function openWith(program: string) {
  const far = await startFarLocal(withProgram({ '/main.py': program }));
  ends.push(() => far.stop());
  const link = linkTo(far);
  let shown = '';
  const terminal = link.terminal();
  terminal?.onData((chunk) => (shown += text(chunk)));
  await link.open(AbortSignal.timeout(20_000));
  ends.push(() => link.close());
  await expect.poll(() => link.activity).toBe('running');
  return {
    link,
    files: new SessionFiles((work, options) => link.withSession(work, options)),
    write: (keys: string) => terminal?.write(utf8(keys)),
    shown: () => shown,
  };
}

/** A program that ends when it finds a file. */
const UNTIL_FILE = `import os, time
while 'end' not in os.listdir('/'): time.sleep_ms(20)
`;

it('shows the prompt when the program of the board ends and prints nothing', async () => {
  const { files, shown } = await openWith(UNTIL_FILE);
  await files.write('/end', utf8(''));
  await expect.poll(shown).toBe('\r\x1b[K>>> ');
});

it('shows the prompt once below what the program prints at its end', async () => {
  const { files, shown } = await openWith(`${UNTIL_FILE}print('done')\n`);
  await files.write('/end', utf8(''));
  // The output arrives before or after the report that the program has ended.
  await expect.poll(() => onScreen(shown())).toBe('done\n>>> ');
});

it('shows that the program was stopped, and one prompt', async () => {
  const { link, write, shown } = await openWith(UNTIL_FILE);
  await link.interrupt();
  await write('print(6 * 7)\r');
  await expect.poll(() => onScreen(shown())).toBe('KeyboardInterrupt:\n>>> 42\n>>> ');
});

/** What a terminal shows of `output`: lines that were cleared are gone. */
function onScreen(output: string): string {
  const lines = output.split('\r\n').map((line) => line.split('\r\x1b[K').at(-1));
  return lines.join('\n');
}

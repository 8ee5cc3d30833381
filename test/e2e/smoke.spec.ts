import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startUboard } from '../lab/index.mjs';
import { openSession } from './session.mjs';

let board: Awaited<ReturnType<typeof startUboard>>;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  board = await startUboard({ name: 'kitchen', files: { 'hello.py': "print('hello')\n" } });
  session = await openSession({ ttys: [board.tty] });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`smoke ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await board.stop();
});

test('the packaged extension has its place in the activity bar', async () => {
  await session.driver.activity('MicroPython');
});

test('a board on a serial device that was added by path is in the tree', async () => {
  await session.driver.row(/kitchen|tty|linuxboard/).waitFor();
  const rows = await session.driver.rows();
  expect(rows.filter((row) => /kitchen|tty|linuxboard/.test(row))).toHaveLength(1);
});

test('a missing port is added by its path, and its row says that it does not exist', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Add a Serial Port by Path…');
  await driver.picks();
  await driver.input.locator('input[type=text]').fill('/dev/ttyNOPE');
  await driver.pick('/dev/ttyNOPE');
  await driver.notification('/dev/ttyNOPE does not exist yet').waitFor();
  await driver.command('Notifications: Clear All Notifications');
  await driver.row('linuxboard-1').waitFor();
});

test('mpyfleet is on PATH in a terminal of the window, and needs no Node of the user', async () => {
  const { driver } = session;
  await driver.command('Terminal: Create New Terminal');
  // The shell joins the words, so that the typed command itself does not match.
  await driver.terminalType(
    'env -i "$(command -v mpyfleet)" --version && echo is"-"there\n',
    'bash',
  );
  await driver.terminalShows('is-there');
  expect(await driver.terminalText()).toMatch(/mpyfleet \d+\.\d+\.\d+/);
});

test('mpyfleet in that terminal works on the board whose port the window holds', async () => {
  const { driver } = session;
  await driver.row('linuxboard-1').waitFor();
  await driver.terminalType(
    'mpyfleet -b linuxboard-1 exec "print(6 * 7)" && mpyfleet audit exec; echo do"-"ne\n',
    'bash',
  );
  await driver.terminalShows('do-ne');
  await driver.screenshot('mpyfleet in the window');
  // The operation is in the history of the window.
  expect(await driver.terminalText()).toMatch(/\b42\b[^]*exec[^]*linuxboard-1/);
});

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startUboard } from '../lab/index.mjs';
import { freePort, pollUntil } from '../lab/process.mjs';
import { openSession } from './session.mjs';

// From a board on a cable to the same board behind a broker: local broker, agent, REPL, upload, run, log.

const WAIT_MS = 60_000;

let board: Awaited<ReturnType<typeof startUboard>>;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  board = await startUboard({
    ...{ name: 'kitchen', heap: 512, sizeKib: 4096 },
    files: { 'main.py': 'import time\nn = 0\nwhile n < 3:\n    n += 1\n    print("tick", n)\n' },
  });
  session = await openSession({
    ttys: [board.tty],
    settings: { 'mpyFleet.localBroker.port': await freePort() },
    files: { 'far.py': "import sys\nprint('far away', 6 * 7)\n" },
  });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`broker ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await board.stop();
});

test('a local broker starts with one click, and is in the tree', async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.row('linuxboard-1').waitFor();
  await driver.command('MicroPython: Start a Local Broker');
  await driver.status(/Broker: \d+/).waitFor({ timeout: WAIT_MS });
  await driver.row('Local broker').waitFor();
});

test('the board is shared from its cable, and its row says so until sharing is stopped', async () => {
  const { driver } = session;
  await driver.rowMenu('linuxboard-1', 'Share with Colleagues…', 'Agent (MQTT)');
  await driver.notification(/is shared through Local broker/).waitFor({ timeout: WAIT_MS });
  const row = driver.row(/linuxboard-1/);
  await row.getByText(/shared · .*MQTT/).waitFor(); // the broker also announces it to this window
  await driver.screenshot('broker shared board');
  await driver.rowMenu('linuxboard-1', 'Stop Sharing', 'Agent (MQTT)');
  await row.getByText(/shared/).waitFor({ state: 'detached' });
});

test('the agent is put on the board, which comes back over MQTT as the same node', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Put the Agent on Board (MQTT)…');
  await driver.notification(/no longer needs its cable/).waitFor({ timeout: WAIT_MS });
  const rows = (await driver.rows()).filter((row) => /linuxboard|kitchen/.test(row));
  expect(rows).toHaveLength(1);
  await driver
    .row(/linuxboard-1/)
    .getByText(/MQTT/)
    .first()
    .waitFor();
  const files = await board.files();
  expect(files['/main.py']?.toString()).toMatch(/mpyfleet\.start\(\)[^]*print\("tick", n\)/);
});

test('its REPL computes and completes over MQTT', async () => {
  const { driver } = session;
  await driver.rowAction('linuxboard-1', 'Open REPL');
  await driver.terminalType('2**100\n');
  await driver.terminalShows(String(2n ** 100n));
  await driver.terminalType('import sys; print("ready" + "!")\n');
  await driver.terminalShows('ready!\n>>>');
  await driver.terminalType('sys.platf');
  await driver.page.keyboard.press('Tab');
  await driver.terminalShows('sys.platform');
  await driver.page.keyboard.press('Enter');
  await driver.terminalShows("'linuxboard'");
  await driver.terminalType('input("who? ")\n');
  await driver.terminalShows('>>> input("who? ")\nwho?');
  await driver.terminalType('board\n');
  await driver.terminalShows("\nwho? board\n'board'\n>>>"); // echoed once, by the board
});

test('a file is uploaded and runs over MQTT', async () => {
  const { driver } = session;
  await driver.activity('Explorer');
  await driver.rowMenu('far.py', 'Upload to Board');
  await driver.status('far.py uploaded').waitFor({ timeout: WAIT_MS });
  const there = await pollUntil(
    async () => (await board.files())['/far.py']?.toString().includes('far away') ?? false,
    WAIT_MS,
  );
  expect(there).toBe(true);
  await driver.openFile('far.py');
  await driver.command('MicroPython: Run File on Board');
  await driver.terminalShows('far away 42');
});

test('its log shows the output of its earlier program', async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.rowMenu('linuxboard-1', 'Show Board Log', 'Agent (MQTT)');
  const log = driver.page.locator('.part.panel .view-lines');
  await log.getByText('agent').first().waitFor({ timeout: WAIT_MS });
  await log.getByText('tick').first().waitFor();
});

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startWebReplBoard, type WebReplBoard } from '../boards/rig/webreplLab';
import { startTelnetServer, startUboard } from '../lab/index.mjs';
import { openSession } from './session.mjs';

// A board without a cable: it is added by its address and password, used, and connected by the next window without a question.

const WAIT_MS = 60_000;
const PASSWORD = 'secret1';
const WRONG = 'wrong-one';

let lab: WebReplBoard;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  lab = await startWebReplBoard({ password: PASSWORD, heap: 512, sizeKib: 4096 });
  session = await openSession({
    files: { 'air.py': "import sys\nprint('over the air', 6 * 7)\n" },
  });
  // In a browser, VS Code's SecretStorage is the browser's storage, encrypted with a key of which the front server (code-server,
  // serve-web) keeps one half. There is no front server here, so the browser context supplies that half.
  const half = randomBytes(32);
  await session.driver.page
    .context()
    .route('**/mint-key', (route) =>
      route.fulfill({ body: half, contentType: 'application/octet-stream' }),
    );
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`webrepl ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await lab.stop();
});

test('a wrong password is reported, and asked for again', async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.command('MicroPython: Add a WebREPL or Telnet Board…');
  await driver.input.getByText('Add a WebREPL or telnet board').waitFor();
  await driver.type(`127.0.0.1:${lab.port}`);
  await driver.input.getByText(`WebREPL password of ${lab.address.text}`).waitFor();
  await driver.type(WRONG);
  await driver.input.getByText('The password was rejected').waitFor();
});

test('reports that the prompt was cancelled and does not reuse the rejected password', async () => {
  const { driver } = session;
  await driver.dismiss();
  await driver.notification('did not accept the WebREPL password').waitFor();
  await driver.rowMenu(`127.0.0.1:${lab.port}`, 'Connect');
  await driver.input.getByText("stored in this computer's secret storage").waitFor();
});

test('with the right password the board is in the tree, connected', async () => {
  const { driver } = session;
  await driver.type(PASSWORD);
  await driver.row('linuxboard-1').waitFor({ timeout: WAIT_MS });
  await driver.status(/linuxboard-1: ready/).waitFor({ timeout: WAIT_MS });
  await driver
    .row('linuxboard-1')
    .getByText(/WebREPL/)
    .first()
    .waitFor();
  expect((await driver.rows()).filter((row) => /linuxboard|127\.0\.0\.1/.test(row))).toHaveLength(
    1,
  );
});

test('its REPL computes over WebREPL', async () => {
  const { driver } = session;
  await driver.rowAction('linuxboard-1', 'Open REPL');
  await driver.terminalType('2**100\n');
  await driver.terminalShows(String(2n ** 100n));
});

test('a file is uploaded from the Explorer, and runs', async () => {
  const { driver } = session;
  await driver.activity('Explorer');
  await driver.rowMenu('air.py', 'Upload to Board');
  await driver.status('air.py uploaded').waitFor({ timeout: WAIT_MS });
  expect((await lab.board.files())['/air.py']?.toString()).toContain('over the air');
  await driver.activity('MicroPython');
  await driver.expand('linuxboard-1');
  await driver.rowAction('air.py', 'Run File on Board');
  await driver.terminalShows('over the air 42');
});

test('the next window finds it again and does not ask for the password', async () => {
  const { driver, server } = session;
  await driver.reopen(server.url);
  await driver.activity('MicroPython');
  await driver.status(/linuxboard-1: ready/).waitFor({ timeout: WAIT_MS }); // no input was answered
  expect(await driver.input.count()).toBe(0);
  await driver.rowAction('linuxboard-1', 'Open REPL');
  expect(await driver.terminalTakesKeys()).toBe(true); // not the shell that the window restored
  await driver.terminalType('3**100\n');
  await driver.terminalShows(String(3n ** 100n));
});

test('a board behind a telnet server joins it, and computes', async () => {
  const { driver } = session;
  const board = await startUboard({ name: 'oldwipy', heap: 512, sizeKib: 4096 });
  const server = await startTelnetServer(board.tty);
  try {
    await driver.command('MicroPython: Add a WebREPL or Telnet Board…');
    await driver.input.getByText('Add a WebREPL or telnet board').waitFor();
    await driver.type(`telnet://127.0.0.1:${server.port}`);
    await driver.input.getByText(/^Password of/).waitFor();
    await driver.type('python');
    const row = driver.row('linuxboard-2').filter({ hasText: /telnet/i });
    await row.waitFor({ timeout: WAIT_MS });
    await driver.rowAction('linuxboard-2', 'Open REPL');
    await driver.terminalType('5**100\n', 'linuxboard-2');
    await driver.terminalShows(String(5n ** 100n));
    // The board that was there keeps its row and its link.
    await driver.row('linuxboard-1').getByText(/ready/).first().waitFor();
  } finally {
    await server.stop();
    await board.stop();
  }
});

test('no password is in the settings', () => {
  const settings = ['User', 'Machine']
    .map((place) => join(session.server.userDataDir, place, 'settings.json'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('');
  expect(settings).toContain(lab.address.text);
  expect(settings).not.toContain(PASSWORD);
  expect(settings).not.toContain(WRONG);
});

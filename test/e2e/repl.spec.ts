import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startUboard } from '../lab/index.mjs';
import { pollUntil } from '../lab/process.mjs';
import { chooseBoards } from './chooseBoards.mjs';
import { openSession } from './session.mjs';

// Ways to open a board's REPL and to run code other than from its row in the tree, with a real MicroPython whose clock starts in
// the year 2000.

const WAIT_MS = 60_000;
let board: Awaited<ReturnType<typeof startUboard>>;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  board = await startUboard({ name: 'kitchen', clock: new Date('2000-01-01T00:00:00Z') });
  session = await openSession({
    ttys: [board.tty],
    files: {
      'count.py': "for i in range(3):\n    print('count', i)\n",
      'forever.py': "import time\nprint('begun')\nwhile True:\n    time.sleep(0.1)\n",
    },
  });
  await session.driver.activity('MicroPython');
  await session.driver.status(/linuxboard-1: ready/).waitFor();
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`repl ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await board.stop();
});

test("the status bar's item offers actions for the board, and runs them", async () => {
  const { driver } = session;
  await driver.status(/linuxboard-1: ready/).click();
  const picks = (await driver.picks()).map((pick) => pick.trim());
  expect(picks).toEqual(
    expect.arrayContaining(['Open REPL', "Set the Board's Clock", 'Disconnect']),
  );
  expect(picks).not.toContain('Connect');
  await driver.pick('Disconnect');
  await driver.status(/linuxboard-1: not connected/).click();
  await driver.pick('Connect');
  await driver.status(/linuxboard-1: ready/).click();
  await driver.pick("Set the Board's Clock");
  await driver.status('Clock set: linuxboard-1').waitFor();
});

test('the terminal profile opens the REPL of the active board, whose clock is set now', async () => {
  const { driver } = session;
  let asked = 0;
  const listed = async () => {
    // VS Code may build its list before it has read the profiles of extensions. It builds it again when these settings change.
    const shell = { [`shell${asked}`]: { path: '/bin/sh' } };
    if (asked++ > 0) session.setSettings({ 'terminal.integrated.profiles.linux': shell });
    await driver.command('Create New Terminal (With Profile)');
    await driver.input.getByText('bash').first().waitFor();
    await driver.input.locator('input[type=text]').fill('MicroPython REPL');
    const there = async () => (await driver.input.locator('.monaco-list-row').count()) === 1;
    if (await pollUntil(there, 3000)) return true;
    await driver.input.locator('input[type=text]').press('Escape');
    return false;
  };
  expect(await pollUntil(listed, 60_000)).toBe(true);
  await driver.pick('MicroPython REPL');
  await driver.terminalType('import time; time.localtime()[0] + 10000\n');
  await driver.terminalShows(String(new Date().getFullYear() + 10_000));
});

test('REPL output is copied to a log file while logging is on', async () => {
  const { driver } = session;
  const toggle = () => driver.command('MicroPython: Turn the REPL Log File On or Off');
  await toggle();
  const toast = driver.notification(/Output of linuxboard-1 is copied to/);
  const path = /copied to (\S+\.log)/.exec((await toast.textContent()) ?? '')?.[1] ?? '';
  await driver.terminalType("print('kept ' * 2)\n");
  const has = (text: string) => () => Promise.resolve(readFileSync(path, 'utf8').includes(text));
  expect(await pollUntil(has('kept kept'), WAIT_MS)).toBe(true);
  await driver.answer(/Output of linuxboard-1 is copied to/, 'Open It');
  expect(await driver.editorText()).toContain('kept kept');
  await toggle();
  await driver.status(/REPL log of linuxboard-1 is off/).waitFor();
  await driver.terminalType("print('lost ' * 2)\n");
  await driver.terminalShows('lost lost');
  expect(await has('lost')()).toBe(false);
});

test('text typed during a job is sent when the job is done, and the terminal says so', async () => {
  const { driver } = session;
  // The job ends when this server has answered it, so it lasts as long as the window needs.
  const server = createServer((client) => client.on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const asked = once(server, 'connection') as Promise<[Socket]>;
  const { port } = server.address() as AddressInfo;
  const address = `socket.getaddrinfo('127.0.0.1', ${port})[0][-1]`;
  await driver.command('MicroPython: Run Code on Boards…');
  await driver.type(`import socket; s = socket.socket(); s.connect(${address}); s.recv(1)`);
  await chooseBoards(driver, 'all', 1);
  await driver.command('MicroPython: Open REPL');
  await driver.status(/linuxboard-1: Run import/).waitFor();
  await driver.terminalType("'typed ' * 2\n");
  await driver.terminalShows('Your keys are sent when it is done');
  expect(await driver.terminalText()).not.toContain("'typed typed '");
  const [client] = await asked;
  client.end('1');
  await driver.terminalShows("'typed typed '");
});

test('the terminal tells a board that was disconnected from one that is away', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Disconnect');
  await driver.terminalShows('[Disconnected. Press Enter to connect]');
  await driver.terminalType('\n');
  await driver.terminalShows(/\[Disconnected\. Press Enter to connect\]\s*\[Connected\]/);
  await driver.status(/linuxboard-1: (ready|connected)/).waitFor();
});

test("the run button in the editor's title runs the active file, the stop button ends it", async () => {
  const { driver } = session;
  const button = (title: string) =>
    driver.page.locator(`.editor-group-container.active .action-label[aria-label^="${title}"]`);
  await driver.openFile('count.py');
  await driver.clickOn(button('Run File on Board'));
  await driver.terminalShows('count 2');
  // The same with its key while the terminal has the keyboard focus.
  await (await driver.terminalOf()).focus();
  await driver.page.keyboard.press('Control+Alt+R');
  await driver.terminalShows(/count 2[^]*count 2/);
  await driver.openFile('forever.py');
  await driver.clickOn(button('Run File on Board'));
  await driver.terminalShows('begun');
  await driver.clickOn(button('Stop'));
  await driver.terminalShows(/KeyboardInterrupt[^]*>>>$/);
  await button('Stop').waitFor({ state: 'detached' });
});

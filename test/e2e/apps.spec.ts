import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startPostgres, startUboard } from '../lab/index.mjs';
import { freePort, pollUntil } from '../lab/process.mjs';
import { chooseBoards } from './chooseBoards.mjs';
import { openSession } from './session.mjs';
import { accessibilityFaults, webview } from './webview.mjs';

// An app from its first file to its messages: it is created, deployed to a board behind the local broker, watched, and sent a command.

const WAIT_MS = 60_000;

/** A program that runs until it is stopped. */
const LOOP = 'import time\nwhile True:\n    print("loop")\n    time.sleep(0.2)\n';
/** An app that fails on one message. */
const FAILING = `class ManagementTask:
    def call(self, message):
        if message == "bad":
            raise ValueError("no such lamp")
`;

let board: Awaited<ReturnType<typeof startUboard>>;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  board = await startUboard({ name: 'kitchen', heap: 1024, sizeKib: 4096 });
  session = await openSession({
    ttys: [board.tty],
    settings: { 'mpyFleet.localBroker.port': await freePort() },
    files: { 'notes.txt': 'mine\n', 'water.py': 'print("watered", 6 * 7)\n', 'loop.py': LOOP },
  });
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.row('linuxboard-1').waitFor();
  await driver.command('MicroPython: Start a Local Broker');
  await driver.status(/Broker: \d+/).waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Put the Agent on Board (MQTT)…');
  await driver.row('linuxboard-1').getByText(/MQTT/).first().waitFor({ timeout: WAIT_MS });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`apps ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await board.stop();
});

test('an app is made from a template', async () => {
  const { driver, workspace } = session;
  await driver.command('MicroPython: New App…');
  await driver.type('hello');
  await driver.pick('Worker and management tasks');
  const file = join(workspace, 'hello', 'worker_task.py');
  expect(await pollUntil(() => Promise.resolve(existsSync(file)), WAIT_MS)).toBe(true);
  expect(await driver.editorText()).toContain('class WorkerTask');
  const manifest = join(workspace, 'hello', 'app.json');
  const app = JSON.parse(readFileSync(manifest, 'utf8')) as object;
  writeFileSync(manifest, JSON.stringify({ ...app, worker: 1, trial: 2 }));
});

test('it is deployed to a board, and its messages are drawn and listed', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Deploy App to Boards…');
  await chooseBoards(driver, 'linuxboard-1', 1);
  const results = await webview(driver.page, '#summary');
  await results.getByText(/runs on trial/).waitFor({ timeout: WAIT_MS });
  const run = async () =>
    (await board.files())['/fleet/run.json']?.toString().includes('hello/0.1.0-') ?? false;
  expect(await pollUntil(run, WAIT_MS)).toBe(true);
  await driver.command('MicroPython: Show Messages');
  const page = await webview(driver.page, 'h1:has-text("Messages")');
  await page.locator('td', { hasText: 'free_memory' }).first().waitFor({ timeout: WAIT_MS });
  await page.locator('svg', { hasText: 'free_memory' }).waitFor();
});

test('a message to the app is answered', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Send a Message to the App…');
  await driver.type('who is there?');
  await driver.notification(/You said who is there\?/).waitFor({ timeout: WAIT_MS });
});

test('new messages change neither the focus nor the page, which is accessible', async () => {
  const { driver } = session;
  const page = await webview(driver.page, 'h1:has-text("Messages")');
  const newest = page.locator('table[data-key=messages] tbody tr').first();
  await page.locator('html').evaluate((html: HTMLElement) => (html.dataset.seen = 'yes'));
  await page.getByText('Export…').focus();
  const before = await newest.getAttribute('data-key');
  const came = async () => (await newest.getAttribute('data-key')) !== before;
  expect(await pollUntil(came, WAIT_MS)).toBe(true);
  const focused = await page
    .locator('html[data-seen=yes]')
    .evaluate(({ ownerDocument }: HTMLElement) => ownerDocument.activeElement?.textContent);
  expect(focused).toBe('Export…');
  expect(await accessibilityFaults(driver.page, '[data-key=messages]')).toEqual([]);
});

test('the period of the messages is chosen for table, charts and export, and invalid times are refused', async () => {
  const { driver, workspace } = session;
  const page = await webview(driver.page, 'h1:has-text("Messages")');
  const rows = page.locator('table[data-key=messages] tbody tr');
  const charts = page.locator('svg');
  await page.locator('#period').selectOption('hour');
  await rows.first().waitFor();
  await page.locator('#period').selectOption('between');
  // The fields start with the period that was chosen before.
  expect(await page.locator('#from').inputValue()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
  await page.locator('#to').fill('2001-02-03T04:05');
  await page.getByRole('alert').getByText('The end is before the beginning').waitFor();
  expect(await page.locator('#to').getAttribute('aria-invalid')).toBe('true');
  expect(await rows.count()).toBeGreaterThan(0); // the rows of the last valid period stay
  expect(await accessibilityFaults(driver.page, '#period')).toEqual([]);
  await driver.screenshot('apps messages period refused');
  await page.locator('#from').fill('2001-01-01T00:00');
  await page.getByText('Nothing was found. Try a longer period').waitFor({ timeout: WAIT_MS });
  expect([await rows.count(), await charts.count()]).toEqual([0, 0]);
  await driver.command('MicroPython: Export Messages…');
  await driver.saveAs(join(workspace, 'nothing.csv'));
  expect(readFileSync(join(workspace, 'nothing.csv'), 'utf8').split('\r\n').length).toBe(2);
  // With the keyboard only: the list of periods is the first control of the page.
  await page.locator('#period').focus();
  await driver.page.keyboard.press('Home');
  await rows.first().waitFor({ timeout: WAIT_MS });
  await charts.first().waitFor();
  await page.locator('#between').waitFor({ state: 'hidden' });
  await driver.screenshot('apps messages period');
});

test('the messages are exported as CSV', async () => {
  const { driver, workspace } = session;
  await driver.command('MicroPython: Export Messages…');
  await driver.saveAs(join(workspace, 'messages.csv'));
  const csv = readFileSync(join(workspace, 'messages.csv'), 'utf8');
  expect(csv).toMatch(/^time,board,app,free_memory\r\n[^,]+,linuxboard-1,hello,\d+/);
});

test('a git tag is deployed', async () => {
  const { driver, workspace } = session;
  const folder = join(workspace, 'hello');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=me', '-c', 'user.email=me@here', ...args], {
      cwd: folder,
    });
  const manifest = join(folder, 'app.json');
  const text = readFileSync(manifest, 'utf8');
  git('init', '-q');
  writeFileSync(manifest, JSON.stringify({ ...(JSON.parse(text) as object), version: '0.1.5' }));
  git('add', '-A');
  git('commit', '-qm', 'one');
  git('tag', 'v0.1.5');
  writeFileSync(manifest, text);
  await driver.command('MicroPython: Deploy App to Boards…');
  await driver.pick('v0.1.5');
  await chooseBoards(driver, 'linuxboard-1', 1);
  await driver.expand('linuxboard-1');
  await driver.row('hello 0.1.5').waitFor({ timeout: WAIT_MS });
});

test('a version is assigned to all boards, and a board that differs is shown and updated', async () => {
  const { driver, workspace } = session;
  const manifest = join(workspace, 'hello', 'app.json');
  const app = JSON.parse(readFileSync(manifest, 'utf8')) as object;
  writeFileSync(manifest, JSON.stringify({ ...app, version: '0.2.0' }));
  writeFileSync(join(workspace, 'hello', 'management_task.py'), FAILING);
  await driver.command('MicroPython: Assign App to Boards…');
  await driver.pick('Files as they are now');
  await driver.pick('all');
  const row = driver.row('linuxboard-1');
  await row.filter({ hasText: 'should run hello 0.2.0' }).waitFor({ timeout: WAIT_MS });
  await driver.screenshot('apps differs');
  await driver.answer(/is assigned to all/, 'Deploy Now');
  await driver.expand('linuxboard-1');
  await driver.row('hello 0.2.0').waitFor({ timeout: WAIT_MS });
});

test('a script runs once, and is kept for other workspaces', async () => {
  const { driver } = session;
  await driver.openFile('water.py');
  await driver.command('MicroPython: Keep a Script for All Workspaces…');
  await driver.command('MicroPython: Focus on Scripts and Schedules View');
  await driver.rowAction('water.py', 'Run a Script Once on Boards…');
  await chooseBoards(driver, 'linuxboard-1', 1);
  const results = await webview(driver.page, '#summary');
  await results.getByText('watered 42').waitFor({ timeout: WAIT_MS });
});

test('it is scheduled on the board, seen with its runs, and removed again', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Schedule a Script…');
  await driver.pick('water.py');
  await chooseBoards(driver, 'linuxboard-1', 1);
  await driver.type('1s');
  await driver.pick('On the Board');
  await driver.pick('Wait for the Next Run');
  await driver.type('morning');
  const row = driver.row('morning');
  await row.filter({ hasText: /every 1 s · last .*\d\d:\d\d/ }).waitFor({ timeout: WAIT_MS });
  await driver.screenshot('apps schedules');
  await driver.rowAction('morning', 'Remove the Schedule…');
  await driver.confirm('Remove');
  await row.waitFor({ state: 'detached', timeout: WAIT_MS });
  const plan = (await board.files())['/fleet/plan.json']?.toString();
  expect(plan).toBe('[]');
});

test('a message on which the app fails is listed with its state, and its traceback leads to the source', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Send a Message to the App…');
  await driver.type('bad');
  await driver.notification(/no such lamp/).waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Show Messages');
  const page = await webview(driver.page, 'h2:has-text("Sent to apps")');
  const sent = page.locator('tr', { hasText: 'bad' });
  await sent.getByText('failed').waitFor();
  await page.locator('tr', { hasText: 'who is there?' }).getByText('done').waitFor();
  await sent.scrollIntoViewIfNeeded();
  await driver.screenshot('apps messages sent');
  await sent.getByText(/File ".*management_task.py", line 4/).click();
  await driver.tab('management_task.py').waitFor();
  expect(await driver.editorText()).toContain('no such lamp');
  await driver.status(/Ln 4, Col 1/).waitFor();
});

test('any topic is watched and published to', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Watch a Topic…');
  await driver.type('lab/#');
  const line = (text: RegExp) => driver.page.locator('.part.panel .view-line', { hasText: text });
  await line(/Watching/).waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Publish to a Topic…');
  await driver.type('lab/rate');
  await driver.type('5');
  await driver.pick('Send Once');
  await line(/lab\/rate\s+5/).waitFor({ timeout: WAIT_MS });
});

test('the history is kept on a PostgreSQL server from now on', async () => {
  const { driver } = session;
  const server = await startPostgres();
  try {
    await driver.command('MicroPython: Keep the History on a PostgreSQL Server…');
    await driver.type(server.url);
    await driver.type('not needed here');
    await driver.notification(/kept on 127\.0\.0\.1\/postgres/).waitFor({ timeout: WAIT_MS });
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const count = async () => (await client.query('SELECT * FROM app_messages LIMIT 3')).rowCount;
    expect(await pollUntil(async () => (await count()) === 3, WAIT_MS)).toBe(true);
    await client.end();
    await driver.command('MicroPython: Keep the History on a PostgreSQL Server…');
    await driver.type('');
    await driver.notification(/in a file on this computer/).waitFor({ timeout: WAIT_MS });
  } finally {
    await server.stop();
  }
});

test('a script is installed as start-up, stopped, started and restarted', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Install a Script as Start-up on Boards…');
  await driver.pick('loop.py');
  await chooseBoards(driver, 'linuxboard-1', 1);
  const results = await webview(driver.page, '#summary');
  await results.getByText(/loop\.py starts with the board/).waitFor({ timeout: WAIT_MS });
  expect((await board.files())['/main.py']?.toString()).toContain('print("loop")');
  for (const [command, told] of [
    ['Stop', 'stopped'],
    ['Start', 'started'],
    ['Restart', 'restarted'],
    ['Stop', 'stopped'],
  ]) {
    await driver.command(`MicroPython: ${command ?? ''} the Board's Program`);
    const toast = driver.notification(new RegExp(`the program was ${told ?? ''}`));
    await toast.waitFor({ timeout: WAIT_MS });
    await driver.command('Notifications: Clear All Notifications');
    await toast.waitFor({ state: 'detached' });
  }
});

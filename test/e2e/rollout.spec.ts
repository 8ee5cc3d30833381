import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { pollUntil, startSerlink, startUboard } from '../lab/index.mjs';
import { chooseBoards, nameBoards } from './chooseBoards.mjs';
import { openSession } from './session.mjs';
import { webview } from './webview.mjs';

// Work that continues after the command: a roll-out and its roll-back, the record of jobs, and jobs for boards that are away.

const SEEN_MS = 60_000;
const GOOD = 'def ok():\n    return True\n';
const BAD = 'def ok():\n    return False\n';

let boards: Awaited<ReturnType<typeof startUboard>>[];
let cables: Awaited<ReturnType<typeof startSerlink>>[];
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  boards = await Promise.all(['hall-1', 'hall-2'].map((name) => startUboard({ name })));
  cables = await Promise.all(boards.map((b) => startSerlink({ to: b.tty, baud: 921_600 })));
  session = await openSession({
    ttys: cables.map((c) => c.tty),
    files: { 'good/app.py': GOOD, 'bad/app.py': BAD },
  });
  const { driver } = session;
  await nameBoards(driver, 2, 'hall-{n}');
  await driver.row('hall-1').waitFor();
  await driver.row('hall-2').waitFor();
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`rollout ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await Promise.all(cables.map((c) => c.stop()));
  await Promise.all(boards.map((b) => b.stop()));
});

/** Rolls a file of the workspace out to both boards, one first. `health`: expression of the health check. */
async function rollOut(file: string, health?: string): Promise<void> {
  const { driver, workspace } = session;
  await driver.command('MicroPython: Roll Out to Boards…');
  await driver.pickFile(join(workspace, file));
  // The file dialog closes before this question appears.
  await driver.input.getByText(/^Roll out to boards/).waitFor();
  await chooseBoards(session.driver, 'hall-[1-2]', 2);
  await driver.input.getByText(/^Health check/).waitFor();
  if (health) await driver.type(health);
  else await driver.input.locator('input[type=text]').press('Enter'); // accepts the last answer
  await driver.pick('One board first, then all');
}

const onBoards = async () =>
  Promise.all(boards.map(async (b) => (await b.files())['/app.py']?.toString()));

test('a roll-out goes to one board first, and to all once that one is healthy', async () => {
  await rollOut('good/app.py', "__import__('app').ok()");
  await session.driver.status('Rolled out').waitFor({ timeout: SEEN_MS });
  expect(await onBoards()).toEqual([GOOD, GOOD]);
});

test('a roll-out that breaks the first board is rolled back, and reaches no other', async () => {
  await rollOut('bad/app.py');
  const { driver } = session;
  const page = await webview(driver.page, '#summary');
  // It shows the remaining time, and ends without a notification that would cover the results.
  await page.getByText(/canary: checking health, \d+ s left/).waitFor();
  await driver.status(/The roll-out failed, and the boards have their old files back/).waitFor({
    timeout: SEEN_MS,
  });
  expect(await driver.page.locator('.notification-toast').count()).toBe(0);
  expect(await onBoards()).toEqual([GOOD, GOOD]);
});

test('results are exported as CSV and as JSON', async () => {
  const { driver, workspace } = session;
  for (const name of ['results.csv', 'results.json']) {
    await driver.command('MicroPython: Export Results…');
    await driver.saveAs(join(workspace, name));
  }
  const csv = readFileSync(join(workspace, 'results.csv'), 'utf8');
  expect(csv.trim().split('\n').length).toBeGreaterThanOrEqual(3);
  expect(csv).toMatch(/hall-1/);
  const json = JSON.parse(readFileSync(join(workspace, 'results.json'), 'utf8')) as unknown;
  expect(JSON.stringify(json)).toMatch(/hall-2/);
});

/** Returns the texts of the tree's rows, one per line. */
const tree = async () =>
  (await session.driver.page.locator('.part.sidebar .monaco-list-row').allInnerTexts())
    .map((text) => text.replaceAll('\n', ' '))
    .join('\n');

test('a job for a board that is away runs when it is back', async () => {
  const { driver } = session;
  await cables[1]?.unplug();
  let away = '';
  const gone = async () => {
    away = /hall-\d(?=.*reconnecting)/.exec(await tree())?.[0] ?? '';
    return away !== '';
  };
  expect(await pollUntil(gone, SEEN_MS)).toBe(true);
  await driver.command('MicroPython: Run Code on Boards…');
  await driver.type('f = open("later.txt", "w"); f.write("done"); f.close()');
  await chooseBoards(driver, 'hall-[1-2]', 2);
  const question = await driver.confirm('Run When It Is Back');
  expect(question).toContain(`${away} is away (1 of 2 boards)`);
  const written = async (i: number) =>
    (await boards[i]?.files())?.['/later.txt']?.toString() === 'done';
  expect(await pollUntil(() => written(0), SEEN_MS)).toBe(true);
  expect(await written(1)).toBe(false);
  const waits = async () => (await tree()).includes('1 job waiting');
  expect(await pollUntil(waits, SEEN_MS)).toBe(true);
  // The message is brief, so it is awaited before anything else.
  const isTold = driver.status(`${away} is back: Run`).waitFor({ timeout: SEEN_MS });
  await Promise.all([cables[1]?.replug(), isTold]);
  expect(await pollUntil(() => written(1), SEEN_MS)).toBe(true);
  expect(await pollUntil(async () => !(await waits()), SEEN_MS)).toBe(true);
});

test('Retry Failed offers to wait for a board that disconnected meanwhile', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Run Code on Boards…');
  await driver.type('open("never.txt")');
  await chooseBoards(driver, 'hall-[1-2]', 2);
  const page = await webview(driver.page, '#summary');
  await page.getByText(/^0 of 2 boards done/).waitFor();
  await cables[1]?.unplug();
  const gone = async () => (await tree()).includes('reconnecting');
  expect(await pollUntil(gone, SEEN_MS)).toBe(true);
  await page.locator('#retry').click();
  expect(await driver.confirm('Run When It Is Back')).toMatch(/hall-\d is away \(1 of 2 boards\)/);
  const waits = async () => (await tree()).includes('1 job waiting');
  expect(await pollUntil(waits, SEEN_MS)).toBe(true);
});

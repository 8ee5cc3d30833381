import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startUboard } from '../lab/index.mjs';
import { freePort, pollUntil } from '../lab/process.mjs';
import { chooseBoards } from './chooseBoards.mjs';
import { openSession } from './session.mjs';
import { accessibilityFaults, webview as pageWith } from './webview.mjs';

// The history has the operations and events of a board. It is shown, searched, exported, and charted by day.

const WAIT_MS = 60_000;

/** Gives the agent an app that fails, and sets telemetry to every two seconds. */
const SET_UP = `
import json
path = '/mpyfleet/config.json'
config = json.load(open(path))
config.update(app='/app.py', tm=2)
with open(path, 'w') as f:
    json.dump(config, f)
with open('/app.py', 'w') as f:
    f.write('raise OSError("sensor is gone [Mend](command:workbench.action.closeWindow)")')
`;

let board: Awaited<ReturnType<typeof startUboard>>;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  board = await startUboard({ name: 'kitchen', heap: 512, sizeKib: 4096 });
  session = await openSession({
    ttys: [board.tty],
    settings: { 'mpyFleet.localBroker.port': await freePort() },
    files: { 'far.py': "print('far away')\n", 'setup.py': SET_UP },
  });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`history ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await board.stop();
});

async function becomes(locator: Locator, text: RegExp): Promise<void> {
  const shows = async () => text.test((await locator.textContent()) ?? '');
  if (await pollUntil(shows, WAIT_MS)) return;
  throw new Error(
    `it does not become ${String(text)} but is ${(await locator.textContent()) ?? ''}`,
  );
}

/** Returns the rows of the table without their times: kind, board, text, result, user. */
async function lines(page: FrameLocator): Promise<string[][]> {
  return page
    .locator('.vt-row')
    .evaluateAll((all) =>
      all.map((row) =>
        [...row.querySelectorAll('.vt-cell')].map((cell) => cell.textContent).slice(1, 5),
      ),
    );
}

/** Waits until the table has exactly the rows that match `wanted`. */
async function shows(page: FrameLocator, wanted: RegExp[]): Promise<void> {
  const fits = async () => {
    const texts = (await lines(page)).map((cells) => cells.join(' | '));
    return texts.length === wanted.length && wanted.every((w, i) => w.test(texts[i] ?? ''));
  };
  if (await pollUntil(fits, WAIT_MS)) return;
  throw new Error(`the table shows ${JSON.stringify(await lines(page), undefined, 1)}`);
}

test('a file is uploaded, a job fails, and a program crashes', async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.row('linuxboard-1').waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Start a Local Broker');
  await driver.status(/Broker: \d+/).waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Put the Agent on Board (MQTT)…');
  await driver.notification(/no longer needs its cable/).waitFor({ timeout: WAIT_MS });
  await driver.activity('Explorer');
  await driver.rowMenu('far.py', 'Upload to Board');
  await driver.status('far.py uploaded').waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Run Code on Boards…');
  await driver.type('raise ValueError("hunter2")');
  await chooseBoards(driver, 'linuxboard-1', 1);
  await becomes((await pageWith(driver.page, '#summary')).locator('#summary'), /ValueError/);
  await driver.openFile('setup.py');
  await driver.command('MicroPython: Run File on Board');
  // The file exists before its content.
  const isSet = async () => (await board.files())['/app.py']?.includes('sensor') ?? false;
  expect(await pollUntil(isSet, WAIT_MS)).toBe(true);
  await driver.command('MicroPython: Hard Reset');
  const told = driver.notification(/crashed: OSError: sensor is gone/);
  await told.waitFor({ timeout: WAIT_MS });
  // If it were shown as Markdown, the board's text would be a link that closes this window.
  expect(await told.innerText()).toContain('[Mend]');
  const message = told.locator('.notification-list-item-message');
  expect(await message.locator('a').count()).toBe(0);
  const { x, y } = await message.evaluate((shown: HTMLElement) => {
    const walker = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
    let node = walker.nextNode();
    while (node && !node.textContent?.includes('Mend')) node = walker.nextNode();
    if (!node) throw new Error(`no Mend in ${shown.textContent}`);
    const range = document.createRange();
    const at = node.textContent?.indexOf('Mend') ?? 0;
    range.setStart(node, at);
    range.setEnd(node, at + 4);
    const box = range.getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  });
  await driver.page.mouse.click(x, y);
  // The tests below use the window, so the click has closed nothing.
  await told.waitFor();
});

test('all of it is in the history, and an entry shows the details', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Show History');
  const page = await pageWith(driver.page, '#period-week');
  await page.locator('#type').selectOption('operations');
  const uploaded = /^operation \| linuxboard-1 \| Upload[^|]*far\.py \| done$/;
  const failed = /^operation \| linuxboard-1 \| Run code \| failed$/;
  const texts = async () => (await lines(page)).map((cells) => cells.join(' | '));
  const isThere = async () => {
    const all = await texts();
    return [uploaded, failed, /Hard Reset/i].every((w) => all.some((t) => w.test(t)));
  };
  if (!(await pollUntil(isThere, WAIT_MS))) throw new Error((await texts()).join('\n'));
  await page.locator('.vt-row').filter({ hasText: 'Run code' }).click();
  await becomes(page.locator('#detailText'), /Run code[^]*linuxboard-1: python: ValueError$/);
  expect((await texts()).join()).not.toContain('hunter2');
  await page.locator('#type').selectOption('crashes');
  await becomes(
    page.locator('.vt-row').first(),
    /crashlinuxboard-1OSError: sensor is gone \[Mend\]/,
  );
  await page.locator('.vt-row').first().click();
  await becomes(page.locator('#detailText'), /Traceback[^]*app\.py", line 1/);
  expect(await accessibilityFaults(driver.page, '#period-week')).toEqual([]);
});

test('a search finds them, and an export writes the shown rows', async () => {
  const { driver, workspace } = session;
  const page = await pageWith(driver.page, '#period-week');
  await page.locator('#type').selectOption('all');
  await page.locator('#status').selectOption('failed');
  await page.locator('#text').fill('sensor IS gone');
  await becomes(page.locator('.vt-row').first(), /OSError: sensor is gone/);
  await page.locator('.vt-row').first().click();
  await page.locator('#detail').waitFor();
  await page.locator('#status').selectOption('');
  await page.locator('#text').fill('far.py');
  await shows(page, [/^operation \| linuxboard-1 \| Upload[^|]*far\.py \| done$/]);
  expect(await page.locator('.vt-row[aria-selected=true]').count()).toBe(0); // the selected entry is no longer listed
  await page.locator('#detail').waitFor({ state: 'hidden' });
  const path = join(workspace, 'found.csv');
  await page.locator('#export').click();
  await driver.saveAs(path);
  await driver.status('1 entry exported').waitFor({ timeout: WAIT_MS });
  const [head, line, end] = readFileSync(path, 'utf8').split('\r\n');
  expect(head).toBe('time,type,who,from,what,seconds,board,uid,result,text');
  expect(line).toMatch(/,operation,\w+,window,.*far\.py.*,linuxboard-1,6b69746368656e,ok,$/);
  expect(end).toBe('');
});

test("a board's page has charts of days, and leads to its history", async () => {
  const { driver } = session;
  await driver.command('MicroPython: Show Dashboard');
  const page = await pageWith(driver.page, '#cards');
  await page.locator('.vt-row').first().dblclick();
  await page.locator('#period').selectOption('day');
  await becomes(page.locator('#charts'), /Memory free: last/);
  await driver.screenshot('history charts of a day');
  expect(await accessibilityFaults(driver.page, '#cards')).toEqual([]);
  await page.locator('#history').click();
  const history = await pageWith(driver.page, '#period-week');
  await becomes(history.locator('#board option:checked'), /^linuxboard-1$/);
});

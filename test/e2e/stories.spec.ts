import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { freePort, pollUntil, startUboard } from '../lab/index.mjs';
import { answerByKeys, focusBoards, goToFirst, pickByKeys, rowHasFocus } from './byKeys';
import { chooseBoards, renameRows } from './chooseBoards.mjs';
import { openSession } from './session.mjs';
import { webview } from './webview.mjs';

// The work of four users, at 1280x800 pixels, with eight boards of one kind: a teacher, an operator, a newcomer in the first
// minutes, and a user without a mouse.

const WAIT_MS = 60_000;
const IDS = ['ada', 'ben', 'cyd', 'dan', 'eve', 'fay', 'gus', 'hal'];
const KITS = IDS.map((_, i) => `kit-0${i + 1}`);

let boards: Awaited<ReturnType<typeof startUboard>>[];
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  boards = await Promise.all(
    IDS.map((name) =>
      startUboard({
        ...{ name, heap: 512, sizeKib: 2048 },
        files: name === 'gus' ? {} : { 'settings.json': '{"room": 7}\n' },
      }),
    ),
  );
  session = await openSession({
    ttys: boards.map((b) => b.tty),
    settings: { 'mpyFleet.localBroker.port': await freePort() },
    files: {
      'measure.py': [
        'import machine',
        "room = open('settings.json').read()",
        "with open('/result.csv', 'w') as f:",
        "    f.write(machine.unique_id().decode() + ',21\\n')",
        "print('measured')",
        '',
      ].join('\n'),
      'lesson/blink.py': "print('lesson')\n",
      'forever.py': "import time\nprint('it has begun')\nwhile True:\n    time.sleep(0.1)\n",
    },
  });
  await session.driver.page.setViewportSize({ width: 1280, height: 800 });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`stories ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await Promise.all(boards.map((b) => b.stop()));
});

/** Waits for a summary in the Results view; with `title`, for that of the job with this title. */
async function summary(text: RegExp, title = ''): Promise<void> {
  const page = await webview(session.driver.page, '#summary');
  let shown = '';
  const shows = async () => {
    // One call reads both, because the page may change to the next job between two calls.
    const texts = await page
      .locator('#title, #summary')
      .evaluateAll((all) => all.map((e) => [e.id, e.textContent] as const));
    const { title: of = '', summary: now = '' } = Object.fromEntries(texts);
    shown = now;
    return text.test(shown) && of.includes(title);
  };
  if (!(await pollUntil(shows, WAIT_MS))) throw new Error(`the results say: ${shown}`);
}

/** Closes all notifications, which would cover the next place to click. */
async function closeMessages(): Promise<void> {
  await session.driver.command('Notifications: Clear All Notifications');
}

test('a teacher names eight boards, gives them files, finds the one that failed, and collects the results', async () => {
  const { driver, workspace } = session;
  await driver.activity('MicroPython');
  const ready = async () => (await driver.rows()).filter((r) => r.startsWith('linuxboard')).length;
  expect(await pollUntil(async () => (await ready()) === IDS.length, WAIT_MS)).toBe(true);
  await renameRows(driver, /^linuxboard/, 'kit-{n:2}');
  for (const name of KITS) await driver.row(name).waitFor();

  await driver.activity('Explorer');
  await driver.rowMenu('lesson', 'Upload to Boards…');
  await chooseBoards(driver, 'kit-*', IDS.length);
  await driver.type('/');
  await summary(/^8 boards done$/);

  await driver.openFile('measure.py');
  await driver.command('MicroPython: Run on Boards…');
  await chooseBoards(driver, 'kit-*', IDS.length);
  await summary(/^7 of 8 boards done, same answer; kit-0\d failed: OSError/);
  const page = await webview(driver.page, '#summary');
  const failed = page
    .locator('.vt-row')
    .first()
    .filter({ hasText: /^kit-0\d.*failed/ });
  const [name = ''] = /^kit-0\d/.exec((await failed.textContent()) ?? '') ?? [];
  await driver.command('MicroPython: Run Code on Boards…');
  await driver.type('open("settings.json", "w").close()');
  await chooseBoards(driver, name, 1);
  await summary(/^1 board done$/);
  await driver.command('MicroPython: Run on Boards…');
  await chooseBoards(driver, 'kit-*', IDS.length);
  await summary(/^8 boards done, same answer$/);

  await driver.command('MicroPython: Collect Files from Boards…');
  await driver.type('*.csv');
  await driver.input
    .locator('.quick-input-title', { hasText: 'Collect files from boards' })
    .waitFor();
  await chooseBoards(driver, 'kit-*', IDS.length);
  await driver.input.getByRole('button', { name: 'Download Here' }).click();
  await driver // for 5 s only
    .status(/Files from 8 boards are in my-project, one folder each/)
    .waitFor({ timeout: WAIT_MS });
  const place = (name: string) => join(workspace, name, 'result.csv');
  const allCame = () => Promise.resolve(KITS.every((name) => existsSync(place(name))));
  expect(await pollUntil(allCame, WAIT_MS)).toBe(true);
  await summary(/^8 boards done, 8 different answers$/);
  const results = KITS.map((name) => readFileSync(place(name), 'utf8'));
  expect(results.sort()).toEqual(IDS.map((id) => `${id},21\n`));
});

/** Runs a line on one board, to its end. */
async function onKit02(code: string): Promise<void> {
  await session.driver.command('MicroPython: Run Code on Boards…');
  await session.driver.type(code);
  await chooseBoards(session.driver, 'kit-02', 1);
  await summary(/^1 board done$/, code.slice(0, 20));
}

test('an operator puts the agent on two boards together, restarts, updates and removes it', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Start a Local Broker');
  await driver.status(/Broker: \d+/).waitFor({ timeout: WAIT_MS });
  await closeMessages();
  await driver.activity('MicroPython');
  // One of them runs a program, which is stopped for the installation and started once at its end.
  const program = String.raw`import time\nwhile True: time.sleep(0.1)\n`;
  await onKit02(`f = open("main.py", "w"); f.write("${program}"); f.close()`);
  await driver.rowMenu('kit-02', 'Soft Reset');
  await driver.row('kit-02').filter({ hasText: 'running' }).waitFor();
  await session.driver.selectRows(KITS.slice(0, 2));
  await driver.rowMenu('kit-02', 'Put the Agent on Board (MQTT)…', 'Agent (MQTT)');
  expect(await driver.confirm('Stop and Restart Afterwards')).toContain('kit-02');
  await summary(/^2 boards done, same answer$/, 'Put the agent');
  for (const name of KITS.slice(0, 2)) {
    await driver
      .row(name)
      .getByText(/MQTT.*, USB/)
      .first()
      .waitFor();
  }
  await session.driver.selectRows(KITS.slice(0, 2));
  await driver.rowMenu('kit-01', 'Restart in Safe Mode…', 'Agent (MQTT)');
  expect(await driver.confirm('Restart')).toContain('Restart 2 boards in safe mode?');
  await summary(/^2 boards done$/, 'Restart in safe mode');
  for (const name of KITS.slice(0, 2)) {
    await driver.row(name).filter({ hasText: 'safe mode' }).waitFor();
  }
  await session.driver.selectRows(KITS.slice(0, 2));
  await driver.rowMenu('kit-01', 'Update the Agent over the Air', 'Agent (MQTT)');
  await summary(/^2 boards/, 'Update the agent');
  // One over its cable, where the agent is a running program; the other over the air.
  await driver.expand('kit-01');
  await driver.rowAction('USB', 'Connect over This Link');
  // The open link comes first, and was MQTT before.
  await driver
    .row('kit-01')
    .getByText(/(connected|running|ready)\b.* · USB, MQTT/)
    .waitFor();
  await session.driver.selectRows(KITS.slice(0, 2));
  await driver.rowMenu('kit-02', 'Remove the Agent…', 'Agent (MQTT)');
  expect(await driver.confirm('Remove')).toContain('Remove the agent from 2 boards?');
  await summary(/^2 boards done$/, 'Remove the agent');
  // Its program runs again, and prints nothing by which it could be seen.
  await driver
    .row('kit-02')
    .getByText(/(connected|running) · USB ?\S*$/)
    .waitFor();
  await driver.rowMenu('kit-02', 'Stop the Running Program');
  for (const name of KITS.slice(0, 2)) {
    await driver
      .row(name)
      .getByText(/ready · USB ?\S*$/)
      .waitFor();
  }
  await onKit02('import os; os.remove("main.py")');
  for (const [i, board] of boards.entries()) {
    if (i < 2) expect(Object.keys(await board.files())).not.toContain('/mpyfleet/__init__.py');
  }
});

test('for a newcomer, an example runs, the first sync asks for the folder, and no window reloads unasked', async () => {
  const { driver } = session;
  await closeMessages();
  await driver.activity('MicroPython');
  await driver.clickOn(driver.row('kit-03'));
  await driver.status(/kit-03: ready/).waitFor();
  await driver.command('MicroPython: Try an Example');
  await driver.terminalShows(/Hello from/);
  expect(await driver.page.locator('.editor-group-container').count()).toBe(1);
  await driver.command('MicroPython: Show in Explorer');
  expect(await driver.confirm('Cancel')).toMatch(/This reloads the window/);
  await driver.command('MicroPython: Sync to Board (Push)');
  await driver.input.locator('.quick-input-title', { hasText: 'Which folder should' }).waitFor();
  expect(await driver.picks()).toEqual(
    expect.arrayContaining(['The whole folder my-project', 'lesson/']),
  );
  await driver.pick('lesson/');
  await driver.answer(/Push my-project\/lesson to kit-03: 1 to add/, 'Sync');
  await driver.notification(/kit-03: 1 added/).waitFor();
});

test('with the keyboard alone a board is found and renamed, its menu opens, and a file too', async () => {
  const { driver } = session;
  const { keyboard } = driver.page;
  await closeMessages();
  await focusBoards(driver);
  await goToFirst(driver, 'kit-01');
  await keyboard.press('ArrowDown');
  await rowHasFocus(driver, 'kit-02');
  await keyboard.press('F2');
  await driver.input.locator('.quick-input-title', { hasText: 'Name for kit-02' }).waitFor();
  await answerByKeys(driver, 'desk');
  await rowHasFocus(driver, 'desk'); // the tree gets the focus back some time after the question
  await keyboard.press('Shift+F10');
  expect(await driver.menuItems()).toContain('Open REPL');
  await keyboard.press('Escape');

  await pickByKeys(driver, 'Control+P', 'forever.py');
  await driver.tab('forever.py').waitFor();
});

test('with the keyboard alone a program runs, is replaced and stopped, and a file goes to boards chosen by keys', async () => {
  const { driver } = session;
  const { keyboard } = driver.page;
  await focusBoards(driver);
  await keyboard.press('Home');
  await rowHasFocus(driver, 'desk');
  await keyboard.press('Enter');
  await driver.status(/desk: ready/).waitFor();
  await pickByKeys(driver, 'Control+P', 'forever.py');
  await driver.tab('forever.py').waitFor();
  await driver.editorHasFocus();
  await keyboard.press('Control+Alt+R');
  await driver.terminalShows(/it has begun/);
  await keyboard.press('Control+Alt+R');
  await driver.terminalShows(/it has begun[^]*Stopped[^]*it has begun/);
  await keyboard.press('Shift+F5');
  await driver.terminalShows(/it has begun[^]*Stopped[^]*it has begun[^]*KeyboardInterrupt[^]*>>>/);
  expect(await driver.notification(/stopped/i).count()).toBe(0);

  await pickByKeys(driver, 'Control+P', 'measure.py');
  await driver.tab('measure.py').first().waitFor(); // it is open in the other group too
  await focusBoards(driver);
  await goToFirst(driver, 'desk');
  await keyboard.press('ArrowDown');
  await rowHasFocus(driver, 'kit-01');
  await keyboard.press('Shift+ArrowDown');
  await rowHasFocus(driver, 'kit-03');
  await pickByKeys(driver, 'F1', 'MicroPython: Upload to Boards…');
  const title = driver.input.locator('.quick-input-title');
  await title.filter({ hasText: 'Upload which files to the boards?' }).waitFor();
  const box = driver.input.locator('input[type=text]').first();
  const offered = async () => (await box.inputValue()).endsWith('/measure.py');
  expect(await pollUntil(offered, WAIT_MS)).toBe(true);
  await answerByKeys(driver);
  await title.filter({ hasText: /^Upload to boards \(\d boards/ }).waitFor();
  const chosen = /\((\d) boards: .*kit-.*03\)/.exec((await title.textContent()) ?? '')?.[1] ?? '';
  expect(Number(chosen)).toBeGreaterThan(1);
  await answerByKeys(driver);
  await driver.input.locator('.quick-input-title', { hasText: 'which folder' }).waitFor();
  await answerByKeys(driver);
  await summary(new RegExp(`^${chosen} boards done$`), 'measure.py');
  const have = await Promise.all(boards.map(async (b) => '/measure.py' in (await b.files())));
  expect(have.filter(Boolean)).toHaveLength(Number(chosen));
});

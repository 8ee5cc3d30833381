import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { pollUntil, startUboard } from '../lab/index.mjs';
import { renameRows } from './chooseBoards.mjs';
import { openSession } from './session.mjs';
import { webview } from './webview.mjs';

// The board and the file that a command means, with three boards of one kind and an address that does not answer.

const NAMES = ['kit-1', 'kit-2', 'kit-3'];
const WAIT_MS = 60_000;
/** Milliseconds that the tree takes to redraw, and by how much later each click comes. */
const REDRAW_MS = 150;
const REDRAW_STEP_MS = 13;

let boards: Awaited<ReturnType<typeof startUboard>>[];
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  boards = await Promise.all(
    ['ada', 'ben', 'cyd'].map((name) =>
      startUboard({
        name,
        files: {
          'result.csv': `${name},1\n`,
          'greet.py': `print('hello from ${name}')\n`,
          'old/a.py': 'A = 1\n',
          'extra.txt': 'as it was\n',
        },
      }),
    ),
  );
  session = await openSession({
    ttys: boards.map((b) => b.tty),
    files: {
      'ran.py': "open('/ran', 'w').close()\nprint('this ran')\n",
      'forever.py': "import time\nprint('forever has begun')\nwhile True:\n    time.sleep(0.1)\n",
      'extra.txt': 'replaced\n',
      'again.py': "print('it ran after the answer')\n",
      'next.py': "print('the next one ran')\n",
    },
    settings: { 'mpyFleet.webrepl.addresses': ['127.0.0.1:9'] },
  });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`targets ${task.name}`);
  await session.driver.moveAway();
});
afterAll(async () => {
  await session.close();
  await Promise.all(boards.map((b) => b.stop()));
});

/** Returns the board that has this name in the window. */
function boardNamed(name: string): (typeof boards)[number] | undefined {
  const content = readFileSync(join(session.workspace, name, 'result.csv'), 'utf8');
  return boards.find((_, i) => content.startsWith(['ada', 'ben', 'cyd'][i] ?? '?'));
}

test('while none was chosen no address is taken for the active board', async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  const three = async () =>
    (await driver.rows()).filter((row) => row.startsWith('linuxboard')).length === NAMES.length;
  expect(await pollUntil(three, WAIT_MS)).toBe(true);
  await driver.status('4 boards').waitFor();
  await renameRows(driver, /^linuxboard/, 'kit-{n}');
  for (const name of NAMES) await driver.row(name).waitFor();
});

test('keys in the tree act on the row that has the focus and on nothing else', async () => {
  const { driver } = session;
  await driver.expand('kit-1');
  await driver.clickOn(driver.row('greet.py'));
  await driver.tab('greet.py').waitFor();
  await driver.page.locator('.view-line', { hasText: 'hello from' }).waitFor(); // it is open
  await driver.clickOn(driver.row('old'));
  await driver.row('a.py').waitFor(); // the click also opens the folder
  await driver.status(/kit-1: ready/).waitFor();
  const focused = driver.page.locator(
    '.part.sidebar .monaco-list:focus .monaco-list-row.focused .monaco-icon-name-container',
  );
  await focused.filter({ hasText: 'old' }).waitFor();
  await driver.page.keyboard.press('Delete');
  expect(await driver.confirm('Cancel')).toMatch(/\/old from kit-1\?/);
  await focused.filter({ hasText: 'old' }).waitFor();
  await driver.page.keyboard.press('ArrowDown'); // moves the focus and not the selection
  await driver.page.keyboard.press('ArrowDown');
  await focused.filter({ hasText: 'extra.txt' }).waitFor();
  await driver.page.keyboard.press('Delete');
  expect(await driver.confirm('Cancel')).toContain('Delete /extra.txt from kit-1?');
  await driver.focusRow('kit-2');
  await driver.page.keyboard.press('Delete');
  await driver.status('Delete works only on files and folders').waitFor();
  expect(await driver.dialog.count()).toBe(0);
  await driver.page.keyboard.press('F2');
  await driver.input.locator('.quick-input-title', { hasText: 'Name for kit-2' }).waitFor();
  await driver.dismiss();
});

test('a tab says of which board its file is, and a row has the tags of its board', async () => {
  const { driver } = session;
  const marked = async () => {
    const label = driver.tab('greet.py').locator('.monaco-icon-label').first();
    return label.evaluate((e: Element) => getComputedStyle(e, '::after').content === '"k1"');
  };
  expect(await pollUntil(marked, WAIT_MS)).toBe(true);
  await driver.rowMenu('kit-1', 'Edit Tags of Boards…', 'Board');
  await driver.type('front, window');
  await driver.row('kit-1').filter({ hasText: '#front #window' }).waitFor();
});

test('with several boards selected an icon acts on its row, and the menu has no command for one', async () => {
  const { driver } = session;
  await session.driver.selectRows(NAMES);
  await driver.rowAction('kit-2', 'Open REPL');
  await driver.status(/kit-2: ready/).waitFor();
  await driver.row('kit-2').filter({ hasText: 'active' }).waitFor();
  await session.driver.selectRows(NAMES);
  await driver.openRowMenu('kit-3');
  const items = await driver.menuItems();
  expect(items.length).toBeLessThanOrEqual(12);
  expect(items).not.toContain('Open REPL');
  expect(items).toContain('Rename Board…');
  await driver.page.keyboard.press('Escape');
});

test('boards that are selected together stay so and look so, and their names and a question are for all of them', async () => {
  const { driver } = session;
  await driver.selectRows(NAMES);
  await driver.rowMenu('kit-2', 'Edit Tags of Boards…', 'Board');
  await driver.type('room');
  for (const name of NAMES) await driver.row(name).filter({ hasText: '#room' }).waitFor();
  const selected = driver.page.locator('.part.sidebar .monaco-list-row[aria-selected="true"]');
  expect(await pollUntil(async () => (await selected.count()) === 3, WAIT_MS)).toBe(true);
  await driver.page.locator('.part.sidebar .monaco-list').first().focus();
  await driver.page.keyboard.press('F2');
  const title = driver.input.locator('.quick-input-title');
  await title.filter({ hasText: 'New names for 3 boards' }).waitFor();
  await driver.dismiss();
  await driver.openFile('next.py');
  await driver.command('MicroPython: Run on Boards…');
  await title.filter({ hasText: '3 boards: kit-[1-3]' }).waitFor();
  await driver.dismiss();
});

test('the form for boards without the agent names each once, and its settings take little space at 200 % zoom', async () => {
  const { driver } = session;
  await driver.selectRows(NAMES);
  await driver.command('MicroPython: Configure Boards…');
  const form = await webview(driver.page, '#setting-location');
  await form.getByText(/\. kit-3 does not run the agent/).waitFor();
  await driver.page.setViewportSize({ width: 640, height: 400 });
  const box = () => form.locator('#setting-location').boundingBox();
  expect(await pollUntil(async () => ((await box())?.height ?? 999) < 100, WAIT_MS)).toBe(true);
  await driver.page.setViewportSize({ width: 1440, height: 900 });
  await driver.command('View: Close All Editors');
});

test('files of several boards come into a folder for each, and none is lost', async () => {
  const { driver, workspace } = session;
  await session.driver.selectRows(NAMES);
  await driver.rowMenu('kit-2', 'Collect Files from Boards…');
  await driver.type('*.csv');
  await driver.input.getByRole('button', { name: 'Download Here' }).click();
  await driver
    .status(/Files from 3 boards are in my-project, one folder each/)
    .waitFor({ timeout: WAIT_MS });
  const read = (name: string) => readFileSync(join(workspace, name, 'result.csv'), 'utf8');
  expect(NAMES.map(read).sort()).toEqual(['ada,1\n', 'ben,1\n', 'cyd,1\n']);
});

test('what Run started, the next Run stops and replaces without a question', async () => {
  const { driver } = session;
  await driver.clickOn(driver.row('kit-1'));
  await driver.status(/kit-1: ready/).waitFor();
  await driver.openFile('forever.py');
  await driver.command('MicroPython: Run File on Board');
  await driver.terminalShows('forever has begun');
  await driver.openFile('next.py');
  await driver.command('MicroPython: Run File on Board');
  await driver.terminalShows('the next one ran');
  expect(await driver.notification(/must be stopped first/).count()).toBe(0);
});

test('two operations that need the prompt share one question', async () => {
  const { driver } = session;
  await driver.clickOn(driver.row('kit-1'));
  await driver.terminalType('import time\nwhile True: time.sleep(0.1)\n\n', 'kit-1');
  await driver.status(/kit-1: running/).waitFor();
  await driver.openFile('again.py');
  await driver.command('MicroPython: Upload to Board');
  await driver.notification(/Uploading|must be stopped first/).waitFor();
  await driver.status('Stop the program on kit-1?').waitFor();
  await driver.command('MicroPython: Run File on Board');
  await driver.status('Stop the program on kit-1? 2 operations are waiting').waitFor();
  // One answer is for both. VS Code hides the question after 12 s.
  const questions = driver.page.locator('.notification-toast', {
    hasText: 'must be stopped first',
  });
  expect(await questions.count()).toBeLessThan(2);
  await driver.answer(/must be stopped first/, 'Stop It');
  await driver.terminalShows('it ran after the answer');
});

test('a board is identified: where its firmware names no LED, its terminal says which one it is', async () => {
  const { driver } = session;
  await driver.rowMenu('kit-1', 'Identify Board (Blink Its LED)', 'Board');
  await driver.terminalShows(/\[This is kit-1\]\s+>>>/);
});

test('undo restores files that an upload replaced', async () => {
  const { driver } = session;
  await driver.clickOn(driver.row('kit-1'));
  await driver.openFile('extra.txt');
  await driver.command('MicroPython: Upload to Board');
  await driver.answer('/extra.txt replaced on kit-1', 'Undo');
  await driver.notification(/kit-1: 1 restored/).waitFor();
  const board = boardNamed('kit-1');
  expect((await board?.files())?.['/extra.txt']?.toString()).toBe('as it was\n');
});

test('forgetting a board asks, names the losses, and can be undone', async () => {
  const { driver } = session;
  await driver.rowMenu('kit-3', 'Forget Board…', 'Board');
  expect(await driver.confirm('Forget')).toMatch(/Forget kit-3\?[^]*its name[^]*plugged in/);
  await driver.answer('kit-3 forgotten', 'Undo');
  await driver.row('kit-3').waitFor();
});

test('a board chosen in the status bar is selected, so that a click on the previous row counts', async () => {
  const { driver } = session;
  await driver.clickOn(driver.row('kit-3'));
  await driver.status(/kit-3: ready/).waitFor();
  await driver.command('MicroPython: Select the Active Board…');
  await driver.pick('kit-1');
  await driver.status(/kit-1: ready/).waitFor();
  await driver.page.locator('.monaco-list-row.selected', { hasText: /^kit-1/ }).waitFor();
  await driver.clickOn(driver.row('kit-3'));
  await driver.status(/kit-3: ready/).waitFor();
});

test('no click on a row is lost while the rows are redrawn', async () => {
  const { driver } = session;
  for (let i = 0; i < 20; i++) {
    const name = NAMES[i % NAMES.length] ?? '';
    session.setSettings({ 'mpyFleet.showOtherPorts': i % 2 === 0 });
    // Each click comes at a different moment of the redraw.
    await driver.page.waitForTimeout(REDRAW_MS + REDRAW_STEP_MS * i);
    await driver.clickOn(driver.row(name));
    await driver.status(new RegExp(`^.*${name}: `)).waitFor();
  }
});

test('the active board is pulled out: Run asks, and no other board runs anything', async () => {
  const { driver } = session;
  await driver.clickOn(driver.row('kit-2'));
  await driver.status(/kit-2: ready/).waitFor();
  const pulled = boardNamed('kit-2');
  if (!pulled) throw new Error('no board is kit-2');
  await pulled.kill();
  await driver.row('kit-2').filter({ hasText: 'reconnecting' }).waitFor();
  await driver.openFile('ran.py');
  await driver.command('MicroPython: Run File on Board');
  // Its port counts as present until the next scan, so that both are right.
  await driver.input
    .locator('.quick-input-title', { hasText: /^kit-2 is (not connected|away)\./ })
    .waitFor();
  await driver.dismiss();
  for (const board of boards) {
    if (board !== pulled) expect(Object.keys(await board.files())).not.toContain('/ran');
  }
});

test('another board is plugged in at the same port: it gets nothing that was meant for the first', async () => {
  const { driver } = session;
  const pulled = boardNamed('kit-2');
  if (!pulled) throw new Error('no board is kit-2');
  // While its program runs, the new board cannot be asked who it is.
  const other = await startUboard({
    tty: pulled.tty,
    files: {
      'extra.txt': 'of the other board\n',
      'main.py': "import time\nprint('its program')\nwhile True:\n    time.sleep(0.1)\n",
    },
  });
  boards.push(other);
  await driver.row(/^kit-2.*· connected/).waitFor();
  await driver.expand('kit-2'); // the clicks of earlier tests opened and closed it
  await driver.row('Stop to see the files').waitFor();
  await driver.activity('Explorer');
  await driver.rowMenu('extra.txt', 'Upload to Board');
  await driver.answer(/must be stopped first/, 'Stop It');
  await driver.notification(/is at tty now, not kit-2/).waitFor();
  expect((await other.files())['/extra.txt']?.toString()).toBe('of the other board\n');
  await driver.activity('MicroPython');
  await driver.row(/^linuxboard.*running/).waitFor();
});

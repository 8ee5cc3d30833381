import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startUboard } from '../lab/index.mjs';
import { pollUntil } from '../lab/process.mjs';
import { openSession } from './session.mjs';

/** Time limit, in milliseconds, for a loaded machine to sync a few files. */
const SYNC_MS = 30_000;

let board: Awaited<ReturnType<typeof startUboard>>;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  board = await startUboard({
    name: 'kitchen',
    files: {
      'boot.py': '# boot\n',
      'main.py': "print('old')\n",
      'old/extra.py': '1\n',
      'same.py': 'x = 1\n',
    },
  });
  session = await openSession({
    ttys: [board.tty],
    files: {
      'src/main.py': "print('new')\n",
      'src/lib/added.py': 'y = 2\n',
      'src/same.py': 'x = 1\n',
      'src/junk.log': 'no\n',
      '.mpyignore': '*.log\n',
      'README.md': 'not for the board\n',
    },
    settings: { 'mpyFleet.sync.mappings': ['src -> /'], 'mpyFleet.sync.preview': 'always' },
  });
  await session.driver.activity('MicroPython');
  await session.driver.status(/linuxboard-1: ready/).waitFor();
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`sync ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await board.stop();
});

/** Waits until the board's flash, read independently of the product, has exactly these files, given as text. */
async function boardHolds(expected: Record<string, string>): Promise<void> {
  let there: Record<string, string> = {};
  const holds = async () => {
    const files = await board.files();
    there = Object.fromEntries(Object.entries(files).map(([p, data]) => [p, data.toString()]));
    return JSON.stringify(sorted(there)) === JSON.stringify(sorted(expected));
  };
  if (!(await pollUntil(holds, SYNC_MS))) expect(there).toEqual(expected);
}

const sorted = (files: Record<string, string>) => Object.entries(files).sort();

const BEFORE = {
  '/boot.py': '# boot\n',
  '/main.py': "print('old')\n",
  '/old/extra.py': '1\n',
  '/same.py': 'x = 1\n',
};

test('the preview shows what a push would do, and changes nothing', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Preview Sync to Board…');
  await driver.row('/lib/added.py').waitFor();
  await driver.row('/main.py').waitFor();
  const rows = await driver.rows();
  expect(rows).not.toContain('/same.py');
  expect(rows.filter((row) => /log|README|extra/.test(row))).toEqual([]);
  await boardHolds(BEFORE);
});

test('a click on a file opens board and folder side by side', async () => {
  const { driver } = session;
  await driver.clickOn(driver.row('/main.py'));
  const diff = driver.page.locator('.monaco-diff-editor');
  await diff.waitFor();
  // Each side is drawn on its own.
  const side = (name: string) => diff.locator(`.editor.${name} .view-lines`);
  await side('original')
    .filter({ hasText: /print\('old'\)/ })
    .waitFor();
  await side('modified')
    .filter({ hasText: /print\('new'\)/ })
    .waitFor();
});

test('only ticked steps are applied', async () => {
  const { driver } = session;
  const tick = driver.row('/lib/added.py').locator('.monaco-custom-toggle').first();
  await tick.click();
  await tick.and(driver.page.locator('[aria-checked="false"]')).waitFor();
  await driver.command('MicroPython: Apply Sync');
  await driver.notification(/1 updated, 1 not chosen, 1 up to date/).waitFor();
  // Both sides of the diff are equal now.
  await driver.page.locator('.monaco-diff-editor').waitFor({ state: 'detached' });
  await boardHolds({ ...BEFORE, '/main.py': "print('new')\n" });
});

test('undo restores the old file', async () => {
  const { driver } = session;
  await driver.answer(/1 updated, 1 not chosen/, 'Undo');
  await boardHolds(BEFORE);
  // The notification hides after a while, but stays in the list.
  await driver.command('Notifications: Show Notifications');
  await driver.notification(/1 restored, 0 removed/).waitFor();
  await driver.command('Notifications: Hide Notifications');
});

test('a mirror asks with the list first, and never deletes boot.py', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Mirror to Board…');
  await driver.row('/old/extra.py').waitFor();
  await driver.command('MicroPython: Apply Sync');
  const asked = await driver.confirm('Cancel');
  expect(asked).toContain('/old/extra.py');
  expect(asked).not.toContain('boot.py');
  await boardHolds(BEFORE);
  await driver.command('MicroPython: Apply Sync');
  await driver.confirm('Delete and Sync');
  await boardHolds({
    '/boot.py': '# boot\n',
    '/main.py': "print('new')\n",
    '/lib/added.py': 'y = 2\n',
    '/same.py': 'x = 1\n',
  });
});

test('a second sync says that all is up to date', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Sync to Board (Push)');
  await driver.notification(/All 3 up to date/).waitFor();
});

test('sync on save: a saved file goes to the board immediately', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Turn Sync on Save On or Off');
  await driver.status(/Sync on Save/).waitFor();
  await driver.openFile('same.py');
  await driver.editorReplace('x = 3\n');
  await driver.page.keyboard.press('Control+S');
  const saved = async () => (await board.files())['/same.py']?.toString().startsWith('x = 3');
  expect(await pollUntil(async () => (await saved()) === true, SYNC_MS)).toBe(true);
});

test('sync on save: a renamed file is renamed on the board', async () => {
  const { driver } = session;
  await driver.activity('Explorer');
  await driver.focusRow('same.py');
  await driver.page.keyboard.press('F2');
  await driver.page.locator('.explorer-viewlet .monaco-inputbox input').fill('renamed.py');
  await driver.page.keyboard.press('Enter');
  await boardHolds({
    '/boot.py': '# boot\n',
    '/main.py': "print('new')\n",
    '/lib/added.py': 'y = 2\n',
    '/renamed.py': 'x = 3\n',
  });
  await driver.activity('MicroPython');
  // Otherwise the files of the next tests would also go to the board.
  await driver.command('MicroPython: Turn Sync on Save On or Off');
  await driver.status(/Sync on Save/).waitFor({ state: 'hidden' });
});

test('a comparison lists what has drifted apart', async () => {
  const { driver, workspace } = session;
  writeFileSync(join(workspace, 'src/only-here.py'), '1\n');
  await driver.command('MicroPython: Compare Board with Folder…');
  await driver.row('/only-here.py').waitFor();
  expect(await driver.row('/only-here.py').textContent()).toMatch(/only in my-project/);
  expect(await driver.row('/boot.py').textContent()).toMatch(/only in linuxboard-1/);
  rmSync(join(workspace, 'src/only-here.py'));
});

test('pull downloads files that the board has changed', async () => {
  const { driver, workspace } = session;
  writeFileSync(join(workspace, 'src/lib/added.py'), 'local\n');
  await driver.command('MicroPython: Pull from Board…');
  await driver.row('/lib/added.py').waitFor();
  await driver.command('MicroPython: Apply Sync');
  const pulled = () =>
    Promise.resolve(
      readFileSync(join(workspace, 'src/lib/added.py'), 'utf8') === 'y = 2\n' &&
        existsSync(join(workspace, 'src/boot.py')),
    );
  expect(await pollUntil(pulled, SYNC_MS)).toBe(true);
});

test('a device file is made for the board, and says what goes where', async () => {
  const { driver, workspace } = session;
  const file = join(workspace, '.micropython/devices/boards.yaml');
  await driver.command("MicroPython: Open or Create the Board's Configuration");
  await driver.tab('boards.yaml').waitFor();
  const [, uid] =
    /^\S+:\n {2}uid: (\w+)\n {2}resources: \[\]\n$/.exec(readFileSync(file, 'utf8')) ?? [];
  expect(uid).toBeDefined();
  // The file is not saved: sync uses the text in the editor.
  await driver.editorReplace(`any: {uid: ${uid}, libs: [src], resources: [{main.py: /apps}]}`);
  await driver.command('MicroPython: Preview Sync to Board…');
  await driver.row('/apps/main.py').waitFor();
});

test('mistakes in a device file are shown at their line', async () => {
  const { driver } = session;
  await driver.editorReplace('other:\n  resources: []\n');
  await driver.command('Problems: Focus on Problems View');
  await driver.page
    .locator('.markers-panel .monaco-list-row')
    .filter({ hasText: /Board "other" has no uid/ })
    .first()
    .waitFor();
});

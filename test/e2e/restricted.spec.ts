/** A folder from strangers in VS Code's restricted mode: the user has not trusted it yet. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startUboard } from '../lab/index.mjs';
import { pollUntil } from '../lab/process.mjs';
import { notebookOf, Notebooks } from './notebooks';
import { openSession } from './session.mjs';

const SETTINGS = {
  'mpyFleet.sync.onSave': true,
  'mpyFleet.sync.preview': 'never',
  'mpyFleet.sync.mappings': [{ from: 'evil.py', to: '/boot.py', boards: 'all' }],
  'mpyFleet.brokers': [{ id: 'evil', name: 'evil', url: 'mqtt://127.0.0.1:1', username: 'u' }],
};

let board: Awaited<ReturnType<typeof startUboard>>;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  board = await startUboard({ name: 'kitchen', files: { 'hello.py': "print('hello')\n" } });
  session = await openSession({
    ttys: [board.tty],
    trust: true,
    // VS Code asks this question at the start; the settings stand for the answer "no".
    settings: {
      'security.workspace.trust.startupPrompt': 'never',
      'security.workspace.trust.banner': 'never',
    },
    files: {
      '.vscode/settings.json': JSON.stringify(SETTINGS),
      '.micropython/devices/boards.yaml':
        'pantry:\n  uid: 6b69746368656e\n  tags: [wet]\n  resources: [evil.py]\n',
      'evil.py': 'print(1)\n',
      'evil.ipynb': notebookOf('open("/made", "w").close()', '!touch made'),
      'board.sync': '/:\n  evil.py\n',
    },
  });
  await session.driver.activity('MicroPython');
  await session.driver.status(/linuxboard-1: ready/).waitFor();
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`restricted ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await board.stop();
});

async function save(text: string): Promise<void> {
  const { driver } = session;
  await driver.openFile('evil.py');
  await driver.editorReplace(text);
  await driver.command('File: Save');
}

const bootFile = async () => (await board.files())['/boot.py']?.toString();

test('the window is in restricted mode, and boards are listed anyway', async () => {
  const { driver } = session;
  await driver.status(/Restricted Mode/).waitFor();
  await driver.row(/linuxboard-1/).waitFor();
  expect((await driver.rows()).join()).not.toContain('pantry');
});

test('a specification of the folder is refused, with the next step', async () => {
  const { driver } = session;
  await driver.openFile('board.sync');
  await driver.command('MicroPython: Sync with an mqsync Specification…');
  const said = driver.notification(/is in restricted mode, so its files cannot affect boards/);
  await said.waitFor();
  expect(await said.innerText()).toContain('Workspaces: Manage Workspace Trust');
});

test('saving writes to no board, despite the settings of the folder', async () => {
  const { driver, workspace } = session;
  await save('print(2)\n');
  await driver.tab('evil.py').waitFor();
  // The file is saved in the folder. With sync on save, the board would have it within moments.
  const saved = () =>
    Promise.resolve(readFileSync(join(workspace, 'evil.py'), 'utf8').includes('2'));
  expect(await pollUntil(saved, 30_000)).toBe(true);
  await driver.command('MicroPython: Refresh');
  await driver.status(/linuxboard-1: ready/).waitFor();
  expect(await bootFile()).toBeUndefined();
  expect((await driver.rows()).join()).not.toContain('evil');
});

test('no cell of a notebook runs before the user trusts the folder', async () => {
  const { driver, workspace } = session;
  const books = new Notebooks(session);
  await books.open('evil.ipynb', 'linuxboard-1');
  await books.press('Run All');
  expect(await driver.confirm('Cancel')).toContain('Executing a notebook cell will run code');
  const now = await books.saved('evil.ipynb', (s) => s.metadata.kernelspec === undefined);
  expect(now.cells.map((c) => c.outputs)).toEqual([[], []]);
  expect(existsSync(join(workspace, 'made'))).toBe(false);
  expect(Object.keys(await board.files())).not.toContain('/made');
});

test('once the folder is trusted, its settings act', async () => {
  const { driver } = session;
  await driver.command('Workspaces: Manage Workspace Trust');
  await driver.page
    .locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ })
    .first()
    .click();
  await driver.status(/Restricted Mode/).waitFor({ state: 'detached' });
  await driver
    .row(/linuxboard-1/)
    .filter({ hasText: /pantry.*#wet/ })
    .waitFor();
  await save('print(3)\n');
  const has = async () => (await bootFile())?.includes('3') === true;
  expect(await pollUntil(has, 30_000)).toBe(true);
});

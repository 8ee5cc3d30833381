import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startUboard, tempDir } from '../lab/index.mjs';
import { startPackageIndex } from '../lab/packageIndex.mjs';
import { pollUntil } from '../lab/process.mjs';
import { openSession } from './session.mjs';

// Packages in a real window: found in an index that is served here, installed on a real MicroPython, removed again.

/** A loaded machine downloads and places a few files within this. */
const INSTALL_MS = 30_000;

let board: Awaited<ReturnType<typeof startUboard>>;
let index: Awaited<ReturnType<typeof startPackageIndex>>;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  board = await startUboard({ name: 'packages' });
  index = await startPackageIndex({
    shapes: {
      version: '1.1.0',
      description: 'Areas of shapes',
      files: {
        'shapes/__init__.py': 'from .circle import area\nfrom units import UNIT\n',
        'shapes/circle.py': 'def area(r):\n    return 3.14159 * r * r\n',
      },
      deps: [['units', 'latest']],
    },
    units: { version: '0.2.0', description: 'Units', files: { 'units.py': 'UNIT = "m2"\n' } },
    other: { description: 'Something else', files: { 'other.py': '' } },
  });
  session = await openSession({
    ttys: [board.tty],
    files: {
      'requirements.txt': 'other\n',
      'hello.py': 'print(1)\n',
      'bad.py': 'x = 1\n\ny = = 2\n',
    },
    settings: { 'mpyFleet.packages.index': index.url, 'mpyFleet.compileOnUpload': true },
    env: { XDG_STATE_HOME: tempDir('state'), XDG_CACHE_HOME: tempDir('cache') },
  });
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.status(/linuxboard: ready/).waitFor();
  await driver.command('MicroPython: Focus on Packages View');
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`packages ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await index.stop();
  await board.stop();
});

/** Waits until the board's flash, read without the product, holds these files. */
async function boardHolds(paths: string[]): Promise<void> {
  let there: string[] = [];
  const holds = async () => {
    there = Object.keys(await board.files()).sort();
    return JSON.stringify(there) === JSON.stringify(paths);
  };
  if (!(await pollUntil(holds, INSTALL_MS))) expect(there).toEqual(paths);
}

const PLACED = ['/lib/shapes/__init__.py', '/lib/shapes/circle.py', '/lib/units.py'];

test('a package is found by words of its description', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Install Package…');
  await driver.input.locator('input[type=text]').fill('shapes area');
  const found = async () => (await driver.picks()).join() === 'shapes,Areas of shapes';
  expect(await pollUntil(found, INSTALL_MS)).toBe(true);
});

test('its README is shown before it is installed', async () => {
  const { driver } = session;
  const row = driver.input.locator('.monaco-list-row').first();
  await row.hover();
  await row.locator('.action-label[aria-label="Show README"]').click();
  await driver.page.locator('.tab.active').filter({ hasText: 'Preview shapes.md' }).waitFor();
  const preview = driver.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  await preview.getByText('Areas of shapes').waitFor();
});

test('it is installed with what it needs, and listed', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Install Package…');
  await driver.input.locator('input[type=text]').fill('shapes');
  await driver.pick('shapes');
  await driver.notification(/Installed on linuxboard: units 0\.2\.0, shapes 1\.1\.0/).waitFor();
  await boardHolds(PLACED);
  await driver.row('shapes').waitFor();
  expect(await driver.row('shapes').textContent()).toMatch(/1\.1\.0/);
  expect(await driver.row('units').textContent()).toMatch(/needed by others/);
});

test('a newer version in the index is shown, and the package updated', async () => {
  const { driver } = session;
  const newer = await startPackageIndex({
    shapes: { version: '2.0.0', files: { 'shapes.py': 'area = 2\n' } },
  });
  for (const [path, body] of newer.routes) {
    if (path !== '/index.json') index.routes.set(path, body);
  }
  await newer.stop();
  await driver.command('MicroPython: Check Packages for Changes and Updates');
  await driver.row('shapes').filter({ hasText: '2.0.0 is there' }).waitFor();
  await driver.rowAction('shapes', 'Update Package');
  await driver.notification(/Installed on linuxboard: shapes 2\.0\.0/).waitFor();
  await boardHolds(['/lib/shapes.py']); // and what it needs no more is gone
});

test('what is on the board is locked, removed, and brought back', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Write mpy.lock');
  await driver.tab('mpy.lock').waitFor();
  expect(await driver.editorText()).toContain('"lockVersion": 1');
  await driver.rowAction('shapes', 'Remove Package');
  await boardHolds([]);
  await driver.row('nothing installed from here').waitFor();
  await driver.command('MicroPython: Install from mpy.lock');
  await boardHolds(['/lib/shapes.py']);
});

test('a requirements file is installed', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Install from Requirements File…');
  await boardHolds(['/lib/other.py', '/lib/shapes.py']);
});

test('files are compiled as they are uploaded, and a mistake is shown at its line', async () => {
  const { driver } = session;
  await driver.activity('Explorer');
  await driver.rowMenu('hello.py', 'Upload to Board');
  await boardHolds(['/hello.mpy', '/lib/other.py', '/lib/shapes.py']);
  await driver.rowMenu('bad.py', 'Upload to Board');
  await driver.notification(/bad\.py, line 3: SyntaxError/).waitFor();
  await driver.command('Problems: Focus on Problems View');
  const problem = driver.page.locator('.markers-panel .monaco-list-row');
  await problem
    .filter({ hasText: /SyntaxError: invalid syntax.*Ln 3/ })
    .first()
    .waitFor();
  await boardHolds(['/hello.mpy', '/lib/other.py', '/lib/shapes.py']);
});

test('what is not there is said in one sentence', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Install Package…');
  await driver.input.locator('input[type=text]').fill(`${index.url}/none.py`);
  await driver.pick(/none\.py/);
  await driver.notification(/none\.py is not there/).waitFor();
  await boardHolds(['/hello.mpy', '/lib/other.py', '/lib/shapes.py']);
});

test('code completion says what it needs where Pylance is not there', async () => {
  const { driver } = session;
  // VS Code shows three messages at once; the others wait.
  await driver.command('Notifications: Clear All Notifications');
  await driver.command('MicroPython: Set Up Code Completion for This Board');
  await driver.notification(/needs the Python extension/).waitFor();
});

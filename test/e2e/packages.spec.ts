import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startUboard, tempDir } from '../lab/index.mjs';
import { startPackageIndex } from '../lab/packageIndex.mjs';
import { pollUntil } from '../lab/process.mjs';
import { openSession } from './session.mjs';

// Packages in a real window: found in a local index behind a proxy, installed on a real MicroPython, and removed again.

/** Time limit, in milliseconds, for a loaded machine to download and install a few files. */
const INSTALL_MS = 30_000;

/** A server that can be reached only through the proxy of VS Code's settings. */
const HOST = 'http://packages.invalid/pi/v2';

let proxy: Awaited<ReturnType<typeof startProxy>>;

/** Starts a proxy that answers requests to {@link HOST} from the index. */
async function startProxy() {
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    const body = url.startsWith(`${HOST}/`) ? index.routes.get(url.slice(HOST.length)) : undefined;
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

let board: Awaited<ReturnType<typeof startUboard>>;
let index: Awaited<ReturnType<typeof startPackageIndex>>;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  board = await startUboard({ name: 'packages' });
  index = await startPackageIndex({
    shapes: {
      version: '1.1.0',
      older: ['1.0.0'],
      description: 'Areas of shapes',
      files: {
        'shapes/__init__.py': 'from .circle import area\nfrom units import UNIT\n',
        'shapes/circle.py': 'def area(r):\n    return 3.14159 * r * r\n',
      },
      deps: [['units', 'latest']],
    },
    units: { version: '0.2.0', description: 'Units', files: { 'units.py': 'UNIT = "m2"\n' } },
    other: { description: 'Something else', files: { 'other.py': '' } },
    gadget: { description: 'What a program lacks', files: { 'gadget.py': 'LEVEL = 7\n' } },
  });
  proxy = await startProxy();
  session = await openSession({
    ttys: [board.tty],
    files: {
      'requirements.txt': 'other\n',
      'hello.py': 'print(1)\n',
      'bad.py': 'x = 1\n\ny = = 2\n',
      'lacks.py': 'import gadget\nprint("level", gadget.LEVEL)\n',
      'others.py':
        'with open("/lib/gadget.py", "w") as f:\n    f.write("LEVEL = 7\\n")\nprint("put there")\n',
      'change.py':
        'with open("/lib/gadget.py", "a") as f:\n    f.write("# mine\\n")\nprint("changed")\n',
    },
    settings: {
      'http.proxy': proxy.url,
      'mpyFleet.packages.index': HOST,
      'mpyFleet.compileOnUpload': true,
    },
    env: { XDG_STATE_HOME: tempDir('state'), XDG_CACHE_HOME: tempDir('cache') },
  });
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.status(/linuxboard-1: ready/).waitFor();
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

/** Waits until the board's flash, read independently of the product, has exactly these files. */
async function boardHolds(paths: string[]): Promise<void> {
  let there: string[] = [];
  const holds = async () => {
    there = Object.keys(await board.files()).sort();
    return JSON.stringify(there) === JSON.stringify(paths);
  };
  if (!(await pollUntil(holds, INSTALL_MS))) expect(there).toEqual(paths);
}

/** Searches until the list shows only this package, because a click on a row that is redrawn would be lost. */
async function search(words: string, shown: string): Promise<void> {
  const { driver } = session;
  await driver.command('MicroPython: Install Package…');
  await driver.input.locator('input[type=text]').fill(words);
  const found = async () => (await driver.picks()).join() === shown;
  expect(await pollUntil(found, INSTALL_MS)).toBe(true);
}

const PLACED = ['/lib/shapes/__init__.py', '/lib/shapes/circle.py', '/lib/units.py'];

test('a package is found by words of its description', async () => {
  await search('shapes area', 'shapes,Areas of shapes');
});

test('its README is shown before it is installed', async () => {
  const { driver } = session;
  const row = driver.input.locator('.monaco-list-row').first();
  await row.hover();
  await driver.clickOn(row.locator('.action-label[aria-label="Show README"]'));
  await driver.page.locator('.tab.active').filter({ hasText: 'Preview shapes.md' }).waitFor();
  const preview = driver.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  await preview.getByText('Areas of shapes').waitFor();
  await driver.command('View: Close All Editors'); // a page that takes the focus late would close the next question
});

test('it is installed in the chosen version, with its dependencies, and listed', async () => {
  const { driver } = session;
  await search('shapes', 'shapes,Areas of shapes');
  await driver.pick('shapes');
  await driver.input.getByText('Which version of shapes?').waitFor();
  await driver.input.getByText('1.0.0', { exact: true }).waitFor();
  await driver.pick('1.1.0');
  await driver.notification(/Installed on linuxboard-1: units 0\.2\.0, shapes 1\.1\.0/).waitFor();
  await boardHolds(PLACED);
  await driver.row('shapes').waitFor();
  expect(await driver.row('shapes').textContent()).toMatch(/1\.1\.0/);
  expect(await driver.row('units').textContent()).toMatch(/required by other packages/);
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
  await driver.row('shapes').filter({ hasText: '2.0.0 is available' }).waitFor();
  await driver.rowAction('shapes', 'Update Package');
  await driver.notification(/Installed on linuxboard-1: shapes 2\.0\.0/).waitFor();
  await boardHolds(['/lib/shapes.py']); // and its former dependency was removed
});

test('the packages on the board are locked, removed and restored', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Write mpy.lock');
  await driver.tab('mpy.lock').waitFor();
  expect(await driver.editorText()).toContain('"lockVersion": 1');
  await driver.rowAction('shapes', 'Remove Package');
  await boardHolds([]);
  await driver.row('nothing installed from this computer').waitFor();
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

test('a missing package is reported in one sentence', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Install Package…');
  await driver.input.locator('input[type=text]').fill(`${HOST}/none.py`);
  await driver.pick(/none\.py/);
  await driver.notification(/none\.py was not found/).waitFor();
  await boardHolds(['/hello.mpy', '/lib/other.py', '/lib/shapes.py']);
});

test('a program that lacks a package offers to install it', async () => {
  const { driver } = session;
  await driver.command('Notifications: Clear All Notifications');
  await driver.openFile('lacks.py');
  await driver.command('MicroPython: Run File on Board');
  await driver.notification(/linuxboard-1 has no module gadget\./).waitFor();
  await driver.screenshot('packages missing module');
  await driver.answer(/linuxboard-1 has no module gadget\./, 'Install gadget and Run Again');
  await driver.terminalShows('level 7');
  await boardHolds([...['/hello.mpy', '/lib/gadget.py', '/lib/other.py', '/lib/shapes.py']]);
});

test('a file that was changed on the board is removed only after a question', async () => {
  const { driver } = session;
  await driver.openFile('change.py');
  await driver.command('MicroPython: Run File on Board');
  await driver.terminalShows('changed');
  await driver.activity('MicroPython');
  await driver.rowAction('gadget', 'Remove Package');
  await driver.dialog.waitFor();
  await driver.screenshot('packages own files');
  expect(await driver.confirm('Cancel')).toMatch(/Remove changed files on linuxboard-1\?/);
  await boardHolds(['/hello.mpy', '/lib/gadget.py', '/lib/other.py', '/lib/shapes.py']);
  await driver.rowAction('gadget', 'Remove Package');
  expect(await driver.confirm('Remove')).toMatch(/\/lib\/gadget\.py/);
  await boardHolds(['/hello.mpy', '/lib/other.py', '/lib/shapes.py']);
});

test('packages from other tools are found, and removed like the rest', async () => {
  const { driver } = session;
  await driver.openFile('others.py');
  await driver.command('MicroPython: Run File on Board');
  await driver.terminalShows('put there');
  await driver.command('MicroPython: Check Packages for Changes and Updates');
  await driver
    .notification(/Found on linuxboard-1, installed from elsewhere: gadget 1\.0\.0/)
    .waitFor();
  await driver.screenshot('packages by others');
  await driver.activity('MicroPython');
  await driver.rowAction('gadget', 'Remove Package');
  await boardHolds(['/hello.mpy', '/lib/other.py', '/lib/shapes.py']);
});

test('the error of an index is shown, and a retry works', async () => {
  const { driver } = session;
  const list = index.routes.get('/index.json') ?? '';
  index.routes.delete('/index.json');
  await driver.command('MicroPython: Install Package…');
  // A space separates a row's icon from its text.
  const rows = async () => (await driver.picks()).map((text) => text.trim());
  const told = async () => (await rows())[0] === `Try again: ${HOST}/index.json was not found`;
  expect(await pollUntil(told, INSTALL_MS)).toBe(true);
  await driver.screenshot('packages no index');
  index.routes.set('/index.json', list);
  const words = driver.input.locator('input[type=text]');
  await words.press('Enter');
  const found = async () => (await driver.picks()).includes('gadget');
  expect(await pollUntil(found, INSTALL_MS)).toBe(true);
  await words.fill('nothing-like-this');
  await driver.input.getByText('No package in the index matches these words').waitFor();
  await driver.screenshot('packages nothing found');
  await words.press('Escape');
});

test('offline, the last list is shown with its date', async () => {
  const { driver } = session;
  await proxy.stop();
  await driver.command('MicroPython: Install Package…');
  await driver.input.getByText(/offline: the index as of/).waitFor();
  expect(await driver.picks()).toContain('gadget');
  await driver.screenshot('packages offline');
  await driver.input.locator('input[type=text]').press('Escape');
});

test('code completion says what it needs without Pylance', async () => {
  const { driver } = session;
  // VS Code shows three messages at once; the others wait.
  await driver.command('Notifications: Clear All Notifications');
  await driver.command('MicroPython: Set Up Code Completion for This Board');
  await driver.notification(/needs the Python extension/).waitFor();
});

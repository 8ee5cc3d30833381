// @ts-check
// Takes the pictures and the animation of the README, and the first pictures of the walkthrough, from the running product: real
// boards, the packaged extension, a real window. `node scripts/pictures.mjs`
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSession } from '../test/e2e/session.mjs';
import { webview } from '../test/e2e/webview.mjs';
import { pollUntil, startUboard } from '../test/lab/index.mjs';
import { Animation } from './animation.mjs';

const folder = fileURLToPath(new URL('../media/readme/', import.meta.url));
mkdirSync(folder, { recursive: true });

const BLINK = `import time

for n in range(5):
    print("blink", n)
    time.sleep(0.2)
`;
const CLIMATE = `"""Keeps the greenhouse at the right temperature."""

TARGET = 21.5


def heat(now):
    return max(0, min(100, (TARGET - now) * 20))
`;

const names = ['kitchen', 'greenhouse', 'workbench'];
const boards = [];
for (const name of names) {
  const old = CLIMATE.replace('21.5', '19').replace('* 20', '* 10');
  boards.push(
    await startUboard({
      name,
      files: {
        'main.py': `print("hello from the ${name}")\n`,
        'lib/climate.py': old,
        'lib/place.py': `FLOOR = ${name === 'workbench' ? 2 : 1}\n`,
        'boot.py': '',
      },
    }),
  );
}
const session = await openSession({
  ttys: boards.map((b) => b.tty),
  files: { 'blink.py': BLINK, 'lib/climate.py': CLIMATE, 'lib/log.py': 'LEVEL = 2\n' },
  settings: {
    'workbench.colorTheme': 'Default Dark Modern',
    'mpyFleet.sync.mappings': ['lib -> /lib'],
  },
});
const { driver } = session;

/** @param {string} name */
const picture = (name) => driver.page.screenshot({ path: join(folder, `${name}.png`) });

const tour = new Animation();
/** Adds the window's present content to the animation. @param {number} ms how long it is shown */
const frame = async (ms) => tour.add(await driver.page.screenshot(), ms);

try {
  await driver.page.setViewportSize({ width: 1200, height: 720 });
  await driver.activity('MicroPython');
  const rows = driver.page.getByRole('treeitem', { name: /linuxboard/ });
  await rows.nth(2).waitFor();
  for (const name of names) {
    await rows.first().click();
    await driver.command('MicroPython: Rename Board');
    await driver.type(name);
    await driver.row(name).waitFor();
  }
  const offers = driver.page.locator('.notification-toast');
  if ((await offers.count()) > 0) {
    await driver.command('Notifications: Clear All Notifications');
    await offers.first().waitFor({ state: 'detached' });
  }
  await frame(1500);
  await driver.expand('kitchen');
  await driver.row('main.py').first().waitFor();
  await frame(1500);
  await driver.openFile('blink.py');
  await frame(1500);
  await driver.row('kitchen').click();
  await driver.command('MicroPython: Run File on Board');
  for (const n of [0, 1, 2, 3, 4]) {
    await driver.terminalShows(`blink ${n}`);
    await frame(n === 4 ? 2000 : 300);
  }
  // The board is ready again: its prompt and its files are shown.
  await driver
    .row(/kitchen/)
    .filter({ hasText: 'ready' })
    .waitFor();
  await driver.expand('kitchen');
  const listed = async () => (await driver.rows()).filter((r) => r === 'main.py').length;
  await pollUntil(async () => (await listed()) === names.length, 30_000);
  await driver.status('kitchen: ready').waitFor();
  await picture('window');

  await driver.activity('Explorer');
  await driver.row('blink.py').waitFor();
  await driver.row('lib').click({ button: 'right' });
  await driver.page.getByRole('menuitem', { name: 'Upload to Board' }).first().hover();
  await picture('upload');
  await frame(2500);
  await driver.page.keyboard.press('Escape');

  await driver.activity('MicroPython');
  await driver.command('MicroPython: Run Code on Boards…');
  await driver.type('import place; print("floor", place.FLOOR)');
  const box = driver.input.locator('input[type=text]');
  await box.fill('all');
  await driver.input
    .getByText(/3 boards/)
    .first()
    .waitFor();
  await driver.page.keyboard.press('Enter');
  const results = await webview(driver.page, '#summary');
  await results.getByText('3 boards done: same answer on 2').waitFor();
  await results.getByText('floor 2').first().waitFor();
  await picture('results');
  await frame(3000);

  await driver.row('greenhouse').click();
  await driver.command('MicroPython: Preview Sync to Board…');
  await driver.row('/lib/climate.py').click();
  await driver.page.locator('.monaco-diff-editor .editor.modified .view-line').first().waitFor();
  await picture('sync');
  await frame(4000);
  tour.write(join(folder, 'tour.gif'));

  // The pictures of the walkthrough use the light theme.
  session.setSettings({ 'workbench.colorTheme': 'Default Light Modern' });
  await driver.page.locator('.monaco-workbench.vs').waitFor();
  await driver.command('MicroPython: Close the Sync Preview');
  await driver.expand('kitchen');
  await driver.row('main.py').waitFor();
  const clip = { x: 0, y: 36, width: 350, height: 330 };
  await driver.page.screenshot({ path: join(folder, '../walkthrough/board.png'), clip });
  console.log(`pictures are in ${folder}`);
} catch (error) {
  await picture('failed');
  throw error;
} finally {
  await session.close();
  for (const board of boards) await board.stop();
}

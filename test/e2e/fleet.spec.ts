import type { FrameLocator, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { pollUntil, startUboard } from '../lab/index.mjs';
import { chooseBoards, nameBoards } from './chooseBoards.mjs';
import { openSession } from './session.mjs';
import { accessibilityFaults, webview as pageWith } from './webview.mjs';

// A job on several boards: choose them, run it, read the results, retry the failed ones; and the dashboard.

const NAMES = ['shelf-01', 'shelf-02', 'shelf-03'];
const SEEN_MS = 60_000;

let boards: Awaited<ReturnType<typeof startUboard>>[];
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  boards = await Promise.all(
    NAMES.map((name) => startUboard({ name, files: { 'room.txt': '7' } })),
  );
  session = await openSession({
    ttys: boards.map((b) => b.tty),
    files: {
      'bad.py': `import machine\nif machine.unique_id() == b"shelf-02":\n    raise ValueError("dark")\nprint("well")\n`,
      'hello.py': 'import machine\nprint("hello from", machine.unique_id().decode())\n',
    },
  });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`fleet ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await Promise.all(boards.map((b) => b.stop()));
});

const webview = (has: string) => pageWith(session.driver.page, has);

async function becomes(locator: Locator, text: RegExp): Promise<void> {
  const shows = async () => text.test((await locator.textContent()) ?? '');
  if (await pollUntil(shows, SEEN_MS)) return;
  throw new Error(
    `it does not become ${String(text)} but is ${(await locator.textContent()) ?? ''}`,
  );
}

/** Waits for what the drawn rows of the table show, since they follow the summary in the next frame. */
const drawn = (page: FrameLocator, of = (cells: string[]): unknown => cells) =>
  expect.poll(async () => (await rows(page)).map(of), { timeout: SEEN_MS });

/** Returns the drawn rows of the table, each as the texts of its cells. */
async function rows(page: FrameLocator): Promise<string[][]> {
  return page
    .locator('.vt-row')
    .evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll('.vt-cell')].map((cell) => cell.textContent)),
    );
}

/** Clicks a row of the dashboard that is drawn again while the button is down, as when a board reports. */
async function clickWhileDrawn(page: FrameLocator, row: Locator): Promise<void> {
  const { mouse } = session.driver.page;
  await row.hover();
  await mouse.down();
  await page.locator('#filter').dispatchEvent('input');
  const frames = () =>
    new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await page.locator('html').evaluate(frames);
  await mouse.up();
}

test('boards are named by a pattern', async () => {
  const { driver } = session;
  await nameBoards(driver, 3, 'shelf-{n:2}');
  const named = async () =>
    (await driver.rows()).filter((r) => /^shelf-0[123]$/.test(r)).length === 3;
  expect(await pollUntil(named, SEEN_MS)).toBe(true);
});

test('a range across an open board means the boards: their menu opens, and Delete deletes no file', async () => {
  const { driver } = session;
  await driver.expand('shelf-01');
  await driver.row('room.txt').waitFor();
  await driver.addRows(['shelf-01', 'room.txt', 'shelf-02', 'shelf-03']);
  // The window learns of the selection some time after the click.
  const offered = async () => {
    await driver.row('shelf-03').click({ button: 'right' });
    const items = await driver.menuItems();
    if (items.includes('Soft Reset') && items.includes('Rename Board…')) return true;
    await driver.page.keyboard.press('Escape');
    return false;
  };
  expect(await pollUntil(offered, SEEN_MS)).toBe(true);
  await driver.menu('Rename Board…');
  const title = driver.input.locator('.quick-input-title');
  await title.filter({ hasText: 'New names for 3 boards' }).waitFor();
  // A tree that is redrawn while the question opens may have the focus. Escape would then forget its focused row.
  await driver.input.locator('input[type=text]').press('Escape');
  await driver.page.locator('.part.sidebar .monaco-list').first().focus();
  const focused = driver.page.locator('.part.sidebar .monaco-list:focus .monaco-list-row.focused');
  await driver.row('shelf-03').and(focused).waitFor();
  await driver.page.keyboard.press('Delete');
  await driver.status('Delete works only on files and folders').waitFor();
  expect(await driver.dialog.count()).toBe(0);
});

test('a file runs on the boards of a hostlist, and equal answers are one line', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Read a Value from Boards…');
  await driver.type('6 * 7');
  await chooseBoards(session.driver, 'shelf-[01-03]', 3);
  const page = await webview('#summary');
  await becomes(page.locator('#summary'), /^3 boards done, same answer$/);
  await drawn(page).toEqual([
    [
      expect.stringMatching(/^3 boards: shelf-\[01-03\]$/),
      'done',
      expect.stringMatching(/ m?s$/),
      '42',
    ],
  ]);

  await driver.openFile('hello.py');
  await driver.command('MicroPython: Run on Boards…');
  await chooseBoards(session.driver, 'shelf-[01-03],-,shelf-02', 2);
  await becomes(page.locator('#summary'), /^2 boards done, 2 different answers$/);
  const hello: unknown = expect.stringMatching(/^hello from shelf-0\d$/);
  await drawn(page, (r) => [r[0], r[3]]).toEqual([
    ['shelf-01', hello],
    ['shelf-03', hello],
  ]);
});

test('an unknown name is reported, not ignored', async () => {
  const { driver } = session;
  await driver.openFile('hello.py');
  await driver.command('MicroPython: Run on Boards…');
  const box = driver.input.locator('input[type=text]');
  await box.waitFor();
  await box.fill('shelf-[03-04]');
  await becomes(driver.input.locator('.quick-input-title'), /1 board: shelf-03/);
  await becomes(driver.input.locator('.quick-input-list'), /No board matches shelf-04/);
  await box.press('Escape');
});

test('a board that fails is named, and Retry Failed repeats it', async () => {
  const { driver } = session;
  const page = await webview('#summary');
  await driver.command('MicroPython: Run Code on Boards…');
  await driver.type('open("flag.txt").read()');
  await chooseBoards(session.driver, 'shelf-[01-02]', 2);
  await becomes(
    page.locator('#summary'),
    /^0 of 2 boards done; shelf-0\d failed: OSError: \[Errno 2\] ENOENT/,
  );
  await driver.command('MicroPython: Run Code on Boards…');
  await driver.type('open("flag.txt","w").write("x")');
  await chooseBoards(session.driver, 'shelf-02', 1);
  await becomes(page.locator('#summary'), /^1 board done$/);
  await driver.command('MicroPython: Show Results');
  await driver.clickOn(
    driver.input.locator('.monaco-list-row').filter({ hasText: '0 of 2 boards done' }),
  );
  await becomes(page.locator('#summary'), /^0 of 2 boards done/);
  await page.locator('#retry').click();
  await becomes(page.locator('#summary'), /^1 of 2 boards done; shelf-01 failed: OSError/);
});

test('failures come first, and a line of their traceback opens the source', async () => {
  const { driver } = session;
  const page = await webview('#summary');
  await driver.openFile('bad.py');
  await driver.command('MicroPython: Run on Boards…');
  await chooseBoards(session.driver, 'shelf-0?', 3);
  await becomes(
    page.locator('#summary'),
    /^2 of 3 boards done, same answer; shelf-0\d failed: ValueError: dark/,
  );
  await drawn(page, (r) => r[1]).toEqual(['failed', 'done']);
  await driver.openFile('hello.py');
  await page.locator('.vt-row').first().click();
  await page.locator('#detailText .link').last().click();
  await driver.tab('bad.py').waitFor();
});

test('two answers can be compared in a diff', async () => {
  const { driver } = session;
  const page = await webview('#summary');
  await driver.openFile('hello.py');
  await driver.command('MicroPython: Run on Boards…');
  await chooseBoards(session.driver, 'shelf-0?', 3);
  await becomes(page.locator('#summary'), /^3 boards done, 3 different answers$/);
  await page.locator('.vt-row').nth(0).click();
  await page
    .locator('.vt-row')
    .nth(1)
    .click({ modifiers: ['Control'] });
  await page.locator('#compare').click();
  await driver.page.locator('.monaco-diff-editor').first().waitFor();
});

test('the dashboard shows, filters, selects and acts', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Show Dashboard');
  const page = await webview('#cards');
  await becomes(page.locator('#card-all strong'), /^3$/);
  await becomes(page.locator('#count'), /^3 of 3 boards/);
  await drawn(page, (r) => r[0]).toEqual(NAMES);
  await page.locator('[data-key=name]').click();
  await drawn(page, (r) => r[0]).toEqual([...NAMES].reverse());
  await page.locator('#filter').fill('shelf-02');
  await becomes(page.locator('#count'), /^1 of 3 boards/);
  await page.locator('#filter').fill('');
  await drawn(page, (r) => r[0]).toEqual([...NAMES].reverse());
  await clickWhileDrawn(page, page.locator('.vt-row').first());
  await becomes(page.locator('#count'), /1 selected$/);

  await page.locator('.vt').focus();
  await driver.page.keyboard.press('ArrowDown');
  await driver.page.keyboard.press('Shift+ArrowDown');
  await becomes(page.locator('#count'), /2 selected$/);
  await page.locator('#act-runCode').click();
  await driver.type('print("from the dashboard")');
  const results = await webview('#summary');
  await becomes(results.locator('#summary'), /^2 boards done, same answer$/);

  await page.locator('.vt-row').nth(0).dblclick();
  await becomes(page.locator('#boardName'), /^shelf-0\d$/);
  await page.locator('#measure').click();
  await becomes(page.locator('#charts'), /Memory free: last/);
  // The axis of the memory chart begins at zero.
  await becomes(page.locator('.chart-y').first(), /B0 bytes$/);
  await driver.screenshot('fleet one board in the dashboard');
  await page.locator('#close').click();
});

test('at 200 % the dashboard and the results still show their rows', async () => {
  const { driver } = session;
  await driver.page.setViewportSize({ width: 640, height: 400 });
  try {
    for (const place of ['#cards', '#summary']) {
      const page = await webview(place);
      const scroller = page.locator('.vt-scroller');
      await scroller.scrollIntoViewIfNeeded();
      const height = await scroller.evaluate((e: HTMLElement) => e.clientHeight);
      expect(height, place).toBeGreaterThanOrEqual(3 * 24);
      // No button is cut off at the right or at the bottom.
      const hidden = await page
        .locator('.toolbar')
        .first()
        .evaluate((e: HTMLElement) => ({
          right: e.scrollWidth - e.clientWidth,
          below: e.scrollHeight - e.clientHeight,
        }));
      expect(hidden, place).toEqual({ right: 0, below: 0 });
    }
    await driver.screenshot('fleet at 200 %');
  } finally {
    await driver.page.setViewportSize({ width: 1280, height: 800 });
  }
});

/** Themes, and VS Code's class for their kind. */
const THEMES = {
  'Default Light Modern': 'vscode-light',
  'Default Dark Modern': 'vscode-dark',
  'Default High Contrast': 'vscode-high-contrast',
  'Default High Contrast Light': 'vscode-high-contrast-light',
};

test.each(Object.entries(THEMES))(
  'dashboard and results can be read in %s',
  async (theme, kind) => {
    session.setSettings({ 'workbench.colorTheme': theme });
    for (const place of ['#cards', '#summary']) {
      const body = (await webview(place)).locator('body');
      const themed = async () => (await body.getAttribute('data-vscode-theme-kind')) === kind;
      expect(await pollUntil(themed, SEEN_MS), `${place} in ${kind}`).toBe(true);
      const [text = '', ground = ''] = await body.evaluate((page: HTMLElement): string[] => {
        const style = getComputedStyle(page);
        return [style.color, style.backgroundColor];
      });
      expect(contrast(text, ground)).toBeGreaterThan(kind.includes('contrast') ? 7 : 4.5);
      expect(await accessibilityFaults(session.driver.page, place), kind).toEqual([]);
    }
  },
);

/** Returns the relative luminance of `rgb(r, g, b)` as WCAG defines it. */
function brightness(colour: string): number {
  const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map((n) => {
    const c = Number(n) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [brightness(a), brightness(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

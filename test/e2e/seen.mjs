// @ts-check
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('playwright-core').Page} Page */

/** Windows that are open now. @type {Set<Page>} */
const pages = new Set();

/** Data folders of the servers that run now. @type {Set<string>} */
const servers = new Set();

const KEYS = 30; // number of keys and clicks that are kept
const LOG_LINES = 40; // of the extension's log

/** Records the last keys and clicks in the page, their targets, and whether the window handled the keys. @param {number} keep */
function keepKeys(keep) {
  /** @type {string[]} */
  const keys = [];
  const clicks = { all: 0, actions: 0 };
  Object.assign(window, { keysPressed: keys, clicks });
  const name = (/** @type {EventTarget | null} */ at) =>
    at && 'className' in at ? String(at.className).split(' ', 2).join('.') : '';
  window.addEventListener(
    'keydown',
    (event) => {
      const at = name(event.target);
      // Runs after all other listeners.
      setTimeout(() => {
        const to = name(document.activeElement);
        keys.push(
          `${event.key} in ${at}${event.defaultPrevented ? '' : ', not taken'}, then ${to}`,
        );
        if (keys.length > keep) keys.shift();
      });
    },
    true,
  );
  window.addEventListener(
    'click',
    (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      const row = target.closest('.monaco-list-row');
      if (target.closest('.monaco-list-row, .action-label')) clicks.all++;
      if (target.closest('.action-label')) clicks.actions++;
      keys.push(`click on ${row?.getAttribute('aria-label') ?? name(target)}`);
      if (keys.length > keep) keys.shift();
    },
    true,
  );
}

/**
 * Returns how many clicks have hit a row of a list or an action of a toolbar since the page was loaded, and how many of these an
 * action.
 * @param {Page} page @returns {Promise<{ all: number, actions: number }>}
 */
export function clicksTaken(page) {
  return page.evaluate(() => {
    const none = { all: 0, actions: 0 };
    return 'clicks' in window ? /** @type {typeof none} */ (window.clicks) : none;
  });
}

/** Adds a window to those whose content is reported. @param {Page} page a page, loaded or not */
export async function nowOpen(page) {
  pages.add(page);
  await page.addInitScript(keepKeys, KEYS);
  await page.evaluate(keepKeys, KEYS);
  page.on('close', () => pages.delete(page));
}

/** Adds a server to those whose log is reported. Returns a function that ends it. @param {string} userDataDir */
export function nowServing(userDataDir) {
  servers.add(userDataDir);
  return () => servers.delete(userDataDir);
}

/** Describes the content of each open window, and the end of the extension's log, as text. @returns {Promise<string[]>} */
export async function whatIsSeen() {
  return [...(await Promise.all([...pages].map(seen))), ...[...servers].flatMap(logsOf)];
}

/** Returns the end of each log of the extension, one for each time that a window was opened. @param {string} userDataDir */
function logsOf(userDataDir) {
  const logs = join(userDataDir, 'logs');
  return readdirSync(logs, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('MicroPython Fleet.log'))
    .sort()
    .map((path) => {
      const lines = readFileSync(join(logs, path), 'utf8').trimEnd().split('\n');
      return ['The log of the extension ends:', ...lines.slice(-LOG_LINES)].join('\n  ');
    });
}

/** @param {Page} page */
async function seen(page) {
  const texts = async (/** @type {string} */ selector) =>
    (await page.locator(selector).allInnerTexts())
      .map((text) => text.replaceAll(/\s+/g, ' ').trim())
      .filter((text) => text !== '');
  const focus = await page.evaluate(() => {
    const path = [];
    for (let at = document.activeElement; at; at = at.parentElement) path.push(at.className);
    return path.slice(0, 4).join(' < ');
  });
  const parts = {
    focus,
    dialog: await texts('.monaco-dialog-box'),
    input: await texts('.quick-input-widget:not([style*="display: none"])'),
    notifications: await texts('.notification-toast, .notifications-center .monaco-list-row'),
    status: await texts('.part.statusbar .statusbar-item'),
    rows: await texts('.part.sidebar .monaco-list-row'),
    focused: await texts('.monaco-list-row.focused'),
    selected: await texts('.monaco-list-row.selected'),
    keys: await page.evaluate(() => ('keysPressed' in window ? window.keysPressed : [])),
    terminal: (await texts('.terminal-wrapper.active .xterm-rows > div')).slice(-12),
  };
  return [
    'The window showed:',
    ...Object.entries(parts).map(([k, v]) => `  ${k}: ${JSON.stringify(v)}`),
  ].join('\n');
}

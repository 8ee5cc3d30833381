// @ts-check
// A headless browser window on the VS Code server.
import { ensure } from './ensure.mjs';

const OPEN_MS = 120_000; // ten seconds on an idle machine

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Opens an empty page, so that the caller can add listeners before it calls `page.goto`.
 * @returns {Promise<{ page: import('playwright-core').Page, close: () => Promise<void> }>}
 */
export async function openPage() {
  const { program = '' } = await ensure('chromium');
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath: program,
    args: flags,
    timeout: OPEN_MS,
  });
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  return { page, close: () => browser.close() };
}

/**
 * Opens VS Code's window and waits until it can be used.
 * @param {string} url of `startCodeServer`
 */
export async function openWindow(url) {
  const opened = await openPage();
  try {
    await loadWindow(opened.page, url);
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/**
 * Loads VS Code into a page and waits until it can be used.
 * @param {import('playwright-core').Page} page
 * @param {string} url of `startCodeServer`
 */
export async function loadWindow(page, url) {
  await page.goto(url, { waitUntil: 'commit', timeout: OPEN_MS });
  await page
    .locator('.monaco-workbench .part.activitybar .action-item')
    .first()
    .waitFor({ timeout: OPEN_MS });
  // The status bar names the remote once the workbench has reached its extension host.
  await page.locator('.part.statusbar .statusbar-item').first().waitFor({ timeout: OPEN_MS });
}

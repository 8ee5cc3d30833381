// @ts-check
// The pages of webviews: each is a frame within a frame, and nothing outside tells which is whose.
import { pollUntil } from '../lab/process.mjs';

const SEEN_MS = 60_000;

/**
 * The page of the webview that has an element.
 * @param {import('playwright-core').Page} page @param {string} has a selector
 * @returns {Promise<import('playwright-core').FrameLocator>}
 */
export async function webview(page, has) {
  /** @type {import('playwright-core').FrameLocator | undefined} */
  let found;
  const look = async () => {
    const count = await page.locator('iframe.webview').count();
    for (let i = 0; i < count; i++) {
      const outer = page.locator('iframe.webview').nth(i).contentFrame();
      const inner = outer.frameLocator('#active-frame');
      if ((await inner.locator(has).count()) === 0) continue;
      found = inner;
      return true;
    }
    return false;
  };
  if (!(await pollUntil(look, SEEN_MS)) || !found) throw new Error(`no webview has ${has}`);
  return found;
}

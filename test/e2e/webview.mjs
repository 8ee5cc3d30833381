// @ts-check
// The pages of webviews. Each is a frame within a frame, and the outer frame does not identify the page.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pollUntil } from '../lab/process.mjs';

const SEEN_MS = 60_000;

/**
 * Finds the page of the webview that has an element.
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

/** The rules that axe checks: WCAG 2.2, levels A and AA. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/**
 * Returns the faults that axe finds in the webview that has an element, one line each: rule and elements.
 * @param {import('playwright-core').Page} page @param {string} has a selector
 * @returns {Promise<string[]>}
 */
export async function accessibilityFaults(page, has) {
  await webview(page, has);
  for (const frame of page.frames()) {
    if ((await frame.locator(has).count()) === 0) continue;
    // Evaluated through the debugger, because the page's content security policy allows no other script.
    await frame.evaluate(
      readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
    );
    return frame.evaluate(async (rules) => {
      const { axe } = /** @type {{ axe: import('axe-core') }} */ (
        /** @type {unknown} */ (globalThis)
      );
      const { violations } = await axe.run(document, {
        runOnly: rules,
        // The table around the scroller has the focus; arrows and Page Down scroll it.
        rules: { 'scrollable-region-focusable': { enabled: false } },
      });
      return violations.map(
        (v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 200)).join(' | ')}`,
      );
    }, RULES);
  }
  throw new Error(`no webview has ${has}`);
}

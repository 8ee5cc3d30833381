// @ts-check
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../lab/paths.mjs';
import { pollUntil } from '../../lab/process.mjs';
import { loadWindow } from '../../lab/window.mjs';
import { clicksTaken, nowOpen } from '../seen.mjs';
import { COVERED_MS, SEEN_MS, isTimeout } from './waits.mjs';

/** @typedef {import('playwright-core').Locator} Locator */

/** The window, its page, and the mouse. */
export class Window {
  /** @param {Awaited<ReturnType<typeof import('../../lab/window.mjs').openWindow>>} opened */
  constructor(opened) {
    this.page = opened.page;
    this.page.setDefaultTimeout(SEEN_MS);
    this.close = opened.close;
  }

  /** Closes the window, which ends its extension host, and opens a new one in the same browser. @param {string} url */
  async reopen(url) {
    const context = this.page.context();
    await this.page.goto('about:blank'); // lets the workbench say goodbye to the server, as closing does
    await this.page.close();
    this.page = await context.newPage();
    this.page.setDefaultTimeout(SEEN_MS);
    await nowOpen(this.page);
    await loadWindow(this.page, url);
  }

  /**
   * Moves the mouse off the side bar, because the tooltip of a row covers the rows below. A tooltip may be 700 pixels wide and stays
   * while the mouse is in it, so the mouse goes to the right edge of the editor.
   */
  async moveAway() {
    const { width, height } = this.page.viewportSize() ?? { width: 1280, height: 800 };
    const tooltips = this.page.locator('.workbench-hover').filter({ visible: true });
    // On a busy computer, a tooltip may appear after the mouse has left. It closes after the mouse has been in it.
    let looks = 0;
    const gone = async () => {
      await this.page.mouse.move(width - 25, height / 2 + (looks % 2));
      if ((await tooltips.count()) === 0) return true;
      const box = ++looks % 10 === 0 ? await tooltips.first().boundingBox() : null;
      if (box) await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      return false;
    };
    if (!(await pollUntil(gone, SEEN_MS)))
      throw new Error(`a tooltip stays: ${(await tooltips.allTextContents()).join(' | ')}`);
  }

  /**
   * Clicks a row of a list or an action of a toolbar. If it is redrawn between the press and the release of the button, VS Code
   * sees no click, or for an action a click on its row, and it is clicked again, as a user would do.
   * @param {Locator} what @param {Parameters<Locator['click']>[0]} [options]
   * @param {(timeout: number) => Promise<void>} [show] makes it visible before each click
   */
  async clickOn(what, options, show = () => Promise.resolve()) {
    let isHit = false;
    const click = async (/** @type {number} */ timeout) => {
      await show(timeout);
      const is = (/** @type {Element} */ element) => element.matches('.action-label');
      const kind = (await what.evaluate(is, undefined, { timeout })) ? 'actions' : 'all';
      const before = (await clicksTaken(this.page))[kind];
      try {
        await what.click({ timeout, ...options });
      } finally {
        isHit = (await clicksTaken(this.page))[kind] > before;
      }
    };
    /** @type {unknown} */
    let error = new Error(`no click reaches ${String(what)}`);
    const hit = async () => {
      const late = await this.uncovered(click);
      if (late) error = late;
      return isHit;
    };
    if (!(await pollUntil(hit, SEEN_MS))) throw error;
  }

  /**
   * Uses the mouse. A tooltip may cover the place, and stays as long as the mouse, which is then moved away. Returns the error of an
   * act that has timed out. @param {(timeout: number) => Promise<void>} act
   */
  async uncovered(act) {
    try {
      await act(COVERED_MS);
      return undefined;
    } catch (error) {
      if (!isTimeout(error)) throw error;
      await this.moveAway();
      return error;
    }
  }

  /**
   * Drags with the mouse over each stop to the last one, and waits for each stop to appear.
   * @param {Locator} from @param {Locator[]} stops
   */
  async drag(from, stops) {
    const { mouse } = this.page;
    const middle = async (/** @type {Locator} */ of) => {
      await of.waitFor();
      const box = await of.boundingBox();
      if (!box) throw new Error('nothing to drag there');
      return /** @type {const} */ ([box.x + Math.min(box.width / 2, 60), box.y + box.height / 2]);
    };
    await mouse.move(...(await middle(from)));
    await mouse.down();
    for (const stop of stops) {
      await mouse.move(...(await middle(stop)), { steps: 12 });
      await mouse.move(...(await middle(stop)), { steps: 2 });
    }
    await mouse.up();
  }

  /** Saves a picture of the window in test-results/. @param {string} name */
  async screenshot(name) {
    const dir = join(root, 'test-results');
    mkdirSync(dir, { recursive: true });
    const path = join(dir, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }
}

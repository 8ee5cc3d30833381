// @ts-check
import { pollUntil } from '../../lab/process.mjs';
import { whole } from './labels.mjs';
import { Notifications } from './notifications.mjs';
import { CLICK_MS, SEEN_MS } from './waits.mjs';

const WINDOW_MS = 90_000; // for a new window to draw its first icons, while two servers start

/** @typedef {import('playwright-core').Locator} Locator */

/** Selects a row's name. A file's name may be split into name and suffix, and a description may follow. */
const nameOf = '.monaco-icon-name-container';

/** Rows of the trees in the side bar. */
export class Rows extends Notifications {
  /** Opens a view container by its title in the activity bar. @param {string} title */
  async activity(title) {
    const icon = this.activityIcon(title);
    await icon.waitFor({ timeout: WINDOW_MS });
    const shown = this.page.locator('.part.sidebar .title-label', { hasText: title });
    // If the view is already opening, a click on its icon would close it.
    const open = async () => {
      if (await shown.isVisible()) return true;
      if ((await icon.getAttribute('aria-expanded')) !== 'true') await icon.click();
      return shown.isVisible();
    };
    if (!(await pollUntil(open, SEEN_MS))) throw new Error(`${title} does not open`);
    // The icon's hover would cover the rows next to it. VS Code 1.96 keeps it as long as the mouse stays.
    await this.moveAway();
  }

  /** Returns the icon of a view container in the activity bar. @param {string} title */
  activityIcon(title) {
    return this.page.locator(`.part.activitybar .action-item [aria-label^="${title}"]`).first();
  }

  /** Returns a row of any tree by its label. @param {string | RegExp} label @returns {Locator} */
  row(label) {
    const name = this.page.locator(nameOf).filter({ hasText: whole(label) });
    const split = this.page
      .locator('.monaco-icon-label-container')
      .filter({ hasText: whole(label) });
    const named = name.or(split);
    return this.page.locator('.part.sidebar .monaco-list-row').filter({ has: named }).first();
  }

  /** Returns the labels of all rows that the side bar shows. @returns {Promise<string[]>} */
  async rows() {
    const rows = this.page.locator('.part.sidebar .monaco-list-row');
    return rows.evaluateAll((all) =>
      all.map((row) =>
        ['.monaco-icon-name-container', '.monaco-icon-suffix-container']
          .map((part) => row.querySelector(part)?.textContent ?? '')
          .join(''),
      ),
    );
  }

  /** Selects these rows of a tree and no others. @param {readonly string[]} labels */
  async selectRows(labels) {
    const [first = ''] = labels;
    await this.clickOn(this.row(first));
    await this.addRows(labels); // the first one too, which a redraw may have lost
    await this.moveAway();
  }

  /** Clicks a row of a tree and waits until it has the keyboard focus. @param {string | RegExp} label */
  async focusRow(label) {
    await this.clickOn(this.row(label));
    const focused = this.page.locator('.part.sidebar .monaco-list:focus .monaco-list-row.focused');
    await this.row(label).and(focused).waitFor();
  }

  /**
   * Adds rows to those that are selected. A tree that is redrawn at that moment may lose one of them again.
   * @param {readonly string[]} labels
   */
  async addRows(labels) {
    const added = async () => {
      for (const label of labels) {
        if ((await this.row(label).getAttribute('aria-selected')) === 'true') continue;
        await this.moveAway();
        await this.clickOn(this.row(label), { modifiers: ['Control'] });
        return false;
      }
      return true;
    };
    if (!(await pollUntil(added, SEEN_MS))) throw new Error(`not selected: ${labels.join(', ')}`);
  }

  /** Expands a row unless it is expanded. @param {string | RegExp} label */
  async expand(label) {
    const row = this.row(label);
    const isOpen = async () => (await row.getAttribute('aria-expanded')) === 'true';
    const open = async () => {
      if (await isOpen()) return true;
      // A row without children has no such attribute, as that of a board that is not connected yet.
      if ((await row.getAttribute('aria-expanded')) === null) return false;
      await this.clickOn(row.locator('.monaco-tl-twistie'));
      return pollUntil(isOpen, CLICK_MS);
    };
    if (!(await pollUntil(open, SEEN_MS))) throw new Error(`${String(label)} does not open`);
  }
}

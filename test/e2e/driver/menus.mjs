// @ts-check
import { pollUntil } from '../../lab/process.mjs';
import { whole } from './labels.mjs';
import { Rows } from './rows.mjs';
import { CLICK_MS, COVERED_MS, SEEN_MS, isTimeout } from './waits.mjs';

const TOLD_MS = 700; // for a message that nothing was done

/** Menus and a row's inline actions. */
export class Menus extends Rows {
  /**
   * Chooses from a row's context menu. @param {string | RegExp} label @param {string | RegExp} item
   * @param {string} [submenu] the submenu that has the item
   */
  async rowMenu(label, item, submenu) {
    await this.#onRow(async () => {
      await this.openRowMenu(label);
      if (submenu !== undefined) await this.openSubmenu(submenu);
      await this.menu(item);
    });
  }

  /** Opens the context menu of a row. @param {string | RegExp} label */
  async openRowMenu(label) {
    const row = this.row(label);
    const entries = this.page.locator('.monaco-menu .action-menu-item');
    // The menu opens when the button is pressed.
    const press = (/** @type {number} */ timeout) => row.click({ button: 'right', timeout });
    const isFocused = async () => /\bfocused\b/.test((await row.getAttribute('class')) ?? '');
    // Rows move if one above them appears or disappears. Check that the menu belongs to the row, and otherwise open it again.
    const opened = async () => {
      const late = await this.uncovered(press);
      const hasEntries = async () => (await entries.count()) > 0;
      const isOpen = late ? await hasEntries() : await pollUntil(hasEntries, COVERED_MS);
      if (isOpen && (await pollUntil(isFocused, CLICK_MS))) return true;
      await this.page.keyboard.press('Escape');
      return false;
    };
    if (!(await pollUntil(opened, SEEN_MS))) throw new Error(`no menu of the row ${String(label)}`);
  }

  /** Opens a submenu of the open menu. @param {string} name */
  async openSubmenu(name) {
    const entries = this.page.locator('.monaco-menu .action-menu-item');
    await entries.first().waitFor();
    const before = await entries.count();
    const entry = entries.filter({ hasText: whole(name) });
    const open = async () => {
      if ((await entries.count()) > before) return true;
      await entry
        .first()
        .click({ timeout: CLICK_MS })
        .catch((/** @type {Error} */ error) => {
          if (!isTimeout(error)) throw error; // the menu ignores clicks for a moment
        });
      return (await entries.count()) > before;
    };
    if (!(await pollUntil(open, SEEN_MS))) throw new Error(`the submenu ${name} does not open`);
  }

  /** Clicks an inline action of a row. @param {string | RegExp} label @param {string} action its title */
  async rowAction(label, action) {
    const row = this.row(label);
    const icon = row.locator(`.action-label[aria-label^="${action}"]`);
    await this.#onRow(() => this.clickOn(icon, {}, (timeout) => row.hover({ timeout })));
  }

  /**
   * Does what starts a command on a row. VS Code does not tell the extension which row is meant while all rows are redrawn; the
   * extension then says that nothing was done, and it is done again, as it asks.
   * @param {() => Promise<void>} act
   */
  async #onRow(act) {
    const undone = this.notification('The rows were being redrawn when you clicked');
    const isUndone = async () => (await undone.count()) > 0;
    const hasBegun = async () =>
      (await isUndone()) || (await this.input.count()) > 0 || (await this.dialog.count()) > 0;
    const done = async () => {
      await act();
      await pollUntil(hasBegun, TOLD_MS);
      if (!(await isUndone())) return true;
      await undone.hover();
      await undone.locator('.codicon-notifications-clear').click();
      await undone.waitFor({ state: 'detached' });
      return false;
    };
    if (!(await pollUntil(done, SEEN_MS))) throw new Error('no command takes its row');
  }

  /**
   * Chooses from the open menu. If the entry is missing, the error lists the entries. Enter chooses, since VS Code ignores clicks for
   * a moment after a menu has opened, and acts some time after the others.
   * @param {string | RegExp} item
   */
  async menu(item) {
    const entries = this.page.locator('.monaco-menu .action-menu-item');
    await entries.first().waitFor();
    const label = this.page.locator('.action-label').filter({ hasText: whole(item) });
    const found = entries.filter({ has: label });
    // A menu is drawn in one step, so a missing entry will not appear later.
    if ((await found.count()) === 0) {
      throw new Error(
        `the menu has no ${String(item)} but: ${(await this.menuItems()).join(', ')}`,
      );
    }
    const gone = async () => (await found.count()) === 0;
    const chosen = async () => {
      if (await gone()) return true;
      await found.first().hover();
      const focused = () =>
        found.first().evaluate((entry) => entry.contains(document.activeElement));
      if (!(await pollUntil(focused, CLICK_MS))) return false;
      await this.page.keyboard.press('Enter');
      return pollUntil(gone, CLICK_MS);
    };
    if (!(await pollUntil(chosen, SEEN_MS)))
      throw new Error(`the menu stays open on ${String(item)}`);
  }

  /** Returns the entries of the open menu. @returns {Promise<string[]>} */
  async menuItems() {
    await this.page.locator('.monaco-menu .action-menu-item').first().waitFor();
    const labels = await this.page
      .locator('.monaco-menu .action-menu-item .action-label')
      .allTextContents();
    return labels.map((label) => label.trim()).filter(Boolean);
  }
}

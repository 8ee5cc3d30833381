// @ts-check
// Drives VS Code's window as a user does: by what can be seen, with keyboard and mouse.
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from '../lab/paths.mjs';
import { pollUntil } from '../lab/process.mjs';
import { loadWindow, openWindow } from '../lab/window.mjs';

const CLICK_MS = 1_000; // a click on something that is there
const SEEN_MS = 30_000; // for something to appear; two loaded cores draw slowly

/** @typedef {import('playwright-core').Locator} Locator */

/** A row's name; a file's may be split into name and suffix, and a description may follow. */
const nameOf = '.monaco-icon-name-container';

/** Matches a label as a whole, or by a pattern. @param {string | RegExp} label */
const whole = (label) =>
  typeof label === 'string'
    ? new RegExp(`^\\s*${label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`)
    : label;

export class Driver {
  /** @param {Awaited<ReturnType<typeof openWindow>>} opened */
  constructor(opened) {
    this.page = opened.page;
    this.page.setDefaultTimeout(SEEN_MS);
    this.close = opened.close;
  }

  /** Opens a window. @param {string} url of `startCodeServer` */
  static async open(url) {
    return new Driver(await openWindow(url));
  }

  /** Closes the window, which ends its extension host, and opens a new one in the same browser. @param {string} url */
  async reopen(url) {
    const context = this.page.context();
    await this.page.goto('about:blank'); // lets the workbench say goodbye to the server, as closing does
    await this.page.close();
    this.page = await context.newPage();
    this.page.setDefaultTimeout(SEEN_MS);
    await loadWindow(this.page, url);
  }

  // --- palette and inputs -------------------------------------------------------------------------------------

  /** The quick input that is open: palette, quick pick or input box. */
  get input() {
    return this.page.locator('.quick-input-widget:visible');
  }

  /** Runs a command by its title, as in the palette ("MicroPython: Connect"). @param {string} title */
  async command(title) {
    await this.page.keyboard.press('F1');
    await this.input.waitFor();
    await this.input.locator('input[type=text]').fill(`>${title}`);
    await this.pick(new RegExp(`^${title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
  }

  /** Takes an entry of the quick pick. @param {string | RegExp} label */
  async pick(label) {
    const row = this.input.locator('.monaco-list-row').filter({
      has: this.page.locator('.label-name').filter({ hasText: whole(label) }),
    });
    await row.first().click();
  }

  /** The labels that the quick pick offers. @returns {Promise<string[]>} */
  async picks() {
    await this.input.locator('.monaco-list-row').first().waitFor();
    return this.input.locator('.monaco-list-row .label-name').allTextContents();
  }

  /** Ticks entries of a quick pick that takes several, and accepts. @param {(string | RegExp)[]} labels */
  async pickMany(labels) {
    for (const label of labels) await this.pick(label);
    await this.input.getByRole('button', { name: 'OK' }).click();
  }

  /** Answers an input box. @param {string} text */
  async type(text) {
    await this.input.locator('input').first().waitFor();
    await this.input.locator('input').first().fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Chooses a file that is there in a file dialog. @param {string} path */
  async pickFile(path) {
    await this.input.locator('.monaco-button').first().waitFor();
    await this.input.locator('input').first().fill(path);
    await this.input.getByText(basename(path), { exact: true }).click();
  }

  /** Answers "save as" with a new file. @param {string} path */
  async saveAs(path) {
    await this.input.locator('.monaco-button').first().waitFor();
    const box = this.input.locator('input').first();
    // While the dialog reads folders it takes no answer, and may put its own proposal back.
    const saved = async () => {
      if (existsSync(path)) return true;
      if ((await box.count()) > 0 && (await box.inputValue()) !== path) await box.fill(path);
      else await this.page.keyboard.press('Enter');
      return false;
    };
    if (!(await pollUntil(saved, SEEN_MS))) throw new Error(`${path} is not saved`);
  }

  /** Opens a file of the workspace by its name. @param {string} name */
  async openFile(name) {
    await this.page.keyboard.press('Control+P');
    await this.input.waitFor();
    await this.input.locator('input[type=text]').fill(name);
    await this.pick(name);
    await this.tab(name).waitFor();
  }

  // --- side bar and trees ---------------------------------------------------------------------------------------

  /** Opens a view container by its title in the activity bar. @param {string} title */
  async activity(title) {
    const icon = this.activityIcon(title);
    await icon.waitFor();
    const shown = this.page.locator('.part.sidebar .title-label', { hasText: title });
    // A click on the icon of what is just opening by itself would close it.
    const open = async () => {
      if (await shown.isVisible()) return true;
      if ((await icon.getAttribute('aria-expanded')) !== 'true') await icon.click();
      return shown.isVisible();
    };
    if (!(await pollUntil(open, SEEN_MS))) throw new Error(`${title} does not open`);
  }

  /** @param {string} title */
  activityIcon(title) {
    return this.page.locator(`.part.activitybar .action-item [aria-label^="${title}"]`).first();
  }

  /** A row of any tree by its label. @param {string | RegExp} label @returns {Locator} */
  row(label) {
    const name = this.page.locator(nameOf).filter({ hasText: whole(label) });
    const split = this.page
      .locator('.monaco-icon-label-container')
      .filter({ hasText: whole(label) });
    const named = name.or(split);
    return this.page.locator('.part.sidebar .monaco-list-row').filter({ has: named }).first();
  }

  /** The labels of all rows that the side bar shows. @returns {Promise<string[]>} */
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

  /** Opens a row's children unless they are open. @param {string | RegExp} label */
  async expand(label) {
    const row = this.row(label);
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) !== 'true')
      await row.locator('.monaco-tl-twistie').click();
  }

  /**
   * Drags with the mouse, past each stop to the last; where a stop makes the next one appear, it is waited for.
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

  /** Chooses from a row's context menu. @param {string | RegExp} label @param {string | RegExp} item */
  async rowMenu(label, item) {
    await this.row(label).click({ button: 'right' });
    await this.menu(item);
  }

  /** Clicks an inline action of a row. @param {string | RegExp} label @param {string} action its title */
  async rowAction(label, action) {
    const row = this.row(label);
    await row.hover();
    await row.locator(`.action-label[aria-label^="${action}"]`).click();
  }

  /** Chooses from the menu that is open; says what it offers when the entry is missing. @param {string | RegExp} item */
  async menu(item) {
    const entries = this.page.locator('.monaco-menu .action-menu-item');
    await entries.first().waitFor();
    const label = this.page.locator('.action-label').filter({ hasText: whole(item) });
    const found = entries.filter({ has: label });
    // The menu is drawn at once, in whole.
    if ((await found.count()) === 0) {
      throw new Error(
        `the menu has no ${String(item)} but: ${(await this.menuItems()).join(', ')}`,
      );
    }
    // VS Code takes no click for a moment after a menu has opened, lest the opening click chooses.
    const gone = async () => {
      if ((await found.count()) === 0) return true;
      await found
        .first()
        .click({ timeout: CLICK_MS })
        .catch((/** @type {Error} */ error) => {
          if (error.name !== 'TimeoutError') throw error; // it went away under the mouse
        });
      return (await found.count()) === 0;
    };
    if (!(await pollUntil(gone, SEEN_MS)))
      throw new Error(`the menu stays open on ${String(item)}`);
  }

  /** The entries of the menu that is open. @returns {Promise<string[]>} */
  async menuItems() {
    await this.page.locator('.monaco-menu .action-menu-item').first().waitFor();
    const labels = await this.page
      .locator('.monaco-menu .action-menu-item .action-label')
      .allTextContents();
    return labels.map((label) => label.trim()).filter(Boolean);
  }

  // --- notifications, dialogs -------------------------------------------------------------------------------------

  /** A notification that contains the text. @param {string | RegExp} text @returns {Locator} */
  notification(text) {
    return this.page
      .locator('.notification-toast, .notifications-center .monaco-list-row')
      .filter({ hasText: text })
      .first();
  }

  /** Clicks a notification's button. @param {string | RegExp} text @param {string} button */
  async answer(text, button) {
    const toast = this.notification(text);
    await toast.waitFor();
    await toast.getByRole('button', { name: button, exact: true }).click();
  }

  /** The modal question. */
  get dialog() {
    return this.page.locator('.monaco-dialog-box');
  }

  /** Answers the modal question. @param {string | RegExp} button @returns {Promise<string>} what was asked */
  async confirm(button) {
    await this.dialog.waitFor();
    const text = await this.dialog.locator('.dialog-message-container').innerText();
    await this.dialog.getByRole('button', { name: button, exact: true }).click();
    return text;
  }

  // --- terminal, editor, status bar -----------------------------------------------------------------------------

  /** What the visible terminal shows now, one line a row. @returns {Promise<string>} */
  async terminalText() {
    const rows = await this.page
      .locator('.terminal-wrapper.active .xterm-rows > div')
      .allTextContents();
    return rows
      .map((row) => row.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** Waits until the visible terminal shows the text. @param {string | RegExp} text @param {number} [ms] */
  async terminalShows(text, ms = SEEN_MS) {
    const shown = async () => {
      const now = await this.terminalText();
      return typeof text === 'string' ? now.includes(text) : text.test(now);
    };
    if (await pollUntil(shown, ms)) return;
    throw new Error(
      `the terminal does not show ${String(text)} but:\n${await this.terminalText()}`,
    );
  }

  /** Types into the visible terminal. @param {string} text `\n` is Enter */
  async terminalType(text) {
    await this.page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    for (const [i, line] of text.split('\n').entries()) {
      if (i > 0) await this.page.keyboard.press('Enter');
      if (line) await this.page.keyboard.type(line);
    }
  }

  /** What the active editor shows (the part on the screen). @returns {Promise<string>} */
  async editorText() {
    const lines = this.page.locator('.editor-group-container.active .monaco-editor .view-line');
    await lines.first().waitFor();
    const placed = await lines.evaluateAll((all) =>
      all.map((line) => ({ top: Number.parseFloat(line.style.top), text: line.textContent ?? '' })),
    );
    return placed
      .sort((a, b) => a.top - b.top)
      .map((line) => line.text.replaceAll('\u00a0', ' '))
      .join('\n');
  }

  /** Replaces all text of the active editor. @param {string} text */
  async editorReplace(text) {
    await this.page
      .locator('.editor-group-container.active .monaco-editor .view-lines')
      .first()
      .click();
    await this.page.keyboard.press('Control+A');
    await this.page.keyboard.insertText(text);
  }

  /** The active editor's tab, if it has that name. @param {string} name @returns {Locator} */
  tab(name) {
    return this.page.locator(
      `.editor-group-container .tab.active[data-resource-name=${JSON.stringify(name)}]`,
    );
  }

  /** The open tabs' names. @returns {Promise<string[]>} */
  async tabs() {
    const tabs = this.page.locator('.editor-group-container .tab');
    return tabs.evaluateAll((all) => all.map((tab) => tab.dataset['resourceName'] ?? ''));
  }

  /** @param {string | RegExp} text @returns {Locator} */
  status(text) {
    return this.page.locator('.part.statusbar .statusbar-item').filter({ hasText: text }).first();
  }

  /** A picture of the window in test-results/. @param {string} name */
  async screenshot(name) {
    const dir = join(root, 'test-results');
    mkdirSync(dir, { recursive: true });
    const path = join(dir, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }
}

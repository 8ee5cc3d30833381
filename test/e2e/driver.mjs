// @ts-check
// Drives VS Code's window like a user, with keyboard and mouse, by what is visible.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root } from '../lab/paths.mjs';
import { pollUntil } from '../lab/process.mjs';
import { loadWindow, openWindow } from '../lab/window.mjs';
import { clicksTaken, nowOpen } from './seen.mjs';

const OPEN_MS = 10_000; // for the quick input to open and accept a text
const CLICK_MS = 1_000; // for a click on an existing element
const COVERED_MS = 5_000; // after which a tooltip is assumed to cover what is clicked
const TOLD_MS = 700; // for a message that nothing was done
const STAYS_LOOKS = 3; // number of looks after which a dialog no longer replaces a text
const WINDOW_MS = 90_000; // for a new window to draw its first icons, while two servers start
const SEEN_MS = 30_000; // for something to appear; two loaded cores draw slowly

/** @typedef {import('playwright-core').Locator} Locator */

/** Selects a row's name. A file's name may be split into name and suffix, and a description may follow. */
const nameOf = '.monaco-icon-name-container';

/** Returns the source of a regular expression that matches only `text`. @param {string} text */
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Returns a pattern that matches a whole label. @param {string | RegExp} label */
const whole = (label) =>
  typeof label === 'string' ? new RegExp(`^\\s*${escaped(label)}\\s*$`) : label;

/** Returns whether a wait of Playwright has timed out. @param {unknown} error */
const isTimeout = (error) => error instanceof Error && error.name === 'TimeoutError';

export class Driver {
  /** @param {Awaited<ReturnType<typeof openWindow>>} opened */
  constructor(opened) {
    this.page = opened.page;
    this.page.setDefaultTimeout(SEEN_MS);
    this.close = opened.close;
  }

  /** Opens a window. @param {string} url of `startCodeServer` */
  static async open(url) {
    const driver = new Driver(await openWindow(url));
    await nowOpen(driver.page);
    return driver;
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

  // --- palette and inputs -------------------------------------------------------------------------------------

  /** The open quick input: palette, quick pick or input box. */
  get input() {
    return this.page.locator('.quick-input-widget:visible');
  }

  /**
   * Opens the quick input with a key and writes into it. An editor or a terminal that opens may take the keyboard focus at any
   * time, which closes the input. It is then opened again, as a user would do.
   * @param {string} key @param {string} text @param {() => Promise<void>} [take] picks an entry; may time out if the input closes
   */
  async quickInput(key, text, take = () => Promise.resolve()) {
    const box = this.input.locator('input[type=text]');
    const start = text.startsWith('>') ? '>' : '';
    const value = async () =>
      (await box.evaluateAll((all) => all.map((e) => 'value' in e && e.value)))[0];
    const open = async () => String((await value()) ?? '!').startsWith(start);
    const shut = (/** @type {unknown} */ error) => {
      if (!isTimeout(error)) throw error;
      return false;
    };
    const taken = async () => {
      await this.page.keyboard.press(key);
      if (!(await pollUntil(open, OPEN_MS))) return false;
      const filled = box.fill(text, { timeout: OPEN_MS }).then(() => true, shut);
      if (!(await filled)) return false;
      try {
        await take();
        return true;
      } catch (error) {
        // The input is open but does not offer the entry: the test must fail.
        if ((await value()) === text) throw error;
        return shut(error);
      }
    };
    if (!(await pollUntil(taken, 2 * SEEN_MS))) throw new Error(`${text} cannot be chosen`);
  }

  /** Runs a command by its title in the palette ("MicroPython: Connect"). @param {string} title */
  async command(title) {
    const label = new RegExp(`^${escaped(title)}`);
    await this.quickInput('F1', `>${title}`, () => this.pick(label));
    // The command's own question appears in the same box.
    const box = this.input.locator('input[type=text]');
    const gone = async () =>
      !(await box.evaluateAll((all) =>
        all.some((e) => 'value' in e && String(e.value).startsWith('>')),
      ));
    if (!(await pollUntil(gone, SEEN_MS))) throw new Error(`the palette stays open on ${title}`);
  }

  /** Picks an entry of the quick pick. @param {string | RegExp} label */
  async pick(label) {
    const row = this.input.locator('.monaco-list-row').filter({
      has: this.page.locator('.label-name').filter({ hasText: whole(label) }),
    });
    await this.clickOn(row.first());
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
      const late = await this.#uncovered(click);
      if (late) error = late;
      return isHit;
    };
    if (!(await pollUntil(hit, SEEN_MS))) throw error;
  }

  /**
   * Uses the mouse. A tooltip may cover the place, and stays as long as the mouse, which is then moved away. Returns the error of an
   * act that has timed out. @param {(timeout: number) => Promise<void>} act
   */
  async #uncovered(act) {
    try {
      await act(COVERED_MS);
      return undefined;
    } catch (error) {
      if (!isTimeout(error)) throw error;
      await this.moveAway();
      return error;
    }
  }

  /** Returns the labels that the quick pick offers. @returns {Promise<string[]>} */
  async picks() {
    await this.input.locator('.monaco-list-row').first().waitFor();
    return this.input.locator('.monaco-list-row .label-name').allTextContents();
  }

  /** Ticks several entries of a quick pick, and accepts. @param {(string | RegExp)[]} labels */
  async pickMany(labels) {
    for (const label of labels) await this.pick(label);
    await this.input.getByRole('button', { name: 'OK' }).click();
  }

  /**
   * Answers an input box, and waits until the box is gone, so that it does not get the next answer. A box that rejects the text
   * stays.
   * @param {string} text
   */
  async type(text) {
    const box = this.input.locator('input').first();
    await box.waitFor();
    await box.fill(text);
    await box.press('Enter'); // focuses it: VS Code may have given the focus back to a tree that it redraws
    // One call reads the value, because the box may close between two calls.
    const shown = () => box.evaluateAll((all) => all.map((e) => 'value' in e && e.value)[0]);
    const taken = async () => (await shown()) !== text;
    if (await pollUntil(taken, CLICK_MS)) return;
    // On a busy computer the extension takes longer to check the text. A box that rejects it is marked then.
    const rejects = this.input.locator('.monaco-inputbox.error');
    await pollUntil(async () => (await taken()) || (await rejects.count()) > 0, OPEN_MS);
  }

  /** Closes the open quick input with Escape. */
  async dismiss() {
    await this.input.locator('input').first().press('Escape');
    await this.input.waitFor({ state: 'hidden' });
  }

  /** Waits for a file dialog. `shown` reads its path, undefined once it has closed; `isReading`: it reads a folder. */
  async #fileDialog() {
    await this.input.locator('.monaco-button').first().waitFor();
    const box = this.input.locator('input').first();
    const reads = this.input.locator('.quick-input-progress.active');
    // One call reads the value, because the dialog may close between two calls.
    const shown = () => box.evaluateAll((all) => all.map((e) => ('value' in e ? e.value : ''))[0]);
    return { box, shown, isReading: async () => (await reads.count()) > 0 };
  }

  /**
   * Chooses an existing file in a file dialog. While the dialog reads a folder, it may restore its own suggestion and drops what is
   * clicked, so the file is clicked again until the dialog is gone.
   * @param {string} path
   */
  async pickFile(path) {
    const { box, shown, isReading } = await this.#fileDialog();
    const file = this.input.getByText(basename(path), { exact: true });
    const gone = async () => !String(await shown()).startsWith(dirname(path));
    let isClicked = false;
    const chosen = async () => {
      if (isClicked && (await gone())) return true;
      if (await isReading()) return false;
      if (await file.isVisible()) {
        await this.clickOn(file);
        isClicked = true;
        return pollUntil(gone, CLICK_MS);
      }
      if ((await shown()) !== path) await box.fill(path, { timeout: OPEN_MS });
      return false;
    };
    if (!(await pollUntil(chosen, SEEN_MS))) throw new Error(`${path} cannot be chosen`);
  }

  /** Answers "save as" with a new file. @param {string} path */
  async saveAs(path) {
    const { box, shown, isReading } = await this.#fileDialog();
    // While the dialog reads folders, it ignores answers and may restore its own suggestion, so wait until the path stays.
    let looks = 0;
    const saved = async () => {
      if (existsSync(path)) return statSync(path).size > 0; // the file exists before its content
      const text = await shown();
      const stays = text === path && !(await isReading());
      looks = stays ? looks + 1 : 0;
      if (looks > STAYS_LOOKS) {
        await this.page.keyboard.press('Enter');
        // A second Enter would go to whatever has the focus once the dialog has closed.
        await pollUntil(async () => existsSync(path) || (await shown()) !== path, CLICK_MS);
      } else if (text !== undefined && text !== path) {
        await box.fill(path, { timeout: CLICK_MS }).catch((/** @type {Error} */ error) => {
          if (!isTimeout(error)) throw error; // the dialog has closed
        });
      }
      return false;
    };
    if (!(await pollUntil(saved, SEEN_MS))) throw new Error(`${path} is not saved`);
  }

  /** Opens a file of the workspace by its name. @param {string} name */
  async openFile(name) {
    await this.quickInput('Control+P', name, () => this.pick(name));
    await this.tab(name).waitFor();
    if (!name.endsWith('.ipynb')) await this.editorOf(name).waitFor();
  }

  // --- side bar and trees ---------------------------------------------------------------------------------------

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
      const late = await this.#uncovered(press);
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

  // --- notifications, dialogs -------------------------------------------------------------------------------------

  /** Returns a notification that contains the text. @param {string | RegExp} text @returns {Locator} */
  notification(text) {
    return this.page
      .locator('.notification-toast, .notifications-center .monaco-list-row')
      .filter({ hasText: text })
      .first();
  }

  /**
   * Clicks a notification's button. VS Code hides a notification 10 s after it has appeared, and keeps it in its list.
   * @param {string | RegExp} text @param {string} button
   */
  async answer(text, button) {
    const found = this.notification(text).getByRole('button', { name: button, exact: true });
    const late = await found.click().then(
      () => undefined,
      (/** @type {unknown} */ error) => error,
    );
    if (!late) return;
    if (!isTimeout(late)) throw late;
    await this.command('Notifications: Show Notifications');
    await found.click({ timeout: OPEN_MS }); // the list stays open: it also shows what the answer leads to
  }

  /** The modal question. */
  get dialog() {
    return this.page.locator('.monaco-dialog-box');
  }

  /** Answers the modal question. @param {string | RegExp} button @returns {Promise<string>} its text */
  async confirm(button) {
    await this.dialog.waitFor();
    const message = this.dialog.locator('.dialog-message-container');
    const text = await message.innerText();
    await this.dialog.getByRole('button', { name: button, exact: true }).click();
    // The next call is about the next question, which may follow at once.
    await pollUntil(async () => (await message.allInnerTexts())[0] !== text, CLICK_MS);
    return text;
  }

  // --- terminal, editor, status bar -----------------------------------------------------------------------------

  /** Returns the text of the visible terminal, one line per row. @returns {Promise<string>} */
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

  /**
   * Waits until the visible terminal is the one with that name. A new window restores its panel with a shell, and a requested
   * terminal appears some time after the click.
   * @param {string} [name] default: the machine name of the lab's boards
   */
  async terminalOf(name = 'linuxboard') {
    const keys = this.page.locator('.terminal-wrapper.active .xterm-helper-textarea').first();
    await keys.waitFor({ state: 'attached' });
    // VS Code names a terminal to screen readers: "Terminal 2, linuxboard Use Alt+F1 for terminal accessibility help".
    const label = async () => (await keys.getAttribute('aria-label')) ?? '';
    if (!(await pollUntil(async () => (await label()).includes(`, ${name}`), SEEN_MS)))
      throw new Error(`the visible terminal is not that of ${name} but: ${await label()}`);
    return keys;
  }

  /** Returns whether the terminal with that name gets the keyboard focus without a click. @param {string} [name] */
  async terminalTakesKeys(name) {
    const keys = await this.terminalOf(name);
    const focused = () => keys.evaluate((element) => element === document.activeElement);
    return pollUntil(focused, SEEN_MS);
  }

  /** Types into the visible terminal, which must be the one with that name. @param {string} text `\n` is Enter @param {string} [name] */
  async terminalType(text, name) {
    await (await this.terminalOf(name)).focus();
    for (const [i, line] of text.split('\n').entries()) {
      if (i > 0) await this.page.keyboard.press('Enter');
      if (line) await this.page.keyboard.type(line);
    }
  }

  /**
   * Returns the active text editor once it has that file. Its tab is drawn earlier, while the editor still has the last file, which
   * keys would change and commands would take.
   * @param {string} name
   */
  editorOf(name) {
    const file = JSON.stringify(encodeURIComponent(name));
    return this.page
      .locator(`.editor-group-container.active .monaco-editor[data-uri$=${file}]`)
      .first();
  }

  /** Waits until the active editor has the file of its tab. An untitled one, named by its text, is not waited for. */
  async #editorHasItsFile() {
    const tab = this.page.locator('.editor-group-container.active .tab.active').first();
    const has = async () => {
      const name = (await tab.getAttribute('data-resource-name')) ?? '';
      return !/\.\w+$/.test(name) || (await this.editorOf(name).count()) > 0;
    };
    if (!(await pollUntil(has, SEEN_MS)))
      throw new Error('the active editor shows another file than its tab');
  }

  /** Returns the visible part of the active editor's text. @returns {Promise<string>} */
  async editorText() {
    await this.#editorHasItsFile();
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

  /** Waits until the active editor has the keyboard focus, which it gets some time after its tab appears. */
  async editorHasFocus() {
    await this.page.locator('.editor-group-container.active .monaco-editor.focused').waitFor();
  }

  /**
   * Replaces all text of the active editor. It gets the focus some time after the click if it was opened just before; earlier keys
   * would go to the tree.
   * @param {string} text
   */
  async editorReplace(text) {
    await this.#editorHasItsFile();
    await this.page
      .locator('.editor-group-container.active .monaco-editor .view-lines')
      .first()
      .click();
    await this.editorHasFocus();
    await this.page.keyboard.press('Control+A');
    await this.page.keyboard.insertText(text);
  }

  /** Returns the active editor's tab, if it has that name. @param {string} name @returns {Locator} */
  tab(name) {
    return this.page.locator(
      `.editor-group-container .tab.active[data-resource-name=${JSON.stringify(name)}]`,
    );
  }

  /** Returns the names of the open tabs. @returns {Promise<string[]>} */
  async tabs() {
    const tabs = this.page.locator('.editor-group-container .tab');
    return tabs.evaluateAll((all) => all.map((tab) => tab.dataset['resourceName'] ?? ''));
  }

  /** Returns the status bar item with the text. @param {string | RegExp} text @returns {Locator} */
  status(text) {
    return this.page.locator('.part.statusbar .statusbar-item').filter({ hasText: text }).first();
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

// @ts-check
import { pollUntil } from '../../lab/process.mjs';
import { Terminals } from './terminals.mjs';
import { SEEN_MS } from './waits.mjs';

/** @typedef {import('playwright-core').Locator} Locator */

/** Editors, their tabs, and the status bar. */
export class Editors extends Terminals {
  /** Opens a file of the workspace by its name. @param {string} name */
  async openFile(name) {
    await this.quickInput('Control+P', name, () => this.pick(name));
    await this.tab(name).waitFor();
    if (!name.endsWith('.ipynb')) await this.editorOf(name).waitFor();
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
}

// @ts-check
import { pollUntil } from '../../lab/process.mjs';
import { Menus } from './menus.mjs';
import { SEEN_MS } from './waits.mjs';

/** The visible terminal. */
export class Terminals extends Menus {
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
}

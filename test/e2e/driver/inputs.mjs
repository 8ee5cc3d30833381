// @ts-check
import { pollUntil } from '../../lab/process.mjs';
import { escaped, whole } from './labels.mjs';
import { CLICK_MS, OPEN_MS, SEEN_MS, isTimeout } from './waits.mjs';
import { Window } from './window.mjs';

/** The quick input: palette, quick picks and input boxes. */
export class Inputs extends Window {
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
}

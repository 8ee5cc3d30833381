// @ts-check
import { existsSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { pollUntil } from '../../lab/process.mjs';
import { Inputs } from './inputs.mjs';
import { CLICK_MS, OPEN_MS, SEEN_MS, isTimeout } from './waits.mjs';

const STAYS_LOOKS = 3; // number of looks after which a dialog no longer replaces a text

/** Dialogs for files. */
export class FileDialogs extends Inputs {
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
}

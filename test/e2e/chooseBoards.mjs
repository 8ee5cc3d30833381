// @ts-check
import { pollUntil } from '../lab/process.mjs';

const SEEN_MS = 60_000;
/** The names that the extension gives to boards of the lab. */
const GIVEN = /^linuxboard-\d+$/;

/**
 * Opens the view, waits until it shows `count` boards, and renames them all by a pattern such as `hall-{n}`.
 * @param {import('./driver/index.mjs').Driver} driver @param {number} count @param {string} pattern
 */
export async function nameBoards(driver, count, pattern) {
  await driver.activity('MicroPython');
  // A row has the name of its port until the board has identified itself.
  const unnamed = async () => (await driver.rows()).filter((r) => GIVEN.test(r)).length;
  if (!(await pollUntil(async () => (await unnamed()) === count, SEEN_MS)))
    throw new Error(`there are ${await unnamed()} boards, not ${count}`);
  await renameRows(driver, GIVEN, pattern);
}

/**
 * Selects rows of boards and renames them by a pattern such as `hall-{n}`. They are selected with Ctrl, because a plain click
 * opens the first one.
 * @param {import('./driver/index.mjs').Driver} driver @param {RegExp} labels @param {string} pattern
 */
export async function renameRows(driver, labels, pattern) {
  const names = (await driver.rows()).filter((name) => labels.test(name));
  const [first = ''] = names;
  await driver.addRows(names);
  await driver.rowMenu(first, 'Rename Board…');
  await driver.type(pattern);
}

/**
 * Answers the question for boards with a selector, after the selector has ticked `count` boards.
 * @param {import('./driver/index.mjs').Driver} driver @param {string} selector @param {number} count
 */
export async function chooseBoards(driver, selector, count) {
  const title = driver.input.locator('.quick-input-title');
  const asks = title.filter({ hasText: /\((\d+ boards?: |no board selected\))/ });
  await asks.waitFor(); // the last question may be in the same box
  const box = driver.input.locator('input[type=text]');
  await box.fill(selector);
  await title.filter({ hasText: new RegExp(`\\b${count} boards?:`) }).waitFor();
  await box.press('Enter');
  // The next question appears in the same box. The text of this one still changes if other boards were ticked at first.
  const answered = async () => (await asks.count()) === 0;
  if (!(await pollUntil(answered, SEEN_MS)))
    throw new Error(`still asked: ${(await title.allTextContents()).join()}`);
}

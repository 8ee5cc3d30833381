import type { Driver } from './driver/index.mjs';

// What a user does in the window without a mouse.

/** Picks an entry of the quick input that `key` opens. */
export async function pickByKeys(driver: Driver, key: string, entry: string): Promise<void> {
  await driver.quickInput(key, key === 'F1' ? `>${entry}` : entry, () =>
    driver.input.locator('.monaco-list-row.focused', { hasText: entry }).waitFor(),
  );
  await driver.page.keyboard.press('Enter');
}

/** Waits until the row with this name has the keyboard focus. */
export async function rowHasFocus(driver: Driver, name: string): Promise<void> {
  await driver.page
    .locator('.part.sidebar .monaco-list:focus .monaco-list-row.focused')
    .filter({ hasText: name })
    .waitFor();
}

/** Focuses the tree of boards, and waits until it has the focus: an earlier key would go elsewhere. */
export async function focusBoards(driver: Driver): Promise<void> {
  await pickByKeys(driver, 'F1', 'Focus on Boards View');
  await driver.page.locator('.part.sidebar .monaco-list:focus').waitFor();
}

/** Goes to the first board, and closes it: its files would be the next rows. */
export async function goToFirst(driver: Driver, name: string): Promise<void> {
  await driver.page.keyboard.press('Home');
  await rowHasFocus(driver, name);
  await driver.page.keyboard.press('ArrowLeft');
  await driver.page
    .locator('.part.sidebar .monaco-list-row.focused[aria-expanded="false"]', { hasText: name })
    .waitFor();
}

/** Waits until the quick input has the keyboard focus, and types a text or presses Enter. */
export async function answerByKeys(driver: Driver, text?: string): Promise<void> {
  await driver.input.locator('input:focus').waitFor();
  if (text !== undefined) {
    await driver.page.keyboard.press('Control+A');
    await driver.page.keyboard.type(text);
  }
  await driver.page.keyboard.press('Enter');
}

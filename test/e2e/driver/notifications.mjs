// @ts-check
import { pollUntil } from '../../lab/process.mjs';
import { FileDialogs } from './fileDialogs.mjs';
import { CLICK_MS, OPEN_MS, isTimeout } from './waits.mjs';

/** @typedef {import('playwright-core').Locator} Locator */

/** Notifications and modal questions. */
export class Notifications extends FileDialogs {
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
}

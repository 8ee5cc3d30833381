// @ts-check
import { openWindow } from '../../lab/window.mjs';
import { nowOpen } from '../seen.mjs';
import { Editors } from './editors.mjs';

/** Drives VS Code's window like a user, with keyboard and mouse, by what is visible. Each part, in a file, uses those before it. */
export class Driver extends Editors {
  /** Opens a window. @param {string} url of `startCodeServer` */
  static async open(url) {
    const driver = new Driver(await openWindow(url));
    await nowOpen(driver.page);
    return driver;
  }
}

// @ts-check
// Runs one turn of bench/window.mjs: eight boards behind cables, a window with one of the two packages, and a clock.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openSession } from '../test/e2e/session.mjs';
import { webview } from '../test/e2e/webview.mjs';
import { freePort, startSerlink, startUboard } from '../test/lab/index.mjs';

const BAUD = 115_200;
export const KITS = 8;
/** Bytes that each board has to give: two seconds of the line. */
const RESULT = 22_000;
const BIG = 300_000;
/** Milliseconds between two looks at the window. */
const LOOK_MS = 10;
const WAIT_MS = 90_000;
const MEASURE = "room = open('settings.json').read()\nprint('measured')\n";

/**
 * @typedef {object} Side one of the two that are compared
 * @property {string} name
 * @property {string} tree its checkout
 * @property {string} vsix
 * @property {boolean} isOld
 */
/** @typedef {Awaited<ReturnType<typeof startUboard>>} Uboard */
/** @typedef {Awaited<ReturnType<typeof startSerlink>>} Cable */
/** @typedef {typeof import('../test/e2e/chooseBoards.mjs')} Choose */

export class Turn {
  /** @type {Record<string, number>} milliseconds by step */
  times = {};

  /**
   * @param {Side} side
   * @param {Awaited<ReturnType<typeof openSession>>} session
   * @param {Choose} choose how its own tests name and choose boards
   * @param {Uboard[]} boards
   * @param {Cable[]} cables
   */
  constructor(side, session, choose, boards, cables) {
    this.side = side;
    this.session = session;
    this.driver = session.driver;
    this.choose = choose;
    this.boards = boards;
    this.cables = cables;
  }

  /** The seventh board lacks a file. @param {Side} side */
  static async open(side) {
    const boards = await Promise.all(
      Array.from({ length: KITS }, (_, i) =>
        startUboard({
          ...{ name: `kit${i}`, heap: 512, sizeKib: 2048 },
          files: {
            'result.csv': randomBytes(RESULT),
            ...(i === 6 ? {} : { 'settings.json': '{"room": 7}\n' }),
          },
        }),
      ),
    );
    const cables = await Promise.all(boards.map((b) => startSerlink({ to: b.tty, baud: BAUD })));
    process.env.MPYFLEET_VSIX = side.vsix;
    const session = await openSession({
      ttys: cables.map((c) => c.tty),
      settings: { 'mpyFleet.localBroker.port': await freePort() },
      files: {
        'first.py': "print('the first ' + 'line')\n",
        'measure.py': MEASURE,
        'big.bin': randomBytes(BIG),
        ...Object.fromEntries([1, 2, 3, 4].map((n) => [`lesson/m${n}.py`, `print(${n})\n`])),
      },
    });
    await session.driver.page.setViewportSize({ width: 1280, height: 800 });
    const choose = pathToFileURL(join(side.tree, 'test/e2e/chooseBoards.mjs')).href;
    return new this(side, session, /** @type {Choose} */ (await import(choose)), boards, cables);
  }

  async close() {
    await this.session.close();
    await Promise.all(this.cables.map((c) => c.stop()));
    await Promise.all(this.boards.map((b) => b.stop()));
  }

  /** Takes the time until `check` is true. @param {string} step @param {() => Promise<boolean>} check @param {number} [began] */
  async time(step, check, began = performance.now()) {
    while (!(await check())) {
      const ms = performance.now() - began;
      if (ms > WAIT_MS) throw new Error(`${this.side.name}: "${step}" has not ended in ${ms} ms`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    this.times[step] = performance.now() - began;
    console.error(`${this.side.name}: ${step}: ${Math.round(this.times[step])} ms`);
  }

  /** The rows of the side bar as text. @returns {Promise<string[]>} */
  rows() {
    return this.driver.page.locator('.part.sidebar .monaco-list-row').allTextContents();
  }

  /** Returns whether a row has this text. @param {RegExp} text */
  async hasRow(text) {
    return (await this.rows()).some((row) => text.test(row));
  }

  /** Returns the text of the results for the job whose title matches. @param {RegExp} title @returns {Promise<string>} */
  async summary(title) {
    const page = await webview(this.driver.page, '#summary');
    const texts = await page
      .locator('#title, #summary')
      .evaluateAll((all) => all.map((e) => e.textContent ?? ''));
    return title.test(texts[0] ?? '') ? (texts[1] ?? '') : '';
  }

  /** @param {RegExp} title @param {RegExp} text */
  ends(title, text) {
    return async () => text.test(await this.summary(title));
  }
}

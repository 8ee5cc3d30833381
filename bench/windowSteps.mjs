// @ts-check
// The steps of a user's work that bench/window.mjs measures, each from the last key or click to its result on the screen.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { webview } from '../test/e2e/webview.mjs';
import { KITS, Turn } from './windowTurn.mjs';

export class Steps extends Turn {
  /** All steps, in the order of a user's day. */
  async steps() {
    await this.arrive();
    await this.clearMessages();
    await this.runFirst();
    await this.manyBoards();
    await this.collect();
    await this.bigFile();
    await this.cable();
    await this.farAway();
    await this.demo();
    await this.boardInfo();
  }

  /** VS Code offers the command only while there are messages. */
  async clearMessages() {
    if ((await this.driver.page.locator('.notification-toast').count()) === 0) return;
    await this.driver.command('Notifications: Clear All Notifications');
  }

  /** Opens a row's menu again if the window, still busy, has not shown it. @param {string} row @param {string} item */
  async menu(row, item) {
    this.driver.page.setDefaultTimeout(10_000);
    const asked = await this.driver.rowMenu(row, item).then(
      () => true,
      () => false,
    );
    this.driver.page.setDefaultTimeout(30_000);
    if (!asked) await this.driver.rowMenu(row, item);
  }

  async arrive() {
    const { driver } = this;
    const icon = driver.activityIcon('MicroPython');
    await icon.waitFor();
    const began = performance.now();
    await icon.click();
    const ready = async () => (await this.rows()).filter((row) => /ready/.test(row)).length;
    await this.time('8 boards: view opened to ready', async () => (await ready()) >= KITS, began);
    await this.choose.nameBoards(driver, KITS, 'kit-{n:2}');
    await driver.row('kit-08').waitFor();
  }

  async runFirst() {
    const { driver } = this;
    await driver.clickOn(driver.row('kit-01'));
    await driver.status(/kit-01: ready/).waitFor();
    await driver.moveAway();
    await driver.openFile('first.py');
    const began = performance.now();
    await driver.page.keyboard.press('Control+Alt+R');
    const shows = async () => (await driver.terminalText()).includes('the first line');
    await this.time('first run of a file: key to first line', shows, began);
    const again = performance.now();
    const twice = async () => (await driver.terminalText()).split('the first line').length > 2;
    await driver.page.keyboard.press('Control+Alt+R');
    await this.time('the next run: key to first line', twice, again);
  }

  async boardInfo() {
    const { driver } = this;
    // The program of the demo board, which is active now, would have to be stopped first.
    await driver.clickOn(driver.row('kit-02'));
    await driver.status(/kit-02: ready/).waitFor();
    const began = performance.now();
    const tabs = (await driver.tabs()).length;
    await driver.command('MicroPython: Board Info');
    await this.time('Board Info', async () => (await driver.tabs()).length > tabs, began);
  }

  async manyBoards() {
    const { driver } = this;
    const one = /^8 boards|^7 of 8/;
    await driver.activity('Explorer');
    await this.menu('lesson', 'Upload to Boards…');
    if (this.side.isOld) await driver.type('/');
    await this.chooseThen('kit-*', KITS, this.side.isOld ? undefined : '/');
    await this.time('4 files to 8 boards', this.ends(/4 files/, one));
    await driver.openFile('measure.py');
    await driver.command('MicroPython: Run on Boards…');
    await this.chooseThen('kit-*', KITS);
    await this.time('run on 8 boards, one fails', this.ends(/measure/, one));
    const page = await webview(driver.page, '#summary');
    await driver.command('MicroPython: Run Code on Boards…');
    await driver.type('while True: pass');
    await this.chooseThen('kit-0[1-2]', 2);
    await page
      .locator('.vt-row')
      .filter({ hasText: /running/ })
      .first()
      .waitFor();
    const stop = performance.now();
    await page.locator('#cancel').click();
    // The older side calls typed code "one line".
    const title = this.side.isOld ? /one line/ : /while/;
    await this.time('cancel an endless program on 2', this.ends(title, /^0 of 2.*cancelled/), stop);
  }

  /** Answers which boards, and where to. @param {string} selector @param {number} count @param {string} [place] */
  async chooseThen(selector, count, place) {
    await this.choose.chooseBoards(this.driver, selector, count);
    if (place !== undefined) await this.driver.type(place);
  }

  async collect() {
    const { driver, session } = this;
    const come = (/** @type {string} */ name) => existsSync(join(session.workspace, name));
    if (this.side.isOld) {
      await driver.activity('MicroPython');
      await driver.selectRows(Array.from({ length: KITS }, (_, i) => `kit-0${i + 1}`));
      await this.menu('kit-01', 'Download…');
      await driver.input.getByRole('button', { name: 'Download Here' }).click();
      const runs = async () => (await driver.notification('Downloading').count()) > 0;
      const ended = async () => come('result.csv') && !(await runs());
      await this.time('collect from 8 boards', ended);
      return;
    }
    for (const count of [1, KITS]) {
      rmSync(join(session.workspace, 'kit-08'), { recursive: true, force: true });
      await driver.command('MicroPython: Collect Files from Boards…');
      await driver.type('/result.csv');
      await this.choose.chooseBoards(driver, count === 1 ? 'kit-08' : 'kit-*', count);
      await driver.input.getByRole('button', { name: 'Download Here' }).click();
      const began = performance.now();
      const done = count === 1 ? /^1 board done/ : /^8 boards done/;
      const name = count === 1 ? 'collect from one board' : 'collect from 8 boards';
      await this.time(name, this.ends(/result/, done), began);
      if (!come('kit-08/result.csv')) throw new Error('the file has not come');
    }
  }

  async bigFile() {
    const { driver } = this;
    await driver.activity('Explorer');
    await this.menu('big.bin', 'Upload to Boards…');
    if (this.side.isOld) await driver.type('/');
    await this.chooseThen('kit-0[1-3]', 3, this.side.isOld ? undefined : '/');
    await this.time('300 kB to 3 boards at once', this.ends(/big/, /^3 boards/));
  }

  async cable() {
    const { driver } = this;
    await driver.activity('MicroPython');
    const row = async () => (await this.rows()).find((text) => text.includes('kit-02')) ?? '';
    const ready = async () => /ready/.test(await row());
    const pulled = performance.now();
    // The tree's order is that of plugging in; the board with this name is looked for by its cable.
    const cable = this.cables[Number(await this.cableOf('kit-02'))];
    await cable?.unplug();
    await this.time('cable pulled: seen', async () => !(await ready()), pulled);
    const back = performance.now();
    await cable?.replug();
    await this.time('plugged in: ready again', ready, back);
  }

  /** @param {string} name @returns {Promise<number>} */
  async cableOf(name) {
    const { driver } = this;
    await driver.command('MicroPython: Run Code on Boards…');
    await driver.type('import machine; print(machine.unique_id().decode())');
    await this.choose.chooseBoards(driver, name, 1);
    let index = -1;
    const page = await webview(driver.page, '#summary');
    const told = async () => {
      const text = await page.locator('.vt-row').allTextContents();
      index = Number(/kit(\d)(?!\d)/.exec(text.join('|').replaceAll(name, ''))?.[1] ?? -1);
      return index >= 0;
    };
    await this.time('', told);
    delete this.times[''];
    return index;
  }

  async farAway() {
    const { driver } = this;
    const began = performance.now();
    await driver.command('MicroPython: Start a Local Broker');
    await this.time('start a local broker', () => driver.status(/Broker: \d+/).isVisible(), began);
    await this.clearMessages();
    await driver.activity('MicroPython');
    await driver.clickOn(driver.row('kit-03'));
    await driver.status(/kit-03/).waitFor();
    const put = performance.now();
    const title = this.side.isOld
      ? 'Put the Agent on This Board (MQTT)…'
      : 'Put the Agent on Board (MQTT)…';
    await driver.command(`MicroPython: ${title}`);
    await this.time('put the agent on a board', () => this.hasRow(/kit-03.*MQTT/), put);
    await this.clearMessages();
    await driver.rowAction('kit-03', 'Open REPL');
    await driver.terminalType('import time\n', 'kit-03');
    await driver.terminalType("while True: print('on'); time.sleep(0.1)\n\n", 'kit-03');
    await driver.terminalShows(/on\s+on\s+on/);
    const stop = performance.now();
    await driver.page.keyboard.press('Control+C');
    const ended = async () => /KeyboardInterrupt[^]*>>>\s*$/.test(await driver.terminalText());
    await this.time('Ctrl-C over MQTT', ended, stop);
  }

  async demo() {
    const { driver } = this;
    const began = performance.now();
    await driver.command('MicroPython: Start a Demo Board');
    const runs = () =>
      this.hasRow(/^\s*(Demo board|webassembly|wasm|javascript).*(running|ready)/i);
    await this.time('demo board: command to running', runs, began);
  }
}

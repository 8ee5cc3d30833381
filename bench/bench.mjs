// @ts-check
// Starts one board behind one line, and runs the two programs that transfer files to it and from it.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensure, root, run, startSerlink, startUboard } from '../test/lab/index.mjs';

const BAUD = 115_200;
/** Bytes a second that 8N1 carries. */
export const LINE = BAUD / 10;

/** Code that removes what earlier uploads have left. */
const REMOVE = `import os
for name in 'ours', 'theirs':
    if name in os.listdir(): os.remove(name)`;

/** @typedef {{ ours: number, theirs: number }} Seconds */

export class Bench {
  /**
   * @param {string} dir
   * @param {Awaited<ReturnType<typeof startUboard>>} board
   * @param {Awaited<ReturnType<typeof startSerlink>>} cable
   * @param {string} mpremote
   */
  constructor(dir, board, cable, mpremote) {
    this.dir = dir;
    this.board = board;
    this.cable = cable;
    this.mpremote = mpremote;
  }

  /** @param {string} dir a folder for files */
  static async start(dir) {
    const { program = '' } = await ensure('mpremote');
    const board = await startUboard({ drop: true, sizeKib: 8192 });
    const cable = await startSerlink({ to: board.tty, baud: BAUD });
    return new Bench(dir, board, cable, program);
  }

  async stop() {
    await this.cable.stop();
    await this.board.stop();
  }

  /**
   * Uploads one new file with both. To replace one, mpyfleet would read it first and keep a copy, which mpremote does not.
   * @param {string} path @param {Uint8Array} content @returns {Promise<Seconds>}
   */
  async up(path, content) {
    await this.#timed([this.mpremote, 'connect', this.cable.tty, 'exec', REMOVE]);
    const ours = await this.#ours('put', path, ':/ours');
    const theirs = await this.#theirs('cp', '-f', path, ':theirs');
    await this.#same({ '/ours': content, '/theirs': content });
    return { ours, theirs };
  }

  /** Downloads what `up` has left there. @param {string} path @param {Uint8Array} content @returns {Promise<Seconds>} */
  async down(path, content) {
    const ours = await this.#ours('get', ':/ours', `${path}.ours`);
    const theirs = await this.#theirs('cp', '-f', ':theirs', `${path}.theirs`);
    for (const name of ['ours', 'theirs']) {
      if (!readFileSync(`${path}.${name}`).equals(content)) throw new Error(`${name}: differs`);
    }
    return { ours, theirs };
  }

  /** Uploads a flat folder. @param {string} folder @param {number} count @returns {Promise<Seconds>} */
  async folder(folder, count) {
    await this.#ours('mkdir', '-p', ':/fo', ':/ft');
    const ours = await this.#ours('put', '-r', folder, ':/fo/');
    const theirs = await this.#theirs('cp', '-r', folder, ':ft/');
    const files = await this.board.files();
    const names = readdirSync(folder);
    for (const at of ['fo', 'ft']) {
      const there = Object.entries(files).filter(([p]) => p.startsWith(`/${at}/`));
      if (there.length !== count) throw new Error(`${at}: ${there.length} of ${count} files`);
      for (const name of names) {
        const found = there.find(([p]) => p.endsWith(`/${name}`));
        if (!found?.[1].equals(readFileSync(join(folder, name))))
          throw new Error(`${at}/${name}: differs`);
      }
    }
    await this.#ours('rm', '-r', ':/fo', ':/ft');
    return { ours, theirs };
  }

  /** @param {...string} args */
  #ours(...args) {
    return this.#timed([
      process.execPath,
      join(root, 'dist', 'cli.js'),
      '-b',
      `serial:${this.cable.tty}`,
      ...args,
    ]);
  }

  /** @param {...string} args */
  #theirs(...args) {
    return this.#timed([this.mpremote, 'connect', this.cable.tty, 'fs', ...args]);
  }

  /** @param {string[]} command */
  async #timed(command) {
    const home = join(this.dir, 'home'); // no configuration of the machine takes part
    mkdirSync(home, { recursive: true });
    const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home };
    const began = performance.now();
    await run(command, { env });
    const seconds = (performance.now() - began) / 1000;
    rmSync(home, { recursive: true });
    return seconds;
  }

  /** @param {Record<string, Uint8Array>} expected */
  async #same(expected) {
    const files = await this.board.files();
    for (const [path, content] of Object.entries(expected)) {
      if (!files[path]?.equals(content)) throw new Error(`${path}: differs`);
    }
  }
}

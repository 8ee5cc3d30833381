// @ts-check
// uboard, the board of most tests: a real MicroPython as a Linux process on a pty, with LittleFS on an image file.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensure } from './ensure.mjs';
import { removeTempDir, tempDir, ttyRemover } from './paths.mjs';
import { launch } from './process.mjs';
import { RawRepl } from './rawRepl.mjs';

/**
 * @typedef {object} UboardOptions
 * @property {string} [name] value of `machine.unique_id()`; default: a new one
 * @property {string} [flash] path of the flash image, created if missing; default: one that is deleted with the board
 * @property {number} [sizeKib] flash size in KiB; default 2048
 * @property {number} [heap] heap in KiB; default 256
 * @property {boolean} [drop] a full receive ring (260 bytes) loses bytes, like a UART; default: it holds them
 * @property {Record<string, string | Uint8Array>} [files] on the flash before the board starts, by path
 * @property {string} [tty] path of the serial device (a link); default: in a temporary folder
 * @property {Date} [clock] its time when it starts; default: this computer's
 * @property {boolean} [safe] boot.py and main.py are not run
 */

/**
 * @typedef {object} Uboard
 * @property {string} tty the serial device
 * @property {string} name
 * @property {string} flash
 * @property {() => Promise<Record<string, Buffer>>} files returns all files on the flash, read independently of the running board
 * @property {() => Promise<void>} stop ends the board and removes its temporary files
 * @property {() => Promise<void>} kill simulates a power failure: kills the process and hangs up the tty; the flash stays
 * @property {() => Promise<void>} restart switches it off and on again, on the same path and flash
 * @property {() => boolean} alive
 */

let count = 0;

/**
 * Starts a board. Resolves when its serial device exists. The board's output waits there until it is read.
 * @param {UboardOptions} [options]
 * @returns {Promise<Uboard>}
 */
export async function startUboard(options = {}) {
  const { program = '' } = await ensure('uboard');
  const dir = tempDir('uboard');
  const name = options.name ?? `ub${process.pid}-${++count}`;
  const flash = options.flash ?? join(dir, 'flash.img');
  const tty = options.tty ?? join(dir, 'tty');
  const base = [program, '--flash', flash, '--size', String(options.sizeKib ?? 2048)];
  if (options.files) await onScratchBoard(base, (repl) => repl.writeFiles(options.files ?? {}));

  const command = [...base, '--tty', tty, '--name', name, '--heap', String(options.heap ?? 256)];
  if (options.clock) command.push('--clock', String(Math.floor(options.clock.getTime() / 1000)));
  if (options.drop) command.push('--drop');
  if (options.safe) command.push('--safe');
  let unplug = () => {};
  const start = async () => {
    const started = await launch(command, { ready: /^TTY / });
    unplug = ttyRemover(tty, started.line.replace(/^TTY /, ''));
    return started;
  };
  let board = await start();
  return {
    tty,
    name,
    flash,
    alive: () => board.child.exitCode === null && board.child.signalCode === null,
    files: async () => {
      const copies = tempDir('flash');
      try {
        const copy = join(copies, 'flash.img');
        copyFileSync(flash, copy);
        const size = String(options.sizeKib ?? 2048);
        return await onScratchBoard([program, '--flash', copy, '--size', size], (repl) =>
          repl.readFiles(),
        );
      } finally {
        removeTempDir(copies);
      }
    },
    stop: async () => {
      unplug();
      await board.stop();
      removeTempDir(dir);
    },
    kill: async () => {
      unplug();
      await board.kill();
    },
    restart: async () => {
      unplug();
      await board.kill();
      board = await start();
    },
  };
}

/**
 * Boots the flash on a second board that runs neither boot.py nor main.py, does the work there, and switches it off.
 * @template T
 * @param {string[]} base
 * @param {(repl: RawRepl) => Promise<T>} work
 */
async function onScratchBoard(base, work) {
  const dir = tempDir('scratch');
  const board = await launch([...base, '--tty', join(dir, 'tty'), '--safe', '--heap', '2048'], {
    ready: /^TTY /,
  });
  const repl = new RawRepl(join(dir, 'tty'));
  try {
    await repl.until('>>> ');
    await repl.enter();
    return await work(repl);
  } finally {
    repl.close();
    await board.stop();
    removeTempDir(dir);
  }
}

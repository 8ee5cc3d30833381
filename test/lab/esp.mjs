// @ts-check
// Stand-ins for ESP boards: the serial loader of the chip and of esptool's stub on a pty, the flash in a file, and a real
// MicroPython once the flash holds a valid image. test/boards/flash/esp.test.ts checks them with Debian's esptool.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensure } from './ensure.mjs';
import { lab, removeTempDir, tempDir, ttyRemover } from './paths.mjs';
import { launch } from './process.mjs';

/**
 * @typedef {object} EspOptions
 * @property {import('./espImage.mjs').EspChip} chip
 * @property {number} [mib] size of the flash; default 4
 * @property {string} [mac] its address, which is also its `machine.unique_id()`; default: a new one
 * @property {'classic' | 'usb' | 'none'} [circuit] how DTR and RTS reset it. A pty has no such lines, so the tool must run with the
 *   environment `env`. Default: none; the board starts in its loader, or `reset` puts it there
 * @property {'loader' | 'program'} [start] default: loader
 * @property {number} [mostBaud] at a higher rate, the line corrupts the data
 * @property {number} [brownout] the power fails once, at the erase or write with this number
 * @property {Buffer} [firmware] written to its flash before it starts
 * @property {number} [firmwareAt]
 * @property {string} [lines] folder of the lines' sockets, for one program that works on several boards; default: its own
 * @property {string} [tty] path of the serial device (a link)
 */

/**
 * @typedef {object} Esp
 * @property {string} tty
 * @property {string} mac
 * @property {NodeJS.ProcessEnv} env for tools that use DTR and RTS
 * @property {() => Buffer} flash returns its current content
 * @property {() => Promise<{ mode: 'loader' | 'stub' | 'program' | 'blank', baud: number, counts: Record<string, number> }>} state
 *   `counts`: commands since the last reset, by number in hexadecimal
 * @property {(to: 'program' | 'loader') => Promise<void>} reset presses RESET, with BOOT held for the loader
 * @property {() => Promise<void>} stop
 */

let count = 0;

/** Starts a stand-in. @param {EspOptions} options @returns {Promise<Esp>} */
export async function startEsp(options) {
  const { program: python = '' } = await ensure('python');
  const { program: uboard = '' } = await ensure('uboard');
  const { lines: library = '' } = await ensure('esp');
  const dir = tempDir('esp');
  const mib = options.mib ?? 4;
  const flash = join(dir, 'flash.img');
  const lines = options.lines ?? join(dir, 'lines');
  mkdirSync(lines, { recursive: true });
  const tty = options.tty ?? join(dir, 'tty');
  const number = (process.pid & 0xffff) * 256 + (++count & 0xff);
  const mac = options.mac ?? `240ac4${number.toString(16).padStart(6, '0')}`;
  if (options.firmware) {
    const content = Buffer.alloc(mib << 20, 0xff);
    options.firmware.copy(content, options.firmwareAt ?? 0);
    writeFileSync(flash, content);
  }
  const board = await launch(
    [
      ...[python, join(lab, 'esp', 'board.py'), '--link', tty, '--chip', options.chip],
      ...['--flash', flash, '--size', String(mib), '--mac', mac, '--lines', lines],
      ...['--circuit', options.circuit ?? 'none', '--start', options.start ?? 'loader'],
      ...['--most-baud', String(options.mostBaud ?? 0)],
      ...['--brownout', String(options.brownout ?? 0)],
      ...['--uboard', uboard, '--files', join(dir, 'files.img')],
    ],
    { ready: /^\{"tty"/ },
  );
  const unplug = ttyRemover(tty, JSON.parse(board.line).tty);
  const ask = async (/** @type {object} */ request) => {
    const reply = JSON.parse(await board.ask(JSON.stringify(request)));
    if (reply.error) throw new Error(reply.error);
    return reply;
  };
  return {
    tty,
    mac,
    env: { LD_PRELOAD: library, MPYFLEET_LINES: lines },
    flash: () => readFileSync(flash),
    state: () => ask({ do: 'state' }),
    reset: async (to) => void (await ask({ do: 'reset', to })),
    stop: async () => {
      unplug();
      await board.stop();
      removeTempDir(dir);
    },
  };
}

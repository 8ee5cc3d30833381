// @ts-check
// Emulated boards with the instruction set of a real chip, each at the end of a cable: a 32-bit chip, the oldest firmware in
// use, and MicroPython's own rp2 port.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensure } from './ensure.mjs';
import { lab, removeTempDir, tempDir } from './paths.mjs';
import { launch } from './process.mjs';
import { RawRepl } from './rawRepl.mjs';
import { startSerlink } from './serlink.mjs';

/**
 * @typedef {object} EmulatedBoard
 * @property {string} tty
 * @property {import('./serlink.mjs').Serlink} cable
 * @property {() => Promise<void>} stop
 */

/** @typedef {{ baud?: number, latency?: number, tty?: string }} CableOptions */

/**
 * Starts MicroPython 1.25 on a Cortex-M3 with 155 kB of heap and 2 MB of LittleFS, which is lost when the emulator ends.
 * @param {CableOptions & { name?: string, paced?: boolean, frozen?: boolean, files?: Record<string, string | Uint8Array> }} [options]
 *   `paced`: the processor runs at about 125 MHz; `frozen`: its firmware contains the agent; `files`: on its flash before it boots, by path
 * @returns {Promise<EmulatedBoard>}
 */
export async function startMpboard({
  name = 'mpboard',
  paced = false,
  frozen,
  files,
  ...cable
} = {}) {
  let { firmware = '' } = await ensure('mpboard');
  if (frozen) ({ firmware = '' } = await ensure('frozen'));
  const board = await qemu(cable, (serial) => [
    ...['-machine', 'mps2-an385', '-serial', serial, '-kernel', firmware],
    ...['-semihosting-config', `enable=on,target=native,arg=mp,arg=${name}`],
    ...(paced ? ['-icount', 'shift=3,sleep=on'] : []),
  ]);
  if (files) {
    // The flash is empty at first: the files are written after the first boot, and a soft reset then boots with them.
    const repl = new RawRepl(board.tty);
    await repl.enter();
    await repl.writeFiles(files);
    repl.write('\x02\x04');
    await repl.until('soft reboot\r\n');
    repl.close();
  }
  return board;
}

/**
 * Starts MicroPython 1.9.2 of the BBC micro:bit: the oldest firmware, 9 kB of heap, no raw-paste mode.
 * @param {CableOptions} [options]
 * @returns {Promise<EmulatedBoard>}
 */
export async function startMicrobit(options = {}) {
  const { firmware = '' } = await ensure('microbit');
  const ring = { burst: 16 }; // its receive ring holds 63 bytes
  return qemu({ ...options, ...ring }, (serial) => [
    ...['-M', 'microbit', '-serial', serial, '-device', `loader,file=${firmware}`],
  ]);
}

/**
 * Starts MicroPython's rp2 port in an emulated Raspberry Pi Pico, over its USB serial port. It is slow, so only for functional tests.
 * @param {CableOptions & { flash?: string }} [options]
 * @returns {Promise<EmulatedBoard>}
 */
export async function startPico({ flash, baud, latency, tty } = {}) {
  const { firmware = '', modules = '' } = await ensure('pico');
  const dir = tempDir('pico');
  const image = flash ?? join(dir, 'flash.img');
  const command = [
    process.execPath,
    join(lab, 'boards', 'pico', 'pico.mjs'),
    firmware,
    image,
    modules,
  ];
  const cable = await startSerlink({ to: `exec:${command.join(' ')}`, baud, latency, link: tty });
  return {
    tty: cable.tty,
    cable,
    stop: async () => {
      await cable.stop();
      removeTempDir(dir);
    },
  };
}

/**
 * Starts QEMU and lays the cable to its serial port.
 * @param {CableOptions & { burst?: number }} cableOptions
 * @param {(serial: string) => string[]} args
 * @returns {Promise<EmulatedBoard>}
 */
async function qemu({ baud, latency, tty, burst }, args) {
  const dir = tempDir('qemu');
  const socket = join(dir, 'serial');
  const command = ['qemu-system-arm', '-display', 'none', '-monitor', 'none'];
  // wait=on: the machine starts when the cable is connected, so that none of its output is lost.
  const machine = await launch([...command, ...args(`unix:${socket},server=on,wait=on`)], {
    ready: () => Promise.resolve(existsSync(socket)),
  });
  const cable = await startSerlink({ to: `unix:${socket}`, baud, latency, link: tty, burst });
  return {
    tty: cable.tty,
    cable,
    stop: async () => {
      await cable.stop();
      await machine.stop();
      removeTempDir(dir);
    },
  };
}

// @ts-check
// Boards with a real chip's instruction set, in emulators, each at the end of a cable: a 32-bit chip, the oldest firmware in
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
 * MicroPython 1.25 on a Cortex-M3 with 155 kB of heap and LittleFS of 2 MB that is gone with the emulator.
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
    // Its flash begins empty: the files are written after a first boot, and a soft reset is the boot that counts.
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
 * MicroPython 1.9.2 of the BBC micro:bit: the oldest firmware, 9 kB of heap, no raw-paste.
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
 * MicroPython's rp2 port in an emulated Raspberry Pi Pico, over its USB serial port. Slow: functional tests only.
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
 * @param {CableOptions & { burst?: number }} cableOptions
 * @param {(serial: string) => string[]} args
 * @returns {Promise<EmulatedBoard>}
 */
async function qemu({ baud, latency, tty, burst }, args) {
  const dir = tempDir('qemu');
  const socket = join(dir, 'serial');
  const command = ['qemu-system-arm', '-display', 'none', '-monitor', 'none'];
  // wait=on: the machine starts when the cable is connected, so that nothing it says is lost.
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

// @ts-check
// node bench/flash.mjs: compares mpyfleet flash (built as it is packaged) with Debian's esptool. Both run as whole processes, one
// after the other, on the same simulated ESP32-S3 behind the same line of 460800 baud, with the same file. Each result is verified.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ensure,
  espFirmware,
  root,
  run,
  startEsp,
  startSerlink,
  tempDir,
} from '../test/lab/index.mjs';

const BAUD = 460_800;
const RUNS = 2;

await run([process.execPath, join(root, 'esbuild.mjs'), '--production'], { cwd: root });
const { esptool = '' } = await ensure('esp');
const file = join(tempDir('flash'), 'firmware.bin');
const firmware = espFirmware({ chip: 'esp32s3', size: 1_500_000 });
writeFileSync(file, firmware);
const cli = [process.execPath, join(root, 'dist', 'cli.js')];
const common = ['--before', 'no_reset', '--after', 'no_reset', '--baud', String(BAUD)];
const tools = {
  mpyfleet: (/** @type {string} */ tty) => [...cli, 'flash', tty, file, '--baud', String(BAUD)],
  esptool: (/** @type {string} */ tty) => [
    ...[esptool, '--port', tty, ...common],
    ...['write_flash', '-fs', 'keep', '0', file],
  ],
};
/** @type {Record<string, number>} */
const best = {};
for (let i = 0; i < RUNS; i++) {
  for (const [name, command] of Object.entries(tools)) {
    const esp = await startEsp({ chip: 'esp32s3' });
    const cable = await startSerlink({ to: esp.tty, baud: BAUD });
    const start = performance.now();
    await run(command(cable.tty));
    const seconds = (performance.now() - start) / 1000;
    if (!esp.flash().subarray(0, firmware.length).equals(firmware)) {
      throw new Error(`${name} left something else on the flash`);
    }
    best[name] = Math.min(best[name] ?? Infinity, seconds);
    await cable.stop();
    await esp.stop();
  }
}
const { mpyfleet = 0, esptool: reference = 0 } = best;
console.log(
  `${firmware.length} bytes at ${BAUD} baud, best of ${RUNS}: mpyfleet ${mpyfleet.toFixed(1)} s, esptool ${reference.toFixed(1)} s, ratio ${(mpyfleet / reference).toFixed(2)}`,
);

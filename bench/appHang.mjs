// @ts-check
// Shows on MicroPython's rp2 port that a board returns to the previous version of an app if the new one lets nothing else run:
// node bench/appHang.mjs. The emulated Pico has a real machine.Timer, which the other boards of the lab lack, but the chip cannot
// reset itself: when the supervisor resets the board, this program restarts it with the same flash.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, startPico, tempDir } from '../test/lab/index.mjs';
import { RawRepl } from '../test/lab/rawRepl.mjs';

const own = (/** @type {string} */ name) => {
  const text = readFileSync(join(root, 'board/app/fleet', name), 'utf8');
  return `from micropython import const\n${text}`;
};
const app = (/** @type {string} */ code) => `async def main():\n    ${code}\n`;
const files = {
  '/fleet/__init__.py': own('__init__.py'),
  '/fleet/ring.py': own('ring.py'),
  '/fleet/app.py': own('app.py').replace('machine.reset()', 'print("RESET")'),
  '/fleet/trial.py': own('trial.py').replace('const(5000)', 'const(200)'), // 1.2 s in place of 30
  '/fleet/apps/t/1-a/app.json': '{"modules": ["main_t"]}',
  '/fleet/apps/t/1-a/main_t.py': app('print("the old version runs")'),
  '/fleet/apps/t/2-b/app.json': '{"modules": ["main_t"]}',
  '/fleet/apps/t/2-b/main_t.py': app('print("hangs")\n    while True: pass'),
  '/fleet/run.json': '{"run": "t/2-b", "old": "t/1-a", "trial": 5, "starts": 0}',
  '/main.py': 'import fleet\nfleet.run()\n',
};
const flash = join(tempDir('pico'), 'flash.img');
const first = await startPico({ flash });
const repl = new RawRepl(first.tty);
await repl.enter();
await repl.writeFiles(files);
repl.write('\x02\x04');
await repl.until('hangs');
await repl.until('RESET');
repl.close();
await first.stop();
const second = await startPico({ flash });
const after = new RawRepl(second.tty);
await after.until('the old version runs');
await after.enter();
process.stdout.write(await after.exec('print(open("/fleet/run.json").read())'));
after.close();
await second.stop();
process.exit(0);

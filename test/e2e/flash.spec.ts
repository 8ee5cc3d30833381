import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  ensure,
  espFirmware,
  startDrive,
  startEsp,
  startFirmwareSite,
  startUboard,
  tempDir,
} from '../lab/index.mjs';
import { freePort, pollUntil } from '../lab/process.mjs';
import { LINE, picoFirmware, siteBoards, TEMPLATE } from './firmware';
import { openSession } from './session.mjs';
import { accessibilityFaults, webview } from './webview.mjs';

// A newcomer with blank ESP32-S3 chips whose BOOT button was held. VS Code removes LD_PRELOAD from its extension host, so the
// stand-ins have no DTR and RTS here; test/boards/flash/cli.test.ts tests those.

const WAIT_MS = 60_000;
type Esp = Awaited<ReturnType<typeof startEsp>>;
let first: Esp;
let second: Esp;
let site: Awaited<ReturnType<typeof startFirmwareSite>>;
let session: Awaited<ReturnType<typeof openSession>>;
// Two RP2040 boards in their boot loader, and the serial port that each gets afterwards.
const drives = [startDrive(), startDrive()] as const;
const probe = startDrive({ kind: 'dapLink' });
const ports = [join(tempDir('pico'), 'tty'), join(tempDir('pico'), 'tty')] as const;
const boards: Awaited<ReturnType<typeof startUboard>>[] = [];
const linePorts = [join(tempDir('line'), 'tty'), join(tempDir('line'), 'tty')] as const;

beforeAll(async () => {
  site = await startFirmwareSite(siteBoards());
  first = await startEsp({ chip: 'esp32s3', start: 'loader' });
  second = await startEsp({ chip: 'esp32s3', start: 'loader' });
  const { folder } = await ensure('micropython');
  session = await openSession({
    ttys: [first.tty, second.tty, ...ports, ...linePorts],
    files: {
      'shelf.board-template.yaml': TEMPLATE,
      'line.board-template.yaml': LINE,
      'line.bin': espFirmware({ chip: 'esp32s3', version: 'v1.25.0', size: 40_000 }),
      'blink/main.py': 'print("I blink")\n',
      'pico.uf2': picoFirmware,
      'bit.hex': ':00000001FF\r\n',
    },
    env: { MPYFLEET_DRIVES: [...drives, probe].map((drive) => drive.path).join(':') },
    settings: {
      'mpyFleet.firmwareDownloads': site.url,
      'mpyFleet.demoBoard.program': `${folder}/micropython`,
      'mpyFleet.localBroker.port': await freePort(),
    },
  });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`flash ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await first.stop();
  await second.stop();
  await site.stop();
  for (const board of boards) await board.stop();
  for (const drive of [...drives, probe]) drive.stop();
});

/** Waits until the drive has the firmware, then starts a real MicroPython at the board's port. */
async function picoStarts(at: 0 | 1, files: Record<string, string> = {}): Promise<void> {
  if (!(await pollUntil(() => Promise.resolve(drives[at].taken() !== undefined), WAIT_MS))) {
    throw new Error('nothing came to the drive');
  }
  boards.push(await startUboard({ tty: ports[at], name: `pico${at}`, files }));
}

/** Chooses a port by its path, because both stand-ins have the same name. */
const pickPort = (tty: string) =>
  session.driver.clickOn(
    session.driver.input.locator('.monaco-list-row').filter({ hasText: tty }).first(),
  );

test('a blank chip is recognised, erased and flashed', async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.row('tty').first().waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Flash Firmware…');
  await pickPort(first.tty);
  await driver.screenshot('flash which firmware');
  await driver.pick('Detect the chip');
  await driver.pick('v1.25.0');
  await driver.screenshot('flash keep or erase');
  await driver.pick('Erase everything first');
  await driver.notification(/written and verified. Press RESET/).waitFor({ timeout: WAIT_MS });
  expect((await first.state()).mode).toBe('stub');
  await first.reset('program');
  expect((await first.state()).mode).toBe('program');
  expect(first.flash().includes('micropython')).toBe(true);
});

test("a board that only its maker's tool can flash gets the steps of its maker", async () => {
  const { driver } = session;
  await driver.command('MicroPython: Flash Firmware…');
  await pickPort(second.tty);
  await driver.pick('Choose the board from a list');
  await driver.pick('Teensy 4.1');
  await driver.dialog.getByText("Teensy 4.1 is flashed with its maker's tool").waitFor();
  const steps = await driver.dialog.locator('.dialog-message-detail').innerText();
  expect(steps).toMatch(/^1\. Install Teensy Loader/);
  expect(steps).toContain('teensy_loader_cli --mcu=TEENSY41 -v -w FILE.hex');
  expect(steps).toContain(`${site.url}TEENSY41/`);
  await driver.screenshot("flash maker's steps");
  await driver.confirm('Cancel');
});

test('a blank chip becomes a board at the local broker by a template, with a failed step repeated', async () => {
  const { driver, workspace } = session;
  await driver.command('MicroPython: Set Up a New Board…');
  await pickPort(second.tty);
  await driver.pick(/shelf.board-template.yaml/);
  await driver.input.getByText('4 Selected').waitFor();
  await driver.screenshot('setup steps');
  await driver.pickMany([]);
  await driver.notification(/Press RESET on the board, or unplug it/).waitFor({ timeout: WAIT_MS });
  await driver.screenshot('setup press reset');
  await second.reset('program');
  const again = driver.notification(/failed in "files": The template names "program"/);
  await again.waitFor({ timeout: WAIT_MS });
  await driver.screenshot('setup failed');
  mkdirSync(join(workspace, 'program'));
  writeFileSync(join(workspace, 'program', 'main.py'), 'print("I am a shelf")\n');
  await driver.answer(/failed in "files"/, 'Try Again from Here');
  await driver.input.getByText('Secret "pin" of the board template').waitFor();
  await driver.type('4711');
  await driver
    .notification(/shelf-01 is ready: flash, name, agent, files, start, broker/)
    .waitFor({ timeout: WAIT_MS });
  const row = driver.row(/shelf-01/).first();
  await row.getByText(/MQTT/).first().waitFor();
  await driver.expand('shelf-01');
  await driver.row('pin.txt').waitFor({ timeout: WAIT_MS });
});

test('a board that runs MicroPython already is named and gets a folder, with the other steps left out', async () => {
  const { driver } = session;
  await driver
    .row(/^(linuxboard.*|tty)$/)
    .getByText(/ready/)
    .first()
    .waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Set Up a New Board…');
  await pickPort(first.tty);
  await driver.pick(/Choose the steps now/);
  await driver.input.getByText('3 Selected').waitFor();
  await driver.input.getByText('Connect it to a broker').click();
  await driver.input.getByText('2 Selected').waitFor();
  await driver.pickMany([]);
  await driver.input.getByText('Name of the board').waitFor();
  await driver.type('bench-[1-9]');
  await driver.pick('my-project');
  await driver.notification(/bench-1 is ready: name, files, start/).waitFor({ timeout: WAIT_MS });
  await driver.expand('bench-1');
  await driver.row('blink').waitFor({ timeout: WAIT_MS });
});

test('the files of the board that is flashed are saved before its chip is erased', async () => {
  const { driver, workspace } = session;
  const file = join(workspace, 'blink', 'main.py');
  rmSync(file); // what else the board has is in the workspace as well
  await driver.command('MicroPython: Flash Firmware…');
  await pickPort(first.tty);
  await driver.pick('Choose a file');
  await driver.pickFile(join(workspace, 'line.bin'));
  await driver.pick('Save the files to a folder, then erase everything');
  await driver.input.getByRole('button', { name: 'Download Here' }).click();
  await driver.confirm('Overwrite');
  await driver.dialog.getByText('The files of bench-1 are saved').waitFor();
  await driver.screenshot('flash saved files');
  expect(readFileSync(file, 'utf8')).toBe('print("I blink")\n');
  await driver.confirm('Cancel');
});

test('a board in its loader, which is a drive, is flashed and comes back', async () => {
  const { driver } = session;
  drives[0].appear();
  const row = driver.row(/^Raspberry Pi RP2/);
  await row.getByText('in its loader').waitFor({ timeout: WAIT_MS });
  await driver.rowMenu(/^Raspberry Pi RP2/, 'Flash Firmware…');
  await driver.pick('Choose the board from a list');
  await driver.input.getByText('Fits this board').waitFor();
  expect((await driver.picks())[0]).toBe('Pico');
  await driver.screenshot('flash proposed board');
  await driver.pick('Pico');
  await driver.pick('v1.25.0');
  await picoStarts(0);
  await driver.notification(/runs MicroPython 1.25.0/).waitFor({ timeout: WAIT_MS });
  // The list of versions contains a newer release.
  await driver
    .row(/^linuxboard/)
    .getByText(/1\.29 is out/)
    .first()
    .waitFor();
  expect(drives[0].taken()?.equals(picoFirmware)).toBe(true);
  await row.waitFor({ state: 'detached', timeout: WAIT_MS });
});

test('a board in its loader becomes a board at the broker, over the Wi-Fi network that it sees itself', async () => {
  const { driver, workspace } = session;
  drives[1].appear();
  await driver.command('MicroPython: Set Up a New Board…');
  await driver.input.getByText('in its loader').waitFor();
  await driver.screenshot('flash choose drive');
  await driver.pick(/Raspberry Pi RP2/);
  await driver.pick(/Choose the steps now/);
  await driver.input.getByText('4 Selected').waitFor(); // OK appears before the steps do
  await driver.pickMany([]);
  await driver.pick('Choose a file');
  await driver.pickFile(join(workspace, 'pico.uf2'));
  await driver.input.getByText('Name of the board').waitFor();
  await driver.type('hall-[1-9]');
  await driver.pick('my-project');
  await picoStarts(1, {
    'boot.py': 'import network\nnetwork.WLAN._s = network.STAT_NO_AP_FOUND\n',
  });
  await driver.input.getByText('Which Wi-Fi network should hall-1 use?').waitFor();
  for (const name of ['café #1', 'guests', 'lab']) {
    await driver.input.getByText(name, { exact: true }).first().waitFor();
  }
  await driver.screenshot('setup wifi');
  await driver.pick('lab');
  await driver.type('lab-password');
  await driver.screenshot('setup broker address');
  await driver.confirm('Let Boards on the Network Use It');
  await driver
    .notification(/hall-1 is ready: flash, name, wifi, agent, files, start, broker/)
    .waitFor({ timeout: 2 * WAIT_MS });
});

test('a production line sets up each board that is plugged in, and shows red and why where one fails', async () => {
  const { driver, workspace } = session;
  await driver.command('MicroPython: Production Line…');
  await driver.pick(/line.board-template.yaml/);
  const line = await webview(driver.page, '#says');
  await line.locator('#says').getByText('Ready: plug in a board').waitFor({ timeout: WAIT_MS });
  const [goodPort, badPort] = linePorts;
  const chip = { chip: 'esp32s3', start: 'loader' } as const;
  const bad = await startEsp({ ...chip, tty: badPort, brownout: 2 });
  const good = await startEsp({ ...chip, tty: goodPort });
  onTestFinished(async () => {
    await good.stop();
    await bad.stop();
  });
  const row = (text: string) => line.locator('.vt-row').filter({ hasText: text }).first();
  await row('Press RESET on the board').waitFor({ timeout: WAIT_MS });
  await good.reset('program');
  await row('line-01').getByText('✓ ready').waitFor({ timeout: WAIT_MS });
  await row('✗ failed')
    .getByText(/supply voltage of the chip dropped/)
    .waitFor({ timeout: WAIT_MS });
  await row('✗ failed').click();
  await driver.screenshot('production line');
  expect(await accessibilityFaults(driver.page, '#says')).toEqual([]);
  const list = readFileSync(join(workspace, 'line.made.csv'), 'utf8');
  expect(list).toMatch(/^[0-9a-f]+,line-01,1\.25\.0,.*,ok,,,\r$/m);
  expect(list).toMatch(new RegExp(`^${bad.mac},.*,failed,flash,`, 'm'));
  await line.locator('#stop').click();
  await line.locator('#says').getByText('Stopped.').waitFor({ timeout: WAIT_MS });
  await line.locator('#labels').click();
  await driver.tab('line.labels.txt').waitFor();
});

test('a demo board appears at the local broker with its files and a REPL', async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.command('MicroPython: Start a Demo Board at the Local Broker');
  await driver.row('demo-far').waitFor({ timeout: WAIT_MS });
  await driver.row('demo-far').getByText(/MQTT/).first().waitFor({ timeout: WAIT_MS });
  await driver.rowAction('demo-far', 'Open REPL');
  await driver.terminalType('2**100\n', 'demo-far');
  await driver.terminalShows(String(2n ** 100n));
});

test('a board behind a debug probe is a row of the tree, and gets the .hex file of its menu', async () => {
  const { driver, workspace } = session;
  await driver.activity('MicroPython');
  probe.appear();
  const row = driver.row(/^DAPLink/);
  await row.getByText('drive for .hex firmware').waitFor({ timeout: WAIT_MS });
  await driver.screenshot('flash debug probe in the tree');
  await driver.rowMenu(/^DAPLink/, 'Flash Firmware…');
  await driver.pick('Choose a file');
  await driver.pickFile(join(workspace, 'bit.hex'));
  await driver.notification(/DAPLink has flashed the board/).waitFor({ timeout: WAIT_MS });
  expect(probe.taken()?.toString()).toBe(':00000001FF\r\n');
});

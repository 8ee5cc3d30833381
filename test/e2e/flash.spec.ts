import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ensure, espFirmware, startEsp, startFirmwareSite } from '../lab/index.mjs';
import { freePort } from '../lab/process.mjs';
import { openSession } from './session.mjs';

// A newcomer with blank ESP32-S3 chips whose BOOT button was held: VS Code takes LD_PRELOAD from its extension host, and with it
// the lines of a stand-in; test/boards/flash/cli.test.ts has those.

const WAIT_MS = 60_000;
const TEMPLATE = `
firmware: {use: ESP32_GENERIC_S3}
name: shelf-[01-20]
broker: {id: local}
files:
  - {from: program, to: /}
  - {to: /pin.txt, text: '{secret:pin}'}
`;
type Esp = Awaited<ReturnType<typeof startEsp>>;
let first: Esp;
let second: Esp;
let site: Awaited<ReturnType<typeof startFirmwareSite>>;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  const firmware = espFirmware({ chip: 'esp32s3', version: 'v1.25.0' });
  const files = { 'ESP32_GENERIC_S3-20250415-v1.25.0.bin': firmware };
  const board = { product: 'ESP32-S3', vendor: 'Espressif', files };
  site = await startFirmwareSite({ ESP32_GENERIC_S3: board });
  first = await startEsp({ chip: 'esp32s3', start: 'loader' });
  second = await startEsp({ chip: 'esp32s3', start: 'loader' });
  const { folder } = await ensure('micropython');
  session = await openSession({
    ttys: [first.tty, second.tty],
    files: { 'shelf.board-template.yaml': TEMPLATE, 'blink/main.py': 'print("I blink")\n' },
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
});

/** Chooses a port of the question, which shows the same name for both stand-ins and its path next to it. */
const pickPort = (tty: string) =>
  session.driver.clickRow(
    session.driver.input.locator('.monaco-list-row').filter({ hasText: tty }).first(),
  );

test('a blank chip is recognised, erased and flashed', async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.row('tty').first().waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Flash Firmware…');
  await pickPort(first.tty);
  await driver.screenshot('flash which firmware');
  await driver.pick('Ask the chip what it is');
  await driver.pick('v1.25.0');
  await driver.screenshot('flash keep or erase');
  await driver.pick('Erase everything first');
  await driver.notification(/written and verified. Press RESET/).waitFor({ timeout: WAIT_MS });
  expect((await first.state()).mode).toBe('stub');
  await first.reset('program');
  expect((await first.state()).mode).toBe('program');
  expect(first.flash().includes('micropython')).toBe(true);
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

import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { accessPointPassword } from '../../src/core/agent';
import { ADMIN_KEY, startAgentBoard } from '../boards/rig/agent/board';
import { signedByBoard } from '../boards/rig/agent/signed';
import { connectHost } from '../boards/rig/mqttRig';
import { startMosquitto, startUboard, tempDir } from '../lab/index.mjs';
import { freePort, pollUntil } from '../lab/process.mjs';
import { chooseBoards } from './chooseBoards.mjs';
import { openSession } from './session.mjs';
import { accessibilityFaults, webview } from './webview.mjs';

// Boards behind brokers are managed from the window: their configuration in a form, and boards that belong to other users.

const WAIT_MS = 60_000;
/** It sleeps until the test wakes the board. */
const LOGGER = { name: 'logger', sleep: 3_000, wake: 5 };
const TASKS = `class WorkerTask:
    def call(self):
        return {"t": 21}
class ManagementTask:
    def call(self, message):
        return message and message.upper()
`;

let board: Awaited<ReturnType<typeof startUboard>>;
/** A board at another broker, whose key the window does not have. */
let guest: Awaited<ReturnType<typeof startAgentBoard>>;
let office: Awaited<ReturnType<typeof startMosquitto>>;
let session: Awaited<ReturnType<typeof openSession>>;

/** A stand-in for nmcli, which prints the list of networks in a file. */
const tools = tempDir('tools');
const networks = join(tools, 'networks');

beforeAll(async () => {
  writeFileSync(join(tools, 'nmcli'), `#!/bin/sh\nexec cat '${networks}'\n`);
  chmodSync(join(tools, 'nmcli'), 0o755);
  office = await startMosquitto();
  [board, guest] = await Promise.all([
    startUboard({ name: 'kitchen', heap: 512, sizeKib: 4096 }),
    startAgentBoard({
      ...{ name: 'guest', heap: 512, sizeKib: 4096 },
      broker: { host: '127.0.0.1', port: office.port, backoff: [1, 1] },
      config: { wd: { limit: 60, allok: 4 } },
      files: { '/mpyfleet_hal.py': readFileSync('test/boards/rig/agent/flashHal.py') },
    }),
  ]);
  session = await openSession({
    ttys: [board.tty],
    settings: {
      'mpyFleet.localBroker.port': await freePort(),
      'mpyFleet.brokers': [{ id: 'office', name: 'Office', url: office.url }],
    },
    // Without VSCODE_CLI, the window takes the PATH of a login shell.
    env: { PATH: `${tools}:${process.env.PATH ?? ''}`, VSCODE_CLI: '1' },
    files: {
      'logger/app.json': JSON.stringify({ ...LOGGER, version: '1.0.0' }),
      'logger/main.py': TASKS,
    },
  });
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.row('linuxboard-1').waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Start a Local Broker');
  await driver.status(/Broker: \d+/).waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Put the Agent on Board (MQTT)…');
  await driver.pick(/Local broker/);
  await driver.notification(/no longer needs its cable/).waitFor({ timeout: WAIT_MS });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`manage ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await Promise.all([board.stop(), guest.stop()]);
  await office.stop();
});

/** Text followed by a time of day, and by its date before that if the day is another one. */
const after = (text: RegExp): RegExp =>
  new RegExp(String.raw`${text.source}(\d{4}-\d\d-\d\d )?\d\d:\d\d`);

async function becomes(locator: Locator, text: RegExp): Promise<void> {
  const shows = async () => text.test((await locator.textContent()) ?? '');
  if (await pollUntil(shows, WAIT_MS)) return;
  throw new Error(
    `it does not become ${String(text)} but is ${(await locator.textContent()) ?? ''}`,
  );
}

const configOnBoard = async () =>
  JSON.parse((await board.files())['/mpyfleet/config.json']?.toString() ?? '{}') as Record<
    string,
    unknown
  >;

test('a form shows the settings of a board and their differences, and changes them', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Configure Boards…');
  const page = await webview(driver.page, '#mode-telemetry');
  await becomes(page.locator('#boards'), /linuxboard-1\. 1 of 1 board has reported/);
  await page.locator('#mode-location').selectOption('set');
  await page.locator('#value-location input').fill('hall {n:2}');
  await page.locator('#mode-telemetry').selectOption('set');
  await page.locator('#value-telemetry input').fill('99999');
  await becomes(page.locator('#status'), /telemetry must be a whole number from 0 to 86400/);
  await page.locator('#value-telemetry input').fill('7');
  await becomes(page.locator('#setting-location .drift'), /^Different on linuxboard-1$/);
  expect(await accessibilityFaults(driver.page, '#mode-telemetry')).toEqual([]);
  await page.locator('#apply').click();
  await becomes(page.locator('#status'), /^The boards already have this value$/);
  await becomes(page.locator('#setting-location .reported'), /^On the boards: hall 01$/);
  expect(await configOnBoard()).toMatchObject({ location: 'hall 01', tm: 7 });
});

test('the form keeps its entries, and changes nothing before it is applied', async () => {
  const { driver } = session;
  await driver.command('View: Close All Editors');
  await driver.command('MicroPython: Configure Boards…');
  const page = await webview(driver.page, '#mode-telemetry');
  await becomes(page.locator('#status'), /^The boards already have this value$/);
  expect(await page.locator('#value-location input').inputValue()).toBe('hall {n:2}');
  await page.locator('#value-telemetry input').fill('8');
  await becomes(page.locator('#setting-telemetry .drift'), /^Different on linuxboard-1$/);
  expect(await configOnBoard()).toMatchObject({ tm: 7 });
});

test('a board that is new at a broker is ignored, shown again and adopted with its key', async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.row(/^Not adopted/).waitFor({ timeout: WAIT_MS });
  await driver.screenshot('manage new at a broker');
  await driver.rowMenu(/^guest/, 'Ignore Board');
  await driver.notification(/guest ignored/).waitFor();
  await driver.row(/^guest/).waitFor({ state: 'detached' });
  await driver.command('MicroPython: Show Ignored Boards…');
  await driver.pickMany(['guest']);
  await driver.row(/^Not adopted/).waitFor();
  await driver.rowMenu(/^guest/, 'Adopt Board…');
  await driver.pick('Enter its key');
  await driver.type(ADMIN_KEY.toString('hex'));
  await driver.row(/^Not adopted/).waitFor({ state: 'detached' });
  await driver.expand(/^guest/);
  await driver.row('main.py').waitFor({ timeout: WAIT_MS });
});

test('a name and tags from the window are also written to the board', async () => {
  const { driver } = session;
  await driver.rowMenu(/^guest/, 'Rename Board…');
  await driver.type('visitor');
  await driver.row(/^visitor/).waitFor();
  await driver.rowMenu(/^visitor/, 'Edit Tags of Boards…', 'Board');
  await driver.type('attic, north');
  await driver.row(/^visitor.*#attic #north/).waitFor();
  const onBoard = async () => {
    const config = (await guest.files())['/mpyfleet/config.json']?.toString() ?? '{}';
    const { name, tags } = JSON.parse(config) as { name?: unknown; tags?: unknown };
    return JSON.stringify([name, tags]) === '["visitor",["attic","north"]]';
  };
  expect(await pollUntil(onBoard, WAIT_MS)).toBe(true);
});

test('a board without a network is found by its access point, with the password derived from its key', async () => {
  const { driver } = session;
  writeFileSync(networks, 'home:90\n');
  await driver.command('MicroPython: Set Up a Board without a Cable…');
  const none = driver.notification(/No board has opened a network/);
  await none.waitFor();
  await driver.screenshot('manage no board has a network');
  writeFileSync(networks, `home:90\nmpyfleet-${guest.uid}:61\nmpyfleet-beef:40\n`);
  await driver.answer(/No board has opened a network/, 'Look Again');
  await driver.input.getByText('visitor, 61 %').waitFor();
  await driver.input.getByText('mpyfleet-beef').waitFor();
  expect(await driver.input.getByText('home').count()).toBe(0);
  await driver.screenshot('manage boards with a network');
  await driver.pick(`mpyfleet-${guest.uid}`);
  const password = accessPointPassword(ADMIN_KEY, guest.uid);
  const says = new RegExp(`with the password ${password}, then open http://192\\.168\\.4\\.1/`);
  await driver.answer(says, 'Copy Password');
  // The message appears again, without this button, once the password is copied.
  await driver.notification(says).filter({ hasNotText: 'Copy Password' }).waitFor();
  await driver.screenshot('manage password of a network');
  expect(await driver.page.evaluate(() => navigator.clipboard.readText())).toBe(password);
});

test('firmware waits for a board that is away, and is sent over the air when it returns', async () => {
  const { driver } = session;
  const image = Buffer.alloc(20_000, 7);
  image[0] = 0xe9;
  image.writeUInt16LE(9, 12);
  const file = join(session.workspace, 'new.app-bin');
  writeFileSync(file, image);
  await guest.kill();
  await driver.row(/^visitor.*(reconnecting|away)/).waitFor({ timeout: WAIT_MS });
  await driver.rowMenu(/^visitor/, 'Update the Firmware over the Air…', 'Agent (MQTT)');
  await driver.pick(/A file…/);
  await driver.pickFile(file);
  expect(await driver.confirm('Update')).toContain('Write new.app-bin to visitor?');
  await driver.confirm('Run When It Is Back');
  await driver.row(/^visitor.*1 job waiting/).waitFor();
  // The message is brief, and on a busy computer the board may be back before its start is known here.
  const isTold = driver
    .status(/visitor is back: Update the firmware to new\.app-bin/)
    .waitFor({ timeout: WAIT_MS });
  await Promise.all([guest.restart(), isTold]);
  const chip = JSON.parse((await guest.files())['/chip.json']?.toString() ?? '{}') as object;
  expect(chip).toMatchObject({ boot: 'ota_1', valid: 1 });
});

test('a sleeping board shows its wake time, runs waiting jobs when awake, and can be kept awake', async () => {
  const { driver, workspace } = session;
  const asleep = after(/^visitor.*asleep until /);
  await driver.command('MicroPython: Deploy App to Boards…');
  await chooseBoards(driver, 'visitor', 1);
  await driver.row(asleep).waitFor({ timeout: WAIT_MS });
  await driver.screenshot('manage asleep');

  await driver.rowMenu(asleep, 'Send a Message to the App…', 'Agent (MQTT)');
  await driver.type('hello');
  await driver.notification(after(/waits: the board sleeps until /)).waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Run Code on Boards…');
  await driver.type('open("/woken", "w").close()');
  await chooseBoards(driver, 'visitor', 1);
  const asked = await driver.confirm('Run When It Wakes Up');
  expect(asked).toMatch(after(/visitor is asleep\. It wakes up at /));
  await driver.row(/^visitor.*1 job waiting/).waitFor();
  const manifest = join(workspace, 'logger', 'app.json');
  writeFileSync(manifest, JSON.stringify({ ...LOGGER, version: '1.1.0' }));
  await driver.command('MicroPython: Deploy App to Boards…');
  await chooseBoards(driver, 'visitor', 1);
  await driver.confirm('Run When It Wakes Up');
  await driver.row(/^visitor.*2 jobs waiting/).waitFor();
  await driver.screenshot('manage jobs for a board that sleeps');

  await guest.restart(); // as if its sleep had ended
  await driver.row(/^visitor.*jobs? waiting/).waitFor({ state: 'detached', timeout: WAIT_MS });
  await driver.row(asleep).waitFor({ timeout: WAIT_MS });
  const files = await guest.files();
  expect(Object.keys(files)).toContain('/woken');
  expect(files['/fleet/run.json']?.toString()).toContain('logger/1.1.0-');
  await driver.command('MicroPython: Show Messages');
  const page = await webview(driver.page, 'h2:has-text("Sent to apps")');
  const sent = page.locator('tr', { hasText: 'hello' });
  await sent.getByText('done').waitFor({ timeout: WAIT_MS });
  await sent.getByText('HELLO', { exact: true }).waitFor();
  await driver.screenshot('manage done in the wake window');

  await driver.rowMenu(asleep, 'Keep a Sleeping Board Awake…', 'Agent (MQTT)');
  await driver.type('10');
  await driver.page
    .getByText(/Keeping visitor awake/)
    .first()
    .waitFor();
  await guest.restart();
  await driver.notification(/visitor: awake for 10 min/).waitFor({ timeout: WAIT_MS });
  await driver.row(asleep).waitFor({ state: 'detached' });
  // It sleeps again once it is allowed to.
  await driver.rowMenu(/^visitor/, 'Keep a Sleeping Board Awake…', 'Agent (MQTT)');
  await driver.type('0');
  await driver.row(asleep).waitFor({ timeout: WAIT_MS });
});

test('an overslept board is away, and needs attention until it is back', async () => {
  const { driver } = session;
  // The retained message of a board that fell asleep an hour ago for ten minutes.
  const { uid } = guest;
  const u = Math.floor(Date.now() / 1_000) - 3_600;
  const farewell = { on: 0, boot: '0a0b0c0d', why: 'sleep', for: 600, u };
  const { brokers, broker } = await connectHost({ url: office.url });
  await broker.connection.publish(`mpy/${uid}/st`, signedByBoard(uid, ADMIN_KEY, 'st', farewell), {
    ...{ qos: 1, retain: true },
  });
  await driver.row(after(/^visitor.*away, should have woken up at /)).waitFor({ timeout: WAIT_MS });
  await driver.command('MicroPython: Show Dashboard');
  const page = await webview(driver.page, '#cards');
  const row = page.locator('.vt-row', { hasText: 'visitor' });
  await becomes(row, after(/Overslept: it should have woken up at /));
  await driver.screenshot('manage overslept');
  await guest.restart();
  await driver.row(/^visitor.*asleep until/).waitFor({ timeout: WAIT_MS });
  await becomes(row, /^(?!.*Overslept)/);
  brokers.dispose();
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, startAgentBoard } from '../boards/rig/agent/board';
import { Publisher } from '../boards/rig/agent/release';
import { startMosquitto, tempDir } from '../lab/index.mjs';
import { openSession } from './session.mjs';

// The agent and firmware from a file or an address, with signatures, in the window.

const WAIT_MS = 60_000;

let board: Awaited<ReturnType<typeof startAgentBoard>>;
let office: Awaited<ReturnType<typeof startMosquitto>>;
let site: Awaited<ReturnType<Publisher['serve']>>;
let session: Awaited<ReturnType<typeof openSession>>;
const publisher = new Publisher(tempDir('publisher'));
const stranger = new Publisher(tempDir('stranger'));

beforeAll(async () => {
  office = await startMosquitto();
  await publisher.agent('9.9.9', '--whole');
  await stranger.agent('9.9.8');
  site = await publisher.serve();
  board = await startAgentBoard({
    ...{ name: 'hall', heap: 1000, sizeKib: 4096 },
    broker: { host: '127.0.0.1', port: office.port, backoff: [1, 1] },
    config: { wd: { limit: 60, allok: 4 } },
    files: { '/mpyfleet_hal.py': readFileSync('test/boards/rig/agent/flashHal.py') },
  });
  session = await openSession({
    settings: {
      'mpyFleet.brokers': [{ id: 'office', name: 'Office', url: office.url }],
      'mpyFleet.updateKeys': [publisher.key],
    },
  });
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.row(/^Not adopted/).waitFor({ timeout: WAIT_MS });
  await driver.rowMenu(/^hall/, 'Adopt Board…');
  await driver.pick('Enter its key');
  await driver.type(ADMIN_KEY.toString('hex'));
  await driver.row(/^Not adopted/).waitFor({ state: 'detached' });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`releases ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await Promise.all([board.stop(), site.stop()]);
  await office.stop();
});

test('a release of the agent comes from an address, and one of another publisher is refused', async () => {
  const { driver } = session;
  await driver.rowMenu(/^hall/, 'Update the Agent over the Air', 'Agent (MQTT)');
  await driver.pick(/A signed release in a file…/);
  await driver.pickFile(join(stranger.folder, 'agent.json'));
  await driver.notification(/No trusted key has signed this release/).waitFor({ timeout: WAIT_MS });
  await driver.rowMenu(/^hall/, 'Update the Agent over the Air', 'Agent (MQTT)');
  await driver.input.getByText(/Agent \d+\.\d+\.\d+ of this extension/).waitFor();
  await driver.screenshot('releases which agent');
  await driver.pick(/A signed release at an address…/);
  await driver.type(`${site.url}/agent.json`);
  await driver.notification(/hall runs agent 9\.9\.9 on trial/).waitFor({ timeout: WAIT_MS });
  const main = (await board.files())['/mpyfleet/b/main.mpy'];
  expect(main?.toString('latin1')).toContain('9.9.9');
});

test('signed firmware is refused for another board, and an image without a signature is asked about', async () => {
  const { driver } = session;
  publisher.firmware('other.bin', 'Generic ESP32S3 module', '99.0.0');
  const update = async (file: string) => {
    await driver.rowMenu(/^hall/, 'Update the Firmware over the Air…', 'Agent (MQTT)');
    await driver.pick(/An address…/);
    await driver.type(`${site.url}/${file}`);
    return driver.confirm('Update');
  };
  expect(await update('other.bin.json')).toContain('Write Generic ESP32S3 module 99.0.0 to hall?');
  await driver
    .notification(/The firmware is for "Generic ESP32S3 module", but hall is/)
    .waitFor({ timeout: WAIT_MS });
  expect(await update('other.bin')).toContain('It is not signed by a key that you trust.');
  await driver.notification(/hall runs the new firmware/).waitFor({ timeout: WAIT_MS });
});

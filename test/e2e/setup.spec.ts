import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openKeys } from '../../src/core/agent';
import { parseTemplate, stepsOf } from '../../src/core/setup';
import { startMosquitto, startUboard, tempDir } from '../lab/index.mjs';
import { pollUntil } from '../lab/process.mjs';
import { openSession } from './session.mjs';
import { webview } from './webview.mjs';

// A maker who has no board at first, and then prepares boards for the broker of a customer, one after the other at one port.

const WAIT_MS = 60_000;
const PASSPHRASE = 'for the customer only';
let customers: Awaited<ReturnType<typeof startMosquitto>>;
let session: Awaited<ReturnType<typeof openSession>>;
const port = join(tempDir('port'), 'tty');

beforeAll(async () => {
  customers = await startMosquitto({ users: { boards: 'customer-pw' } });
  session = await openSession({
    ttys: [port],
  });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`setup ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await customers.stop();
});

const template = () => `
name: lamp-[01-20]
broker: {host: 127.0.0.1, port: ${customers.port}, user: boards, password: '{secret:mq}', handOver: '{secret:customer}'}
files: [{to: /name.txt, text: '{name}'}]
`;

/** Plugs a new board into the port, once the window has seen that the one before was pulled out. */
async function plugIn() {
  const { driver } = session;
  const present = driver.page.locator('.part.sidebar .monaco-list-row', {
    hasText: /ready|running/,
  });
  await present.first().waitFor({ state: 'detached', timeout: WAIT_MS });
  const board = await startUboard({ tty: port });
  onTestFinished(() => board.stop());
  return board;
}

test('without a board, both commands lead on, and go on with the board that is plugged in', async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.command('MicroPython: Flash Firmware…');
  await driver.input.getByText('Look again').waitFor();
  await driver.screenshot('setup no board');
  await driver.pick(/The board does not appear/);
  await driver.dialog.getByText('How to start the loader of a board').waitFor();
  const steps = await driver.dialog.locator('.dialog-message-detail').innerText();
  expect(steps).toContain('hold BOOT, press and release RESET');
  expect(steps).toContain('Many USB cables only charge');
  await driver.screenshot('setup loader steps');
  await driver.page.keyboard.press('Escape');
  await driver.input.getByText('Look again').waitFor();
  await driver.input.locator('input[type=text]').press('Escape');

  await driver.command('MicroPython: Set Up a New Board…');
  await driver.input.getByText('Start a demo board').waitFor();
  await plugIn();
  await driver.input.getByText(port).first().waitFor({ timeout: WAIT_MS });
  await driver.input.locator('input[type=text]').press('Escape');
});

test('a production line without a template offers one that can be saved and used', async () => {
  const { driver, workspace } = session;
  await driver.command('MicroPython: Production Line…');
  await driver.answer(/No board template is in this workspace/, 'Create One');
  await driver.tab('sensor.board-template.yaml').waitFor();
  await driver.editorHasFocus();
  // The text comes after the focus, and would be lost if the empty file were saved before.
  const lines = driver.page.locator('.editor-group-container.active .monaco-editor .view-line');
  await lines.filter({ hasText: /^label:/ }).waitFor();
  await driver.page.keyboard.press('Control+S');
  const file = join(workspace, 'sensor.board-template.yaml');
  // VS Code creates it before it has the content.
  const isWritten = () => Promise.resolve(existsSync(file) && readFileSync(file).length > 0);
  expect(await pollUntil(isWritten, WAIT_MS)).toBe(true);
  expect(stepsOf(parseTemplate(readFileSync(file, 'utf8'), file))).toEqual([
    ...['name', 'files', 'start'],
  ]);
});

test("a production line makes boards for a customer's broker, one after the other at the same port", async () => {
  const { driver, workspace } = session;
  writeFileSync(join(workspace, 'lamp.board-template.yaml'), template());
  await driver.command('MicroPython: Production Line…');
  await driver.pick(/lamp.board-template.yaml/);
  await driver.input.getByText('Secret "mq" of the board template').waitFor();
  await driver.type('customer-pw');
  await driver.input.getByText('Secret "customer" of the board template').waitFor();
  await driver.type(PASSPHRASE);
  const line = await webview(driver.page, '#says');
  await line.locator('#says').getByText('Ready: plug in a board').waitFor({ timeout: WAIT_MS });
  const row = (text: string) => line.locator('.vt-row').filter({ hasText: text }).first();
  const uids: string[] = [];
  for (const name of ['lamp-01', 'lamp-02', 'lamp-03']) {
    const board = await plugIn();
    uids.push(Buffer.from(board.name).toString('hex'));
    await row(name).getByText('✓ ready').waitFor({ timeout: WAIT_MS });
    await row(name)
      .getByText(/The board reports that it reached 127\.0\.0\.1/)
      .waitFor();
    await board.stop();
  }
  await driver.screenshot('setup line for a customer');
  await line.locator('#stop').click();
  await line.locator('#says').getByText('Stopped.').waitFor({ timeout: WAIT_MS });

  const list = readFileSync(join(workspace, 'lamp.made.csv'), 'utf8');
  expect(list.match(/,ok,,,/g)?.length).toBe(3);
  const sealed = readFileSync(join(workspace, 'lamp.handover.keys'), 'utf8');
  const ring = await openKeys(sealed, PASSPHRASE);
  expect([...ring.keys()].sort()).toEqual([...uids].sort());
  for (const text of [list, sealed]) {
    for (const { key } of ring.values())
      expect(text).not.toContain(Buffer.from(key).toString('hex'));
    expect(text).not.toContain('customer-pw');
  }
});

test("the wizard prepares one board for a customer's broker and says what was shown", async () => {
  const { driver, workspace } = session;
  await plugIn();
  await driver.activity('MicroPython');
  await driver.command('MicroPython: Set Up a New Board…');
  await driver.input.getByText(port).first().waitFor({ timeout: WAIT_MS });
  await driver.clickOn(driver.input.locator('.monaco-list-row').filter({ hasText: port }).first());
  await driver.pick(/lamp.board-template.yaml/);
  await driver.pickMany([]);
  const ready = driver.notification(/is ready: name, agent, files, start, broker/);
  await ready.waitFor({ timeout: WAIT_MS });
  const words = await ready.innerText();
  expect(words).toContain('Its key is in lamp.handover.keys, sealed.');
  expect(words).toContain('The board reports that it reached 127.0.0.1.');
  const isSealed = async () => {
    const sealed = readFileSync(join(workspace, 'lamp.handover.keys'), 'utf8');
    return (await openKeys(sealed, PASSPHRASE)).size === 4;
  };
  expect(await pollUntil(isSealed, WAIT_MS)).toBe(true);
});

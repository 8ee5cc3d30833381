import { connectAsync } from 'mqtt';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { pollUntil, startMosquitto } from '../lab/index.mjs';
import { notebookOf, Notebooks } from './notebooks';
import { openSession } from './session.mjs';

// Thousands of boards behind one broker, in a window: the list fills, scrolls, is searched.

const BOARDS = 5_000;
const HALLS = 7;
/** Time limit, in milliseconds, for the list to fill. An idle computer with two cores takes 8.5 s. */
const SEEN_MS = 90_000;

let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
let session: Awaited<ReturnType<typeof openSession>>;

const nameOf = (i: number) => `sim-${String(i).padStart(4, '0')}`;

/** Publishes the retained births of all boards. */
async function announce(): Promise<void> {
  const client = await connectAsync(mosquitto.url);
  for (let i = 0; i < BOARDS; i++) {
    const birth = {
      ...{ on: 1, proto: 1, agent: '0.1.0', fw: '1.25.0', platform: i % 2 ? 'esp32' : 'rp2' },
      ...{ name: nameOf(i), tags: [`hall${i % HALLS}`], boot: '9f03c2aa', nonce: '00'.repeat(16) },
      ...{ mode: 'open', state: 'idle', mtu: 1024, win: 16, caps: [], free: 90_000 },
    };
    const topic = `mpy/5${String(i).padStart(11, '0')}/st`;
    await client.publishAsync(topic, JSON.stringify(birth), { retain: true, qos: 0 });
  }
  await client.endAsync();
}

beforeAll(async () => {
  mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  session = await openSession({ files: { 'lab.ipynb': notebookOf('print(1)') } });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`scale ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await mosquitto.stop();
});

/** Returns the number of rows in the list, drawn or not. */
async function listed(): Promise<number> {
  const row = session.driver.row(/^sim-\d{4}$/);
  if ((await row.count()) === 0) return 0;
  return Number(await row.getAttribute('aria-setsize'));
}

/** Gives the list of boards the keyboard focus without a click on a board. */
async function focusList(): Promise<void> {
  await session.driver.page.locator('.part.sidebar .monaco-list').first().focus();
}

test(`${BOARDS} boards are listed once their broker is`, async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.page.locator('.part.sidebar .pane-header').first().waitFor();
  await driver.command('MicroPython: Add a Broker…');
  const asked = [
    ['Address of the broker', mosquitto.url],
    ['Name of the broker', 'works'],
    ['User name', ''],
  ] as const;
  for (const [title, answer] of asked) {
    await driver.input.getByText(title, { exact: true }).waitFor();
    await driver.type(answer);
  }
  const broker = (word: RegExp) => driver.row('works').filter({ hasText: word }).waitFor();
  await broker(/0 boards/);
  await driver.command('MicroPython: Disconnect Broker');
  await broker(/not connected/);
  await announce();
  // Measures the time from connecting the broker to the full list, without the start of the window.
  const start = performance.now();
  await driver.command('MicroPython: Connect Broker');
  const full = async () => (await listed()) >= BOARDS;
  expect(await pollUntil(full, SEEN_MS), `${await listed()} of ${BOARDS}`).toBe(true);
  const took = performance.now() - start;
  console.log(`${BOARDS} boards listed ${took.toFixed(0)} ms after the broker was asked for`);
});

test('the list scrolls to its end and back', async () => {
  const { driver } = session;
  const start = performance.now();
  await focusList();
  await driver.page.keyboard.press('End');
  await driver.row(nameOf(BOARDS - 1)).waitFor();
  await driver.page.keyboard.press('Home');
  await driver.row(nameOf(0)).waitFor();
  console.log(`to the end and back in ${(performance.now() - start).toFixed(0)} ms`);
});

test('a board is found in the list by a part of its name', async () => {
  const { driver } = session;
  await focusList();
  await driver.page.keyboard.press('Control+Alt+F');
  await driver.page.locator('.monaco-tree-type-filter input').fill('sim-4242');
  await driver.row(nameOf(4242)).waitFor();
  expect(await driver.rows()).not.toContain(nameOf(0));
  await driver.page.keyboard.press('Escape');
});

/** Types a filter into its box until the box shows the expected number of boards. */
async function filter(text: string, shown: number): Promise<void> {
  const { driver } = session;
  await driver.command('MicroPython: Filter Boards…');
  const box = driver.input.locator('.quick-input-message', { hasText: `of ${BOARDS} boards` });
  await box.waitFor();
  const words = driver.input.locator('input[type=text]');
  await words.fill(text);
  await box.getByText(`${shown} of ${BOARDS} boards`).waitFor();
  await words.press('Enter');
}

test('the filter works with words and hostlists', async () => {
  const { driver } = session;
  await filter('tag:hall3 esp32', 357);
  expect(await pollUntil(async () => (await listed()) === 357, SEEN_MS)).toBe(true);
  const title = driver.page.locator('.part.sidebar .pane-header', { hasText: 'Boards' });
  expect(await title.innerText()).toContain('357 of 5000: tag:hall3 esp32');
  await filter('sim-[0100-0104],-,sim-0102', 4);
  expect(await pollUntil(async () => (await listed()) === 4, SEEN_MS)).toBe(true);
  await filter('nobody', 0);
  await driver.page.getByText('No board matches the filter').waitFor();
  await driver.screenshot('scale nothing left');
  await driver.page.getByRole('button', { name: 'Show All Boards' }).click();
  expect(await pollUntil(async () => (await listed()) === BOARDS, SEEN_MS)).toBe(true);
});

test('boards are grouped by common properties', async () => {
  const { driver } = session;
  const group = async (by: string) => {
    await driver.command('MicroPython: Group Boards…');
    await driver.pick(by);
  };
  await group('By platform');
  await driver.row('esp32').waitFor();
  expect(await driver.row('esp32').innerText()).toContain('2500 boards');
  await group('By tag');
  await driver.row('hall0').waitFor();
  expect(await driver.row('hall0').innerText()).toContain('715 boards');
  await driver.row(nameOf(0)).waitFor();
  await driver.screenshot('scale by tag');
  await group('No groups');
  expect(await pollUntil(async () => (await listed()) === BOARDS, SEEN_MS)).toBe(true);
});

test('the kernel picker names some boards, and a command of the notebook finds each of them', async () => {
  const { driver } = session;
  const books = new Notebooks(session);
  await driver.openFile('lab.ipynb');
  const kernels = (await books.kernels(/^sim-/)).filter((label) => label.startsWith('sim-'));
  expect(kernels.length).toBeGreaterThan(0);
  expect(kernels.length).toBeLessThanOrEqual(40);
  await driver.input.locator('input[type=text]').press('Escape');
  await books.button("Choose the Notebook's Board…").click();
  const title = driver.input.locator('.quick-input-title');
  await title.filter({ hasText: "The notebook's board" }).waitFor();
  await driver.input.locator('input[type=text]').fill('sim-4242');
  await driver.pick(/sim-4242/);
  await books.hasKernel('sim-4242');
});

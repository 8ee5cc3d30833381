import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startUboard } from '../lab/index.mjs';
import { openSession } from './session.mjs';

let board: Awaited<ReturnType<typeof startUboard>>;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  board = await startUboard({ name: 'kitchen', files: { 'hello.py': "print('hello')\n" } });
  session = await openSession({ ttys: [board.tty] });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`smoke ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await board.stop();
});

test('the packaged extension has its place in the activity bar', async () => {
  await session.driver.activity('MicroPython');
});

test('a board on a serial device that was added by path is in the tree', async () => {
  await session.driver.row(/kitchen|tty|linuxboard/).waitFor();
  const rows = await session.driver.rows();
  expect(rows.filter((row) => /kitchen|tty|linuxboard/.test(row))).toHaveLength(1);
});

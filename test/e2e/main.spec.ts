import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { randomBytes } from 'node:crypto';
import { startSerlink, startUboard } from '../lab/index.mjs';
import { pollUntil } from '../lab/process.mjs';
import { openSession } from './session.mjs';

// The main job, from plugging in a board to a program that runs on it, with the packaged extension in a real window and a real
// MicroPython behind a cable that can be unplugged. The flash is read independently of the product.

const OLD = randomBytes(20_000);
const NEW = randomBytes(200_000);
const AWKWARD = "lib/it's #1 ünïcode.py";
const WAIT_MS = 60_000;

let board: Awaited<ReturnType<typeof startUboard>>;
let cable: Awaited<ReturnType<typeof startSerlink>>;
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  board = await startUboard({
    name: 'kitchen',
    files: { 'greet.py': "print('hello from the board')\n", 'data.bin': OLD },
  });
  cable = await startSerlink({ to: board.tty, baud: 921_600 });
  session = await openSession({
    ttys: [cable.tty],
    files: {
      'count.py': "for i in range(3):\n    print('count', i)\n",
      'bad.py': 'def boom():\n    return 1 / 0\n\n\nboom()\n',
      'lib/first.py': 'ONE = 1\n',
      'lib/deep/second.py': 'TWO = 2\n',
      'lib/empty.py': '',
      [AWKWARD]: 'THREE = 3\n',
      'data.bin': NEW,
      'main.py':
        'import time\nn = 0\nwhile True:\n    n += 1\n    print("tick", n)\n    time.sleep(0.2)\n',
    },
  });
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`main ${task.name}`);
});
afterAll(async () => {
  await session.close();
  await cable.stop();
  await board.stop();
});

test('a board that is plugged in appears, connected, under its own name', async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  await driver.row('linuxboard-1').waitFor();
  await driver.status(/linuxboard-1: ready/).waitFor();
});

test('expanding it shows its files, their sizes, and the space that is left', async () => {
  const { driver } = session;
  await driver.expand('linuxboard-1');
  await driver.row('greet.py').waitFor();
  expect(await driver.row('greet.py').textContent()).toMatch(/30 bytes/);
  await driver.row(/MiB free of/).waitFor();
});

test('the REPL computes', async () => {
  const { driver } = session;
  await driver.rowAction('linuxboard-1', 'Open REPL');
  await driver.terminalType('2**100\n');
  await driver.terminalShows(String(2n ** 100n));
});

test('Tab completes, arrows recall, Ctrl-A and Ctrl-E move', async () => {
  const { driver } = session;
  await driver.terminalType('import sys\nsys.platf');
  await driver.page.keyboard.press('Tab');
  await driver.page.keyboard.press('Enter');
  await driver.terminalShows("'linuxboard'");
  await driver.page.keyboard.press('ArrowUp');
  await driver.page.keyboard.press('Control+A');
  await driver.page.keyboard.type('len(');
  await driver.page.keyboard.press('Control+E');
  await driver.page.keyboard.type(') * 111');
  await driver.page.keyboard.press('Enter');
  await driver.terminalShows('1110');
});

test('200 pasted lines arrive unchanged', async () => {
  const { driver } = session;
  const lines = ['import hashlib, binascii', "text = ''"];
  for (let i = 0; i < 198; i++) lines.push(`text += "${i}: ${'äxyz '.repeat(i % 17)}"  # ${i}`);
  const text = lines
    .slice(2)
    .map((line) => /"(.*)"/.exec(line)?.[1])
    .join('');
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  lines.push('print(binascii.hexlify(hashlib.sha256(text.encode()).digest()))');
  await driver.page.evaluate((code) => navigator.clipboard.writeText(code), lines.join('\n'));
  await (await driver.terminalOf()).focus();
  await driver.page.keyboard.press('Control+Shift+V');
  await driver.terminalShows(Buffer.from(hash).toString('hex'), WAIT_MS);
});

test('right-click uploads a folder with any file names', async () => {
  const { driver } = session;
  await driver.activity('Explorer');
  await driver.rowMenu('lib', 'Upload to Board');
  await driver.status('4 files uploaded').waitFor();
  const files = await board.files();
  expect(files['/lib/first.py']?.toString()).toBe('ONE = 1\n');
  expect(files['/lib/deep/second.py']?.toString()).toBe('TWO = 2\n');
  expect(files['/lib/empty.py']?.length).toBe(0);
  expect(files[`/${AWKWARD}`]?.toString()).toBe('THREE = 3\n');
  await driver.activity('MicroPython');
  await driver.row('lib').waitFor();
});

test('a file is dragged into a folder of the board', async () => {
  const { driver } = session;
  await driver.drag(driver.row('data.bin'), [driver.row('lib')]);
  const moved = async () => (await board.files())['/lib/data.bin']?.equals(OLD) ?? false;
  expect(await pollUntil(moved, WAIT_MS)).toBe(true);
  expect((await board.files())['/data.bin']).toBeUndefined();
  await driver.expand('lib');
  // The folder that it has left is redrawn as well; rows move until then.
  const drawn = async () => {
    const rows = await driver.rows();
    const [at, more] = [rows.indexOf('data.bin'), rows.lastIndexOf('data.bin')];
    return at === more && at > rows.indexOf('deep') && at < rows.indexOf('empty.py');
  };
  expect(await pollUntil(drawn, WAIT_MS)).toBe(true);
  await driver.drag(driver.row('data.bin'), [driver.row('linuxboard-1')]);
  const back = async () => (await board.files())['/data.bin']?.equals(OLD) ?? false;
  expect(await pollUntil(back, WAIT_MS)).toBe(true);
});

test('a file is dragged from the Explorer to the board', async () => {
  const { driver } = session;
  await driver.activity('Explorer');
  await driver.drag(driver.row('count.py'), [
    driver.activityIcon('MicroPython'),
    driver.row('linuxboard-1'),
  ]);
  const there = async () => (await board.files())['/count.py'] !== undefined;
  expect(await pollUntil(there, WAIT_MS)).toBe(true);
});

test('the active file runs, and its output appears immediately', async () => {
  const { driver } = session;
  await driver.openFile('count.py');
  await driver.command('MicroPython: Run File on Board');
  await driver.terminalShows('count 2');
});

test("a traceback's line leads to the source", async () => {
  const { driver } = session;
  await driver.openFile('bad.py');
  await driver.command('MicroPython: Run File on Board');
  await driver.terminalShows(/ZeroDivisionError[^]*\n>>>$/); // wait for all of it, so that no line moves any more
  await driver.openFile('count.py');
  const row = driver.page.locator('.terminal-wrapper.active .xterm-rows > div').filter({
    hasText: 'File "<stdin>", line 2',
  });
  const box = await row.last().boundingBox();
  const { mouse, keyboard } = driver.page;
  await keyboard.down('Control');
  try {
    // The terminal looks for links where the mouse moves.
    const pointer = driver.page.locator('.terminal-wrapper.active .xterm-cursor-pointer');
    let moves = 0;
    const isLink = async () => {
      await mouse.move((box?.x ?? 0) + 60 + (moves++ % 5), (box?.y ?? 0) + 8);
      return (await pointer.count()) > 0;
    };
    expect(await pollUntil(isLink, WAIT_MS)).toBe(true);
    await mouse.down();
    await mouse.up();
  } finally {
    await keyboard.up('Control');
  }
  await driver.tab('bad.py').waitFor();
});

test('a file on the board is edited and saved', async () => {
  const { driver } = session;
  await driver.clickOn(driver.row('greet.py'));
  await driver.tab('greet.py').waitFor();
  expect(await driver.editorText()).toContain('hello from the board');
  await driver.editorReplace("print('edited here')\n");
  await driver.page.keyboard.press('Control+S');
  const saved = await pollUntil(
    async () => (await board.files())['/greet.py']?.toString() === "print('edited here')\n",
    WAIT_MS,
  );
  expect(saved).toBe(true);
  await driver.row('greet.py').filter({ hasText: '21 bytes' }).waitFor(); // redrawn, so its icons stay
});

test('a file on the board runs', async () => {
  const { driver } = session;
  await driver.rowAction('greet.py', 'Run File on Board');
  await driver.terminalShows('edited here');
});

test('unplugged in the middle of an upload, the board keeps the old file; plugged in again, it is back', async () => {
  const { driver } = session;
  await cable.baud(115_200);
  const before = (await cable.stats()).toBoard;
  await driver.activity('Explorer');
  await driver.rowMenu('data.bin', 'Upload to Board');
  const underWay = await pollUntil(
    async () => (await cable.stats()).toBoard - before > NEW.length / 16,
    WAIT_MS,
  );
  expect(underWay).toBe(true);
  await cable.unplug();
  await driver.notification(/gone|lost|closed|not found|no longer|not connected/i).waitFor();
  expect((await board.files())['/data.bin']?.equals(OLD)).toBe(true);
  await driver.activity('MicroPython');
  await cable.baud(921_600);
  await cable.replug();
  await driver.status(/linuxboard-1: (ready|connected|running)/).waitFor({ timeout: WAIT_MS });
});

test('the interrupted upload succeeds when it is retried', async () => {
  const { driver } = session;
  await driver.answer(/gone|lost|closed|not found|no longer|not connected/i, 'Retry');
  await driver.status('data.bin uploaded').waitFor({ timeout: WAIT_MS });
  expect((await board.files())['/data.bin']?.equals(NEW)).toBe(true);
});

test('the free space is updated after a file was deleted', async () => {
  const { driver } = session;
  await driver.row('1.8 MiB free of 2.0 MiB').waitFor({ timeout: WAIT_MS });
  await driver.rowMenu('data.bin', 'Delete');
  await driver.confirm('Delete');
  await driver.row('data.bin').waitFor({ state: 'detached', timeout: WAIT_MS });
  await driver.row('2.0 MiB free of 2.0 MiB').waitFor({ timeout: WAIT_MS });
  await driver.status(/linuxboard-1: ready/).waitFor();
});

test('after that the REPL continues in the same terminal', async () => {
  const { driver } = session;
  await driver.terminalType('3**100\n');
  await driver.terminalShows(String(3n ** 100n));
});

test('a soft reset forgets names and keeps the terminal', async () => {
  const { driver } = session;
  await driver.terminalType('forget_me = 1\n');
  await driver.rowMenu('linuxboard-1', 'Soft Reset');
  await driver.terminalShows(/soft reboot[^]*\n>>>$/);
  await driver.row('greet.py').waitFor(); // the tree has looked at the board again
  await driver.terminalType('forget_me\n');
  await driver.terminalShows("NameError: name 'forget_me' isn't defined");
});

test('a running program is stopped neither by connecting nor unasked', async () => {
  const { driver } = session;
  await driver.activity('Explorer');
  await driver.rowMenu('main.py', 'Upload to Board');
  await driver.status('main.py uploaded').waitFor();
  await driver.activity('MicroPython');
  await driver.rowMenu('linuxboard-1', 'Soft Reset');
  await driver.terminalShows(/tick 3/);
  await driver.rowMenu('linuxboard-1', 'Disconnect');
  await driver.status(/linuxboard-1: not connected/).waitFor();
  const shows = (state: string) =>
    pollUntil(
      async () => (await driver.row('linuxboard-1').textContent())?.includes(state) ?? false,
      WAIT_MS,
    );
  expect(await shows('not connected')).toBe(true);
  await driver.rowMenu('linuxboard-1', 'Connect');
  await driver.status(/linuxboard-1: running/).waitFor();
  expect(await shows('running')).toBe(true);
  await driver.expand('linuxboard-1');
  await driver.row(/Stop to see the files/).waitFor();
  await driver.openFile('count.py');
  await driver.command('MicroPython: Run File on Board');
  await driver.answer(/needs the prompt/, 'Cancel');
  await driver.terminalShows(/tick \d+\n[^]*tick \d+/);
  await driver.clickOn(driver.row(/Stop to see the files/));
  await driver.row('main.py').waitFor();
});

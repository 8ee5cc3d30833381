import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { pollUntil, startUboard } from '../lab/index.mjs';
import { nameBoards } from './chooseBoards.mjs';
import { openSession } from './session.mjs';

// Sync to several boards: mappings for some and for all, comparing two boards, and files that are created and deleted while sync on
// save is on.

const SYNC_MS = 30_000;

let boards: Awaited<ReturnType<typeof startUboard>>[];
let session: Awaited<ReturnType<typeof openSession>>;
let web: Server;

beforeAll(async () => {
  web = createServer((_, response) => response.end('a font'));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  boards = await Promise.all(
    ['left', 'right'].map((name) => startUboard({ name, files: { 'boot.py': '# boot\n' } })),
  );
  session = await openSession({
    ttys: boards.map((b) => b.tty),
    files: {
      'app/main.py': 'import config\n',
      'app/pkg/a.py': 'A = 1\n',
      'app/pkg/b.py': 'B = 1\n',
      'shared/units.py': 'M = 1\n',
      'boards/two.py': 'ROOM = "two"\n',
    },
    settings: {
      'mpyFleet.sync.mappings': [
        'app/ -> /',
        'shared/ -> /lib/shared',
        { from: 'boards/two.py', to: '/config.py', boards: 'shed-2' },
      ],
      'mpyFleet.sync.preview': 'never',
      'mpyFleet.macros': {
        litter: ["f = open('/litter.txt', 'w')", 'f.close()', "print('littered')"],
      },
    },
  });
  const { driver } = session;
  await nameBoards(driver, 2, 'shed-{n}');
  await driver.row('shed-2').waitFor();
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`syncBoards ${task.name}`);
});
afterAll(async () => {
  await session.close();
  web.close();
  await Promise.all(boards.map((b) => b.stop()));
});

/** Returns the files on both boards' flash as text, those of shed-1 first. Only shed-2 has a configuration. */
async function flashes(): Promise<Record<string, string>[]> {
  const all = await Promise.all(boards.map((b) => b.files()));
  return all
    .map((files) => texts(files))
    .sort((a, b) => Number('/config.py' in a) - Number('/config.py' in b));
}

/** Returns the files as text, sorted by path, so that two sets can be compared as JSON. */
function texts(files: Record<string, Buffer | string>): Record<string, string> {
  const entries = Object.entries(files).map(([path, data]) => [path, data.toString()] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)));
}

async function boardsHold(...expected: Record<string, string>[]): Promise<void> {
  const wanted = expected.map(texts);
  let there: unknown;
  const holds = async () => {
    there = await flashes();
    return JSON.stringify(there) === JSON.stringify(wanted);
  };
  if (!(await pollUntil(holds, SYNC_MS))) expect(there).toEqual(wanted);
}

async function selectBoth(): Promise<void> {
  await session.driver.selectRows(['shed-1', 'shed-2']);
}

const BOTH = {
  '/boot.py': '# boot\n',
  '/lib/shared/units.py': 'M = 1\n',
  '/main.py': 'import config\n',
  '/pkg/a.py': 'A = 1\n',
  '/pkg/b.py': 'B = 1\n',
};
const OWN = { '/config.py': 'ROOM = "two"\n' };

test('a push to two boards sends each its own files', async () => {
  await selectBoth();
  await session.driver.rowMenu('shed-2', 'Sync to Board (Push)');
  await boardsHold(BOTH, { ...BOTH, ...OWN });
});

test('two boards are compared: differences are listed', async () => {
  const { driver } = session;
  await selectBoth();
  await driver.rowMenu('shed-2', 'Compare Two Boards…', 'Sync and Compare');
  await driver.row('/config.py').waitFor();
  expect(await driver.row('/config.py').textContent()).toMatch(/only in shed-2/);
  expect((await driver.rows()).filter((r) => r.startsWith('/'))).toEqual(['/config.py']);
});

test('sync on save: a folder that is renamed is renamed on the boards', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Turn Sync on Save On or Off');
  await driver.status(/Sync on Save/).waitFor();
  await driver.activity('Explorer');
  await driver.clickOn(driver.row('app'));
  await driver.focusRow('pkg');
  await driver.row('a.py').waitFor(); // the click also opens the folder, which draws it again
  await driver.page.keyboard.press('F2');
  await nameIt('kit');
  await boardsHold(...withKit({}));
});

test('sync on save: a new file goes to the boards, and a deleted one is deleted there', async () => {
  const { driver } = session;
  await driver.rowMenu('kit', 'New File...');
  await nameIt('new.py');
  await boardsHold(...withKit({ '/kit/new.py': '' }));
  await driver.focusRow('new.py');
  await driver.page.keyboard.press('Delete');
  await driver.confirm(/^(Move to Trash|Delete)$/);
  await boardsHold(...withKit({}));
});

test('sync on save: changes by another program go to the boards, too', async () => {
  const built = join(session.workspace, 'app', 'kit', 'built.py');
  writeFileSync(built, 'BUILT = 1\n');
  await boardsHold(...withKit({ '/kit/built.py': 'BUILT = 1\n' }));
  rmSync(built);
  await boardsHold(...withKit({}));
});

test('sync on save: a folder with the name of a board is for that board', async () => {
  const own = join(session.workspace, 'boards', 'shed-1', 'main.py');
  mkdirSync(dirname(own), { recursive: true });
  writeFileSync(own, 'import kit.a\n');
  const [one, two] = withKit({});
  await boardsHold({ ...one, '/main.py': 'import kit.a\n' }, two);
  // The file for all boards does not replace the board's own file.
  writeFileSync(join(session.workspace, 'app', 'main.py'), 'import kit\n');
  await boardsHold(
    { ...one, '/main.py': 'import kit.a\n' },
    { ...two, '/main.py': 'import kit\n' },
  );
  rmSync(join(session.workspace, 'boards', 'shed-1'), { recursive: true });
  writeFileSync(join(session.workspace, 'app', 'main.py'), 'import config\n');
  await boardsHold(one, two);
});

const LITTER = { '/litter.txt': '' };

test('a macro of the settings runs on all selected boards', async () => {
  const { driver } = session;
  await driver.activity('MicroPython');
  await selectBoth();
  await driver.rowMenu('shed-2', 'Run a Macro on Boards…', 'Many Boards');
  await driver.pick('litter');
  await boardsHold(...withKit(LITTER));
});

test('a mirror shows the differences of all boards, asks once about deletions, and can be undone', async () => {
  const { driver } = session;
  await selectBoth();
  await driver.rowMenu('shed-2', 'Mirror to Board…', 'Sync and Compare');
  const asked = await driver.confirm('Delete and Sync');
  expect(asked).toMatch(
    /Mirror to shed-\[1-2\] and delete 2 items\?[^]*shed-\[1-2\]:\s*\/litter\.txt/,
  );
  await boardsHold(...withKit({}));
  await selectBoth();
  await driver.rowMenu('shed-2', 'Undo Last Sync, Upload or Delete', 'Sync and Compare');
  await boardsHold(...withKit(LITTER));
});

test('a file from a URL goes to all selected boards', async () => {
  const { driver } = session;
  await selectBoth();
  await driver.rowMenu('shed-2', 'Upload a File from a URL…', 'Many Boards');
  await driver.type(`http://127.0.0.1:${(web.address() as AddressInfo).port}/font.bin`);
  await driver.input.getByText('Where on the boards?').waitFor();
  await driver.type('/assets/font.bin');
  await boardsHold(...withKit({ ...LITTER, '/assets/font.bin': 'a font' }));
  await driver.answer(/SHA-256/, 'Save Address…');
  await driver.type('my-font');
  await driver.command('MicroPython: Forget a Saved URL…');
  await driver.pick('my-font');
});

test('all files are deleted on boards once their number was typed', async () => {
  const { driver } = session;
  await driver.command('MicroPython: Turn Sync on Save On or Off');
  await selectBoth();
  await driver.rowMenu('shed-2', 'Delete All Files on Boards…', 'Many Boards');
  await driver.type('wipe 2');
  await boardsHold({}, {});
});

/** Types a name into the Explorer's input box. */
async function nameIt(name: string): Promise<void> {
  const { page } = session.driver;
  await page.locator('.explorer-viewlet .monaco-inputbox input').fill(name);
  await page.keyboard.press('Enter');
}

/** Returns the files of both boards after the folder was renamed to `kit`, plus `more`. */
function withKit(more: Record<string, string>): [Record<string, string>, Record<string, string>] {
  const { '/pkg/a.py': a, '/pkg/b.py': b, ...rest } = BOTH;
  const both = { ...rest, '/kit/a.py': a, '/kit/b.py': b, ...more };
  return [both, { ...both, ...OWN }];
}

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ensure, startUboard } from '../lab/index.mjs';
import { tempDir } from '../lab/paths.mjs';
import { pollUntil } from '../lab/process.mjs';
import { IOT_FILES, iotCells, iotDevices, iotNotebook } from './iotNotebook';
import { notebookOf, Notebooks, printed, type Saved, WAIT_MS } from './notebooks';
import { openSession } from './session.mjs';

// A notebook in a real window with the packaged extension and two real boards: choose a board, run, interrupt, restart, run on
// both, save, open again. The saved file is read independently of the product.

let boards: Awaited<ReturnType<typeof startUboard>>[];
let session: Awaited<ReturnType<typeof openSession>>;
let books: Notebooks;
/** The cells of the IoT Kernel notebook. */
let cells: ReturnType<typeof iotCells>;

/** Returns the path of a Python that differs from the one on PATH by an environment variable. */
function chosenPython(): string {
  const path = join(tempDir('python'), 'python');
  writeFileSync(path, '#!/bin/sh\nCHOSEN=yes exec python3 "$@"\n', { mode: 0o755 });
  return path;
}

beforeAll(async () => {
  const files = { 'lib/pumps.py': '', 'boot.py': '# This file runs first\n' };
  boards = [
    await startUboard({ name: 'kitchen', files }),
    await startUboard({ name: 'garden', files }),
  ];
  cells = iotCells(`serial://${boards[1]?.tty}`);
  session = await openSession({
    ttys: boards.map((b) => b.tty),
    // The interpreter that the user has chosen, which %%host uses.
    settings: { 'python.defaultInterpreterPath': chosenPython() },
    files: {
      ...IOT_FILES,
      'iot.ipynb': iotNotebook(cells),
      'lab.ipynb': notebookOf(
        'a = 5\nprint("a is", a)',
        '%name\na * 2',
        "[{'pin': 1, 'on': True}, {'pin': 2, 'on': False}]",
        'def boom():\n    return 1 / 0\n\nboom()',
      ),
      'loop.ipynb': notebookOf(
        'import time\nn = 0\nwhile True:\n    print("tick", n)\n    n += 1\n    time.sleep(0.05)',
      ),
      'flood.ipynb': notebookOf(
        'n = 0\nwhile True:\n    print("flood", n)\n    n += 1',
        'print("never")',
      ),
      'names.ipynb': notebookOf(
        'try:\n    print("n was", n)\nexcept NameError:\n    print("fresh")',
      ),
      'both.ipynb': notebookOf(
        '%%connect --all --parallel\nprint(6 * 7)',
        '%connect linuxboard-2\n%name',
      ),
      'big.ipynb': notebookOf('!yes 123456789 | head -c 10000000'),
      'edit.ipynb': notebookOf('import time\nstation = 5', '%discover'),
      'plot.ipynb': notebookOf(
        '%plot -t Waves\nimport math\nfor i in range(120):\n    print("sin:", math.sin(i / 10), "cos:", math.cos(i / 10))',
        '%memory',
      ),
    },
  });
  books = new Notebooks(session);
  await session.driver.activity('MicroPython');
  await session.driver.row('linuxboard-1').waitFor();
  await session.driver.row('linuxboard-2').waitFor();
});
afterEach(async ({ task }) => {
  await session.driver.screenshot(`notebook ${task.name}`);
});
afterAll(async () => {
  await session.close();
  for (const board of boards) await board.stop();
});

test('every board is in the kernel picker, and all cells run on the chosen one', async () => {
  const { driver } = session;
  await driver.openFile('lab.ipynb');
  expect(await books.kernels(/^linuxboard-2$/)).toEqual(
    expect.arrayContaining(['linuxboard-1', 'linuxboard-2', 'MicroPython']),
  );
  await driver.pick('linuxboard-1');
  await books.press('Run All');
  // VS Code tells the number of a cell, its output and the notebook's kernel by messages of their own, in any order.
  const now = await books.saved(
    'lab.ipynb',
    (s) =>
      s.cells.map((c) => c.execution_count).join() === '1,2,3,4' &&
      (s.cells[3]?.outputs ?? []).length > 0 &&
      s.metadata.kernelspec !== undefined,
  );
  expect(now.cells[0]?.outputs).toEqual([
    { output_type: 'stream', name: 'stdout', text: ['a is 5\n'] },
  ]);
  expect(printed(now, 1)).toBe('linuxboard-1\n');
  expect(now.cells[1]?.outputs?.[1]?.data).toEqual({ 'text/plain': ['10'] });
  expect(now.cells[3]?.outputs?.[0]).toMatchObject({
    output_type: 'error',
    ename: 'ZeroDivisionError',
  });
  expect(now.cells[3]?.outputs?.[0]?.traceback?.join('\n')).toContain(
    'Cell In[4], line 4, in <module>',
  );
  expect(now.metadata.kernelspec?.name).toBe('micropython');
});

test("a traceback leads to the cell's line", async () => {
  const { driver } = session;
  const links = () =>
    driver.page.frames().map((f) => f.locator('a[href*="vscode-notebook-cell:"]').first());
  const shown = async () => {
    for (const link of links()) if ((await link.count()) > 0) return link;
    return undefined;
  };
  expect(await pollUntil(async () => (await shown()) !== undefined, WAIT_MS)).toBe(true);
  const link = await shown();
  if (!link) throw new Error('the traceback has no link');
  expect(await link.textContent()).toBe('line 4');
});

test('the interrupt button stops an endless loop, and the next cell runs', async () => {
  await books.open('loop.ipynb', 'linuxboard-1');
  await books.press('Run All');
  await books.saved('loop.ipynb', (s) => printed(s, 0).includes('tick 3'));
  await books.press('Interrupt');
  const now = await books.saved(
    'loop.ipynb',
    (s) => s.cells[0]?.outputs?.some((o) => o.output_type === 'error') ?? false,
  );
  expect(now.cells[0]?.outputs?.at(-1)?.ename).toBe('KeyboardInterrupt');
});

test('endless output at full speed is stopped too, and the file stays small', async () => {
  await books.open('flood.ipynb', 'linuxboard-1');
  await books.press('Run All');
  await books.shows('flood 0');
  await books.press('Interrupt');
  const began = performance.now();
  await books.button('Interrupt').waitFor({ state: 'hidden' });
  console.log(`endless output ended ${(performance.now() - began).toFixed(0)} ms after the click`);
  // A note follows if the output was longer than what a file keeps, which depends on the speed of the computer.
  const errorIn = (of: Saved) => of.cells[0]?.outputs?.find((o) => o.output_type === 'error');
  const now = await books.saved('flood.ipynb', (of) => errorIn(of) !== undefined);
  expect(errorIn(now)?.ename).toBe('KeyboardInterrupt');
  expect(now.cells[1]?.execution_count).toBe(null);
  expect(printed(now, 0).length).toBeLessThanOrEqual(200_000);
});

test('variables survive closing the notebook, until it restarts the board', async () => {
  await books.open('names.ipynb', 'linuxboard-1');
  await books.press('Run All');
  const before = await books.saved('names.ipynb', (s) => printed(s, 0).endsWith('\n'));
  expect(printed(before, 0)).toMatch(/^n was \d+\n$/);
  // The message is brief, so it is awaited before anything else. Cells that are run before it are interrupted.
  const isTold = session.driver.status(/linuxboard-1: reset\s*$/).waitFor();
  await Promise.all([session.driver.command("MicroPython: Restart the Notebook's Board"), isTold]);
  await books.press('Run All');
  await books.saved('names.ipynb', (s) => printed(s, 0) === 'fresh\n');
});

test('a cell runs on both boards, equal answers are shown once, and %connect changes the board', async () => {
  await books.open('both.ipynb', 'MicroPython');
  await books.press('Run All');
  const now = await books.saved('both.ipynb', (s) => printed(s, 1).includes('\nlinuxboard-2\n'));
  expect(printed(now, 0)).toBe('\n----- linuxboard-[1-2] (2 with the same output)\n\n42\n');
  expect(printed(now, 1)).toMatch(/^Connected to linuxboard-2 @ serial:\/\/\/\S+\nlinuxboard-2\n$/);
  await books.hasKernel('linuxboard-2');
});

test('a chart and a map of the memory are kept as Jupyter keeps them', async () => {
  await books.open('plot.ipynb', 'linuxboard-2');
  await books.press('Run All');
  const now = await books.saved('plot.ipynb', (s) => s.cells[1]?.execution_count === 2);
  expect(Object.keys(now.cells[0]?.outputs?.[0]?.data ?? {})).toContain('image/svg+xml');
});

test('10 MB of output are cut in the file, and one click opens all of it', async () => {
  await books.open('big.ipynb', 'linuxboard-2');
  await books.press('Run All');
  const now = await books.saved('big.ipynb', (s) => printed(s, 0, 'stderr') !== '');
  expect(printed(now, 0).length).toBe(200_000);
  expect(printed(now, 0, 'stderr')).toContain('9800000 more characters are not stored');
  const { driver } = session;
  // VS Code keeps hidden notebooks in the page.
  const item = driver.page.locator('.cell-status-item:not([inert] *)');
  await item.filter({ hasText: 'Open Whole Output' }).first().click();
  const whole = async () => (await driver.tabs()).find((name) => /^[\da-f-]{36}\.txt$/.test(name));
  expect(await pollUntil(async () => (await whole()) !== undefined, WAIT_MS)).toBe(true);
  await driver.editorHasFocus();
  await driver.page.keyboard.press('Control+End');
  const end = driver.status(/^Ln 1,?000,?001, Col 1$/);
  await end.waitFor();
});

test('cells are completed from magics, options, boards, their files and their names', async () => {
  const { driver } = session;
  const { keyboard } = driver.page;
  await books.open('edit.ipynb', 'linuxboard-1');
  await books.press('Run All');
  await books.saved('edit.ipynb', (s) => s.cells[1]?.execution_count === 2);
  const lines = driver.page.locator('.notebookOverlay .cell-editor-container .view-lines');
  await lines.filter({ hasText: '%discover' }).click();
  await driver.page.locator('.cell-editor-container .monaco-editor.focused').waitFor();
  const offers = driver.page.locator('.suggest-widget.visible .monaco-list-row .label-name');
  const offered = async (typed: string, label: string) => {
    await keyboard.press('Control+A');
    // In one piece: keys would ask the board for other folders first, and it offers nothing while it is busy.
    await keyboard.insertText(typed);
    await keyboard.press('Control+Space');
    const there = async () => (await offers.allTextContents()).includes(label);
    expect(await pollUntil(there, WAIT_MS), typed).toBe(true);
    await driver.screenshot(`notebook completion ${label.replace(/\W/g, '')}`);
    await keyboard.press('Escape');
    await offers.first().waitFor({ state: 'hidden' });
  };
  await offered('%disc', '%discover');
  await offered('%discover --v', '--verbose');
  await offered('%connect ', 'linuxboard-2');
  await offered('%cat /lib/', 'pumps.py');
  await offered('stat', 'station');
  // Typed quickly, without requesting the list: each key cancels the request to the board of the key before.
  await keyboard.press('Control+A');
  await keyboard.type('time.sleep_');
  const listed = async () => (await offers.allTextContents()).includes('sleep_ms');
  expect(await pollUntil(listed, WAIT_MS)).toBe(true);
  await keyboard.press('Escape');
  await keyboard.press('Control+A');
  await keyboard.type('%discover');
  await keyboard.press('Escape');
  await lines
    .getByText('%discover')
    .first()
    .hover({ position: { x: 20, y: 8 } });
  const help = driver.page.locator('.monaco-hover', { hasText: /usage:\s%discover\s\[-h\]/ });
  await help.first().waitFor();
  await driver.screenshot('notebook hover');
});

test('a notebook that is opened again has its board and its outputs', async () => {
  const { driver } = session;
  await driver.reopen(session.server.url);
  await driver.openFile('lab.ipynb');
  await books.hasKernel('linuxboard-1');
  await books.shows('a is 5');
  // The file has the outputs and numbers of the first window.
  await driver.command('Notebook: Clear All Outputs');
  await books.saved('lab.ipynb', (s) => s.cells.every((cell) => cell.outputs?.length === 0));
  await books.press('Run All');
  const now = await books.saved(
    'lab.ipynb',
    (s) => printed(s, 1) !== '' && s.cells[0]?.execution_count === 1,
  );
  expect(printed(now, 1)).toBe('linuxboard-1\n');
});

test('a notebook of IoT Kernel runs completely, on the boards that it names', async () => {
  const devices = join(session.workspace, '.micropython/devices');
  mkdirSync(devices, { recursive: true });
  const [huzzah, test] = ['kitchen', 'garden'].map((name) => Buffer.from(name).toString('hex'));
  writeFileSync(join(devices, 'boards.yaml'), iotDevices(huzzah ?? '', test ?? ''));
  await books.open('iot.ipynb', 'MicroPython');
  await books.shows('of the author');
  await books.press('Run All');
  const last = cells.at(-1)?.[1] ?? /^$/;
  const now = await books.saved(
    'iot.ipynb',
    (s) => s.cells.at(-1)?.execution_count === cells.length && last.test(printed(s, cells.length)),
  );
  for (const [i, [source, shape]] of cells.entries()) {
    expect(printed(now, i + 1), source).toMatch(shape);
  }
  const errors = now.cells.flatMap(
    (c) => c.outputs?.filter((o) => o.output_type === 'error') ?? [],
  );
  expect(errors.map((e) => e.evalue)).toEqual(["name 'a' isn't defined"]);
  expect(now.metadata.kernelspec?.name).toBe('iot');
  await books.hasKernel('test-esp32');
  await books.shows('%discover     Discover available devices');
});

test("Jupyter's own reader accepts the saved file", async () => {
  const { program } = await ensure('nbformat');
  const check =
    'import nbformat,sys\nfor f in sys.argv[1:]: nbformat.validate(nbformat.read(f, 4))';
  const names = ['lab', 'loop', 'flood', 'names', 'both', 'big', 'edit', 'plot', 'iot'];
  const files = names.map((name) => join(session.workspace, `${name}.ipynb`));
  execFileSync(program ?? '', ['-W', 'ignore', '-c', check, ...files], { stdio: 'pipe' });
});

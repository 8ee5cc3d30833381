import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { execFileSync } from 'node:child_process';
import { ensure, startUboard } from '../lab/index.mjs';
import { pollUntil } from '../lab/process.mjs';
import { openSession } from './session.mjs';

// A notebook in a real window with the packaged extension and two real boards: choose a board, run, interrupt, restart, run on
// both, save, open again. What was saved is read beside the product.

const WAIT_MS = 60_000; // a busy computer with two cores takes 30 s for the start of the extension host

interface Saved {
  readonly metadata: { readonly kernelspec?: { readonly name: string } };
  readonly cells: readonly {
    readonly source: readonly string[];
    readonly execution_count: number | null;
    readonly outputs: readonly {
      readonly output_type: string;
      readonly name?: string;
      readonly text?: readonly string[];
      readonly ename?: string;
      readonly traceback?: readonly string[];
      readonly data?: Readonly<Record<string, unknown>>;
    }[];
  }[];
}

/** A notebook as Jupyter writes it. */
function notebook(...sources: string[]): string {
  return JSON.stringify({
    cells: sources.map((source) => ({
      cell_type: 'code',
      execution_count: null,
      metadata: {},
      outputs: [],
      source: source.split(/(?<=\n)/),
    })),
    metadata: { language_info: { name: 'python' } },
    nbformat: 4,
    nbformat_minor: 2,
  });
}

let boards: Awaited<ReturnType<typeof startUboard>>[];
let session: Awaited<ReturnType<typeof openSession>>;

beforeAll(async () => {
  const files = { 'lib/pumps.py': '', 'boot.py': '# This file runs first\n' };
  boards = [
    await startUboard({ name: 'kitchen', files }),
    await startUboard({ name: 'garden', files }),
  ];
  session = await openSession({
    ttys: boards.map((b) => b.tty),
    files: {
      'lab.ipynb': notebook(
        'a = 5\nprint("a is", a)',
        '%name\na * 2',
        "[{'pin': 1, 'on': True}, {'pin': 2, 'on': False}]",
        'def boom():\n    return 1 / 0\n\nboom()',
      ),
      'loop.ipynb': notebook(
        'import time\nn = 0\nwhile True:\n    print("tick", n)\n    n += 1\n    time.sleep(0.05)',
      ),
      'names.ipynb': notebook('try:\n    print("n was", n)\nexcept NameError:\n    print("fresh")'),
      'both.ipynb': notebook(
        '%%connect --all --parallel\nprint(6 * 7)',
        '%connect linuxboard-2\n%name',
      ),
      'big.ipynb': notebook('!yes 123456789 | head -c 10000000'),
      'edit.ipynb': notebook('import time\nstation = 5', '%discover'),
      'plot.ipynb': notebook(
        '%plot -t Waves\nimport math\nfor i in range(120):\n    print("sin:", math.sin(i / 10), "cos:", math.cos(i / 10))',
        '%memory',
      ),
    },
  });
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

/** What the toolbar of the notebook that is seen has. */
const toolbar = (selector: string) =>
  session.driver.page.locator(`.notebook-toolbar-container ${selector}`).filter({ visible: true });
const kernelLabel = () => toolbar('.kernel-label').first();
const button = (name: string) =>
  session.driver.page
    .locator('.notebook-toolbar-container')
    .getByText(name, { exact: true })
    .filter({ visible: true })
    .first();

/** Opens the list of our kernels: the picker has sources first, and the kernels used last. */
async function kernels(): Promise<string[]> {
  const { driver } = session;
  await kernelLabel().click();
  for (const step of [/^Select Another Kernel/, /^MicroPython Fleet/]) {
    if ((await driver.picks()).some((label) => step.test(label))) await driver.pick(step);
  }
  await pollUntil(async () => (await driver.picks()).includes('MicroPython'), WAIT_MS);
  return driver.picks();
}

/** Opens a notebook and chooses its kernel. */
async function open(name: string, kernel: string): Promise<void> {
  const { driver } = session;
  await driver.openFile(name);
  await kernels();
  await driver.pick(kernel);
  const shown = async () => (await kernelLabel().textContent()) === kernel;
  expect(await pollUntil(shown, WAIT_MS)).toBe(true);
}

/** What the notebook file holds once `there` is true of it, after saving. */
async function saved(name: string, there: (saved: Saved) => boolean): Promise<Saved> {
  const { driver, workspace } = session;
  const read = () => JSON.parse(readFileSync(join(workspace, name), 'utf8')) as Saved;
  const done = await pollUntil(async () => {
    await driver.command('File: Save');
    try {
      return there(read());
    } catch (error) {
      if (error instanceof SyntaxError) return false; // the file is being written
      throw error;
    }
  }, WAIT_MS);
  expect(done, JSON.stringify(read(), undefined, 1).slice(0, 5_000)).toBe(true);
  return read();
}

/** The text of a stream of a cell. */
function printed({ cells }: Saved, cell: number, name = 'stdout'): string {
  const outputs = cells[cell]?.outputs.filter((o) => o.name === name) ?? [];
  return outputs.map((o) => o.text?.join('') ?? '').join('');
}

test('every board is in the kernel picker, and all cells run on the one that is chosen', async () => {
  const { driver } = session;
  await driver.openFile('lab.ipynb');
  expect(await kernels()).toEqual(
    expect.arrayContaining(['linuxboard-1', 'linuxboard-2', 'MicroPython']),
  );
  await driver.pick('linuxboard-1');
  await button('Run All').click();
  const now = await saved('lab.ipynb', (s) => s.cells[3]?.execution_count === 4);
  expect(now.cells.map((c) => c.execution_count)).toEqual([1, 2, 3, 4]);
  expect(now.cells[0]?.outputs).toEqual([
    { output_type: 'stream', name: 'stdout', text: ['a is 5\n'] },
  ]);
  expect(printed(now, 1)).toBe('linuxboard-1\n');
  expect(now.cells[1]?.outputs[1]?.data).toEqual({ 'text/plain': ['10'] });
  expect(now.cells[3]?.outputs[0]).toMatchObject({
    output_type: 'error',
    ename: 'ZeroDivisionError',
  });
  expect(now.cells[3]?.outputs[0]?.traceback?.join('\n')).toContain(
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
  await open('loop.ipynb', 'linuxboard-1');
  await button('Run All').click();
  await saved('loop.ipynb', (s) => printed(s, 0).includes('tick 3'));
  await button('Interrupt').click();
  const now = await saved(
    'loop.ipynb',
    (s) => s.cells[0]?.outputs.some((o) => o.output_type === 'error') ?? false,
  );
  expect(now.cells[0]?.outputs.at(-1)?.ename).toBe('KeyboardInterrupt');
});

test('names outlive the notebook, until the board is restarted from it', async () => {
  await open('names.ipynb', 'linuxboard-1');
  await button('Run All').click();
  expect(printed(await saved('names.ipynb', (s) => printed(s, 0) !== ''), 0)).toMatch(
    /^n was \d+\n$/,
  );
  await session.driver.command("MicroPython: Restart the Notebook's Board");
  await button('Run All').click();
  await saved('names.ipynb', (s) => printed(s, 0) === 'fresh\n');
});

test('a cell runs on both boards, equal answers are shown once, and %connect changes the board', async () => {
  await open('both.ipynb', 'MicroPython');
  await button('Run All').click();
  const now = await saved('both.ipynb', (s) => s.cells[1]?.execution_count === 2);
  expect(printed(now, 0)).toBe('\n----- linuxboard-[1-2] (2 with the same output)\n\n42\n');
  expect(printed(now, 1)).toMatch(/^Connected to linuxboard-2 @ serial:\/\/\/\S+\nlinuxboard-2\n$/);
  const shown = async () => (await kernelLabel().textContent()) === 'linuxboard-2';
  expect(await pollUntil(shown, WAIT_MS)).toBe(true);
});

test('a chart and a map of the memory are kept as Jupyter keeps them', async () => {
  await open('plot.ipynb', 'linuxboard-2');
  await button('Run All').click();
  const now = await saved('plot.ipynb', (s) => s.cells[1]?.execution_count === 2);
  expect(Object.keys(now.cells[0]?.outputs[0]?.data ?? {})).toContain('image/svg+xml');
});

test('10 MB of output are cut in the file and one click away in whole', async () => {
  await open('big.ipynb', 'linuxboard-2');
  await button('Run All').click();
  const now = await saved('big.ipynb', (s) => printed(s, 0, 'stderr') !== '');
  expect(printed(now, 0).length).toBe(200_000);
  expect(printed(now, 0, 'stderr')).toContain('9800000 more characters are not stored');
  const { driver } = session;
  await driver.page.getByText('Open Whole Output').filter({ visible: true }).first().click();
  const whole = async () => (await driver.tabs()).find((name) => /^[\da-f-]{36}\.txt$/.test(name));
  expect(await pollUntil(async () => (await whole()) !== undefined, WAIT_MS)).toBe(true);
  await driver.page.keyboard.press('Control+End');
  const end = driver.status(/^Ln 1,?000,?001, Col 1$/);
  await end.waitFor();
});

test('cells are completed from magics, options, boards, their files and their names', async () => {
  const { driver } = session;
  const { keyboard } = driver.page;
  await open('edit.ipynb', 'linuxboard-1');
  await button('Run All').click();
  await saved('edit.ipynb', (s) => s.cells[1]?.execution_count === 2);
  const lines = driver.page.locator('.notebookOverlay .cell-editor-container .view-lines');
  await lines.filter({ hasText: '%discover' }).click();
  const offers = driver.page.locator('.suggest-widget.visible .monaco-list-row .label-name');
  const offered = async (typed: string, label: string) => {
    await keyboard.press('Control+A');
    await keyboard.type(typed);
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
  // Typed at once, without asking for the list: the first keys' questions to the board are cancelled by the next ones.
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

test("Jupyter's own reader takes what was saved", async () => {
  const { program } = await ensure('nbformat');
  const check =
    'import nbformat,sys\nfor f in sys.argv[1:]: nbformat.validate(nbformat.read(f, 4))';
  const names = ['lab', 'loop', 'names', 'both', 'big', 'edit', 'plot'];
  const files = names.map((name) => join(session.workspace, `${name}.ipynb`));
  execFileSync(program ?? '', ['-W', 'ignore', '-c', check, ...files], { stdio: 'pipe' });
});

test('a notebook that is opened again has its board and its outputs', async () => {
  const { driver } = session;
  await driver.reopen(session.server.url);
  await driver.openFile('lab.ipynb');
  const shown = async () => (await kernelLabel().textContent()) === 'linuxboard-1';
  expect(await pollUntil(shown, WAIT_MS)).toBe(true);
  await button('Run All').click();
  const now = await saved('lab.ipynb', (s) => s.cells[0]?.execution_count === 1);
  expect(printed(now, 1)).toBe('linuxboard-1\n');
});

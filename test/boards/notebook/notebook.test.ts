import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FleetRig } from '../rig/fleetRig';
import { pollUntil } from '../../lab/index.mjs';
import { BoardLookups } from '../../../src/core/notebook/boardLookups';
import { savedValues } from '../../../src/core/notebook/savedValues';
import { Shared } from '../../../src/core/notebook/shared';
import { labHost, Notebook } from '../rig/notebookRig';

// Cells of a notebook on two real boards and the real Python of this computer: what users of IoT Kernel type.

let rig: FleetRig;
let book: Notebook;

beforeAll(async () => {
  rig = await FleetRig.start(2, { files: { 'boot.py': '# boot\n' } });
  book = new Notebook(labHost(rig.fleet), rig.boards[0]);
  await Promise.all(rig.boards.map((b) => b.refreshInfo()));
  for (const [i, name] of ['kitchen', 'garden'].entries()) {
    const board = rig.boards[i];
    if (board) rig.fleet.rename(board, name);
  }
});
afterAll(async () => {
  book.dispose();
  await rig.stop();
});

describe('code', () => {
  it('prints, keeps its names, and shows the value of its last line', async () => {
    expect((await book.run('a = 5\nprint(a)')).all).toBe('5\n');
    expect((await book.run('for i in range(5): print(i, i**20)')).printed).toContain(
      '4 1099511627776\n',
    );
    const value = await book.run("'x' * a  # five");
    expect(value.shown).toEqual([{ data: { 'text/plain': "'xxxxx'" }, kind: 'result' }]);
    expect((await book.run('a;')).all).toBe('');
    expect((await book.run('None')).all).toBe('');
  });

  it('shows a list of dicts as a table too', async () => {
    const { shown } = await book.run("[{'n': 1, 't': '<b>'}, {'n': 2, 't': 'x'}]");
    expect(shown[0]?.data['text/html']).toContain('<td>&lt;b&gt;</td>');
  });

  it('names the cell and its own line in a traceback', async () => {
    const { failure } = await book.run('%name\n\ndef f():\n    return 1 / 0\n\nf()\n');
    expect(failure?.name).toBe('ZeroDivisionError');
    expect(failure?.traceback.join('\n')).toMatch(/Cell In\[\d+\], line 6, in <module>/);
    expect(failure?.traceback.join('\n')).toMatch(/Cell In\[\d+\], line 4, in f/);
  });

  it('asks the question of input(), also in a function, and stops when the user dismisses it', async () => {
    const output = await book.run(
      "name = input('Your name? ')\nage = input()\nprint(name, 'is', age)",
      { answers: ['Ada', '36'] },
    );
    expect(output.asked).toEqual(['Your name? ', '']);
    expect(output.printed).toContain('Ada is 36\n');
    const dismissed = await book.run('input("again? ")\nprint("never")');
    expect(dismissed.printed).not.toContain('never');
    expect(dismissed.failure?.name).toBe('KeyboardInterrupt');
    expect((await book.run('print(1)')).all).toBe('1\n');
  });

  it('stops an endless loop, and the board is at its prompt', async () => {
    const stop = new AbortController();
    const { output, done } = book.start(
      'import time\nwhile True:\n  print("tick")\n  time.sleep(0.01)',
      { signal: stop.signal },
    );
    await output.until('tick');
    stop.abort();
    await done;
    expect(output.failure?.name).toBe('KeyboardInterrupt');
    expect((await book.run('print(a)')).all).toBe('5\n');
  });

  it('waits for another notebook, and names it', async () => {
    const other = new Notebook(labHost(rig.fleet), rig.boards[0], 'other.ipynb');
    const stop = new AbortController();
    const first = other.start('import time\nprint("on")\nwhile True: time.sleep(0.01)', {
      signal: stop.signal,
    });
    await first.output.until('on');
    const second = book.start('print("mine")');
    await second.output.until('waits');
    expect(second.output.notes).toContain('kitchen is busy with "Cell [1] of other.ipynb"');
    stop.abort();
    await Promise.all([first.done, second.done]);
    expect(second.output.printed).toBe('mine\n');
  });
});

describe('names on the board, while the user types', () => {
  const lookups = new BoardLookups();
  const never = new AbortController().signal;

  it('are offered although the question that the first key asked was cancelled', async () => {
    const [board] = rig.boards;
    if (!board) throw new Error('no board');
    await book.run('import time');
    const first = new AbortController();
    const cancelled = lookups.names(board, 'time.', first.signal);
    first.abort();
    const [second, other] = [
      lookups.names(board, 'time.sleep_', never),
      lookups.names(board, 'tim', never),
    ];
    expect(await cancelled).toEqual([]);
    expect(await second).toEqual(expect.arrayContaining(['sleep_ms', 'sleep_us']));
    expect(await other).toEqual(['time']);
    // A listing for the tree is in progress.
    const listing = board.quietFiles.list('/');
    expect(await lookups.names(board, 'time.sleep_m', never)).toEqual(['sleep_ms']);
    await listing;
    expect(await lookups.entries(board, '/', never)).toContainEqual({
      name: 'boot.py',
      isFolder: false,
    });
    expect(await lookups.names(board, 'no_such_name.x', never)).toEqual([]);
  });

  it('are not offered while a cell runs, which continues', async () => {
    const [board] = rig.boards;
    if (!board) throw new Error('no board');
    const stop = new AbortController();
    const { output, done } = book.start('print("on")\nwhile True: pass', { signal: stop.signal });
    await output.until('on');
    expect(await lookups.names(board, 'time.', never)).toEqual([]);
    expect(output.failure).toBeUndefined();
    stop.abort();
    await done;
  });
});

describe('magics', () => {
  it('lists all, and shows the help of each', async () => {
    const { printed } = await book.run('%lsmagic');
    expect(printed).toMatch(/^Line Magic: {4}-h shows help \(e\.g\. %discover -h\)\n/);
    expect(printed).toContain('  %cat         Print contents of named file on microcontroller\n');
    for (const { name } of book.kernel.magics) {
      const help = await book.run(name === '!' ? '!-h' : `${name} -h`);
      expect(help.failure, name).toBeUndefined();
      expect(help.printed, name).toContain(`usage: ${name} [-h]`);
    }
  });

  it('finds, connects and names boards', async () => {
    const found = await book.run('%discover');
    expect(found.printed).toMatch(/^kitchen {2}serial:\/\/\/\S+ +\n/m);
    expect(found.printed).toMatch(/^garden {3}serial:\/\/\//m);
    expect((await book.run('%discover -v')).printed).toContain(rig.boards[0]?.uid ?? '?');
    const connected = await book.run('%connect garden\n\nprint(1)');
    expect(connected.printed).toMatch(/^Connected to garden @ serial:\/\/\/\S+\n1\n$/);
    const url = (await book.run('%url')).printed.trim();
    await book.run('%connect kitchen');
    expect((await book.run(`%connect "${url}"\n%name`)).printed).toMatch(/\ngarden\n$/);
    expect((await book.run('%connect kitchn')).failure?.traceback.join('\n')).toContain(
      'Did you mean kitchen?',
    );
    expect((await book.run('%connect kitchen\n%platform\n%uid')).printed).toContain('linux');
    expect((await book.run('%info')).printed).toMatch(/^name +kitchen\n/);
  });

  it('resets, with the output of the seed', async () => {
    const { printed, failure } = await book.run(
      '%name\n\na = 5\nprint(a)\n%softreset\nprint("this will fail ...")\nprint(a)',
    );
    expect(printed).toBe(
      [
        'kitchen',
        '5',
        '',
        '!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!',
        '!!!!!   softreset ...     !!!!!',
        '!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!',
        '',
        'this will fail ...',
        '',
      ].join('\n'),
    );
    expect(failure?.name).toBe('NameError');
    expect(failure?.traceback.join('\n')).toMatch(/Cell In\[\d+\], line 7, in <module>/);
  });

  it('runs a cell on all boards and the host, one after the other', async () => {
    const { printed, failure } = await book.run(
      '%%connect --all --host\n\nimport sys\nprint("{:18}   ({})".format(sys.platform, sys.implementation.name))',
    );
    expect(failure).toBeUndefined();
    expect(printed).toMatch(
      /^\n----- HOST\n\nlinux +\(cpython\)\n\n----- kitchen\n\nlinux\w* +\(micropython\)\n\n----- garden\n\nlinux\w* +\(micropython\)\n$/,
    );
  });

  it('folds equal answers, and isolates a board that fails', async () => {
    expect((await book.run('%%connect kitchen,garden -p\nprint(6 * 7)')).printed).toBe(
      '\n----- garden, kitchen (2 with the same output)\n\n42\n',
    );
    await book.run('%connect kitchen\nonly_here = 1');
    const mixed = await book.run('%%connect --all\nprint("first")\nprint(only_here)');
    expect(mixed.printed).toContain('----- kitchen\n\nfirst\n1\n');
    expect(mixed.notes).toMatch(/Cell In\[\d+\], line 3/);
    expect(mixed.failure?.value).toBe(
      "1 of 2 boards done; garden failed: NameError: name 'only_here' isn't defined",
    );
  });

  it('shows different answers of boards side by side, without their colours', async () => {
    await book.run('%connect kitchen\nonly_here = 1');
    const { shown, printed } = await book.run('%%connect kitchen garden -f\nonly_here');
    expect(printed).toBe('');
    expect(shown[0]?.data['text/html']).toMatch(
      /<th [^>]*>kitchen<\/th><th [^>]*>garden<\/th>[^]*<pre [^>]*>1<\/pre>[^]*NameError: name &#39;only_here&#39; isn/,
    );
    expect(shown[0]?.data['text/plain']).toMatch(/^\n----- kitchen\n\n1\n\n----- garden\n\n/);
  });

  it('lists, shows, copies and deletes files', async () => {
    expect((await book.run('%rm -rf /lib /deep\n%rlist')).printed).toMatch(
      /^ {6}7 {2}\w{3} \d\d \d\d:\d\d \d{4} {2}boot\.py\n/m,
    );
    await writeFile(join(book.host.folder, 'lib.py'), 'X = 1\n');
    expect((await book.run('%mkdirs /deep/er\n%cp lib.py :/deep/er/')).printed).toMatch(
      /lib\.py -> :\/deep\/er\/lib\.py\n$/,
    );
    expect((await book.run('%rlist')).printed).toMatch(
      /^ {28}deep\/\n {32}er\/\n {6}6 {2}\S{3} \d\d \d\d:\d\d \d{4} {10}lib\.py\n/m,
    );
    expect((await book.run('%cd /deep\n%cat er/lib.py')).printed).toBe('/deep\nX = 1\n');
    expect((await book.run('%cp :er/lib.py back.py')).failure).toBeUndefined();
    expect(await readFile(join(book.host.folder, 'back.py'), 'utf8')).toBe('X = 1\n');
    // The working directory is the notebook's: it is set again after a reset.
    expect((await book.run('%softreset\nimport os\nprint(os.getcwd())')).printed).toContain(
      '/deep\n',
    );
    await book.run('%cd /\n%rm -r /deep');
    expect((await book.run('%cat /deep/er/lib.py')).failure?.name).toBe('FileError');
  });

  it('moves values between boards and the host', async () => {
    await book.run("data = {'t': [1, 2.5, None], 'u': 'ü\\'\"'}");
    expect((await book.run('%%host\nx = 1\nx + 1')).shown[0]?.data['text/plain']).toBe('2');
    expect((await book.run('%store data')).printed).toContain("Stored 'data' = {");
    expect((await book.run("%%host\nprint(data['u'])\nanswer = [x, 42]")).printed).toBe('ü\'"\n');
    await book.run('%store --host answer');
    await book.run('%connect garden\n%store -r');
    expect((await book.run("print(answer, data['t'])")).printed).toBe('[1, 42] [1, 2.5, None]\n');
    expect((await book.run('%store')).printed).toContain('answer  -> [1,42]');
    await book.run('%connect kitchen');
  });

  it('sets values on several other boards, forgets them, and refuses invalid values', async () => {
    await book.run('%connect kitchen\na, b = 7, "two"');
    const moved = await book.run('%store a b --to garden,kitchen');
    expect(moved.all).toBe("Stored 'a' = 7\nStored 'b' = \"two\"\n");
    expect((await book.run('%%connect garden\nprint(a, b)')).printed).toContain('7 two\n');
    await book.run('%%connect --all\na = 0');
    expect((await book.run('%store -r a --to garden')).failure).toBeUndefined();
    const each = await book.run('%%connect kitchen garden -q\nprint(a, b)');
    expect(each.printed).toBe('0 two\n7 two\n');
    expect((await book.run('%store a --to attic')).failure?.value).toBe('No board is named attic');
    expect((await book.run('%store -d a b\n%store -r a')).failure?.value).toBe(
      'No value named a is stored',
    );
    expect((await book.run('%store print')).failure?.name).toMatch(/Error/);
    expect((await book.run('%store "x;y"')).failure?.value).toContain('not a valid variable name');
    expect((await book.run('%store -z\n%store')).printed).toBe(
      'Stored variables and their values:\n',
    );
  });

  it('keeps values for the next window, whose Python starts with them', async () => {
    const path = join(book.host.folder, 'state', 'values.json');
    const errors: string[] = [];
    const window = () => {
      const saved = savedValues(path, (error) => errors.push(error.message));
      return new Notebook(labHost(rig.fleet), rig.boards[0], 'lab.ipynb', new Shared(saved));
    };
    const first = window();
    await first.run("table, quote = [[1, None]], '\"'");
    await first.run('%store table quote');
    first.dispose();
    const second = window();
    expect((await second.run('%store')).printed).toContain('table  -> [[1,null]]\n');
    expect((await second.run('%%host\nprint(table, quote)')).printed).toBe('[[1, None]] "\n');
    await second.run('%softreset\n%store -r table\nprint(table)');
    second.dispose();
    await writeFile(path, '{"table": [1');
    const third = window();
    expect((await third.run('%store')).printed).toBe('Stored variables and their values:\n');
    expect(errors).toHaveLength(1);
    expect((await third.run('a = 1\n%store a')).failure).toBeUndefined();
    expect(await readFile(path, 'utf8')).toBe('{"a":1}\n');
    third.dispose();
  });

  it('works on the host: files, shell, Python with its own tracebacks', async () => {
    expect((await book.run('%%writefile main.py\n# sample\nprint("Hello!")\n')).printed).toBe(
      'Writing main.py\n',
    );
    expect((await book.run('%%writefile -a main.py\n# more\n')).printed).toBe(
      'Appending to main.py\n',
    );
    expect((await book.run('!cat main.py')).printed).toBe('# sample\nprint("Hello!")\n# more\n');
    expect((await book.run("%%bash\nfor i in 1 2; do echo it\\'s $i; done")).printed).toBe(
      "it's 1\nit's 2\n",
    );
    expect((await book.run('!exit 3')).failure?.value).toContain('status 3');
    const { failure } = await book.run('%%host\n\n1 / 0');
    expect(failure?.name).toBe('ZeroDivisionError');
    expect(failure?.traceback.join('\n')).toMatch(/Cell In\[\d+\], line 3/);
    expect((await book.run('!rm main.py')).failure).toBeUndefined();
  });

  it('stops what runs on the host, and keeps the names of its Python', async () => {
    for (const source of [
      '%%host\nprint("go", flush=True)\nwhile True: pass',
      '%%bash\necho go\nsleep 600',
    ]) {
      const stop = new AbortController();
      const { output, done } = book.start(source, { signal: stop.signal });
      await output.until('go');
      stop.abort();
      await done;
      expect(output.failure?.name, source).toBe('KeyboardInterrupt');
    }
    expect((await book.run('%%host\nx')).shown[0]?.data['text/plain']).toBe('1');
  });

  it('syncs the board with the host', async () => {
    await writeFile(join(book.host.folder, 'boot.py'), '# boot\n');
    await book.run('!rm -f back.py lib.py');
    expect((await book.run('%rsync -u')).failure).toBeUndefined();
    await book.run('f = open("/extra.py", "w"); f.write("1"); f.close()');
    expect((await book.run('%rdiff')).printed).toContain('DELETE  /extra.py\n');
    book.host.agrees = false;
    expect((await book.run('%rsync')).failure?.name).toBe('KeyboardInterrupt');
    book.host.agrees = true;
    expect((await book.run('%rsync')).printed).toContain('DELETE  /extra.py\n');
    expect(book.host.questions.length).toBe(2);
    expect((await book.run('%rsync')).printed).toBe('Directories match\n');
  });

  it('measures time and memory, and draws', async () => {
    expect((await book.run('%%timeit -n 10 -r 2\nsum(range(100))')).printed).toMatch(
      /^[\d.]+ \S+ ± [\d.]+ \S+ per loop \(mean ± std\. dev\. of 2 runs, 10 loops each\)\n$/,
    );
    const memory = await book.run('%memory');
    expect(memory.printed).toMatch(/ used \(\d+%\), .* free of /);
    expect(memory.shown[0]?.data['image/svg+xml']).toMatch(/^<svg [^]*<rect /);
    const plot = await book.run(
      '%plot -t Waves\nfor i in range(50):\n  print(i, i * i)\nprint("done")',
    );
    expect(plot.printed).toBe('done\n');
    expect(plot.shown.at(-1)?.data['text/plain']).toBe('1: 50 points\n2: 50 points');
    const values = await book.run('%plot [i % 7 for i in range(30)]');
    expect(values.shown[0]?.data['image/svg+xml']).toContain('<polyline');
  });

  it('shows and sets the clock', async () => {
    expect((await book.run('%gettime')).printed).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n$/);
  });
});

describe('errors', () => {
  it('names near magics, and shows the usage for a wrong option', async () => {
    expect((await book.run('%discovr')).failure?.traceback.join('\n')).toContain('%discover');
    expect((await book.run('%host')).failure?.traceback.join('\n')).toContain('%%host');
    expect((await book.run('%discover -x')).failure?.value).toBe(
      'usage: %discover [-h] [-a] [-v]\n%discover: error: unrecognized arguments: -x',
    );
    expect((await book.run('%%kernel\n1')).failure?.value).toContain('not supported');
  });

  it('does nothing on the host for a folder that is not trusted', async () => {
    book.host.trusted = false;
    for (const source of ['!echo 1', '%%bash\necho 1', '%%host\n1', '%%writefile x\n1']) {
      expect((await book.run(source)).failure?.value, source).toBe('not trusted');
    }
    expect((await book.run('print(1)')).all).toBe('1\n');
    book.host.trusted = true;
  });

  it('reports in one sentence that the host has no Python', async () => {
    const other = new Notebook(labHost(rig.fleet, '/no/python3'), rig.boards[0]);
    expect((await other.run('%%host\n1')).failure?.value).toContain(
      'need Python 3, which was not found',
    );
    expect((await other.run('print(1)')).all).toBe('1\n');
  });

  it('runs a cell of 1 MB', async () => {
    const source = `#${'x'.repeat(1_000_000)}\nprint("end")`;
    for (const cell of [source, `%%host\n${source}`]) {
      const { printed, all } = await book.run(cell);
      expect(printed, all.slice(0, 500)).toBe('end\n');
    }
  });

  it('says that no board was chosen, or that the chosen one is not in the list', async () => {
    const said = async (board?: { uid: string; id: string; name: string }) => {
      const { failure } = await new Notebook(labHost(rig.fleet), board).run('print(1)');
      return failure?.traceback.join('\n');
    };
    expect(await said()).toContain('Choose one as the kernel, or with %connect NAME');
    expect(await said({ uid: 'e661', id: 'a', name: 'attic' })).toMatch(
      /attic is not in the list of boards\nPlug it in, or choose another with %connect NAME/,
    );
  });

  it('stops a foreign program only if the user agrees', async () => {
    const [board] = rig.boards;
    if (!board) throw new Error('no board');
    let began: () => void = () => undefined;
    const on = new Promise<void>((resolve) => (began = resolve));
    const program = board.exec('print("on")\nwhile True: pass', { program: {}, onStdout: began });
    const ended = program.catch((error: unknown) => String(error));
    await on;
    const asked = rig.asked;
    const refused = await book.run('print("cell")');
    expect(refused.printed).toBe('');
    expect(refused.failure?.value).toContain('running');
    expect(rig.asked).toBe(asked + 1);
    const agreed = await rig.stopPolicies.during(board, 'stop', () => book.run('print("cell")'));
    expect(agreed.printed, agreed.failure?.value).toBe('cell\n');
    await ended;
  });

  it('shows binary output, and a value that contains marks', async () => {
    const { printed } = await book.run(
      'import sys\nsys.stdout.buffer.write(bytes(range(256)))\nprint()',
    );
    expect(printed).toContain('ABC');
    expect(printed).toContain('\x1d');
  });

  it('reports the loss of the board, and continues when it is back', async () => {
    const { output, done } = book.start('import time\nprint("on")\nwhile True: time.sleep(0.01)');
    await output.until('on');
    await rig.uboards[0]?.restart();
    expect(await done).toBe(false);
    expect(output.failure?.value).toContain('The board was lost');
    // A cell that is run earlier reports this, and does not hang.
    const back = () => Promise.resolve(rig.boards[0]?.transport !== undefined);
    expect(await pollUntil(back, 10_000)).toBe(true);
    const again = await book.run('print("again")');
    expect(again.printed, again.failure?.value).toBe('again\n');
  });
});

import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { FleetApiV1 } from '../../src/views/api';

const PATIENCE_MS = 30_000;

/** What the extension gives to others. */
async function api(): Promise<FleetApiV1> {
  const extension = vscode.extensions.getExtension('micropython-fleet.micropython-fleet');
  assert.ok(extension);
  return ((await extension.activate()) as { v1: FleetApiV1 }).v1;
}

/** Returns the id of the one real board, once it is listed. */
async function board(fleet: FleetApiV1): Promise<string> {
  const tty = process.env.MPYFLEET_HOST_TTY ?? '';
  assert.notEqual(tty, '', 'a board has been started for the suites');
  const settings = vscode.workspace.getConfiguration('mpyFleet');
  const find = () => fleet.boards().find((b) => b.addresses.includes(`serial:${tty}`));
  const there = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the board does not appear')), PATIENCE_MS);
    const look = () => {
      if (!find()) return;
      clearTimeout(timer);
      subscription.dispose();
      resolve();
    };
    const subscription = fleet.onDidChange(look);
    setImmediate(look);
  });
  await settings.update('serial.paths', [tty], vscode.ConfigurationTarget.Global);
  await there;
  const found = find();
  assert.ok(found);
  return found.id;
}

describe('the API for other extensions', function () {
  this.timeout(2 * PATIENCE_MS);

  it('finds boards, runs code on them, reads and writes files', async () => {
    const fleet = await api();
    const id = await board(fleet);
    const results = await fleet.run([id], 'print(6 * 7)');
    assert.deepEqual(
      results.map(({ id: who, status, output }) => [who, status, output]),
      [[id, 'ok', '42\n']],
    );
    const [failed] = await fleet.run([id], '1/0');
    assert.equal(failed?.status, 'failed');
    assert.match(failed.error?.traceback ?? '', /ZeroDivisionError/);
    await fleet.writeFile(id, '/lib/api.txt', new TextEncoder().encode('written by another'));
    const back = await fleet.readFile(id, '/lib/api.txt');
    assert.equal(new TextDecoder().decode(back), 'written by another');
  });

  it('reports unknown names', async () => {
    const fleet = await api();
    const id = await board(fleet);
    assert.deepEqual(fleet.select('nobody-[1-2],all').unmatched, ['nobody-1', 'nobody-2']);
    assert.ok(fleet.select('all').boards.some((b) => b.id === id));
    assert.throws(() => fleet.select('a[2-1]'), /runs backwards/);
    await assert.rejects(async () => fleet.readFile('nobody', '/x'), /No board has the id/);
  });
});

describe('tasks', function () {
  this.timeout(2 * PATIENCE_MS);

  /** Runs a task of tasks.json to its end; gives its exit code. */
  async function run(label: string): Promise<number | undefined> {
    const task = (await vscode.tasks.fetchTasks({ type: 'micropython' })).find(
      (t) => t.name === label,
    );
    assert.ok(task, `${label} is a task`);
    const ended = new Promise<number | undefined>((resolve) => {
      const subscription = vscode.tasks.onDidEndTaskProcess((event) => {
        if (event.execution.task.name !== label) return;
        subscription.dispose();
        resolve(event.exitCode);
      });
    });
    await vscode.tasks.executeTask(task);
    return ended;
  }

  it('run code on boards, and fail when a board does', async () => {
    await board(await api());
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder);
    const task = (label: string, code: string, boards: string) => {
      return { label, type: 'micropython', task: 'run', code, boards };
    };
    // The exception is in a function, so that its traceback has more than one frame.
    const source = 'def half():\n    return 1 / 0\n\nhalf()\n';
    const broken = vscode.Uri.joinPath(folder.uri, 'broken.py');
    const deep = vscode.Uri.joinPath(folder.uri, 'lib', 'deep.py');
    for (const file of [broken, deep])
      await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(source));
    const tasks = [
      { label: 'broken', type: 'micropython', task: 'run', file: 'broken.py', boards: 'all' },
      { label: 'deep', type: 'micropython', task: 'run', file: deep.fsPath, boards: 'all' },
      task('well', 'print(1)', 'all'),
      task('ill', '1/0', 'all'),
      task('who', '1', 'nobody'),
    ];
    const text = JSON.stringify({ version: '2.0.0', tasks });
    const file = vscode.Uri.joinPath(folder.uri, '.vscode', 'tasks.json');
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
    const known = async () => (await vscode.tasks.fetchTasks({ type: 'micropython' })).length;
    for (const end = Date.now() + PATIENCE_MS; (await known()) < tasks.length && Date.now() < end;);
    assert.equal(await run('well'), 0);
    assert.equal(await run('ill'), 1);
    assert.equal(await run('who'), 2);

    // The problem matcher shows the exception at the line of the file that raised it.
    for (const [label, file] of [
      ['broken', broken],
      ['deep', deep],
    ] as const) {
      const shown = new Promise<vscode.Diagnostic[]>((resolve) => {
        const look = () => {
          const found = vscode.languages.getDiagnostics(file);
          if (found.length === 0) return;
          subscription.dispose();
          resolve(found);
        };
        const subscription = vscode.languages.onDidChangeDiagnostics(look);
      });
      assert.equal(await run(label), 1);
      const [problem] = await shown;
      assert.ok(problem);
      assert.match(problem.message, /^ZeroDivisionError/);
      assert.equal(problem.range.start.line, 1);
      assert.equal(problem.source, 'MicroPython');
    }
  });
});

describe('tools for language models', () => {
  it('exist, each with its parameters', async () => {
    await api();
    const tools = vscode.lm.tools.filter((t) => t.name.startsWith('mpyFleet_'));
    assert.deepEqual(tools.map((t) => t.name).sort(), [
      'mpyFleet_listBoards',
      'mpyFleet_readFile',
      'mpyFleet_runCode',
      'mpyFleet_writeFile',
    ]);
    for (const tool of tools) assert.ok(tool.inputSchema, tool.name);
  });
});

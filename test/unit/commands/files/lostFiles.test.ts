import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Board } from '../../../../src/core/board';
import type { WriteItem } from '../../../../src/core/boardFiles';

const messages: string[] = [];
const questions: { text: string; detail?: string }[] = [];

vi.mock('vscode', async () => {
  const { vscodeWith } = await import('../../rig/vscodeWords');
  return vscodeWith({
    window: {
      showInformationMessage: (text: string) => {
        messages.push(text);
        return Promise.resolve(undefined);
      },
      showWarningMessage: (text: string, options: { detail?: string }) => {
        questions.push({ text, ...options });
        return Promise.resolve(undefined);
      },
      setStatusBarMessage: (text: string) => void messages.push(text),
    },
  });
});
const { fileCommands } = await import('../../../../src/commands/files/files');

/** A board of which only the given files exist. */
function boardWith(name: string, files: Record<string, string>) {
  return {
    name,
    id: name,
    links: [],
    files: {
      readMany: async (
        entries: { path: string }[],
        take: (content: Uint8Array, path: string) => unknown,
      ) => {
        for (const { path } of entries) await take(Buffer.from(files[path] ?? ''), path);
      },
    },
  } as unknown as Board;
}

const replaced: { board: string; paths: string[] }[] = [];
const context = {
  log: { info: () => undefined, error: () => undefined },
  settings: { get: () => true },
  sync: {
    replace: (board: Board, items: readonly WriteItem[]) => {
      replaced.push({ board: board.name, paths: items.map((i) => i.path) });
      return Promise.resolve(items.filter((i) => i.path === '/settings.json').length);
    },
  },
};
const row = (board: Board, path: string) => ({
  kind: 'remote',
  board,
  path,
  entry: { type: 'file' },
});

/** Runs a command on a row as its wrapper does. */
async function run(id: string, target: unknown, ...args: unknown[]): Promise<void> {
  const command = fileCommands.find((c) => c.id === id);
  const signal = new AbortController().signal;
  const call = { args: [undefined, ...args], signal, report: () => undefined };
  await (command?.run as (...all: unknown[]) => Promise<void>)(context, target, call);
}

beforeEach(() => {
  for (const list of [messages, questions, replaced]) list.splice(0);
});

describe('files that are dragged to another board', () => {
  const from = boardWith('kitchen', { '/settings.json': '{"a": 1}', '/new.py': '' });
  const to = boardWith('attic', { '/settings.json': '{}' });

  it('can be undone in one step, because copies of the replaced ones are kept', async () => {
    await run('moveInto', [{ board: to }], '/', [
      row(from, '/new.py'),
      row(from, '/settings.json'),
    ]);
    expect(replaced).toEqual([{ board: 'attic', paths: ['/new.py', '/settings.json'] }]);
    expect(messages).toEqual(['1 file replaced on attic']);
  });

  it('are said to be copied if they replace nothing', async () => {
    await run('moveInto', [{ board: to }], '/', [row(from, '/new.py')]);
    expect(messages.join()).toContain('new.py copied to attic');
  });
});

describe('files of two boards that are dragged to a third', () => {
  it('are refused if one would replace the other', async () => {
    const [a, b] = [boardWith('a', {}), boardWith('b', {})];
    const both = run('moveInto', [{ board: boardWith('c', {}) }], '/', [
      row(a, '/x'),
      row(b, '/x'),
    ]);
    await expect(both).rejects.toThrow('Two of the files would become /x');
    expect(replaced).toEqual([]);
  });
});

describe('the question before files are deleted', () => {
  const kitchen = boardWith('kitchen', {});

  it('names the board and the files', async () => {
    await run('delete', [row(kitchen, '/a.py'), row(kitchen, '/b.py')]);
    expect(questions[0]?.text).toBe('Delete 2 files from kitchen?');
    expect(questions[0]?.detail).toMatch(/^\/a\.py\n\/b\.py\n\n/);
  });

  it('names the board of each file if there are several boards', async () => {
    await run('delete', [row(kitchen, '/a.py'), row(boardWith('kit-2', {}), '/a.py')]);
    expect(questions[0]?.text).toBe('Delete 2 files from kit-2, kitchen?');
    expect(questions[0]?.detail).toContain('kitchen: /a.py\nkit-2: /a.py\n');
  });
});

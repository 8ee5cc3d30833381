// Files of a board that the window replaces: one is dragged there from another board, or a language model writes one.
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Board } from '../../../src/core/board';
import { tempDir } from '../../lab/index.mjs';
import { type Rig, startRig } from '../rig/filesRig';
import type { ModelTool } from '../../unit/rig/vscodeWords';

const tools = new Map<string, ModelTool>();
const told: string[] = [];

vi.mock('vscode', async () => {
  const { modelParts, vscodeWith } = await import('../../unit/rig/vscodeWords');
  return vscodeWith({
    Uri: { joinPath: ({ fsPath }: { fsPath: string }) => ({ fsPath }), file: () => ({}) },
    workspace: {},
    window: {
      showInformationMessage: (text: string, _options: object, button: string) => {
        told.push(`${text} | ${button}`);
        return Promise.resolve(undefined);
      },
    },
    ...modelParts((name, tool) => tools.set(name, tool)),
  });
});
const { fileCommands } = await import('../../../src/commands/files/files');
const { FileChanges } = await import('../../../src/views/fileChanges');
const { registerLmTools } = await import('../../../src/views/integrations/lmTools');
const { SyncCenter } = await import('../../../src/views/sync/syncCenter');

let rigs: readonly Rig[] = [];
let boards: readonly Board[] = [];
beforeAll(async () => {
  rigs = await Promise.all([startRig(), startRig()]);
  boards = rigs.map(({ files, transport }, i) => {
    const withSession: typeof transport.withSession = (work, options) =>
      transport.withSession(work, { ...options, mayInterrupt: true });
    return { id: `b${i}`, name: `kit-${i}`, files, transport, withSession } as unknown as Board;
  });
});
afterAll(() => Promise.all(rigs.map((rig) => rig.stop())));

const folder = { fsPath: tempDir('window-undo') };
const fileChanges = new FileChanges();
const changed: string[] = [];
fileChanges.onDidChange((all) => changed.push(...all.map(({ path }) => path)));
const sync = new SyncCenter({
  extension: { globalStorageUri: folder },
  fileChanges,
} as unknown as ConstructorParameters<typeof SyncCenter>[0]);
const { signal } = new AbortController();

/** Returns the files of the second board. */
async function held(): Promise<Record<string, string>> {
  const files = (await rigs[1]?.board.files()) ?? {};
  return Object.fromEntries(Object.entries(files).map(([path, c]) => [path, c.toString()]));
}

it('are restored by undo after a file was dragged there from another board', async () => {
  const [from, to] = boards;
  if (!from || !to) throw new Error('there are two boards');
  await from.files.write('/x.txt', Buffer.from('new'));
  await to.files.write('/x.txt', Buffer.from('old'));
  const command = fileCommands.find(({ id }) => id === 'moveInto');
  if (command?.needs !== 'remote') throw new Error('there is a command');
  const node = { kind: 'remote', board: from, path: '/x.txt', entry: { type: 'file' } };
  const call = { args: [undefined, '/', [node]], signal, report: () => undefined } as unknown;
  const context = { sync, log: { info: () => undefined } } as unknown;
  await command.run(
    context as Parameters<typeof command.run>[0],
    [{ board: to, path: '/', type: 'dir' }],
    call as Parameters<typeof command.run>[2],
  );
  expect(await held()).toMatchObject({ '/x.txt': 'new' });
  expect(told.splice(0)).toEqual(['/x.txt replaced on kit-1 | Undo']);
  await sync.undo(to, { signal });
  expect(await held()).toMatchObject({ '/x.txt': 'old' });
  expect(changed).toContain('/x.txt');
});

it('are restored by undo after a language model wrote one', async () => {
  const [, board] = boards;
  if (!board) throw new Error('there are two boards');
  await board.files.write('/model.py', Buffer.from('mine'));
  const context = {
    sync,
    history: { operations: { run: (_: string, work: () => unknown) => work() } },
    many: { select: () => ({ boards: [{ board }], unmatched: [] }) },
  } as unknown as Parameters<typeof registerLmTools>[0];
  registerLmTools(context);
  changed.splice(0);
  await tools
    .get('mpyFleet_writeFile')
    ?.invoke(
      { input: { board: 'kit-1', path: '/model.py', content: 'its' } },
      { onCancellationRequested: () => ({ dispose: () => undefined }) },
    );
  expect(await held()).toMatchObject({ '/model.py': 'its' });
  expect(changed).toEqual(['/model.py']);
  await sync.undo(board, { signal });
  expect(await held()).toMatchObject({ '/model.py': 'mine' });
});

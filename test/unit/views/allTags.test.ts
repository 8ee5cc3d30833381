import { expect, it, vi } from 'vitest';
import * as vscode from 'vscode';
import type { Board } from '../../../src/core/board/board';
import { Emitter } from '../../../src/core/events';
import { selectableBoard } from '../../../src/core/many/selectableBoard';
import { parseAddress } from '../../../src/core/parseAddress';
import type { ViewContext } from '../../../src/views/context';
import type { ModelTool } from '../rig/vscodeWords';

const tools = new Map<string, ModelTool>();

vi.mock('vscode', async () => {
  const { modelParts, vscodeWith } = await import('../rig/vscodeWords');
  const { Emitter } = await import('../../../src/core/events');
  return vscodeWith({
    EventEmitter: Emitter,
    ...modelParts((name, tool) => tools.set(name, tool)),
  });
});
const { createApi } = await import('../../../src/views/api');
const { registerLmTools } = await import('../../../src/views/integrations/lmTools');
const { shownTags } = await import('../../../src/views/tree/boardItem');

/** A board with a tag of the user's, one that its agent reports, and one of its device file. */
const board = {
  ...{ id: 'b', name: 'kit-1', uid: 'aa', state: { tag: 'idle' } },
  links: [
    {
      present: true,
      found: { address: parseAddress('mqtt://office/aa'), likely: true, details: { tags: 'wet' } },
    },
  ],
} as unknown as Board;
const none = new Emitter<never>().event;
const fleet = {
  tagsOf: () => ['lab'],
  lentTo: () => ({ name: 'porch', tags: ['outside', 'lab'], own: true }),
  onDidChangeBoard: none,
  onDidChangeList: none,
};
const context = {
  fleet,
  many: { selectable: () => [selectableBoard(fleet, board)] },
  extension: { subscriptions: [] },
} as unknown as ViewContext;
const ALL = ['lab', 'wet', 'outside'];

it('shows all tags of a board in its row', () => {
  expect(shownTags(fleet, board)).toEqual(ALL);
});

it('gives other extensions all tags of a board', () => {
  const api = createApi(context, new vscode.EventEmitter<void>());
  expect(api.boards().map(({ tags }) => tags)).toEqual([ALL]);
});

it('gives language models all tags of a board', async () => {
  const history = { operations: { run: (_: string, work: () => unknown) => work() } };
  registerLmTools({ ...context, history } as unknown as ViewContext);
  const list = tools.get('mpyFleet_listBoards');
  const result = await list?.invoke(
    { input: {} },
    { onCancellationRequested: () => ({ dispose: () => 0 }) },
  );
  expect(result?.content[0]?.value).toContain(JSON.stringify(ALL));
});

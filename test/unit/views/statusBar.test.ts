import { beforeEach, expect, it, vi } from 'vitest';
import type { Board } from '../../../src/core/board/board';
import type { BoardState } from '../../../src/core/board/boardState';
import { ConnectError } from '../../../src/core/errors';
import { Emitter } from '../../../src/core/events';
import { parseAddress } from '../../../src/core/parseAddress';
import type { ViewContext } from '../../../src/views/context';

/** The item of the status bar, as the code leaves it. */
const item: { text?: string; tooltip?: unknown; accessibilityInformation?: { label: string } } = {};

vi.mock('vscode', async () => {
  const { vscodeWith } = await import('../rig/vscodeWords');
  return vscodeWith({
    StatusBarAlignment: { Left: 1 },
    window: { createStatusBarItem: () => Object.assign(item, { show: () => undefined }) },
    Disposable: { from: () => ({ dispose: () => undefined }) },
    MarkdownString: class {
      value = '';
      appendMarkdown(text: string) {
        this.value += text;
        return this;
      }
    },
  });
});
const { registerStatusBar } = await import('../../../src/views/statusBar');

const board = (name: string, state: BoardState = { tag: 'idle' }) =>
  ({
    name,
    uid: name,
    present: true,
    state,
    links: [],
    info: {},
  }) as unknown as Board;

function show(boards: readonly Board[], current?: Board, missing?: string): void {
  const none = new Emitter<never>().event;
  registerStatusBar({
    active: { current, missing, onDidChange: none },
    fleet: {
      boards,
      tagsOf: () => [],
      lentTo: () => undefined,
      onDidChangeList: none,
      onDidChangeBoard: none,
    },
  } as unknown as ViewContext);
}

beforeEach(() => {
  delete item.accessibilityInformation;
});

it('shows the number of boards while none is chosen', () => {
  show([board('kit-1'), board('kit-2')]);
  expect(item.text).toBe('$(circuit-board) 2 boards');
  expect(item.tooltip).toMatch(/^Click to choose the active board/);
});

it('reports that the chosen board is away, and names it', () => {
  show([board('kit-2')], undefined, 'kit-1');
  expect(item.text).toContain('kit-1: away');
});

it('reads out name and state of the active board, not the Markdown of its tooltip', () => {
  const kit = board('kit-1');
  show([kit, board('kit-2')], kit);
  expect(item.accessibilityInformation?.label).toBe('MicroPython: kit-1, ready');
});

it('names the reason for a missing connection in two words, since the bar has no room for the sentence', () => {
  const error = new ConnectError(parseAddress('serial:/dev/ttyACM0'), 'busy', 'x'.repeat(300));
  const kit = board('kit-1', { tag: 'disconnected', error });
  show([kit], kit);
  expect(item.text).toBe('$(warning) kit-1: not connected: in use');
});

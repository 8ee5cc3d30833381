import { beforeEach, expect, it, vi } from 'vitest';
import type { Board } from '../../../src/core/board/board';
import { Emitter } from '../../../src/core/events';
import type { ViewContext } from '../../../src/views/context';

/** The item of the status bar, as the code leaves it. */
const item: { text?: string; tooltip?: unknown; accessibilityInformation?: { label: string } } = {};

vi.mock('vscode', async () => {
  const { vscodeShape } = await import('../rig/vscodeShape');
  const own: Record<string, unknown> = {
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
    l10n: {
      t: (text: string, ...args: unknown[]) =>
        text.replace(/\{(\d)\}/g, (_, n: string) => String(args[Number(n)])),
    },
  };
  return new Proxy(
    {},
    {
      get: (_, key) => own[String(key)] ?? (Reflect.get(vscodeShape, key) as unknown),
      has: () => true,
    },
  );
});
const { registerStatusBar } = await import('../../../src/views/statusBar');

const board = (name: string) =>
  ({
    name,
    uid: name,
    present: true,
    state: { tag: 'idle' },
    links: [],
    info: {},
  }) as unknown as Board;

function show(boards: readonly Board[], current?: Board, missing?: string): void {
  const none = new Emitter<never>().event;
  registerStatusBar({
    active: { current, missing, onDidChange: none },
    fleet: { boards, tagsOf: () => [], onDidChangeList: none, onDidChangeBoard: none },
  } as unknown as ViewContext);
}

beforeEach(() => {
  delete item.accessibilityInformation;
});

it('says how many boards there are while none of them is chosen', () => {
  show([board('kit-1'), board('kit-2')]);
  expect(item.text).toBe('$(circuit-board) 2 boards');
  expect(item.tooltip).toMatch(/^Click to choose the active board/);
});

it('says that the chosen board is away, and names it', () => {
  show([board('kit-2')], undefined, 'kit-1');
  expect(item.text).toContain('kit-1: away');
});

it('reads out name and state of the active board, not the Markdown of its tooltip', () => {
  const kit = board('kit-1');
  show([kit, board('kit-2')], kit);
  expect(item.accessibilityInformation?.label).toBe('MicroPython: kit-1, ready');
});

import { expect, it, vi } from 'vitest';

const showQuickPick = vi.hoisted(() => vi.fn(() => Promise.resolve(undefined)));
vi.mock('vscode', async () => {
  const { vscodeShape } = await import('../rig/vscodeShape');
  const t = (text: string, ...args: unknown[]) =>
    text.replaceAll(/\{(\d)\}/g, (_, i) => String(args[Number(i)]));
  const own = new Map<PropertyKey, unknown>([
    ['window', { showQuickPick }],
    ['l10n', { t }],
  ]);
  return new Proxy(vscodeShape, {
    get: (target, key) => own.get(key) ?? (Reflect.get(target, key) as unknown),
  });
});
const { askBroker } = await import('../../../src/commands/agent/prompts');

it.each([
  [['kit-01'], 'Which broker should kit-01 use?'],
  [['kit-01', 'kit-02'], 'Which broker should the 2 boards use?'],
  [[], 'Which broker should the board use?'],
])('names the board that gets a broker: %j', async (names, title) => {
  const context = { brokers: { hub: { all: [], get: () => undefined } } } as never;
  const boards = names.map((name) => ({ name }));
  expect(await askBroker(context, boards, new AbortController().signal)).toBeUndefined();
  expect(showQuickPick).toHaveBeenLastCalledWith(expect.anything(), { title });
});

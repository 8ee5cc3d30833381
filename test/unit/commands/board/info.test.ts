import { expect, it, vi } from 'vitest';
import type { Board } from '../../../../src/core/board/board';
import { parseAddress } from '../../../../src/core/parseAddress';
import type { ViewContext } from '../../../../src/views/context';

interface Uri {
  readonly scheme: string;
  toString(): string;
}
/** Providers of read-only documents, by scheme, and the documents that were shown. */
const providers = new Map<string, { provideTextDocumentContent(uri: Uri): string }>();
const shown: Uri[] = [];

vi.mock('vscode', async () => {
  const { vscodeWith } = await import('../../rig/vscodeWords');
  const ends = { dispose: () => undefined };
  return vscodeWith({
    Uri: {
      from: ({ scheme, path }: { scheme: string; path: string }) => ({
        scheme,
        toString: () => `${scheme}:${path}`,
      }),
    },
    workspace: {
      registerTextDocumentContentProvider: (scheme: string, provider: never) => {
        providers.set(scheme, provider);
        return ends;
      },
      onDidCloseTextDocument: () => ends,
      openTextDocument: () => Promise.reject(new Error('an unsaved document is opened')),
    },
    window: {
      showTextDocument: (uri: Uri) => {
        shown.push(uri);
        return Promise.resolve();
      },
    },
  });
});

const { boardCommands } = await import('../../../../src/commands/board/board');
const { Answers } = await import('../../../../src/views/results/answers');

it('Board Info is a read-only page, which VS Code does not ask to save', async () => {
  const link = { present: true, found: { address: parseAddress('serial:/dev/ttyACM0') } };
  const board = {
    ...{ name: 'kit-1', links: [link], state: { tag: 'idle' } },
    info: { implementation: 'micropython', version: '1.25.0', platform: 'rp2', machine: 'Pico' },
    refreshInfo: () => Promise.resolve(),
  } as unknown as Board;
  const context = { many: { answers: new Answers() } } as unknown as ViewContext;
  const command = boardCommands.find((c) => c.id === 'info');
  if (command?.needs !== 'board') throw new Error('another kind of command');
  const call = { args: [], signal: new AbortController().signal };
  const quiet = { report: () => undefined, begin: () => undefined };
  await command.run(context, board, { ...call, ...quiet, ask: async (question) => question() });
  const [uri] = shown;
  const text = uri && providers.get(uri.scheme)?.provideTextDocumentContent(uri);
  expect(text).toMatch(/micropython 1\.25\.0[^]*Pico[^]*serial:\/dev\/ttyACM0/);
});

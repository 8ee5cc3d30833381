import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import type { Preview } from '../../../../src/views/sync/shown';

vi.mock('vscode', async () => {
  const { vscodeShape } = await import('../../rig/vscodeShape');
  const t = (text: string, ...args: unknown[]) =>
    text.replace(/\{(\d)\}/g, (_, n: string) => String(args[Number(n)]));
  return new Proxy(
    {},
    {
      get: (_, key) => (key === 'l10n' ? { t } : (Reflect.get(vscodeShape, key) as unknown)),
      has: () => true,
    },
  );
});

const { spaceWords } = await import('../../../../src/views/sync/syncView');

const step = (path: string, size: number, more = {}) => ({
  side: 'board',
  kind: 'add',
  type: 'file',
  path,
  size,
  ...more,
});

/** A preview with only the parts that the words about space are made from. */
function preview(actions: ReturnType<typeof step>[], ticked: string[], free?: number): Preview {
  const parts = { plan: { actions }, chosen: new Set(ticked), free };
  return parts as unknown as Preview;
}

it('a preview shows the size of the ticked files, and the free space on the board', () => {
  const all = [step('/big.bin', 391 * 1024), step('/main.py', 900, { oldSize: 388 })];
  expect(spaceWords(preview(all, ['/big.bin', '/main.py'], 232 * 1024))).toBe(
    'Needs 392 KiB; 232 KiB free on the board',
  );
  expect(spaceWords(preview(all, ['/main.py'], 232 * 1024))).toBe(
    'Needs 512 bytes; 232 KiB free on the board',
  );
  expect(spaceWords(preview(all, [], 232 * 1024))).toBe('');
  expect(spaceWords(preview(all, ['/main.py']))).toBe('');
});

it('the list of boards and the preview get the space: other views start collapsed', () => {
  const manifest = JSON.parse(
    readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'),
  ) as { contributes: { views: { mpyFleet: { id: string; visibility?: string }[] } } };
  const open = manifest.contributes.views.mpyFleet.filter((v) => v.visibility !== 'collapsed');
  expect(open.map((v) => v.id)).toEqual(['mpyFleet.boards']);
});

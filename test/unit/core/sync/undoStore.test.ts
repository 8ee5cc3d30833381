import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../../src/core/hash';
import { nodeUndoFolder } from '../../../../src/core/sync/nodeUndoFolder';
import { UndoStore, type UndoRecord } from '../../../../src/core/sync/undoStore';
import { tempDir } from '../../../lab/paths.mjs';

let folder: string;
let store: UndoStore;
beforeEach(() => {
  folder = tempDir('undo');
  store = new UndoStore(nodeUndoFolder(join(folder, 'made/when/needed')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const content = (text: string) => new TextEncoder().encode(text);

function record(board: string, time: number, before: string): UndoRecord {
  const entries = [{ path: '/a.py', before: sha256(content(before)), after: 'x' }];
  return { version: 1, board, mode: 'push', time, entries, madeDirs: [], removedDirs: [] };
}

describe('copies kept for undo', () => {
  it('exist until no record needs them', async () => {
    const made = record('serial:/dev/ttyUSB0', 1, 'old');
    await store.save(made);
    await store.keep(content('old'));
    expect(await store.last('serial:/dev/ttyUSB0')).toEqual(made);
    expect(await store.last('another')).toBeUndefined();
    expect(await store.content(sha256(content('old')))).toEqual(Buffer.from('old'));
    await store.forget(made);
    expect(await store.has(sha256(content('old')))).toBe(false);
    expect(await store.last('serial:/dev/ttyUSB0')).toBeUndefined();
  });

  it('survive thirty boards that sync in parallel', async () => {
    const boards = Array.from({ length: 30 }, (_, i) => `board${i}`);
    await Promise.all(
      boards.map(async (board) => {
        for (let time = 1; time <= 12; time++) {
          await store.save(record(board, time, `${board} ${time}`));
          await store.keep(content(`${board} ${time}`));
        }
      }),
    );
    for (const board of boards) {
      expect((await store.last(board))?.time).toBe(12);
      for (let time = 3; time <= 12; time++) {
        expect(await store.has(sha256(content(`${board} ${time}`)))).toBe(true);
      }
    }
    expect(await store.has(sha256(content('board0 2')))).toBe(false);
  });

  it('cost a board no more when there are many', async () => {
    const inner = nodeUndoFolder(join(folder, 'counted'));
    let reads = 0;
    const counted = new UndoStore({
      ...inner,
      read: (name) => {
        reads++;
        return inner.read(name);
      },
    });
    const saveTwelve = async (board: string) => {
      for (let time = 1; time <= 12; time++) {
        await counted.save(record(board, time, `${board} ${time}`));
      }
    };
    await saveTwelve('first');
    const alone = reads;
    for (let i = 0; i < 20; i++) await saveTwelve(`board${i}`);
    reads = 0;
    await saveTwelve('last');
    expect(reads).toBeLessThanOrEqual(alone);
  });

  it('are rejected if damaged', async () => {
    const inside = join(folder, 'made/when/needed');
    await store.save(record('b', 1, 'old'));
    await store.keep(content('old'));
    for (const name of readdirSync(inside)) {
      if (name.endsWith('.blob')) writeFileSync(join(inside, name), 'other');
    }
    expect(await store.has(sha256(content('old')))).toBe(false);
    const [json = ''] = readdirSync(inside).filter((name) => name.endsWith('.json'));
    writeFileSync(join(inside, json), '{"version": 1, "entr');
    expect(await store.last('b')).toBeUndefined();
    writeFileSync(join(inside, json), 'null');
    expect(await store.last('b')).toBeUndefined();
  });
});

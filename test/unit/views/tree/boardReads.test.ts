import { expect, it, vi } from 'vitest';
import { Deferred } from '../../../../src/core/async';
import type { Board } from '../../../../src/core/board';
import { BoardReads } from '../../../../src/views/tree/boardReads';

const board = { name: 'kitchen' } as unknown as Board;

it('a board is redrawn once, after the folders that changed have been read again', async () => {
  const redraw = vi.fn();
  const folders: { path: string; done: Deferred<void> }[] = [];
  const reads = new BoardReads(redraw, (_, path) => {
    const done = new Deferred<void>();
    folders.push({ path, done });
    return done.promise;
  });
  reads.changed(board, ['/', '/lib']);
  reads.changed(board, ['/']);
  expect(reads.putOff(board)).toBe(true);
  expect(folders.map((f) => f.path)).toEqual(['/', '/lib']);
  expect(reads.putOff(board)).toBe(true); // the board became busy, since it is read
  folders[0]?.done.resolve();
  await Promise.resolve();
  expect(redraw).not.toHaveBeenCalled();
  folders[1]?.done.resolve();
  await vi.waitFor(() => expect(redraw.mock.calls).toEqual([[board]]));
  expect(reads.putOff(board)).toBe(false);
  expect(folders).toHaveLength(2);
});

it('what changes while folders are read is read after them', async () => {
  const redraw = vi.fn();
  const paths: string[] = [];
  const reads = new BoardReads(redraw, (_, path) => Promise.resolve(paths.push(path)));
  reads.changed(board, ['/']);
  reads.putOff(board);
  reads.changed(board, ['/lib']);
  await vi.waitFor(() => expect(redraw).toHaveBeenCalledOnce());
  expect(reads.putOff(board)).toBe(true);
  await vi.waitFor(() => expect(redraw).toHaveBeenCalledTimes(2));
  expect(paths).toEqual(['/', '/lib']);
});

it('an unchanged board is redrawn immediately, and so is one that has gone', () => {
  const reads = new BoardReads(vi.fn(), vi.fn());
  expect(reads.putOff(board)).toBe(false);
  reads.changed(board, ['/']);
  reads.forget(board);
  expect(reads.putOff(board)).toBe(false);
});

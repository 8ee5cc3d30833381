import { expect, it } from 'vitest';
import type { Board } from '../../../../src/core/board';
import { FileError } from '../../../../src/core/errors';
import type { GroupPublisher } from '../../../../src/core/many/groupPublisher';
import { JobPublication } from '../../../../src/core/many/jobPublication';

const names = ['kitchen', 'hall', 'cable', 'full'].map((name) => ({ name }));
const [kitchen, hall, cable, full] = names as unknown as [Board, Board, Board, Board];
const bytes = new Uint8Array([1]);

function start() {
  const published: string[] = [];
  const publisher: GroupPublisher = {
    together: (boards) => [boards.filter((b) => b !== cable), [cable]],
    publish: (boards, path) => {
      published.push(`${path} to ${boards.map((b) => b.name).join()}`);
      return Promise.resolve(
        boards.map((board) =>
          board === full
            ? {
                board,
                status: 'failed' as const,
                error: new FileError('ENOSPC', path, 'full'),
                ms: 1,
              }
            : { board, status: 'ok' as const, value: 'written' as const, ms: 1 },
        ),
      );
    },
  };
  const all = [kitchen, hall, cable, full];
  const signal = new AbortController().signal;
  return { published, publication: new JobPublication(publisher, all, signal) };
}

it('publishes a file once for the boards of a broker, and gives each board its own outcome', async () => {
  const { published, publication } = start();
  const write = (board: Board) => publication.write(board, '/fleet/app.mpy', bytes);
  expect(await Promise.all([kitchen, hall].map(write))).toEqual([true, true]);
  await expect(write(full)).rejects.toThrow('full');
  expect(published).toEqual(['/fleet/app.mpy to kitchen,hall,full']);
});

it('leaves out boards on cables, and start files, which are written one by one', async () => {
  const { published, publication } = start();
  expect(await publication.write(cable, '/a.py', bytes)).toBe(false);
  expect(await publication.write(kitchen, '/main.py', bytes)).toBe(false);
  expect(published).toEqual([]);
});

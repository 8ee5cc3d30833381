import { expect, it } from 'vitest';
import { Board } from '../../../../src/core/board/board';
import { Emitter } from '../../../../src/core/events';
import { silentLog } from '../../../../src/core/log';
import type { FileChange } from '../../../../src/views/fileChanges';
import { CrashStates } from '../../../../src/views/logs/crashStates';
import { fakeWorld } from '../../rig/fakeBoard';
import { FakeClock } from '../../rig/fakeAgent';

function aBoard(present = true, isDown = () => Promise.resolve(false)) {
  const clock = new FakeClock();
  const files = new Emitter<readonly FileChange[]>();
  const board = new Board('b', fakeWorld({}).services, { name: () => 'pump' });
  Object.defineProperty(board, 'present', { get: () => present });
  const byUid = () => board;
  const states = new CrashStates({ byUid }, { onDidChange: files.event }, clock, isDown, silentLog);
  return { board, clock, files, states };
}

it('a crash stays on the board until its program has run for a minute', async () => {
  const { board, clock, states } = aBoard();
  states.crashed('u', 'ValueError: one');
  await clock.pass(59_000);
  states.crashed('u', 'ValueError: two');
  await clock.pass(59_000);
  expect(board.crash).toEqual({ count: 2, last: 'ValueError: two' });
  await clock.pass(1_000);
  expect(board.crash).toBeUndefined();
});

it('a crash stays while the program is down, or while the board does not say', async () => {
  const said = [() => Promise.resolve(true), () => Promise.reject(new Error('silent'))];
  const { board, clock, states } = aBoard(true, () => said.shift()?.() ?? Promise.resolve(false));
  states.crashed('u', 'ValueError: one');
  await clock.pass(60_000);
  expect(board.crash?.count).toBe(1);
  await clock.pass(60_000);
  expect(board.crash?.count).toBe(1);
  await clock.pass(60_000);
  expect(board.crash).toBeUndefined();
});

it('a board that is away does not count as healthy', async () => {
  const { board, clock, states } = aBoard(false);
  states.crashed('u', 'ValueError: one');
  await clock.pass(600_000);
  expect(board.crash?.count).toBe(1);
  states.dispose();
});

it('writing files ends a crash, reading does not', () => {
  const { board, files, states } = aBoard();
  states.crashed('u', 'ValueError: one');
  files.fire([{ board, path: '/', type: 'changed' }]);
  expect(board.crash?.count).toBe(1);
  files.fire([{ board, path: '/main.py', type: 'changed' }]);
  expect(board.crash).toBeUndefined();
});

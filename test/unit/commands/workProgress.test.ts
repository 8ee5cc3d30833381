import { describe, expect, it } from 'vitest';
import { Deferred } from '../../../src/core/async';
import { WorkProgress } from '../../../src/commands/workProgress';
import { FakeClock } from '../rig/fakeAgent';

function aProgress() {
  const clock = new FakeClock();
  const said: string[] = [];
  const progress = new WorkProgress(clock, () => {
    said.push('shown');
    return {
      report: (message, increment) => void said.push(`${message ?? ''} ${increment ?? ''}`.trim()),
      close: () => void said.push('gone'),
    };
  });
  return { clock, said, progress };
}

describe('the progress of a command', () => {
  it('is not shown before the work begins, so never behind the first question', () => {
    const { said, progress } = aProgress();
    progress.dispose();
    expect(said).toEqual([]);
  });

  it('appears shortly after the first report, and adds up shares', async () => {
    const { clock, said, progress } = aProgress();
    progress.report('a.py', 1, 4);
    expect(said).toEqual([]);
    await clock.pass(300);
    progress.report('b.py', 3, 4);
    progress.report('still b.py');
    progress.dispose();
    expect(said).toEqual(['shown', 'a.py 25', 'b.py 50', 'still b.py', 'gone']);
  });

  it('does not appear for short work, so that later messages are not dropped', async () => {
    const { clock, said, progress } = aProgress();
    progress.begin();
    progress.report('a.py', 1, 4);
    await clock.pass(299);
    progress.dispose();
    await clock.pass(1000);
    expect(said).toEqual([]);
  });

  it('appears although its board was immediately idle again', async () => {
    const { clock, said, progress } = aProgress();
    progress.begin();
    progress.working(true);
    progress.working(false);
    await clock.pass(300);
    expect(said).toEqual(['shown']);
  });

  it('appears when a board has been busy for a moment, and not for a short job', async () => {
    const { clock, said, progress } = aProgress();
    progress.working(true);
    await clock.pass(299);
    progress.working(false);
    await clock.pass(1000);
    expect(said).toEqual([]);
    progress.working(true);
    await clock.pass(300);
    expect(said).toEqual(['shown']);
  });

  it('is hidden while a question is open, and comes back with the work', async () => {
    const { clock, said, progress } = aProgress();
    progress.report('comparing');
    await clock.pass(300);
    const answer = new Deferred<string>();
    const asked = progress.during(() => answer.promise);
    expect(said.at(-1)).toBe('gone');
    progress.working(true);
    await clock.pass(1000);
    progress.report('still asking');
    expect(said.at(-1)).toBe('gone');
    answer.resolve('yes');
    expect(await asked).toBe('yes');
    progress.report('b.py', 1, 2);
    await clock.pass(300);
    expect(said.slice(-2)).toEqual(['shown', 'b.py 50']);
  });

  it('comes back after a refused question', async () => {
    const { clock, said, progress } = aProgress();
    await expect(progress.during(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    progress.begin();
    await clock.pass(300);
    expect(said).toEqual(['shown']);
  });
});

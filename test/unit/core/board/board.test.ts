import { describe, expect, it, vi } from 'vitest';
import { Deferred } from '../../../../src/core/async';
import { Board, type StopAnswer } from '../../../../src/core/board/board';
import { boardBecomes } from '../../../../src/core/board/boardBecomes';
import {
  CancelledError,
  ConnectError,
  ConnectionLostError,
  ProgramRunningError,
} from '../../../../src/core/errors';
import { utf8 } from '../../../../src/core/bytes';
import { Typing } from '../../../../src/core/board/typing';
import { fakeWorld, found, type FakeEnd } from '../../rig/fakeBoard';

const AT = 'serial:/dev/ttyACM0';
const LOST = new ConnectionLostError('pulled');

function boardAt(ends: Record<string, FakeEnd>, answer?: StopAnswer) {
  const asked: string[] = [];
  const world = fakeWorld(ends, {
    mayStop: (_board, job) => {
      asked.push(job);
      return Promise.resolve(answer);
    },
  });
  const board = new Board('b', world.services, { name: () => 'kitchen' });
  board.setLinks(Object.keys(ends).map((a) => ({ found: found(a), present: true })));
  return { board, asked, ...world };
}

describe('links', () => {
  it('make a board online only while its broker has it', () => {
    const { board } = boardAt({});
    const cloud = found('mqtt://desk/6b697431', { online: true });
    const cable = { found: found(AT), present: true };
    board.setLinks([cable, { found: cloud, present: true }]);
    expect(board.state.tag).toBe('online');
    // The agent was removed or the broker stopped: the link is kept as one that is away.
    board.setLinks([cable, { found: cloud, present: false }]);
    expect(board.state.tag).toBe('disconnected');
  });
});

describe('connecting', () => {
  it('opens one link for any number of concurrent requests', async () => {
    const { board, opened } = boardAt({ [AT]: {} });
    await Promise.all([
      board.connect(),
      board.connect(),
      board.withSession(() => Promise.resolve()),
    ]);
    expect(opened).toHaveLength(1);
    expect(board.state.tag).toBe('idle');
  });

  it('takes the next link when the preferred one does not open', async () => {
    const refuses = new Error('no');
    const { board, opened } = boardAt({ [AT]: { refuses }, 'ws://10.0.0.1:8266/': {} });
    await board.connect();
    expect(opened.map((t) => t.kind)).toEqual(['serial', 'webrepl']);
    expect(board.transport?.kind).toBe('webrepl');
    expect(opened[0]?.closed).toBe(true);
  });

  it('reports the error of the preferred link, and shows it', async () => {
    const refuses = new Error('in use');
    const { board } = boardAt({ [AT]: { refuses } });
    await expect(board.connect()).rejects.toBe(refuses);
    expect(board.state).toMatchObject({ tag: 'disconnected', error: refuses });
  });
});

describe('a board with a port for data next to its prompt', () => {
  const usb = (n: number) => ({
    usb: { vendorId: '239a', productId: '80f4', serialNumber: 'E6614', interface: n },
  });
  const [FIRST, SECOND] = ['serial:/dev/ttyACM1', 'serial:/dev/ttyACM0'];
  const twoPorts = (first: FakeEnd, second: FakeEnd, answer?: StopAnswer) => {
    const made = boardAt({ [FIRST]: first, [SECOND]: second }, answer);
    made.board.setLinks([
      { found: found(SECOND, usb(2)), present: true },
      { found: found(FIRST, usb(0)), present: true },
    ]);
    return made;
  };
  const work = (board: Board) => board.withSession(() => Promise.resolve('done'));

  it('is opened at its first port, by the number of the interface', async () => {
    const { board, opened } = twoPorts({}, {});
    expect(await work(board)).toBe('done');
    expect(opened.map((t) => t.address.text)).toEqual([FIRST]);
  });

  it('is reached through the other port if the first is silent', async () => {
    const { board, opened, asked } = twoPorts({ running: true }, {});
    expect(await work(board)).toBe('done');
    expect(opened.map((t) => t.address.text)).toEqual([FIRST, SECOND]);
    expect(opened[0]).toMatchObject({ closed: true, interrupts: 0 });
    expect(await work(board)).toBe('done');
    expect([asked, opened.length]).toEqual([[], 2]);
  });

  it('asks about its first port if both are silent, and each is tried once', async () => {
    const { board, opened, asked } = twoPorts({ running: true }, { running: true });
    await expect(work(board)).rejects.toBeInstanceOf(ProgramRunningError);
    await expect(work(board)).rejects.toBeInstanceOf(ProgramRunningError);
    expect(opened.map((t) => t.address.text)).toEqual([FIRST, SECOND, FIRST]);
    expect(asked).toHaveLength(2);
    expect(opened.map((t) => t.interrupts)).toEqual([0, 0, 0]);
  });

  it('keeps the port of a program that prints', async () => {
    const { board, opened } = twoPorts({ running: true }, {});
    await board.connect();
    board.console.show(utf8('on the first port'));
    await expect(work(board)).rejects.toBeInstanceOf(ProgramRunningError);
    expect(opened).toHaveLength(1);
  });
});

describe('a link that is lost', () => {
  it('reopens automatically', async () => {
    const { board, opened } = boardAt({ [AT]: {} });
    await board.connect();
    opened[0]?.lose(LOST);
    await boardBecomes(board, (b) => b.state.tag === 'idle');
    expect(opened).toHaveLength(2);
  });

  it('is retried even if work fails to connect in the meantime', async () => {
    const end: FakeEnd = {};
    const { board, opened } = boardAt({ [AT]: end });
    await board.connect();
    end.refuses = new ConnectError(found(AT).address, 'notFound', 'gone');
    opened[0]?.lose(LOST);
    await expect(board.withSession(() => Promise.resolve())).rejects.toBe(end.refuses);
    end.refuses = undefined;
    board.setLinks([{ found: found(AT), present: false }]);
    board.setLinks([{ found: found(AT), present: true }]);
    await boardBecomes(board, (b) => b.state.tag === 'idle');
  });

  it('stays closed when the user has closed it', async () => {
    const { board, opened } = boardAt({ [AT]: {} });
    await board.connect();
    await board.disconnect();
    opened[0]?.lose(LOST);
    expect(board.state).toEqual({ tag: 'disconnected' });
    expect(opened).toHaveLength(1);
  });
});

describe('a program that runs', () => {
  const work = () => Promise.resolve('done');

  it('is not stopped when the user says no', async () => {
    const { board, asked, opened } = boardAt({ [AT]: { running: true } });
    await expect(board.withSession(work, { job: 'Upload' })).rejects.toThrow(ProgramRunningError);
    expect(asked).toEqual(['Upload']);
    expect(opened[0]?.interrupts).toBe(0);
  });

  it('is stopped once when the user says so', async () => {
    const { board, asked, opened } = boardAt({ [AT]: { running: true } }, 'stop');
    expect(await board.withSession(work)).toBe('done');
    expect([asked.length, opened[0]?.interrupts, opened[0]?.resets]).toEqual([1, 1, 0]);
  });

  it('runs again afterwards when that was promised, even if the work failed', async () => {
    const { board, opened } = boardAt({ [AT]: { running: true } }, 'stopAndRestart');
    const fails = () => Promise.reject(new Error('no room'));
    await expect(board.withSession(fails)).rejects.toThrow('no room');
    expect(opened[0]?.resets).toBe(1);
  });

  it('is never asked about for work that the user did not start', async () => {
    const { board, asked } = boardAt({ [AT]: { running: true } }, 'stop');
    await expect(board.withSession(work, { ask: false })).rejects.toThrow(ProgramRunningError);
    await expect(board.quietFiles.list('/')).rejects.toThrow(ProgramRunningError);
    expect(asked).toEqual([]);
  });

  it('is asked about as the program of a Run, and given up while the question is open', async () => {
    const asked: boolean[] = [];
    const open = new Deferred<StopAnswer>();
    const world = fakeWorld(
      { [AT]: { running: true } },
      {
        mayStop: (_board, _job, isRun) => {
          asked.push(isRun);
          return open.promise;
        },
      },
    );
    const board = new Board('b', world.services, { name: () => 'kitchen' });
    board.setLinks([{ found: found(AT), present: true }]);
    const given = new AbortController();
    const run = board.withSession(work, { program: {}, signal: given.signal });
    await vi.waitFor(() => expect(asked).toEqual([true]));
    given.abort(new CancelledError());
    await expect(run).rejects.toThrow(CancelledError);
  });

  it('does not hold up other work while the user thinks', async () => {
    const answer = new Deferred<StopAnswer>();
    const end: FakeEnd = { running: true };
    const world = fakeWorld({ [AT]: end }, { mayStop: () => answer.promise });
    const board = new Board('b', world.services, { name: () => 'kitchen' });
    board.setLinks([{ found: found(AT), present: true }]);
    const waiting = board.withSession(work);
    await board.connect();
    await board.interrupt();
    expect(await board.withSession(work)).toBe('done');
    answer.resolve('stop');
    expect(await waiting).toBe('done');
  });
});

describe('code that was started from here', () => {
  function running(board: Board) {
    const begun = new Deferred<undefined>();
    const program = board.withSession(
      () => {
        begun.resolve(undefined);
        return new Promise((_, reject) => {
          stopped = () => reject(new CancelledError());
        });
      },
      { job: 'Running main.py', program: { again: () => again.push('again') } },
    );
    let stopped: () => void = () => undefined;
    const again: string[] = [];
    return { program, begun: begun.promise, end: () => stopped(), again };
  }

  it('counts as running', async () => {
    const { board } = boardAt({ [AT]: {} });
    const { program, begun, end } = running(board);
    await begun;
    expect(board.state.tag).toBe('running');
    end();
    await expect(program).rejects.toThrow(CancelledError);
    expect(board.state.tag).toBe('idle');
  });

  it('is stopped without a question when the user runs a program again', async () => {
    const { board, asked } = boardAt({ [AT]: {} });
    const first = running(board);
    await first.begun;
    const second = board.withSession(() => Promise.resolve('second'), {
      job: 'Running main.py',
      program: {},
    });
    first.end();
    await expect(first.program).rejects.toThrow(CancelledError);
    expect(await second).toBe('second');
    expect(asked).toEqual([]);
    expect(first.again).toEqual([]);
  });

  it('is asked about before other work stops it', async () => {
    const { board, asked } = boardAt({ [AT]: {} });
    const { program, begun, end } = running(board);
    await begun;
    const upload = board.withSession(() => Promise.resolve(), { job: 'Upload' });
    await expect(upload).rejects.toThrow(ProgramRunningError);
    expect(asked).toEqual(['Upload']);
    end();
    await expect(program).rejects.toThrow(CancelledError);
  });
});

describe('work that was cut off with its link', () => {
  it('may start again without asking: the running code is what it left behind', async () => {
    const end: FakeEnd = {};
    const { board, asked, opened } = boardAt({ [AT]: end });
    const cut = board.withSession(() => {
      end.running = true;
      opened[0]?.lose(LOST);
      return Promise.reject(LOST);
    });
    await expect(cut).rejects.toBe(LOST);
    await expect(board.withSession(() => Promise.resolve(), { ask: false })).rejects.toThrow(
      ProgramRunningError,
    );
    expect(await board.withSession(() => Promise.resolve('again'))).toBe('again');
    expect(asked).toEqual([]);
  });
});

describe('a line that is being typed', () => {
  it('delays work that the user did not start', async () => {
    let now = 0;
    const timers: { at: number; action: () => void }[] = [];
    const clock = {
      now: () => now,
      after: (ms: number, action: () => void) => {
        timers.push({ at: now + ms, action });
        return { dispose: () => undefined };
      },
    };
    const typing = new Typing(clock);
    typing.typed(utf8('impor'));
    const waits = typing.over();
    now = 2999;
    typing.typed(utf8('t'));
    now = 3500;
    for (const timer of timers.splice(0)) timer.action();
    expect(await Promise.race([waits.then(() => 'over'), Promise.resolve('typing')])).toBe(
      'typing',
    );
    typing.typed(utf8(' sys\r'));
    await waits;
  });

  it('counts as abandoned after a while', async () => {
    let now = 0;
    const clock = {
      now: () => now,
      after: (ms: number, action: () => void) => {
        now += ms;
        queueMicrotask(action);
        return { dispose: () => undefined };
      },
    };
    const typing = new Typing(clock);
    typing.typed(utf8('impor'));
    await typing.over();
    expect(now).toBe(3000);
  });
});

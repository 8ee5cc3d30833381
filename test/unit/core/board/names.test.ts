import { describe, expect, it } from 'vitest';
import { boardBadge } from '../../../../src/core/board/boardNames';
import { Fleet } from '../../../../src/core/board/fleet';
import { KnownBoards, type KnownBoard } from '../../../../src/core/board/knownBoards';
import type { BoardSource, Found } from '../../../../src/core/board/discovery';
import { Emitter } from '../../../../src/core/events';
import { shortPlace } from '../../../../src/core/address';
import { serialAddress } from '../../../../src/core/parseAddress';
import { namedPath } from '../../../../src/transports/serial/ports';
import { fakeWorld, found } from '../../rig/fakeBoard';

const PORTS = ['serial:/dev/ttyACM0', 'serial:/dev/ttyACM1', 'serial:/dev/ttyACM2'];

function world(saved: readonly KnownBoard[] = []) {
  let kept: readonly KnownBoard[] = saved;
  const store = {
    load: () => kept,
    save: (boards: readonly KnownBoard[]) => {
      kept = boards;
      return Promise.resolve();
    },
  };
  const known = new KnownBoards(store, (error) => {
    throw error;
  });
  const ends = Object.fromEntries(PORTS.map((p, i) => [p, { uid: `0${i + 1}` }]));
  const fleet = new Fleet({
    ...fakeWorld(ends).services,
    known,
    namesBoards: true,
    shouldAutoConnect: () => false,
  });
  const named: string[] = [];
  fleet.onDidName(({ uid, name }) => named.push(`${uid} ${name}`));
  const changed = new Emitter<void>();
  let seen: readonly Found[] = [];
  const source: BoardSource = {
    get found() {
      return seen;
    },
    onDidChange: changed.event,
    start: () => undefined,
    dispose: () => undefined,
  };
  fleet.addSource(source);
  const plug = async (...all: readonly Found[]) => {
    seen = all;
    changed.fire();
    for (const board of fleet.boards) await board.withSession(() => Promise.resolve());
  };
  const names = () => fleet.boards.map((b) => b.name);
  return { fleet, known, plug, names, named, kept: () => kept };
}

describe('a board without a name', () => {
  it('gets the first unused number of its platform in the order of plugging in, and keeps it', async () => {
    const { plug, names, named, kept, known } = world();
    const [a = '', b = '', c = ''] = PORTS;
    await plug(found(a));
    await plug(found(a), found(b));
    await plug(found(a), found(b), found(c));
    const platform = known.get('01')?.info?.platform ?? '?';
    expect(names()).toEqual([1, 2, 3].map((n) => `${platform}-${n}`));
    expect(named).toEqual(['01 fake-1', '02 fake-2', '03 fake-3']);
    const again = world(kept());
    await again.plug(found(c), found(a));
    expect(again.names()).toEqual([`${platform}-3`, `${platform}-1`]);
    expect(again.named).toEqual([]);
  });

  it('takes no number of another board, even one that is away', async () => {
    const { plug, names } = world([{ uid: 'ff', name: 'fake-1', places: [] }]);
    await plug(found(PORTS[0] ?? ''));
    expect(names()).not.toContain('fake-1');
  });

  it('keeps the name that its agent, its port or the user gives it', async () => {
    const { plug, names, fleet, known } = world();
    await plug({ ...found(PORTS[0] ?? ''), name: 'kitchen' }, found(PORTS[1] ?? ''));
    expect(names()[0]).toBe('kitchen');
    const second = fleet.boards[1];
    if (second) fleet.rename(second, 'shed');
    expect(known.get('02')).toMatchObject({ name: 'shed' });
    expect(known.get('02')?.auto).toBeUndefined();
  });

  it('ignores a name from the board that is not a short word', () => {
    const { known } = world();
    expect(known.nameNew('aa', '\u202e[x](command:y)', () => false)).toBe('board-1');
    expect(known.nameNew('bb', 'esp32 with much more text', () => false)).toBe('esp32-1');
  });

  it('stays in the list when it is forgotten while it is plugged in, and gets its name back by undo', async () => {
    const { plug, fleet, known } = world();
    await plug(found(PORTS[0] ?? ''));
    const [board] = fleet.boards;
    if (!board) throw new Error('no board');
    fleet.rename(board, 'kitchen');
    const record = known.get('01');
    await fleet.forget(board);
    expect(fleet.boards).toEqual([board]);
    expect(board.name).not.toBe('kitchen');
    if (record) known.restore(record);
    expect(board.name).toBe('kitchen');
  });
});

describe('a path', () => {
  it.each([
    ['/tmp/mpyfleet-boards-qv40fg/kitchen', 'kitchen'],
    ['/run/boards/pump-2', 'pump-2'],
    ['/tmp/mpyfleet-uboard-x1/tty', undefined],
    ['/dev/ttyACM0', undefined],
    ['/dev/serial/by-id/usb-Raspberry', undefined],
    ['/tmp/x/pts3', undefined],
    ['/tmp/x/7', undefined],
    ['COM3', undefined],
  ])('%s names its board %s', (path, name) => {
    expect(namedPath(path)).toBe(name);
  });

  it('is shown by its last part, never by a temporary folder', () => {
    expect(shortPlace(serialAddress('/tmp/mpyfleet-boards-qv40fg/greenhouse'))).toBe('greenhouse');
  });
});

it('marks a board with two characters that tell it from its neighbours', () => {
  expect(['kit-03', 'kit-1', 'esp32-1', 'sensor100', 'kitchen', 'Öl', 'x'].map(boardBadge)).toEqual(
    ['03', 'k1', 'e1', '00', 'ki', 'Öl', 'x'],
  );
});

import { describe, expect, it } from 'vitest';
import { parseInfo } from '../../../../src/core/board/readInfo';
import { boardBecomes } from '../../../../src/core/board/boardBecomes';
import type { BoardSource, Found } from '../../../../src/core/board/discovery';
import { Emitter } from '../../../../src/core/events';
import { Fleet } from '../../../../src/core/board/fleet';
import { KnownBoards, type KnownBoard } from '../../../../src/core/board/knownBoards';
import { fakeWorld, found, type FakeEnd } from '../../rig/fakeBoard';

const A = 'serial:/dev/ttyUSB0';
const B = 'serial:/dev/ttyUSB1';
const WS = 'ws://10.0.0.1:8266/';
const usb = (serialNumber: string) => ({
  usb: { vendorId: '2e8a', productId: '0005', serialNumber },
});

class FakeSource implements BoardSource {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  found: readonly Found[] = [];
  start(): void {
    this.#changed.fire();
  }
  dispose(): void {
    this.#changed.dispose();
  }
  see(...there: Found[]): void {
    this.found = there;
    this.#changed.fire();
  }
}

function fleetOf(ends: Record<string, FakeEnd>, saved: KnownBoard[] = [], autoConnect = false) {
  let kept = saved;
  const store = {
    load: () => kept,
    save: (boards: readonly KnownBoard[]) => {
      kept = [...boards];
      return Promise.resolve();
    },
  };
  const known = new KnownBoards(store, (error) => {
    throw error;
  });
  const world = fakeWorld(ends);
  const fleet = new Fleet({
    ...world.services,
    known,
    shouldAutoConnect: () => autoConnect,
  });
  const source = new FakeSource();
  fleet.addSource(source);
  return { fleet, source, known, opened: world.opened, kept: () => kept };
}

const identify = (fleet: Fleet, id = 0) =>
  fleet.boards[id]?.withSession(() => Promise.resolve(), { job: 'hello' });

describe('one board is one node', () => {
  it('keeps its name on another port, known by its USB serial number', async () => {
    const { fleet, source } = fleetOf({ [A]: { uid: 'aa' }, [B]: { uid: 'aa' } });
    source.see(found(A, usb('S1')));
    await identify(fleet);
    const [board] = fleet.boards;
    if (!board) throw new Error('no board');
    fleet.rename(board, 'kitchen');
    await board.disconnect();
    source.see();
    expect(board.present).toBe(false);
    source.see(found(B, usb('S1')));
    expect(fleet.boards).toEqual([board]);
    expect(board.name).toBe('kitchen');
    expect(board.links.filter((l) => l.present).map((l) => l.found.address.text)).toEqual([B]);
  });

  it('is recognised without a serial number once it has reported its uid', async () => {
    const { fleet, source } = fleetOf({ [A]: { uid: 'aa' }, [B]: { uid: 'aa' } });
    source.see(found(A));
    await identify(fleet);
    const [board] = fleet.boards;
    if (!board) throw new Error('no board');
    fleet.rename(board, 'kitchen');
    await board.disconnect();
    source.see(found(B));
    expect(fleet.boards).toHaveLength(2);
    const other = fleet.boards.findIndex((b) => b !== board);
    await identify(fleet, other);
    expect(fleet.boards.map((b) => b.name)).toEqual(['kitchen']);
    await boardBecomes(board, (b) => b.transport?.address.text === B);
  });

  it('joins its links: USB and WebREPL beneath one name, the cable preferred', async () => {
    const { fleet, source, opened } = fleetOf({ [A]: { uid: 'aa' }, [WS]: { uid: 'aa' } });
    source.see(found(A), found(WS));
    await identify(fleet, 1);
    await identify(fleet, 0);
    expect(fleet.boards).toHaveLength(1);
    expect(fleet.boards[0]?.links).toHaveLength(2);
    const [board] = fleet.boards;
    if (!board) throw new Error('no board');
    await boardBecomes(board, (b) => b.transport?.kind === 'serial');
    expect(opened.filter((t) => !t.closed).map((t) => t.kind)).toEqual(['serial']);
  });

  it('loses the link of a broker that no longer lists it, and keeps the link of a pulled cable', async () => {
    const cable = found(A, { uid: 'aa' });
    const { fleet, source } = fleetOf({ [A]: { uid: 'aa' } });
    const links = () => fleet.boards[0]?.links.map((l) => `${l.found.address.kind} ${l.present}`);
    source.see(cable, found('mqtt://desk/aa', { uid: 'aa', online: true }));
    await identify(fleet);
    source.see(cable, found('mqtt://desk/aa', { uid: 'aa', online: false }));
    expect(links()).toEqual(['serial true', 'mqtt false']);
    source.see(cable);
    expect(links()).toEqual(['serial true']);
    source.see();
    expect(links()).toEqual(['serial false']);
  });

  it('is another node when another board is on the same adapter', async () => {
    const end: FakeEnd = { uid: 'aa' };
    const { fleet, source } = fleetOf({ [A]: end });
    source.see(found(A));
    await identify(fleet);
    const [first] = fleet.boards;
    if (!first) throw new Error('no board');
    fleet.rename(first, 'kitchen');
    await first.disconnect();
    end.uid = 'bb';
    let worked = 0;
    const work = () => Promise.resolve(worked++);
    await expect(first.withSession(work)).rejects.toThrow('fake is at ttyUSB0 now, not kitchen');
    expect(worked).toBe(0);
    expect(fleet.byUid('bb')?.name).not.toBe('kitchen');
    expect(fleet.byUid('bb')?.links.map((l) => l.found.address.text)).toEqual([A]);
  });
});

describe('stored boards', () => {
  it('have their names before any request', () => {
    const saved = [{ uid: 'aa', name: 'kitchen', places: [A] }];
    const { fleet, source } = fleetOf({ [A]: { uid: 'aa' } }, saved);
    source.see(found(A));
    expect(fleet.boards.map((b) => [b.name, b.uid])).toEqual([['kitchen', 'aa']]);
  });

  it('are identified by uid', async () => {
    const { fleet, source, known, kept } = fleetOf({ [A]: { uid: 'aa' } });
    source.see(found(A, usb('S1')));
    await identify(fleet);
    await known.flush();
    expect(kept()).toMatchObject([{ uid: 'aa', places: ['usb:2e8a:0005:S1', A] }]);
  });

  it('never include a uid of all zeros, which emulators have', async () => {
    const { fleet, source } = fleetOf({ [A]: { uid: '0000' }, [B]: { uid: '0000' } });
    source.see(found(A), found(B));
    await identify(fleet, 0);
    await identify(fleet, 1);
    expect(fleet.boards).toHaveLength(2);
  });
});

describe('connecting automatically', () => {
  it('opens only ports that look like a board', async () => {
    const { fleet, source, opened } = fleetOf({ [A]: {}, [B]: {} }, [], true);
    source.see(found(A), found(B, { likely: false }));
    const [board] = fleet.boards;
    if (!board) throw new Error('no board');
    await boardBecomes(board, (b) => b.state.tag === 'idle');
    expect(opened.map((t) => t.address.text)).toEqual([A]);
  });
});

describe('identity that is not unique', () => {
  const clone = (serialNumber: string, more = {}) => ({
    usb: { vendorId: '10c4', productId: 'ea60', serialNumber, ...more },
  });

  it.each(['0001', '0000', '123456', '0123456789ABCDEF', 'KX1'])(
    'keeps two adapters with the serial number %s two boards, each with its own port',
    async (serial) => {
      const { fleet, source } = fleetOf({ [A]: { uid: 'aa11' }, [B]: { uid: 'bb22' } });
      source.see(found(A, clone(serial)), found(B, clone(serial)));
      const places = () =>
        fleet.boards.map((b) => [b.uid, b.links.map((l) => l.found.address.text)]);
      expect(places()).toEqual([
        [undefined, [A]],
        [undefined, [B]],
      ]);
      await identify(fleet, 0);
      await identify(fleet, 1);
      expect(places()).toEqual([
        ['aa11', [A]],
        ['bb22', [B]],
      ]);
      source.see(found(B, clone(serial)));
      expect(fleet.byUid('bb22')?.links.filter((l) => l.present)).toHaveLength(1);
      expect(fleet.byUid('aa11')?.present ?? false).toBe(false);
    },
  );

  it('keeps two ports of one device one board', () => {
    const { fleet, source } = fleetOf({ [A]: { uid: 'aa' }, [B]: { uid: 'aa' } });
    source.see(found(A, clone('X1', { interface: 0 })), found(B, clone('X1', { interface: 2 })));
    expect(fleet.boards.map((b) => b.links.length)).toEqual([2]);
  });

  it('does not merge two boards with the same unique id while both are open', async () => {
    const { fleet, source } = fleetOf({ [A]: { uid: 'e661' }, [B]: { uid: 'e661' } });
    const told: unknown[] = [];
    fleet.onDidFindShared((shared) => told.push(shared));
    source.see(found(A, clone('X1')), found(B, clone('X2')));
    await identify(fleet, 0);
    await identify(fleet, 1);
    await identify(fleet, 1);
    expect(told).toEqual([{ what: 'uid', value: 'e661', of: expect.any(Array) as string[] }]);
    expect(fleet.boards.map((b) => [b.uid, b.links.length, b.transport?.address.text])).toEqual([
      [undefined, 1, A],
      [undefined, 1, B],
    ]);
  });

  it('treats an id of FF bytes as missing', () => {
    const info = parseInfo('implementation\tmicropython\nuid\tffffffffffffffff\n');
    expect(info.uid).toBeUndefined();
  });
});

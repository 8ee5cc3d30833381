import type { Address } from '../../core/address';
import { type Board, type Fleet, portHints } from '../../core/board';
import type { Groups, SelectableBoard } from '../../core/many';
import type { TransportFactory } from '../../core/transport';
import type { MqttBrokers } from '../../transports/mqttBrokers';
import { CliBrokers } from '../broker';
import type { Cli } from '../cli';
import { isForeign, type Links, loadRegistry, type RegisteredBoard } from '../board';
import { BoardLink } from './boardLink';

/** Services that the window offers to the command lines of its terminals. */
export interface WindowParts {
  readonly fleet: Fleet;
  readonly hub: MqttBrokers;
  /** Returns the boards that commands may choose from, without those that the user ignores. */
  selectable(): readonly SelectableBoard[];
  groups(): Groups;
  /** Where the window's extensions run; undefined: on the computer in front of the user. */
  readonly remoteName: string | undefined;
  /** Returns the secret of the window's own broker, from which the logins of boards are derived. */
  readonly localSecret: () => Promise<string>;
  /** Opens links that do not belong to a board of the window. */
  readonly openTransport: TransportFactory;
}

/**
 * Gives a command line access to boards through its window, with the names, keys and open links of
 * the window.
 */
export async function windowLinks(parts: WindowParts, cli: Cli): Promise<Links> {
  const { fleet, hub } = parts;
  const { SessionFiles } = await import('../../core/files/sessionFiles');
  const { readInfo } = await import('../../core/board/readInfo');
  const own = parts.selectable();
  const boards = own.flatMap(registered);
  const names = new Set(boards.map((b) => b.name));
  const groups = parts.groups();
  const files = await loadRegistry(cli.cwd, cli.env);
  const uids = new Set(boards.flatMap((b) => b.uid ?? []));
  /**
   * Returns whether a board of a project takes the place of a group of the window, or answers to the id of one of its
   * boards.
   */
  const isImpostor = ({ name, uid = '', address }: RegisteredBoard) =>
    isForeign(address, files.foreign) &&
    [name, uid].some((key) => uids.has(key) || names.has(key) || Object.hasOwn(groups, key));
  const handedOver = new Set<Board>();
  const boardAt = (address: Address) =>
    fleet.byAddress(address) ?? (address.kind === 'mqtt' ? fleet.byUid(address.uid) : undefined);
  const brokers = new CliBrokers(
    cli,
    hub.all.map((b) => b.profile),
    { shared: hub, localSecret: parts.localSecret },
  );
  return {
    brokers,
    registry: {
      boards: [...boards, ...files.boards.filter((b) => !names.has(b.name) && !isImpostor(b))],
      groups: { ...files.groups, ...groups },
      brokers: hub.all.map((b) => b.profile),
      macros: files.macros,
      deviceNames: files.deviceNames,
      foreign: {
        ...files.foreign,
        groups: new Set([...files.foreign.groups].filter((name) => !Object.hasOwn(groups, name))),
      },
    },
    openTransport: (address) => {
      const board = boardAt(address);
      if (!board) return parts.openTransport(address);
      return Promise.resolve(new BoardLink(board, () => handedOver.has(board)));
    },
    createFiles: (withSession) => new SessionFiles(withSession),
    readInfo,
    discover: () => {
      const shown = own.flatMap(({ board }) => board.links);
      return Promise.resolve(shown.filter((l) => l.present).map((l) => l.found));
    },
    portHints: async () => {
      const { surroundings } = await import('../../transports/serial/surroundings');
      return portHints(await surroundings(parts.remoteName)).map((hint) => hint.text);
    },
    handOver: (address) => {
      const board = boardAt(address);
      if (board?.transport) handedOver.add(board);
    },
    close: async () => {
      await brokers.close();
      // The window takes a port back that was needed for flashing.
      for (const board of handedOver) {
        handedOver.delete(board);
        if (board.present) await board.connect();
      }
    },
  };
}

/**
 * Describes a board by its name in the window and one address: that of the open link, else of the
 * first present one.
 */
function registered(entry: SelectableBoard): RegisteredBoard[] {
  const { board, name, tags, platform, uid } = entry;
  const found = board.links.find((l) => l.present) ?? board.links[0];
  const address = board.transport?.address ?? found?.found.address;
  if (!address) return [];
  return [
    {
      ...{ name, address, tags, seen: entry },
      ...(platform === undefined ? {} : { platform }),
      ...(uid === undefined ? {} : { uid }),
    },
  ];
}

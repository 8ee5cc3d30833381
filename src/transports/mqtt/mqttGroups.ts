import type { Board } from '../../core/board/board';
import type {
  GroupPublisher,
  GroupPublishOptions,
  GroupResult,
} from '../../core/broker/groupPublisher';
import type { Outcome } from '../../core/many/jobs';
import { ConnectionLostError } from '../../core/errors';
import { GroupPush } from './groupPush';
import type { MqttBroker } from './mqttBroker';
import type { MqttBrokers } from './mqttBrokers';

interface Place {
  readonly board: Board;
  readonly broker: MqttBroker;
  readonly uid: string;
}

/** Publishes one file to all boards of a broker that sign alike. */
export class MqttGroups implements GroupPublisher {
  constructor(private readonly brokers: MqttBrokers) {}

  together(boards: readonly Board[]): readonly (readonly Board[])[] {
    const sets = new Map<string, Board[]>();
    for (const board of boards) {
      const place = this.#placeOf(board);
      // Boards in open mode take no signed frames, and the others none without.
      const mode = place?.broker.client(place.uid).birth?.mode;
      if (!place || !mode) continue;
      const key = `${place.broker.profile.id}/${mode}`;
      sets.set(key, [...(sets.get(key) ?? []), board]);
    }
    return [...sets.values()].filter((set) => set.length > 1);
  }

  async publish(
    boards: readonly Board[],
    path: string,
    content: Uint8Array,
    options: GroupPublishOptions = {},
  ): Promise<Outcome<Board, GroupResult>[]> {
    const started = performance.now();
    const places = boards.flatMap((b) => this.#placeOf(b) ?? []);
    const broker = places[0]?.broker;
    const outcomes = new Map<Board, Outcome<Board, GroupResult>>();
    if (broker) {
      const push = new GroupPush(
        places.map((p) => broker.client(p.uid)),
        path,
        content,
        (message) => broker.publishToAll(message),
        {
          signal: options.signal,
          onProgress: (done) => options.onProgress?.(done, content.length),
        },
      );
      const results = await push.run();
      const ms = Math.round(performance.now() - started);
      for (const [i, { board }] of places.entries()) {
        const result = results[i];
        if (result) outcomes.set(board, { board, ms, ...result });
      }
    }
    return boards.map((board) => outcomes.get(board) ?? gone(board));
  }

  /** The broker and uid of a board that is there and not held by a better link. */
  #placeOf(board: Board): Place | undefined {
    if (board.transport && board.transport.kind !== 'mqtt') return undefined;
    const link = board.links.find((l) => l.present && l.found.address.kind === 'mqtt');
    if (!link) return undefined;
    const [id = '', uid = ''] = link.found.address.rest.split('/');
    const broker = this.brokers.get(id);
    return broker && { board, broker, uid };
  }
}

function gone(board: Board): Outcome<Board, GroupResult> {
  const error = new ConnectionLostError(`${board.name} is not at its broker any more`, {
    hint: 'Try again once it is back.',
  });
  return { board, status: 'failed', error, ms: 0 };
}

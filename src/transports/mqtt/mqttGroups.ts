import { type Board, presentAgent } from '../../core/board';
import * as l10n from '@vscode/l10n';
import type { GroupPublisher, GroupPublishOptions, GroupResult, Outcome } from '../../core/many';
import { ConnectionLostError } from '../../core/errors';
import { GroupPush } from './groupPush';
import type { MqttBroker } from './mqttBroker';

interface Place {
  readonly board: Board;
  readonly broker: MqttBroker;
  readonly uid: string;
}

/** Publishes one file to all boards on a broker that use the same signing mode. */
export class MqttGroups implements GroupPublisher {
  constructor(private readonly brokers: { get(id: string): MqttBroker | undefined }) {}

  together(boards: readonly Board[]): readonly (readonly Board[])[] {
    const sets = new Map<string, Board[]>();
    for (const board of boards) {
      const place = this.#fullPlace(board);
      // Boards in open mode accept no signed frames, and others accept only signed ones.
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
    const places = boards.flatMap((b) => this.#fullPlace(b) ?? []);
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

  /** Returns the broker and uid of a board that is online and not connected by a preferred link. */
  #fullPlace(board: Board): Place | undefined {
    if (board.transport && board.transport.kind !== 'mqtt') return undefined;
    const address = presentAgent(board);
    const broker = address && this.brokers.get(address.broker);
    return broker && { board, broker, uid: address.uid };
  }
}

function gone(board: Board): Outcome<Board, GroupResult> {
  const error = new ConnectionLostError(
    l10n.t('{0} is no longer connected to its broker', board.name),
    {
      hint: l10n.t('Try again once it is back.'),
    },
  );
  return { board, status: 'failed', error, ms: 0 };
}

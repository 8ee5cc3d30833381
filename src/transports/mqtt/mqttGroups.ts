import type { Board } from '../../core/board';
import type { GroupPublisher, PublishFile } from '../../core/groupPublisher';
import { GroupPush } from './groupPush';
import type { MqttBroker } from './mqttBroker';
import type { MqttBrokers } from './mqttBrokers';

interface Place {
  readonly broker: MqttBroker;
  readonly uid: string;
}

/** Publishes the same files to all boards of a broker that sign alike. */
export class MqttGroups implements GroupPublisher {
  constructor(private readonly brokers: MqttBrokers) {}

  groupOf(board: Board): string | undefined {
    const place = this.#placeOf(board);
    // Boards in open mode take no signed frames, and the others none without.
    const mode = place?.broker.client(place.uid).birth?.mode;
    return place && mode ? `${place.broker.profile.id}/${mode}` : undefined;
  }

  async publish(
    boards: readonly Board[],
    files: readonly PublishFile[],
    options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
  ): Promise<ReadonlyMap<Board, Error | undefined>> {
    const failed = new Map<Board, Error | undefined>(boards.map((b) => [b, undefined]));
    const total = files.reduce((sum, f) => sum + f.content.length, 0);
    let before = 0;
    for (const file of files) {
      // A board that has missed one file gets no more: its outcome is that error.
      const left = boards.filter((b) => failed.get(b) === undefined);
      const done = before;
      await this.#one(left, file, failed, {
        signal: options.signal,
        onProgress: (n) => options.onProgress?.(done + n, total),
      });
      before += file.content.length;
    }
    return failed;
  }

  async #one(
    boards: readonly Board[],
    file: PublishFile,
    failed: Map<Board, Error | undefined>,
    options: { signal?: AbortSignal; onProgress: (done: number) => void },
  ): Promise<void> {
    const places = new Map<Board, Place>();
    for (const board of boards) {
      const place = this.#placeOf(board);
      if (place) places.set(board, place);
      else failed.set(board, new Error(`${board.name} is not at its broker any more`));
    }
    const broker = [...places.values()][0]?.broker;
    if (!broker) return;
    const push = new GroupPush(
      [...places.values()].map((p) => broker.client(p.uid)),
      file.path,
      file.content,
      (message) => broker.publishToAll(message),
      options,
    );
    const outcomes = await push.run();
    for (const [i, board] of [...places.keys()].entries()) {
      const outcome = outcomes[i];
      if (outcome?.status === 'failed') failed.set(board, outcome.error);
    }
  }

  /** The broker and uid of a board that is there and not held by a better link. */
  #placeOf(board: Board): Place | undefined {
    if (board.transport && board.transport.kind !== 'mqtt') return undefined;
    const link = board.links.find((l) => l.present && l.found.address.kind === 'mqtt');
    if (!link) return undefined;
    const [id = '', uid = ''] = link.found.address.rest.split('/');
    const broker = this.brokers.get(id);
    return broker && { broker, uid };
  }
}

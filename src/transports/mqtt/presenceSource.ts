import type { Birth, Gone } from '../../core/agent/agentProtocolPresence';
import { systemClock, type Clock } from '../../core/async';
import type { BoardInfo } from '../../core/board/boardInfo';
import { mpyFromNumber } from '../../core/board/mpyFormat';
import type { BoardSource, Found } from '../../core/board/discovery';
import { DisposableStore, Emitter } from '../../core/events';
import type { MqttBroker } from './mqttBroker';

/** Changes within this time are told together: a broker with thousands of boards sends them all at once. */
const COALESCE_MS = 100;

/** The boards of one broker, from their presence messages. */
export class PresenceSource implements BoardSource {
  readonly #lifetime = new DisposableStore();
  readonly #changed = this.#lifetime.add(new Emitter<undefined>());
  readonly onDidChange = this.#changed.event as BoardSource['onDidChange'];
  readonly #found = new Map<string, Found>();
  #timer: { dispose(): void } | undefined;

  constructor(
    private readonly broker: MqttBroker,
    private readonly clock: Clock = systemClock,
  ) {}

  get found(): readonly Found[] {
    return [...this.#found.values()];
  }

  start(): void {
    for (const [uid, state] of this.broker.presences) this.#take(uid, state);
    this.#lifetime.add(this.broker.onPresence(({ uid, state }) => this.#take(uid, state)));
    this.#lifetime.add(
      this.broker.onDidChangeState((state) => {
        // Without the broker nothing is known of its boards; they are away until it says otherwise.
        if (state.tag !== 'online') this.#allAway();
      }),
    );
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#lifetime.dispose();
  }

  #take(uid: string, state: Birth | Gone): void {
    const before = this.#found.get(uid);
    if (!state.on && state.why === 'removed') this.#found.delete(uid);
    else if (state.on) this.#found.set(uid, this.#describe(uid, state));
    else {
      const address = addressOf(this.broker.profile.id, uid);
      this.#found.set(uid, { ...(before ?? { address, likely: true, uid }), online: false });
    }
    this.#tell();
  }

  #allAway(): void {
    for (const [uid, found] of this.#found) this.#found.set(uid, { ...found, online: false });
    this.#tell();
  }

  #describe(uid: string, birth: Birth): Found {
    return {
      address: addressOf(this.broker.profile.id, uid),
      likely: true,
      uid,
      online: true,
      ...(birth.name ? { name: birth.name } : {}),
      info: infoOf(uid, birth),
      details: {
        broker: this.broker.profile.name,
        agent: birth.agent,
        mode: birth.mode,
        boot: birth.boot,
        reset: birth.reset,
        ...(birth.tags.length > 0 ? { tags: birth.tags.join(', ') } : {}),
        ...(birth.safe ? { safe: birth.why || 'yes' } : {}),
        ...(birth.trial ? { trial: 'not confirmed yet' } : {}),
      },
    };
  }

  #tell(): void {
    this.#timer ??= this.clock.after(COALESCE_MS, () => {
      this.#timer = undefined;
      this.#changed.fire(undefined);
    });
  }
}

/** `mqtt://BROKER/UID`. */
export function addressOf(brokerId: string, uid: string) {
  const rest = `${brokerId}/${uid}`;
  return { kind: 'mqtt', text: `mqtt://${rest}`, rest } as const;
}

function infoOf(uid: string, birth: Birth): Partial<BoardInfo> {
  const mpy = mpyFromNumber(birth.mpy);
  return {
    uid,
    implementation: 'micropython',
    version: birth.fw,
    platform: birth.platform,
    machine: birth.machine,
    ...(mpy ? { mpy } : {}),
    ...(birth.fs ? { flash: birth.fs } : {}),
  };
}

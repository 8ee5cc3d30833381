import { FROZEN_SLOT, wakesAt, type Birth, type Gone } from '../../core/agent';
import { systemClock, type Clock } from '../../core/async';
import {
  type Asleep,
  type BoardInfo,
  type BoardSource,
  type Found,
  mpyFromNumber,
} from '../../core/board';
import { DisposableStore, Emitter } from '../../core/events';
import { mqttAddress } from '../../core/parseAddress';
import type { MqttBroker } from './mqttBroker';
import { zoneText } from '../../core/timeZone';

/**
 * Milliseconds within which changes are reported together: a broker with thousands of boards sends
 * them all at once.
 */
const COALESCE_MS = 100;
/**
 * A sleeping board may be late by this part of its sleep, plus this many milliseconds for its
 * network.
 */
const LATE_PART = 0.1;
const LATE_MS = 60_000;

type Mutable = Omit<Found, 'asleep'> & { asleep?: Asleep };

/** The boards of one broker, from their presence messages. */
export class PresenceSource implements BoardSource {
  readonly #lifetime = new DisposableStore();
  readonly #changed = this.#lifetime.add(new Emitter<undefined>());
  readonly onDidChange = this.#changed.event as BoardSource['onDidChange'];
  readonly #found = new Map<string, Found>();
  /** For each sleeping board, the time at which it counts as late. */
  readonly #alarms = new Map<string, { dispose(): void }>();
  #timer: { dispose(): void } | undefined;

  constructor(
    private readonly broker: MqttBroker,
    private readonly clock: Clock = systemClock,
    private readonly now: () => number = Date.now,
  ) {}

  get found(): readonly Found[] {
    return [...this.#found.values()];
  }

  start(): void {
    for (const [uid, state] of this.broker.presences) this.#take(uid, state);
    this.#lifetime.add(this.broker.onPresence(({ uid, state }) => this.#take(uid, state)));
    this.#lifetime.add(
      this.broker.onDidChangeState((state) => {
        // Without the broker, nothing is known about its boards, so they are away until it reports
        // otherwise.
        if (state.tag !== 'online') this.#allAway();
      }),
    );
  }

  dispose(): void {
    this.#timer?.dispose();
    for (const alarm of this.#alarms.values()) alarm.dispose();
    this.#lifetime.dispose();
  }

  #take(uid: string, state: Birth | Gone): void {
    this.#alarms.get(uid)?.dispose();
    this.#alarms.delete(uid);
    const before = this.#found.get(uid);
    if (!state.on && state.why === 'removed') this.#found.delete(uid);
    else if (state.on) this.#found.set(uid, this.#describe(uid, state));
    else {
      const address = mqttAddress(this.broker.profile.id, uid);
      const found: Mutable = { ...(before ?? { address, likely: true, uid }), online: false };
      delete found.asleep;
      if (state.sleep) found.asleep = this.#asleep(uid, state.sleep);
      this.#found.set(uid, found);
    }
    this.#tell();
  }

  /** Calculates when the board is expected, and reports it when it is late. */
  #asleep(uid: string, sleep: NonNullable<Gone['sleep']>): Asleep {
    const now = this.now();
    const until = wakesAt(sleep, now);
    const left = until + LATE_MS + sleep.seconds * 1_000 * LATE_PART - now;
    if (left <= 0) return { until, overslept: true };
    const late = () => {
      const found = this.#found.get(uid);
      if (found) this.#found.set(uid, { ...found, asleep: { until, overslept: true } });
      this.#tell();
    };
    this.#alarms.set(uid, this.clock.after(left, late));
    return { until, overslept: false };
  }

  #allAway(): void {
    for (const [uid, found] of this.#found) this.#found.set(uid, { ...found, online: false });
    this.#tell();
  }

  #describe(uid: string, birth: Birth): Found {
    const broken = brokenText(birth);
    return {
      address: mqttAddress(this.broker.profile.id, uid),
      likely: true,
      uid,
      online: true,
      ...(birth.name ? { name: birth.name } : {}),
      info: infoOf(uid, birth),
      ...(birth.mode === 'open' ? { unproven: true } : {}),
      details: {
        broker: this.broker.profile.name,
        agent: birth.agent,
        ...(birth.caps.has('cable') ? { cable: 'yes' } : {}),
        ...(birth.slot === FROZEN_SLOT ? { frozen: 'yes' } : {}),
        mode: birth.mode,
        ...(birth.proto < 2 ? { protocol: '1: can be read only, update its agent' } : {}),
        boot: birth.boot,
        reset: birth.reset,
        ...(birth.zone === undefined ? {} : { timezone: zoneText(birth.zone) }),
        ...(birth.tags.length > 0 ? { tags: birth.tags.join(', ') } : {}),
        ...(birth.safe ? { safe: birth.why || 'yes' } : {}),
        ...(broken === '' ? {} : { broken }),
        ...(birth.state === 'ota' ? { activity: 'ota' } : {}),
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

/** Formats `lamp: ValueError('x')` for each module that failed. */
function brokenText({ broken }: Birth): string {
  const words = Object.entries(broken);
  return words.map(([name, cause]) => (cause ? `${name}: ${cause}` : name)).join('; ');
}

/** Returns the facts that a board announces. They need no session. */
export function infoOf(uid: string, birth: Birth): Partial<BoardInfo> {
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

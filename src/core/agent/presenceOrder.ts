import type { Birth, Gone } from './agentProtocolPresence';
import { numberOf } from './agentProtocolTags';

/** Maximum number of earlier boots that are remembered for each board. */
const MAX_EARLIER = 32;

/** A presence message as the board has sent it, and its content. */
export interface ToldPresence {
  readonly message: Uint8Array;
  readonly state: Birth | Gone;
}

/** The latest presence of a board that has been believed. */
interface Latest {
  readonly boot: string;
  /** The highest number that the board has signed in this boot. */
  readonly number: number;
  /** The number of the last will of the board's connection; undefined: the agent does not say. */
  readonly will: number | undefined;
  readonly isOn: boolean;
}

/**
 * Detects copies of presence messages that boards have signed earlier in the same boot: anyone who may publish can send them
 * again. Boots cannot be put in order (docs/protocol.md section 2), but those that have been found to be earlier ones are known.
 */
export class PresenceOrder {
  readonly #latest = new Map<string, Latest>();
  /** Boots that boards were in earlier. */
  readonly #earlier = new Map<string, Set<string>>();

  /** Notes a message that the board has signed and that has been believed. */
  note(uid: string, told: ToldPresence): void {
    const now = latestOf(told);
    if (!now) return;
    const before = this.#latest.get(uid);
    // A last will has a lower number than the births of its connection.
    const isOlder = before?.boot === now.boot && before.number > now.number;
    this.#latest.set(uid, isOlder ? { ...before, isOn: now.isOn } : now);
  }

  /** Notes a boot that the board was in before its current one. */
  noteEarlier(uid: string, boot: string): void {
    const boots = this.#earlier.get(uid) ?? new Set();
    this.#earlier.set(uid, boots.add(boot));
    for (const first of boots) {
      if (boots.size <= MAX_EARLIER) break;
      boots.delete(first);
    }
  }

  /**
   * Returns whether a message that the board has signed is a copy of an earlier one. The latest message, which a broker sends
   * again after each subscription, is none.
   */
  isCopy(uid: string, told: ToldPresence): boolean {
    const before = this.#latest.get(uid);
    const now = latestOf(told);
    if (now && this.#earlier.get(uid)?.has(now.boot)) return true;
    if (!now || before?.boot !== now.boot || now.number > before.number) return false;
    if (now.number === before.number) return now.isOn && !before.isOn;
    if (now.isOn) return true;
    // A lower number is that of a last will. Older agents have one will for all connections of a boot, and do not say its number.
    return before.will !== undefined && before.will !== now.number;
  }
}

function latestOf({ message, state }: ToldPresence): Latest | undefined {
  const number = numberOf(message);
  if (number === undefined) return undefined;
  const will = state.on ? state.will : undefined;
  return { boot: state.boot, number, will, isOn: state.on };
}

import { MAX_U30 } from './agentProtocol';

/**
 * How far below the highest counter a late frame may be, because brokers occasionally reorder
 * frames.
 */
const WINDOW = 24;

/** Remembers received counters, to detect copies and replays (section 4). */
export class ReplayWindow {
  private highest = 0;
  private seen = 0;

  /** Returns true the first time that `counter` arrives, if it is not too far behind. */
  accept(counter: number): boolean {
    const ahead = counter - this.highest;
    if (counter < 1 || counter > MAX_U30 || ahead < -WINDOW) {
      return false;
    }
    if (ahead > 0) {
      this.seen = ahead > WINDOW ? 1 : ((this.seen << ahead) | 1) & (2 ** (WINDOW + 1) - 1);
      this.highest = counter;
      return true;
    }
    const bit = 1 << -ahead;
    if (this.seen & bit) {
      return false;
    }
    this.seen |= bit;
    return true;
  }
}

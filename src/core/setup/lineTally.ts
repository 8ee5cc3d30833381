import * as l10n from '@vscode/l10n';
import type { SetupRecord } from './record';

/** Number of consecutive failures, in the same step and for the same reason, after which the line stops. */
const SAME_IN_A_ROW = 3;
/** The same before the first board has succeeded: the template is then the likelier cause. */
const SAME_AT_FIRST = 2;

/** Counts the results of a production line, and notices when all boards fail in the same way. */
export class LineTally {
  #ok = 0;
  #failed = 0;
  #same = 0;
  #last = '';

  get ok(): number {
    return this.#ok;
  }

  get failed(): number {
    return this.#failed;
  }

  /**
   * Adds the result of one board.
   * @returns why the line stops, as a sentence; undefined if it continues
   */
  add(record: SetupRecord): string | undefined {
    const { failed } = record;
    if (!failed) {
      this.#ok++;
      this.#same = 0;
      return undefined;
    }
    this.#failed++;
    // People pull out cables: that says nothing about the boards before and after it.
    if (failed.unplugged) return undefined;
    const kind = `${failed.step} ${withoutOwnWords(failed.reason, record)}`;
    this.#same = kind === this.#last ? this.#same + 1 : 1;
    this.#last = kind;
    if (this.#same < (this.#ok === 0 ? SAME_AT_FIRST : SAME_IN_A_ROW)) return undefined;
    return l10n.t(
      'The line stopped: {0} boards in a row failed in "{1}": {2}',
      this.#same,
      failed.step,
      failed.reason,
    );
  }
}

/** Removes from a reason what differs between boards: name, ids and numbers. */
function withoutOwnWords(reason: string, { name, uid, chip }: SetupRecord): string {
  let text = reason;
  for (const own of [name, uid, chip]) if (own) text = text.replaceAll(own, '');
  return text.replace(/\/\S+|COM\d+|\d+/g, '');
}

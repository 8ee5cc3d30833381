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
  /** Results in the order in which the boards were begun; an empty kind is a success. */
  readonly #results: { readonly order: number; readonly kind: string }[] = [];

  get ok(): number {
    return this.#ok;
  }

  get failed(): number {
    return this.#failed;
  }

  /**
   * Adds the result of one board. Failures can take longer than successes, so boards count as in a row by their begin.
   * @param order a number that is greater for boards that were begun later
   * @returns why the line stops, as a sentence; undefined if it continues
   */
  add(record: SetupRecord, order: number): string | undefined {
    const { failed } = record;
    if (!failed) {
      this.#ok++;
      this.#inARow(order, '');
      return undefined;
    }
    this.#failed++;
    // People pull out cables: that says nothing about the boards before and after it.
    if (failed.unplugged) return undefined;
    const kind = `${failed.step} ${withoutOwnWords(failed.reason, record)}`;
    const same = this.#inARow(order, kind);
    if (same < (this.#ok === 0 ? SAME_AT_FIRST : SAME_IN_A_ROW)) return undefined;
    return l10n.t(
      'The line stopped: {0} boards in a row failed in "{1}": {2}',
      same,
      failed.step,
      failed.reason,
    );
  }

  /** Adds a result. @returns the number of boards in a row with the same one, around this board */
  #inARow(order: number, kind: string): number {
    const results = this.#results;
    results.push({ order, kind });
    results.sort((a, b) => a.order - b.order);
    const at = results.findIndex((result) => result.order === order);
    const isOther = (result: { readonly kind: string }) => result.kind !== kind;
    const before = results.slice(0, at).findLastIndex(isOther);
    const after = results.findIndex((result, i) => i > at && isOther(result));
    return (after === -1 ? results.length : after) - before - 1;
  }
}

/** Removes from a reason what differs between boards: name, ids and numbers. */
function withoutOwnWords(reason: string, { name, uid, chip }: SetupRecord): string {
  let text = reason;
  for (const own of [name, uid, chip]) if (own) text = text.replaceAll(own, '');
  return text.replace(/\/\S+|COM\d+|\d+/g, '');
}

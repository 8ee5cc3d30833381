import * as vscode from 'vscode';
import { recordWords, type LineEvents, type SetupRecord } from '../../core/setup';
import type { LinePanel } from '../../views/productionLine/linePanel';
import type { LineRow } from '../../views/productionLine/messages';

/**
 * Turns the reports of a line into rows of its page. Each board that is plugged in gets its own
 * row.
 */
export class LineRows {
  readonly #rows = new Map<string, LineRow>();
  #count = 0;

  constructor(private readonly panel: Pick<LinePanel, 'show'>) {}

  /** Adds the row of a board. @param shown the place, for people */
  place(place: string, shown: string): void {
    this.#rows.set(place, {
      ...{ id: ++this.#count, place: shown, name: '', uid: '', firmware: '' },
      ...{ state: 'working', words: vscode.l10n.t('Starting'), detail: '' },
    });
  }

  readonly events: LineEvents = {
    begins: (place) => this.#show(place, {}),
    step: (place, step, words, done, total) =>
      this.#show(place, {
        words: `${step}: ${words}`,
        ...(done !== undefined && total ? { done: done / total } : { done: undefined }),
      }),
    made: (place, record) => this.#show(place, ofRecord(record)),
    already: (place, { message }) =>
      this.#show(place, { state: 'already', words: message, done: undefined }),
    broken: (place, { message }) =>
      this.#show(place, { state: 'failed', words: message, done: undefined }),
  };

  #show(place: string, more: Changes): void {
    const before = this.#rows.get(place);
    if (!before) return;
    const { done, ...rest } = { ...before, ...more };
    const row = { ...rest, ...(done === undefined ? {} : { done }) };
    this.#rows.set(place, row);
    this.panel.show(row);
  }
}

type Changes = Partial<Omit<LineRow, 'done'>> & { readonly done?: number | undefined };

function ofRecord(record: SetupRecord): Changes {
  const { name = '', uid, chip, firmware = '', failed, notes, seconds } = record;
  return {
    ...{ name, uid: uid ?? chip ?? '', firmware, seconds, done: undefined },
    state: failed ? 'failed' : 'ok',
    words: failed
      ? vscode.l10n.t('Failed in "{0}": {1}', failed.step, failed.reason)
      : [recordWords(record), ...notes].join('. '),
    detail: failed
      ? [recordWords(record), failed.hint ?? '', ...notes].filter(Boolean).join('\n\n')
      : '',
  };
}

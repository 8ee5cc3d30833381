import { isDeepStrictEqual } from 'node:util';
import type * as vscode from 'vscode';
import { checkConfig, fillTemplate, type BoardConfig } from '../../core/boardConfig';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import { sortByName } from '../../core/many';

const STATE_KEY = 'mpyFleet.desiredConfigs';
/** Maximum number of boards whose document is stored. The oldest one is dropped first. */
const MOST_KEPT = 5_000;

/**
 * The configuration that was last set on each board, as the user wrote it: templates with
 * references to secrets. A board that reports something else has drifted.
 */
export class DesiredConfigs {
  constructor(
    private readonly state: vscode.Memento,
    private readonly secrets: vscode.SecretStorage,
  ) {}

  /**
   * Returns the document that all of these boards were given last. Undefined if they differ or have
   * none.
   */
  common(boards: readonly Board[]): BoardConfig | undefined {
    const documents = boards.map((b) => this.#of(b));
    const [first] = documents;
    return documents.every((d) => isDeepStrictEqual(d, first)) ? first : undefined;
  }

  /** Stores the values that were set. */
  async keep(boards: readonly Board[], document: BoardConfig): Promise<void> {
    const all = new Map(Object.entries(this.state.get<Record<string, unknown>>(STATE_KEY, {})));
    for (const board of boards) {
      if (board.uid === undefined) continue;
      all.delete(board.uid); // moves it to the end of the order
      all.set(board.uid, document);
    }
    await this.state.update(STATE_KEY, Object.fromEntries([...all].slice(-MOST_KEPT)));
  }

  /**
   * Fills the placeholders of the document for one of `boards`.
   * @param ask asks for a secret that this computer does not have; if it returns undefined, the
   * secret stays unknown and is listed in `missing`
   * @throws UsageError if a secret is not given
   */
  async fill(
    document: BoardConfig,
    board: Board,
    boards: readonly Board[],
    ask?: (name: string) => Promise<string | undefined>,
  ): Promise<{ config: BoardConfig; missing: ReadonlySet<string> }> {
    const missing = new Set<string>();
    const config = await fillTemplate(document, {
      name: board.name,
      uid: board.uid ?? '',
      platform: board.info?.platform,
      n: numberOf(board, boards),
      secret: async (name) => {
        const known = await this.secrets.get(secretKey(name));
        if (known !== undefined) return known;
        if (ask) return ask(name);
        missing.add(name);
        return '';
      },
    });
    return { config, missing };
  }

  async setSecret(name: string, value: string): Promise<void> {
    await this.secrets.store(secretKey(name), value);
  }

  #of({ uid }: Board): BoardConfig | undefined {
    if (uid === undefined) return undefined;
    const kept = this.state.get<Record<string, unknown>>(STATE_KEY, {})[uid];
    if (kept === undefined) return undefined;
    try {
      return checkConfig(kept);
    } catch (error) {
      if (error instanceof UsageError) return undefined; // written by a version with other settings
      throw error;
    }
  }
}

/** Returns the number of a board, from 1 in the order of names, as in `mpyfleet config`. */
function numberOf(board: Board, boards: readonly Board[]): number {
  return sortByName(boards).indexOf(board) + 1;
}

function secretKey(name: string): string {
  return `mpyFleet.secret.${name}`;
}

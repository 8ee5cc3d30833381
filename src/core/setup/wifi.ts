import * as l10n from '@vscode/l10n';
import { scanWifi } from '../agent';
import { UsageError } from '../errors';
import type { SetupBoard } from './steps';

/** Number of networks that a message names. */
const MOST_NAMED = 8;

/**
 * Has the board scan for its networks. Otherwise a wrong name would be noticed only because the board stays silent.
 * @param options.isElsewhere the network is where another owner is, so that it need not be here
 * @returns a remark about networks that are not here
 * @throws UsageError if it sees none of the wanted networks
 */
export async function missingNetworks(
  board: SetupBoard,
  wanted: readonly { readonly ssid: string }[],
  { signal, isElsewhere }: { readonly signal: AbortSignal; readonly isElsewhere: boolean },
): Promise<string | undefined> {
  const seen = (await scanWifi(board, signal)).map((w) => w.ssid);
  if (wanted.some((w) => seen.includes(w.ssid))) return undefined;
  const names = wanted.map((w) => w.ssid).join('", "');
  const missing = l10n.t('The board does not see the network "{0}"', names);
  if (isElsewhere) return missing;
  throw new UsageError(missing, {
    hint:
      seen.length > 0
        ? l10n.t('It sees {0}. These chips use 2.4 GHz only.', seen.slice(0, MOST_NAMED).join(', '))
        : l10n.t('It sees no network at all. Is its antenna connected?'),
  });
}

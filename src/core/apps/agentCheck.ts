import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import { compareVersions } from '../packages';
import type { AppManifest } from './appManifest';

/** First agent version that runs apps. */
export const AGENT_FOR_APPS = '0.3.0';
/** First agent version that announces its sleep. */
const AGENT_FOR_SLEEP = '0.5.0';

/**
 * Checks that the agent on a board can run the app.
 * @param agent version of the agent on the board.
 * @throws UsageError when it is too old for the app
 */
export function checkAgent(manifest: AppManifest, agent: string, board: string): void {
  const own = manifest.agent ?? AGENT_FOR_APPS;
  const least = manifest.sleep > 0 ? AGENT_FOR_SLEEP : AGENT_FOR_APPS;
  const needed = compareVersions(own, least) > 0 ? own : least;
  if (compareVersions(agent, needed) >= 0) return;
  throw new UsageError(
    l10n.t('{0} has agent {1}; the app {2} needs {3}', board, agent, manifest.name, needed),
    { hint: l10n.t('Update its agent with "Update the Agent over the Air", then deploy again.') },
  );
}

import * as l10n from '@vscode/l10n';
import type { AgentControl } from '../agent';
import { delay, systemClock, type Clock } from '../async';
import { ConnectionLostError, FleetError, UsageError } from '../errors';
import { configChanges, type ConfigChange } from './diff';
import { SETTINGS, type BoardConfig } from './settings';

/** Seconds within which a board must reach its broker with new Wi-Fi or broker settings. */
export const TRIAL_S = 120;
/** Milliseconds that two restarts of a small chip add to the trial. */
const RESTARTS_MS = 120_000;
/** Milliseconds between two checks of a board during the trial. */
const LOOK_MS = 1000;

/** The board could not reach its broker with the new settings and has its old ones again. */
export class ConfigTakenBackError extends FleetError {
  readonly code = 'configTakenBack';
}

/** How settings are applied to one board. */
export interface ApplyOptions {
  readonly signal?: AbortSignal;
  /** Seconds of the trial, 5 to 3600. Default: {@link TRIAL_S}. */
  readonly trialSeconds?: number;
  /** Restart the board if a setting needs it. Settings that could cut the board off always restart it. */
  readonly restart?: boolean;
  readonly onStep?: (words: string) => void;
  readonly clock?: Clock;
}

/** What applying settings has changed, and how it ended. */
export interface Applied {
  readonly changes: readonly ConfigChange[];
  /**
   * `same`: nothing differed. `moved`: the board went to another broker and was not seen there from
   * here. `left`: the board is away and will receive the settings from its broker.
   */
  readonly result: 'same' | 'set' | 'waitsForRestart' | 'moved' | 'left';
}

/**
 * Applies `desired`, with its placeholders filled, to a board. Settings that could cut the board off are tried: the board restarts
 * with them and restores the old ones if it does not reach its broker in time.
 * @throws ConfigTakenBackError when the board restored its old settings
 */
export async function applyConfig(
  control: AgentControl,
  desired: BoardConfig,
  options: ApplyOptions = {},
): Promise<Applied> {
  const { signal, onStep = () => undefined } = options;
  const reported = await control.reported(signal);
  const changes = configChanges(desired, reported);
  if (changes.length === 0) return { changes, result: 'same' };
  const sealed = changes.filter((c) => c.setting.sealed);
  if (sealed.length > 0 && reported.trial === 'unsupported') {
    throw new UsageError(
      l10n.t('The agent on this board is too old to try {0} and revert it', namesOf(sealed)),
      { hint: l10n.t('Update the agent first.') },
    );
  }
  const others = changes.filter((c) => !c.setting.sealed);
  if (others.length > 0) {
    onStep(l10n.t('Setting {0}', namesOf(others)));
    await control.configure(agentValues(others), { signal });
  }
  if (sealed.length > 0) return { changes, result: await tryOut(control, sealed, options) };
  if (!others.some((c) => c.setting.restart)) return { changes, result: 'set' };
  if (options.restart === false) return { changes, result: 'waitsForRestart' };
  onStep(l10n.t('Restarting'));
  await control.restart({ mode: 'hard' }, signal);
  return { changes, result: 'set' };
}

/**
 * Leaves a configuration, with its placeholders filled, at the broker for a board that is not connected.
 * @throws UsageError if it contains passwords or could cut the board off, which needs a connected board
 */
export async function leaveConfig(control: AgentControl, desired: BoardConfig): Promise<Applied> {
  const settings = SETTINGS.filter((s) => Object.hasOwn(desired, s.name));
  const sealed = settings.filter((s) => s.sealed);
  if (sealed.length > 0) {
    const names = sealed.map((s) => s.name).join(', ');
    throw new UsageError(
      l10n.t('The board is away, and {0} can be set only while it is connected', names),
      {
        hint: l10n.t('Nothing was changed. Set it again when the board is back.'),
      },
    );
  }
  const changes = settings.map((setting): ConfigChange => ({
    ...{ setting, reported: undefined, secretOnly: false },
    desired: desired[setting.name],
  }));
  await control.desire(agentValues(changes));
  return { changes, result: 'left' };
}

/** Converts changes to the agent's keys and values. They may contain secrets. */
export function agentValues(changes: readonly ConfigChange[]): Record<string, unknown> {
  return Object.assign({}, ...changes.map((c) => c.setting.toAgent(c.desired))) as Record<
    string,
    unknown
  >;
}

async function tryOut(
  control: AgentControl,
  changes: readonly ConfigChange[],
  options: ApplyOptions,
): Promise<'set' | 'moved'> {
  const { signal, trialSeconds = TRIAL_S, onStep = () => undefined } = options;
  const { clock = systemClock } = options;
  const names = namesOf(changes);
  await control.configure(agentValues(changes), { signal, trialSeconds });
  onStep(
    l10n.t('Restarting with the new {0}, which the board tries for {1} s', names, trialSeconds),
  );
  const limitMs = 1000 * trialSeconds + RESTARTS_MS;
  const until = clock.now() + limitMs;
  try {
    await control.restart({ mode: 'hard' }, signal, limitMs);
  } catch (error) {
    const moves = changes.some((c) => c.setting.name === 'broker' && !c.secretOnly);
    if (moves && error instanceof ConnectionLostError) return 'moved';
    throw error;
  }
  for (;;) {
    const { trial, why } = await control.reported(signal);
    if (trial === 'done') return 'set';
    if (trial === 'undone') throw takenBack(names, why);
    if (clock.now() > until) {
      throw new ConnectionLostError(
        l10n.t('The board has not reported whether it keeps the new {0}', names),
      );
    }
    await delay(clock, LOOK_MS, signal);
  }
}

function namesOf(changes: readonly ConfigChange[]): string {
  return changes.map((c) => c.setting.name).join(', ');
}

function takenBack(names: string, why: string): ConfigTakenBackError {
  return new ConfigTakenBackError(
    l10n.t(
      'The board could not connect with the new {0} and restored its old settings: {1}',
      names,
      why,
    ),
    { hint: l10n.t('Check the names and passwords. Nothing else on the board has changed.') },
  );
}

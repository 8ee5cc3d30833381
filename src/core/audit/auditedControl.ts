import * as l10n from '@vscode/l10n';
import type { AgentControl } from '../agent';

/** Requests that change nothing on the board. */
const LOOKS: ReadonlySet<string> = new Set(['config', 'logFrom', 'crashes', 'firmware']);

/**
 * Wraps `control` so that every finished request that may change something on the board is reported
 * to `worked`. A request unknown to this file is reported under its own name.
 */
export function auditedControl(
  control: AgentControl,
  worked: (what: string, error: unknown) => void,
): AgentControl {
  return new Proxy(control, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const call = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      if (typeof name === 'symbol' || LOOKS.has(name)) return call;
      return async (...args: unknown[]) => {
        if (name === 'app' && args[0] === 'info') return call(...args);
        try {
          const result: unknown = await call(...args);
          worked(words(name, args), undefined);
          return result;
        } catch (error) {
          worked(words(name, args), error);
          throw error;
        }
      };
    },
  });
}

function words(name: string, args: readonly unknown[]): string {
  switch (name) {
    case 'configure': {
      // Only the names of the settings are recorded, because a value may be a password.
      const [set] = args;
      const keys = typeof set === 'object' && set !== null ? Object.keys(set) : [];
      return l10n.t('Changing the configuration: {0}', keys.join(', '));
    }
    case 'restart':
      return l10n.t('Restarting');
    case 'logFor':
      return l10n.t('Changing the log level for a while');
    case 'remove':
      return l10n.t('Removing the agent');
    case 'forgetCrashes':
      return l10n.t('Clearing the crash log');
    case 'app':
      return args[0] === 'start' ? l10n.t('Starting the program') : l10n.t('Stopping the program');
    case 'writeFirmware':
      return l10n.t('Writing firmware');
    default:
      return name;
  }
}

import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';

const NAMES = ['worker', 'management', 'sleep'];
/** Longest interval in seconds, the same as in app.json. */
const LONGEST_S = 259_200;

/** Reads `worker=5 sleep=600`, intervals of an app in seconds. @throws UsageError */
export function parseIntervals(text: string): Record<string, number> {
  const set: Record<string, number> = {};
  for (const part of text.trim().split(/[\s,]+/)) {
    const [, name = '', value = ''] = /^(\w+)=([\d.]+)$/.exec(part) ?? [];
    const seconds = Number(value);
    const least = name === 'sleep' ? 0 : 0.05;
    if (!NAMES.includes(name) || value === '' || !(seconds >= least && seconds <= LONGEST_S)) {
      throw new UsageError(l10n.t('"{0}" is not an interval of an app', part), {
        hint: l10n.t('Write for example worker=5 management=1 sleep=600, in seconds.'),
      });
    }
    set[name] = seconds;
  }
  return set;
}

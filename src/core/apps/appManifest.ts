import * as l10n from '@vscode/l10n';
import { text } from '../bytes';
import { UsageError } from '../errors';
import { isRecord } from '../json';

/** The file that makes a folder an app. */
export const MANIFEST = 'app.json';

/** Content of app.json (docs/apps.md). Intervals and times are in seconds. */
export interface AppManifest {
  readonly name: string;
  /** The developer's name for this version. On boards, a hash of the files is appended. */
  readonly version: string;
  /**
   * Path of the module to start, below the folder. Undefined: the two files that Pythings uses,
   * else main.py.
   */
  readonly entry?: string;
  /** Lowest agent version that can run the app. */
  readonly agent?: string;
  readonly worker: number;
  readonly management: number;
  /** Seconds without a failure after which a new version is confirmed. */
  readonly trial: number;
  /** Bytes of messages that a board keeps. */
  readonly keep: number;
  /** gitignore patterns that select the app's files. Undefined: all files that a board can use. */
  readonly files?: readonly string[];
  /** Seconds that the board sleeps after each round of the app. 0: it never sleeps. */
  readonly sleep: number;
  /**
   * Seconds that the board stays awake and connected before it sleeps, so that computers can start
   * work on it.
   */
  readonly wake: number;
  /** Coroutine functions of the entry module to run. Undefined: `main`. */
  readonly tasks?: readonly string[];
  /**
   * The app's own settings, passed as `fleet.config` and as the second argument of start(mqtt,
   * config).
   */
  readonly config: Readonly<Record<string, unknown>>;
}

const KEYS = [
  ...['name', 'version', 'entry', 'agent', 'worker', 'management', 'trial', 'keep', 'files'],
  ...['tasks', 'config', 'sleep', 'wake'],
];
const MAX_BYTES = 16 * 1024;
const LONGEST_S = 259_200;

/** Parses app.json. @throws UsageError that names the first problem */
export function parseManifest(content: Uint8Array): AppManifest {
  if (content.length > MAX_BYTES) throw wrong(l10n.t('it has more than {0} bytes', MAX_BYTES));
  const o = objectOf(content);
  const unknown = Object.keys(o).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw wrong(l10n.t('it has an unknown entry "{0}"', unknown), KEYS.join(', '));
  }
  const optional = {
    ...given('entry', textOf(o, 'entry', /^(?!.*\.\.)[A-Za-z_][\w/]*\.py$/)),
    ...given('agent', textOf(o, 'agent', /^\d+\.\d+\.\d+$/)),
    ...given('files', listOf(o, 'files', /^[^\0\n]{1,200}$/)),
    ...given('tasks', listOf(o, 'tasks', /^[A-Za-z_]\w{0,63}$/)),
  };
  const name = textOf(o, 'name', /^[A-Za-z][\w-]{0,31}$/);
  if (name === undefined) throw wrong(l10n.t('it has no "name"'));
  return {
    name,
    version: textOf(o, 'version', /^[A-Za-z0-9][A-Za-z0-9._+-]{0,31}$/) ?? '0.0.0',
    ...optional,
    worker: numberOf(o, 'worker', 60, 0.05, LONGEST_S),
    management: numberOf(o, 'management', 60, 0.05, LONGEST_S),
    trial: numberOf(o, 'trial', 30, 1, 3_600),
    keep: numberOf(o, 'keep', 4_096, 512, 65_536),
    sleep: numberOf(o, 'sleep', 0, 0, LONGEST_S),
    wake: numberOf(o, 'wake', 2, 0, 600),
    config: configOf(o.config),
  };
}

function objectOf(content: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text(content).replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new UsageError(l10n.t('{0} is not valid JSON: {1}', MANIFEST, (cause as Error).message), {
      cause,
    });
  }
  if (isRecord(value)) return value;
  throw wrong(l10n.t('it is not a JSON object'));
}

function textOf(o: Record<string, unknown>, key: string, form: RegExp): string | undefined {
  const value = o[key];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && form.test(value)) return value;
  throw wrong(
    l10n.t('"{0}" cannot be {1}', key, JSON.stringify(value).slice(0, 80)),
    EXPECTED[key],
  );
}

function listOf(o: Record<string, unknown>, key: string, form: RegExp): string[] | undefined {
  const value = o[key];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length <= 100) {
    if (value.every((v): v is string => typeof v === 'string' && form.test(v))) return value;
  }
  throw wrong(
    l10n.t('"{0}" cannot be {1}', key, JSON.stringify(value).slice(0, 80)),
    EXPECTED[key],
  );
}

function numberOf(
  o: Record<string, unknown>,
  key: string,
  usual: number,
  least: number,
  most: number,
): number {
  const value = o[key] ?? usual;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw wrong(l10n.t('"{0}" must be a number from {1} to {2}', key, least, most));
}

function configOf(value: unknown): Record<string, unknown> {
  if (value === undefined) return {};
  if (isRecord(value)) return value;
  throw wrong(l10n.t('"config" must be an object'));
}

const EXPECTED: Readonly<Record<string, string>> = {
  name: 'blinky, my-app_2',
  version: '1.0.0',
  entry: 'main.py',
  agent: '0.3.0',
  files: '["*.py", "!test_*.py"]',
  tasks: '["main", "blink"]',
};

function wrong(what: string, example?: string): UsageError {
  return new UsageError(l10n.t('{0} is not valid: {1}', MANIFEST, what), {
    hint: example
      ? l10n.t('Expected, for example: {0}', example)
      : l10n.t('docs/apps.md describes the file.'),
  });
}

function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>;
}

import * as l10n from '@vscode/l10n';
import { inertText } from '../inertText';
import { isRecord, record } from '../json';

type Settings = Readonly<Record<string, unknown>>;

/** Longest text of a board's old settings, in characters, that is shown. */
const SHOWN = 64;
/** Most Wi-Fi networks that the agent accepts (board/agent/copy/check.py). */
const MOST_NETWORKS = 8;
/** Settings of a broker that always come from its new profile: how the board logs in, and how it checks the broker. */
const LOGIN: readonly string[] = ['user', 'password', 'ssl'];

/** What is known about the new settings, besides themselves. */
export interface NewSettings {
  /** The name is a suggestion: a name that the board has already stays. */
  readonly isNameGuess?: boolean | undefined;
  /** This computer's key for the board until now. Keys of other people stay only on a board that accepts it. */
  readonly known?: Uint8Array | undefined;
}

/**
 * Returns the new config.json of a board that has one: settings that are not named stay. The keys of other people stay only if
 * this computer had a key for the board, because otherwise its last owner could still use it.
 * @param old config.json as the board has it: not trusted
 * @returns `words`: a sentence for people that names what was replaced; no secrets
 */
export function keptSettings(
  old: Settings,
  fresh: Settings,
  { isNameGuess = false, known }: NewSettings,
): { readonly settings: Settings; readonly words: string } {
  const settings: Record<string, unknown> = { ...old, ...fresh };
  if (isNameGuess && typeof old.name === 'string' && old.name !== '') settings.name = old.name;
  // Without it, the board runs no program, which its owner wanted.
  if ('app' in old) settings.app = old.app;
  else delete settings.app;
  // The beginning of its topics belongs to the broker.
  if (!('root' in fresh)) delete settings.root;
  settings.broker = keptBroker(record(old.broker), record(fresh.broker));
  if ('wifi' in fresh) {
    settings.wifi = keptNetworks(old.wifi, fresh.wifi);
    delete settings.network; // it would be used instead of Wi-Fi
  }
  const others = othersKeys(record(old.keys), known);
  if ('keys' in fresh) settings.keys = { ...others, ...record(fresh.keys) };
  else delete settings.keys; // open mode
  const lost = others === undefined || !('keys' in fresh) ? Object.keys(record(old.keys)) : [];
  const replaced = replacedWords(old, settings, lost);
  const stay = l10n.t('Its other settings stay.');
  return {
    settings,
    words: replaced === '' ? stay : `${stay} ${l10n.t('Replaced: {0}.', replaced)}`,
  };
}

/** Keeps what belongs to the same broker, but not the login and how it is checked. */
function keptBroker(old: Settings, fresh: Settings): Settings {
  if (old.host !== fresh.host || old.port !== fresh.port) return fresh;
  const { ssl } = old;
  const rest = Object.fromEntries(Object.entries(old).filter(([key]) => !LOGIN.includes(key)));
  if (!isRecord(ssl) || !isRecord(fresh.ssl)) return { ...rest, ...fresh };
  const { cert, key } = ssl;
  const own = { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  return { ...rest, ...fresh, ssl: { ...own, ...fresh.ssl } };
}

/** Adds networks of other names behind the new ones: the agent tries them in turn. */
function keptNetworks(old: unknown, fresh: unknown): unknown[] {
  const named = Array.isArray(fresh) ? (fresh as unknown[]) : [];
  const names = new Set(named.map((n) => record(n).ssid));
  const others = Array.isArray(old) ? (old as unknown[]) : [];
  const kept = others.filter((n) => isRecord(n) && !names.has(n.ssid));
  return [...named, ...kept].slice(0, MOST_NETWORKS);
}

/**
 * Returns the keys of other people and roles, without the one that this computer has used.
 * @returns undefined for a board that does not accept this computer's key
 */
function othersKeys(old: Settings, known: Uint8Array | undefined): Settings | undefined {
  const own = known && Buffer.from(known).toString('hex');
  const others = Object.entries(old).filter(([, key]) => key !== own);
  return others.length < Object.keys(old).length ? Object.fromEntries(others) : undefined;
}

function replacedWords(old: Settings, now: Settings, lostKeys: readonly string[]): string {
  const { name, tags, broker, network, mode } = old;
  const { host } = record(broker);
  const differs = (key: string) =>
    old[key] !== undefined && JSON.stringify(old[key]) !== JSON.stringify(now[key]);
  const [first, ...more] = Object.keys(record(network));
  const words = [
    differs('name') && name !== '' ? l10n.t('name {0}', shown(name)) : '',
    differs('tags') && Array.isArray(tags) && tags.length > 0
      ? l10n.t('tags {0}', shown(tags.join(', ')))
      : '',
    host !== undefined && host !== record(now.broker).host ? l10n.t('broker {0}', shown(host)) : '',
    differs('network') && first !== undefined
      ? l10n.t('network {0}', shown([first, ...more].join(', ')))
      : '',
    differs('mode') && mode === 'open' ? l10n.t('open mode') : '',
    lostKeys.length > 0 ? l10n.t('keys {0}', shown(lostKeys.join(', '))) : '',
  ];
  return words.filter((w) => w !== '').join(', ');
}

/** Returns a value of the board for people. */
function shown(value: unknown): string {
  return typeof value === 'string' ? inertText(value, SHOWN) : '?';
}

import { isDeepStrictEqual } from 'node:util';
import type { ReportedConfig } from '../agent';
import { isRecord, record } from '../json';
import type { Setting } from './settingKit';
import { SETTINGS, type BoardConfig } from './settings';

/** A setting whose value on the board differs from the desired one. */
export interface ConfigChange {
  readonly setting: Setting;
  readonly reported: unknown;
  readonly desired: unknown;
  /** Only the password differs. */
  readonly secretOnly: boolean;
}

/** Converts the reported configuration to the names used in documents. */
export function reportedConfig({ raw }: Pick<ReportedConfig, 'raw'>): BoardConfig {
  const entries = SETTINGS.map((s) => [s.name, s.fromAgent(raw)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Returns the settings of `desired` (placeholders filled) that differ on the board. */
export function configChanges(desired: BoardConfig, reported: ReportedConfig): ConfigChange[] {
  const now = reportedConfig(reported);
  return SETTINGS.filter(({ name }) => Object.hasOwn(desired, name)).flatMap((setting) => {
    const wanted = desired[setting.name];
    const is = now[setting.name];
    const differs = !isDeepStrictEqual(plain(wanted) ?? undefined, plain(is) ?? undefined);
    const secretOnly =
      !differs && setting.sealed === true && !secretsFit(setting, wanted, reported);
    return differs || secretOnly ? [{ setting, reported: is, desired: wanted, secretOnly }] : [];
  });
}

/** Removes empty objects, defaults and fields that a board does not report, so that both sides can be compared. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return value;
  const hidden = ['user', 'password'];
  const entries = Object.entries(value).filter(([k, v]) => !hidden.includes(k) && v !== undefined);
  return Object.fromEntries(entries.map(([k, v]) => [k, plain(v)]));
}

/** Compares the passwords of a sealed setting with those on the board, by their fingerprints. */
function secretsFit(setting: Setting, desired: unknown, { raw, fingerprint }: ReportedConfig) {
  if (!fingerprint) return false;
  if (setting.name === 'wifi') {
    const known = Array.isArray(raw.wifi) ? (raw.wifi as unknown[]).map(record) : [];
    return (Array.isArray(desired) ? desired : []).every((network, i) => {
      const { password } = record(network);
      return typeof password !== 'string' || known[i]?.h === fingerprint(password);
    });
  }
  if (setting.name === 'network') {
    return Object.entries(record(desired)).every(([name, options]) => {
      const { password } = record(options);
      return (
        typeof password !== 'string' ||
        record(record(raw.network)[name]).h === fingerprint(password)
      );
    });
  }
  const fits = (wanted: unknown, is: unknown): boolean => {
    const { user, password, second } = record(wanted);
    const told = record(is);
    if (second !== undefined && !fits(second, told.other)) return false;
    if (user === undefined && password === undefined) return true;
    // Only one of the two is given: the other does not change, and its value is not known here.
    if (typeof user !== 'string' || typeof password !== 'string') return false;
    return told.h === fingerprint(`${user}\0${password}`);
  };
  return fits(desired, raw.broker);
}

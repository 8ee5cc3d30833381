import * as l10n from '@vscode/l10n';
import { type BoardKey, configMac, keyLabel } from '../../core/agent';
import { utf8 } from '../../core/bytes';
import { UsageError } from '../../core/errors';

/**
 * Versions of desired configurations are seconds since 2020: they increase on every computer, and
 * stay below 2^30 until 2054.
 */
const VERSIONS_SINCE = Date.UTC(2020, 0) / 1000;

type Settings = Readonly<Record<string, unknown>>;

/** Messages that brokers keep for boards: settings that a board applies once (docs/protocol.md section 10). */
export class DesiredConfigs {
  /** For each board, the keys of people that wait for it at the broker, without secrets. */
  readonly #keysLeft = new Map<string, Settings>();
  /** Version of the last message. Boards accept only a higher one than their last. */
  #version = 0;

  /**
   * Returns the signed message for a board's desired settings.
   * @throws UsageError without the board's admin key
   */
  message(uid: string, set: Settings, key: BoardKey | undefined): Uint8Array {
    if (key && key.role !== 'admin') {
      throw new UsageError(
        l10n.t("A board's configuration can be changed only with its admin key"),
      );
    }
    this.#version = Math.max(this.#version + 1, Math.floor(Date.now() / 1000) - VERSIONS_SINCE);
    const v = this.#version;
    // Keys that were given or revoked here before must survive when this message replaces the
    // previous one.
    const keys = { ...this.#keysLeft.get(uid), ...(set.keys as Settings | undefined) };
    if ('keys' in set) this.#keysLeft.set(uid, keys);
    const text = JSON.stringify(Object.keys(keys).length > 0 ? { ...set, keys } : set);
    const by = key?.name === undefined ? {} : { by: keyLabel(key) };
    const mac = key ? { mac: configMac(key.key, uid, v, text), ...by } : {};
    return utf8(JSON.stringify({ v, set: text, ...mac }));
  }
}

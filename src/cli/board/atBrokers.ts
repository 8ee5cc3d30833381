import { existsSync } from 'node:fs';
import type { Address } from '../../core/address';
import { type Found, isPlaceholderUid } from '../../core/board';
import { isForeign } from './project';
import type { RegisteredBoard, Registry } from './registry';

/** What brokers report of the boards of the configuration. */
export interface Reports {
  /** The reports of each entry: those at its own address, and those of the board that has its uid. */
  readonly own: ReadonlyMap<RegisteredBoard, readonly Found[]>;
  /** Boards that only brokers know, each with all of its reports. */
  readonly others: readonly (readonly Found[])[];
}

/**
 * Joins the reports of brokers with the entries of the configuration, so that a board with several
 * links is one board. Only the uid joins them: ports and names can belong to another board tomorrow.
 * An entry of a project never joins a board of the user's own brokers, nor the other way round.
 */
export function joinReports({ boards, foreign }: Registry, found: readonly Found[]): Reports {
  const byAddress = new Map<string, RegisteredBoard>();
  const byUid = new Map<string, RegisteredBoard>();
  const key = (uid: string, address: Address) => `${uid} ${String(isForeign(address, foreign))}`;
  for (const entry of boards) {
    const { address, uid = '', seen } = entry;
    for (const text of seen?.addresses ?? [address.text]) {
      if (!byAddress.has(text)) byAddress.set(text, entry);
    }
    const keyed = key(uid, address);
    if (!isPlaceholderUid(uid) && !byUid.has(keyed)) byUid.set(keyed, entry);
  }
  const own = new Map<RegisteredBoard, Found[]>();
  const others = new Map<string, Found[]>();
  for (const report of found) {
    const { address, uid = '' } = report;
    const keyed = isPlaceholderUid(uid) ? address.text : key(uid, address);
    const entry = byAddress.get(address.text) ?? byUid.get(keyed);
    if (entry) own.set(entry, [...(own.get(entry) ?? []), report]);
    else others.set(keyed, [...(others.get(keyed) ?? []), report]);
  }
  return { own, others: [...others.values()] };
}

/**
 * Returns the report of the broker through which a board should be reached. A board that is online
 * comes first; one that cannot prove its uid never replaces the entry's own address.
 */
export function bestReport(reports: readonly Found[], own?: Address): Found | undefined {
  const usable = reports.filter((r) => !own || r.address.text === own.text || !r.unproven);
  const at = (r: Found) => Number(r.address.text === own?.text);
  return [...usable].sort(
    (a, b) => Number(b.online !== false) - Number(a.online !== false) || at(b) - at(a),
  )[0];
}

/** Returns whether the port of an entry is certainly not plugged in, which is known only where ports are files. */
export function isUnplugged({ address }: { readonly address: Address }): boolean {
  return address.kind === 'serial' && process.platform !== 'win32' && !existsSync(address.path);
}

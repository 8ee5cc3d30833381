import { text } from './bytes';

/** A Wi-Fi network in range of a board. `signal` in dBm. */
export interface WifiNetwork {
  readonly name: string;
  readonly signal: number;
  readonly open: boolean;
}

/** Networks that are read from a board's list. */
const MOST_NETWORKS = 100;
/** Longest name of a network, in bytes. Source: IEEE 802.11. */
const MOST_NAME_BYTES = 32;

/**
 * Parses the lines that wifiScan.py prints, `net NAME_IN_HEX DBM PROTECTION`. Returns the networks strongest first, without
 * duplicate names. Hidden ones have no name and are omitted.
 */
export function parseNetworks(said: string): WifiNetwork[] {
  const best = new Map<string, WifiNetwork>();
  for (const [, hexName = '', dbm, protection] of said.matchAll(
    /^net ([0-9a-f]*) (-?\d{1,4}) (\d{1,4})\r?$/gm,
  )) {
    const bytes = Buffer.from(hexName, 'hex');
    const name = text(bytes);
    if (bytes.length === 0 || bytes.length > MOST_NAME_BYTES || name.includes('\0')) continue;
    const network = { name, signal: Number(dbm), open: protection === '0' };
    const known = best.get(name);
    if (!known || known.signal < network.signal) best.set(name, network);
    if (best.size >= MOST_NETWORKS) break;
  }
  return [...best.values()].sort((a, b) => b.signal - a.signal);
}

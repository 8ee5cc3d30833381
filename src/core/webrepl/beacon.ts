import type { Found } from '../board';
import { UsageError } from '../errors';
import { parseAddress } from '../parseAddress';

/** The UDP port to which boards of iot-kernel send their beacon. */
export const BEACON_PORT = 50_000;
/** Longest beacon in bytes; iot-kernel reads no more. */
const MOST_BYTES = 256;
/** A board's id as iot-kernel writes it: `24:0a:c4:12:87:7c`. */
const UID = /^(?:[0-9a-f]{1,2}:){3,31}[0-9a-f]{1,2}$/i;

/** `ws://10.39.40.135:8266`, `telnet://10.39.40.135` */
const URL_FORM = /^(?:ws|telnet):\/\/(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?\/?$/;

/**
 * Returns the board in a beacon of iot-kernel: its URL, a line feed, its id. Anyone on the network can send one, so it must
 * name the address that it came from, and the id is shown but proves nothing.
 * @returns undefined if the data are not a valid beacon
 */
export function boardInBeacon(data: Uint8Array, sender: string): Found | undefined {
  if (data.length > MOST_BYTES) return undefined;
  const lines = Buffer.from(data).toString('latin1').split('\n');
  const [url = '', uid = ''] = lines;
  if (lines.length !== 2 || !UID.test(uid)) return undefined;
  const [, host] = URL_FORM.exec(url) ?? [];
  if (host !== sender) return undefined;
  try {
    return { address: parseAddress(url), likely: true, details: { beacon: uid.toLowerCase() } };
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

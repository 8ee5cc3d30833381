import type { Address } from '../../core/address';
import { networkAddress } from '../../core/parseAddress';
import type { Settings } from '../settings';

/** Adds a network board to the user's addresses. */
export async function addWebReplAddress(settings: Settings, address: Address): Promise<void> {
  const known = settings.get('webrepl.addresses');
  if (known.some((text) => canonicalWebRepl(text) === address.text)) return;
  await settings.set('webrepl.addresses', [...known, address.text]);
}

/** Normalises a setting's addresses; invalid ones are unchanged. */
export function canonicalWebRepl(text: string): string {
  try {
    return networkAddress(text).text;
  } catch {
    return text;
  }
}

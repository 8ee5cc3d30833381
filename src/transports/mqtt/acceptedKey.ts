import type { Address } from '../../core/address';
import type { Birth, BoardKey, Gone } from '../../core/agent';
import type { BrokerProfile, BrokerSecrets } from '../../core/broker/broker';
import { mqttAddress } from '../../core/parseAddress';
import { keyNeeded } from './agentErrors';
import { openMode } from './brokerErrors';

interface Place {
  readonly profile: BrokerProfile;
  readonly secrets: BrokerSecrets;
}

/** Checks that the user accepts a board in open mode. `id`: its uid or prefix. @throws ConnectError */
export async function requireAccepted(place: Place, address: Address, id: string): Promise<void> {
  const { secrets, profile } = place;
  if (!secrets.acceptsOpen || (await secrets.acceptsOpen(profile, id))) return;
  throw openMode(address, id);
}

/**
 * Returns the key for a board; undefined for a board in open mode that the user has accepted.
 * Ignores changes of presence in the meantime, so that a forged one cannot slip through between two checks.
 * @throws ConnectError without a key and without that acceptance
 */
export async function acceptedKey(
  { secrets, profile }: Place,
  uid: string,
  presences: ReadonlyMap<string, Birth | Gone>,
): Promise<BoardKey | undefined> {
  const key = await secrets.boardKey(uid);
  if (key || !secrets.acceptsOpen || (await secrets.acceptsOpen(profile, uid))) return key;
  const birth = presences.get(uid);
  const name = secrets.nameOf?.(uid) ?? (birth?.on ? birth.name : '');
  if (birth?.on && birth.mode === 'open') throw openMode(mqttAddress(profile.id, uid), name || uid);
  throw keyNeeded(uid, name);
}

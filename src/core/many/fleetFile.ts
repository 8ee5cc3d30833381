import type { BrokerProfile } from '../broker/broker';
import { LOCAL_BROKER_ID } from '../broker/localBroker';
import type { Groups, Selectable } from './selector';

/** The fleet as a file that another computer can read. */
export interface FleetFile {
  /** The content of `fleet.json`. */
  readonly text: string;
  /** Number of boards in it. */
  readonly count: number;
  /** Names of boards that only this window can reach, by its own broker or the demo. */
  readonly left: readonly string[];
}

/**
 * Writes the boards, groups and brokers of a window as a `fleet.json` for the command line, without
 * passwords or keys. If boards have equal names, the later ones get their unique id appended.
 */
export function fleetFile(
  boards: readonly Selectable[],
  groups: Groups,
  brokers: readonly BrokerProfile[],
): FleetFile {
  const named: Record<string, object> = {};
  const left: string[] = [];
  for (const { name, uid, addresses, tags, platform } of boards) {
    const address = addresses.find((a) => !isOwn(a));
    if (address === undefined) {
      left.push(name);
      continue;
    }
    const key = Object.hasOwn(named, name) ? `${name}-${uid ?? Object.keys(named).length}` : name;
    named[key] = {
      address,
      ...(tags.length > 0 ? { tags } : {}),
      ...(platform === undefined ? {} : { platform }),
      ...(uid === undefined ? {} : { uid }),
    };
  }
  const profiles = brokers.filter((b) => b.id !== LOCAL_BROKER_ID);
  const content = {
    boards: named,
    groups,
    brokers: Object.fromEntries(profiles.map((b) => [b.id, withoutSecrets(b)])),
  };
  return {
    text: `${JSON.stringify(content, undefined, 2)}\n`,
    count: Object.keys(named).length,
    left,
  };
}

function isOwn(address: string): boolean {
  return address.startsWith(`mqtt://${LOCAL_BROKER_ID}/`) || address.startsWith('demo:');
}

/** Copies only the known fields, so that nothing else leaves the window by accident. */
function withoutSecrets(profile: BrokerProfile) {
  const { name, url, root, username, caFile, certFile, keyFile, clientId, encrypt } = profile;
  return { name, url, root, username, caFile, certFile, keyFile, clientId, encrypt };
}

import { isPlaceholderUid, type Lent } from '../board';
import { bareUid, type Device } from './model';

/**
 * Returns the names and tags that device files give to boards, by the boards' unique ids in lower-case hex.
 * @param isOwn whether a file belongs to the user, not to a project
 */
export function lentNames(
  devices: readonly Device[],
  isOwn: (file: string) => boolean,
): ReadonlyMap<string, Lent> {
  return new Map(
    devices.flatMap(({ name, uid, tags, place }) => {
      const key = bareUid(uid);
      if (isPlaceholderUid(key) || !isName(name)) return [];
      return [[key, { name, tags, own: isOwn(place.file) }] as const];
    }),
  );
}

/** Returns whether a selector can mean the name, and a folder can have it. */
function isName(name: string): boolean {
  return /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(name) && name !== 'all';
}

import type { CatalogueFile } from './catalogueEntries';

type Release = readonly [major: number, minor: number, patch: number];

/** Reads `v1.25.0`, `1.9` or `1.27.0-preview.12`; suffixes do not count. */
function releaseOf(version: string): Release | undefined {
  const [, major, minor, patch = '0'] =
    /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?/.exec(version) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

/** Compares two versions by their numbers: negative if `a` is older. Undefined if one of them is not a version. */
export function compareReleases(a: string, b: string): number | undefined {
  const [one, other] = [releaseOf(a), releaseOf(b)];
  if (!one || !other) return undefined;
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}

/** Returns the newest version among releases, without the `v`; undefined if there are only previews. */
export function newestRelease(files: readonly CatalogueFile[]): string | undefined {
  let newest: string | undefined;
  for (const { version, preview } of files) {
    if (preview || !releaseOf(version)) continue;
    if (newest === undefined || (compareReleases(newest, version) ?? 0) < 0) newest = version;
  }
  return newest?.replace(/^v/, '');
}

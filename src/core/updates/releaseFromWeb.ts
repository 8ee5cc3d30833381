import type { Fetcher } from '../packages';
import type { LoadUrl } from './signedManifest';

/**
 * Loads files of releases from the web. A hundred boards that get the same release, one after the other or when they come back,
 * cause one download.
 */
export function releaseFromWeb(fetcher: Fetcher, signal: AbortSignal): LoadUrl {
  return (url, maxBytes, hash) =>
    hash === undefined
      ? fetcher.get(url, { signal, maxBytes, keepByHash: true })
      : fetcher.getByHash(url, hash, { signal, maxBytes });
}

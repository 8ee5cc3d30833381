import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { AgentSource } from '../core/agent';
import { UsageError } from '../core/errors';
import type { Cli } from './cli';
import { fetcherOf } from './packages';

/**
 * Loads a signed release of the agent by the address or path of its manifest. Checks everything
 * before a board is touched.
 * @throws UsageError without the signature of a trusted key, or if a file differs from what was
 * signed; DownloadError
 */
export async function agentRelease(
  cli: Cli,
  from: string,
): Promise<{ version: string; sourceOf: (compiled: boolean) => Promise<AgentSource> }> {
  const { MOST_FILE_BYTES, MOST_MANIFEST_BYTES, readRelease, sourceOf, updateKeys } =
    await import('../core/agent/signedRelease');
  const trusted = updateKeys(cli.env.MPYFLEET_UPDATE_KEYS ?? '');
  if (trusted.length === 0) {
    throw new UsageError('No public key is trusted for releases of the agent', {
      hint: 'Put those of your publisher into MPYFLEET_UPDATE_KEYS, separated by blanks.',
    });
  }
  const isUrl = /^https?:\/\//i.test(from);
  const fetcher = fetcherOf(cli);
  const load = (name: string, maxBytes: number) =>
    isUrl
      ? fetcher.get(new URL(name, from).href, { signal: cli.signal, maxBytes })
      : readFile(join(dirname(resolve(cli.cwd, from)), name));
  const manifest = isUrl
    ? await load(from, MOST_MANIFEST_BYTES)
    : await readFile(resolve(cli.cwd, from));
  const release = readRelease(manifest, trusted);
  const files = new Map<string, Uint8Array>();
  for (const name of release.files.keys()) files.set(name, await load(name, MOST_FILE_BYTES));
  const source = sourceOf(release, files);
  return {
    version: release.version,
    sourceOf: (compiled) =>
      compiled
        ? Promise.resolve(source)
        : Promise.reject(
            new UsageError('This MicroPython is too old for a compiled agent', {
              hint: 'Use MicroPython 1.19 or later; "mpyfleet flash" writes it.',
            }),
          ),
  };
}

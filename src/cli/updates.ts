import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AGENT_VERSION } from '../core/agent';
import { asError, UsageError } from '../core/errors';
import { isAbsent } from '../core/localFiles';
import type { NewAgent } from '../core/many';
import {
  checkSigned,
  loadAgentRelease,
  type LoadedFirmware,
  loadFirmwareUpdate,
  type LoadUrl,
  releaseFromWeb,
  updateKeys,
} from '../core/updates';
import { sha256 } from '../core/hash';
import type { Cli } from './cli';
import { bundledAgent } from './files';
import { isCatalogueName, loadFirmware } from './firmware';
import { fetcherOf } from './packages';

/** A release that a waiting job names: where it is, and the SHA-256 that it must have. */
export interface Pinned {
  readonly url: string;
  readonly sha256: string;
}

/** Returns the public keys whose releases are accepted. @throws UsageError */
function trustedBy({ env }: Pick<Cli, 'env'>): readonly string[] {
  return updateKeys(env.MPYFLEET_UPDATE_KEYS ?? '');
}

/**
 * Returns the agent that mpyfleet carries, or the signed release whose manifest has this address or
 * path.
 * @throws UsageError, DownloadError
 */
export async function agentFrom(cli: Cli, from: string | undefined): Promise<NewAgent> {
  if (from === undefined) return { version: AGENT_VERSION, sourceOf: bundledAgent };
  return loadAgentRelease(urlOf(cli, from), loader(cli), trustedBy(cli));
}

/** Loads the release that a waiting job was made for. @throws UsageError, DownloadError */
export async function pinnedAgent(cli: Cli, release: Pinned | undefined): Promise<NewAgent> {
  if (!release) return agentFrom(cli, undefined);
  return loadAgentRelease(release.url, loader(cli), trustedBy(cli), release.sha256);
}

/**
 * Loads firmware for updates over the air: a path, an address, or a name in the catalogue.
 * @throws UsageError, DownloadError, also for an image that is not signed although public keys are trusted, without --force
 */
export async function firmwareFrom(cli: Cli, wanted: string): Promise<LoadedFirmware> {
  const trusted = trustedBy(cli);
  const firmware = (await isInCatalogue(cli, wanted))
    ? await catalogued(cli, wanted)
    : await loadFirmwareUpdate(urlOf(cli, wanted), loader(cli), trusted);
  if (!cli.options.force) checkSigned(firmware, trusted);
  return firmware;
}

/** Loads the firmware that a waiting job was made for. @throws UsageError, DownloadError */
export async function pinnedFirmware(
  cli: Cli,
  { url, sha256: pinned }: Pinned,
): Promise<LoadedFirmware> {
  return loadFirmwareUpdate(url, loader(cli), trustedBy(cli), pinned);
}

/** Returns whether a word names firmware of the catalogue. A file of that name comes first. */
async function isInCatalogue(cli: Cli, wanted: string): Promise<boolean> {
  if (!isCatalogueName(wanted)) return false;
  try {
    await stat(resolve(cli.cwd, wanted));
    return false;
  } catch (error) {
    return isAbsent(error);
  }
}

async function catalogued(cli: Cli, wanted: string): Promise<LoadedFirmware> {
  const { data, name } = await loadFirmware(cli, wanted);
  return { image: data, label: name, file: wanted, sha256: sha256(data) };
}

function urlOf({ cwd }: Pick<Cli, 'cwd'>, from: string): string {
  return /^(https?|file):\/\//i.test(from) ? from : pathToFileURL(resolve(cwd, from)).href;
}

function loader(cli: Cli): LoadUrl {
  const fromWeb = releaseFromWeb(fetcherOf(cli), cli.signal);
  return async (url, maxBytes, hash) => {
    if (!url.startsWith('file:')) return fromWeb(url, maxBytes, hash);
    const path = fileURLToPath(url);
    try {
      return await readFile(path);
    } catch (cause) {
      throw new UsageError(`${path} cannot be read: ${asError(cause).message}`, { cause });
    }
  };
}

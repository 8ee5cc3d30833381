import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../core/errors';
import { FirmwareCatalogue, MICROPYTHON_DOWNLOADS, MOST_FIRMWARE_BYTES } from '../core/flash';
import { cacheFolder, CachingFetcher, nodeHttp, proxyFromEnvironment } from '../core/packages';
import type { Cli } from './cli';
import { isAbsent } from '../core/localFiles';

/**
 * Returns the firmware catalogue. MPYFLEET_FIRMWARE: URL of the download page;
 * MPYFLEET_FIRMWARE_SOURCES: additional sources, separated by spaces.
 */
export function firmwareCatalogue(cli: Cli): FirmwareCatalogue {
  const { MPYFLEET_FIRMWARE: main = MICROPYTHON_DOWNLOADS, MPYFLEET_FIRMWARE_SOURCES: own = '' } =
    cli.env;
  return new FirmwareCatalogue(
    () => ({ main, own: own.split(/\s+/).filter(Boolean) }),
    firmwareFetcher(cli),
  );
}

/** Returns whether a word may be a board of the catalogue: `ESP32_GENERIC_S3@v1.26.0`. */
export function isCatalogueName(wanted: string): boolean {
  return /^[A-Za-z][\w-]*(@[\w.+-]+)?$/.test(wanted);
}

/**
 * Reads firmware from a local file, a URL, or by its name in the catalogue.
 * @throws UsageError, DownloadError, FlashError
 */
export async function loadFirmware(
  cli: Cli,
  wanted: string,
): Promise<{ data: Uint8Array; name: string }> {
  if (/^https?:/i.test(wanted)) {
    const options = { signal: cli.signal, maxBytes: MOST_FIRMWARE_BYTES };
    return { data: await firmwareFetcher(cli).get(wanted, options), name: wanted };
  }
  try {
    return { data: await readFile(resolve(cli.cwd, wanted)), name: wanted };
  } catch (cause) {
    if (!isCatalogueName(wanted) || !isAbsent(cause)) {
      throw new UsageError(`${wanted} cannot be read: ${(cause as Error).message}`, { cause });
    }
  }
  const catalogue = firmwareCatalogue(cli);
  const file = await catalogue.resolve(wanted, cli.signal);
  cli.err(`${file.board} ${file.version}: ${file.url}\n`);
  return {
    data: await catalogue.download(file, cli.signal),
    name: `${file.board} ${file.version}`,
  };
}

function firmwareFetcher(cli: Cli): CachingFetcher {
  return new CachingFetcher(cacheFolder(cli.env), nodeHttp(proxyFromEnvironment(cli.env)), cli.log);
}

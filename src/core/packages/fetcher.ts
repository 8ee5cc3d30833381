import * as l10n from '@vscode/l10n';
import { sha256 } from '../hash';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { throwIfAborted } from '../async';
import { UsageError } from '../errors';
import { orAbsent, replaceFile } from '../localFiles';
import type { Log } from '../log';
import { withoutLogin } from './plainUrl';
import { brokenOff, DownloadError, refused, unreachable, WrongHashError } from './downloadError';

/** How one address is downloaded. */
export interface FetchOptions {
  signal?: AbortSignal;
  /** Limit of the answer in bytes, checked during the download; default {@link MAX_FILE}. */
  maxBytes?: number;
  /** Called when the server cannot be reached and its cached answer is used instead. */
  onStale?: (since: Date) => void;
  /** Keeps the content by its hash as well, so that `getByHash` needs no request. */
  keepByHash?: boolean;
}

/** Downloads bytes from http, https and file addresses. */
export interface Fetcher {
  get(url: string, options?: FetchOptions): Promise<Uint8Array>;
  /** Returns content with this SHA-256 prefix (hex): from the cache without a request, else from `url`, checked. */
  getByHash(url: string, hash: string, options?: FetchOptions): Promise<Uint8Array>;
}

/** Hex digits of a whole SHA-256. */
const FULL_HASH = 64;

/** Default limit of an answer, in bytes. Files for boards are small, and the index of all packages takes a few hundred kB. */
export const MAX_FILE = 8 * 1024 * 1024;

/** The only function that uses the network: see nodeHttp. `body` yields the bytes as they arrive. */
export type HttpGet = (
  url: string,
  init: { signal?: AbortSignal },
) => Promise<{ ok: boolean; status: number; body: AsyncIterable<Uint8Array> }>;

/** A {@link Fetcher} with a cache folder. Files with a known hash are downloaded once; others are cached for use offline. */
export class CachingFetcher implements Fetcher {
  constructor(
    private readonly cacheDir: string,
    private readonly http: HttpGet,
    private readonly log: Log,
  ) {}

  async get(url: string, options: FetchOptions = {}): Promise<Uint8Array> {
    if (url.startsWith('file:')) return this.#readLocal(url, options);
    const key = join(this.cacheDir, 'url', sha256(Buffer.from(url)));
    try {
      const bytes = await this.#download(url, options);
      await replaceFile(key, bytes);
      if (options.keepByHash) await replaceFile(this.#placeOf(url, sha256(bytes)), bytes);
      return bytes;
    } catch (error) {
      // A status such as 404 is final. If the server is unreachable or fails, its last answer is used.
      const isAway = error instanceof DownloadError && (error.status === 0 || error.status >= 500);
      const kept = isAway ? await load(key) : undefined;
      if (!kept) throw error;
      const { mtime } = await stat(key);
      this.log.warn(
        `${(error as Error).message}; the copy of ${mtime.toISOString()} is used for ${withoutLogin(url)}`,
      );
      options.onStale?.(mtime);
      return kept;
    }
  }

  async getByHash(url: string, hash: string, options: FetchOptions = {}): Promise<Uint8Array> {
    if (!/^[0-9a-f]{8,64}$/.test(hash)) {
      throw new DownloadError(url, 0, l10n.t('"{0}" is not a SHA-256 hash', hash));
    }
    const key = this.#placeOf(url, hash);
    const kept = await load(key);
    if (kept && sha256(kept).startsWith(hash)) return kept;
    const bytes = url.startsWith('file:')
      ? await this.#readLocal(url, options)
      : await this.#download(url, options);
    const real = sha256(bytes);
    if (!real.startsWith(hash)) {
      throw new WrongHashError(
        url,
        200,
        l10n.t(
          '{0} does not match the index: its SHA-256 is {1}, not {2}',
          url,
          real.slice(0, hash.length),
          hash,
        ),
        {
          hint: l10n.t(
            'The mirror or the download is damaged. Try again, or choose another index.',
          ),
        },
      );
    }
    await replaceFile(key, bytes);
    return bytes;
  }

  /** Returns the cache path of content with a known hash. */
  #placeOf(url: string, hash: string): string {
    return join(this.cacheDir, 'hash', hash.length === FULL_HASH ? hash : shortKey(url, hash));
  }

  /** Accepts `file:` with a plain path, or `file://` with an encoded one. */
  async #readLocal(url: string, options: FetchOptions): Promise<Uint8Array> {
    const path = url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length);
    const maxBytes = options.maxBytes ?? MAX_FILE;
    try {
      const { size } = await stat(path);
      if (size <= maxBytes) return await readFile(path);
    } catch (cause) {
      throw new DownloadError(url, 404, l10n.t('{0} cannot be read', path), {
        cause,
        hint: l10n.t('Check the path and its permissions.'),
      });
    }
    throw tooLarge(path, maxBytes);
  }

  async #download(url: string, options: FetchOptions): Promise<Uint8Array> {
    if (!/^https?:/.test(url)) throw new UsageError(l10n.t('"{0}" is not an http address', url));
    throwIfAborted(options.signal);
    let response: Awaited<ReturnType<HttpGet>>;
    try {
      response = await this.http(url, options.signal ? { signal: options.signal } : {});
    } catch (cause) {
      throwIfAborted(options.signal);
      throw unreachable(url, cause);
    }
    if (!response.ok) throw refused(url, response.status);
    try {
      return await this.#collect(url, response.body, options.maxBytes ?? MAX_FILE);
    } catch (cause) {
      throwIfAborted(options.signal);
      throw cause instanceof DownloadError ? cause : brokenOff(url, cause);
    }
  }

  async #collect(
    url: string,
    body: AsyncIterable<Uint8Array>,
    maxBytes: number,
  ): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of body) {
      size += part.length;
      if (size > maxBytes) throw tooLarge(url, maxBytes);
      parts.push(part);
    }
    return Buffer.concat(parts);
  }
}

/** Reads a file of the cache. */
function load(key: string): Promise<Uint8Array | undefined> {
  return orAbsent(readFile(key), undefined);
}

/**
 * Includes the URL in the key of a short hash. Another content with the same 8 digits can be found in minutes, so an entry
 * that one index supplied must not be used for another.
 */
function shortKey(url: string, hash: string): string {
  return `${sha256(Buffer.from(url))}-${hash}`;
}

function tooLarge(url: string, maxBytes: number): DownloadError {
  return new DownloadError(url, 200, l10n.t('{0} is larger than {1} bytes', url, maxBytes), {
    hint: l10n.t('It is not a package for a board. Check the address.'),
  });
}

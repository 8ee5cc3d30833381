import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { throwIfAborted } from '../async';
import { UsageError } from '../errors';
import type { Log } from '../log';
import { brokenOff, DownloadError, refused, unreachable } from './downloadError';

export interface FetchOptions {
  signal?: AbortSignal;
  /** More than this is refused while it comes in; default {@link MAX_FILE}. */
  maxBytes?: number;
  /** Told when the server cannot be reached, and what it said at that time is given in place. */
  onStale?: (since: Date) => void;
}

/** Gets bytes from http, https and file addresses. */
export interface Fetcher {
  get(url: string, options?: FetchOptions): Promise<Uint8Array>;
  /** Content known by its SHA-256 prefix (hex): from the cache without asking the network, else `url`, checked. */
  getByHash(url: string, hash: string, options?: FetchOptions): Promise<Uint8Array>;
}

/** Board files are small; an index of all packages is some hundred kB. */
export const MAX_FILE = 8 * 1024 * 1024;

/** The one function that goes to the network: see nodeHttp. `body` gives its bytes as they come. */
export type HttpGet = (
  url: string,
  init: { signal?: AbortSignal },
) => Promise<{ ok: boolean; status: number; body: AsyncIterable<Uint8Array> }>;

/** A {@link Fetcher} with a cache folder: what is known by hash is fetched once, the rest serves while offline. */
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
      await this.#store(key, bytes);
      return bytes;
    } catch (error) {
      // A server that says no is believed; one that is not there, or out of order, is replaced by what it said last.
      const isAway = error instanceof DownloadError && (error.status === 0 || error.status >= 500);
      const kept = isAway ? await this.#load(key) : undefined;
      if (!kept) throw error;
      const { mtime } = await stat(key);
      this.log.warn(
        `${(error as Error).message}; the copy of ${mtime.toISOString()} is used for ${url}`,
      );
      options.onStale?.(mtime);
      return kept;
    }
  }

  async getByHash(url: string, hash: string, options: FetchOptions = {}): Promise<Uint8Array> {
    if (!/^[0-9a-f]{8,64}$/.test(hash)) {
      throw new DownloadError(url, 0, `"${hash}" is no SHA-256 hash`);
    }
    const key = join(this.cacheDir, 'hash', hash);
    const kept = await this.#load(key);
    if (kept && sha256(kept).startsWith(hash)) return kept;
    const bytes = url.startsWith('file:')
      ? await this.#readLocal(url, options)
      : await this.#download(url, options);
    const real = sha256(bytes);
    if (!real.startsWith(hash)) {
      throw new DownloadError(
        url,
        200,
        `${url} is not what the index promises: its SHA-256 is ${real.slice(0, hash.length)}, not ${hash}`,
        { hint: 'The mirror or the download is damaged. Try again, or choose another index.' },
      );
    }
    await this.#store(key, bytes);
    return bytes;
  }

  /** `file:` with a path as it is, or `file://` with one that is encoded. */
  async #readLocal(url: string, options: FetchOptions): Promise<Uint8Array> {
    const path = url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length);
    const maxBytes = options.maxBytes ?? MAX_FILE;
    try {
      const { size } = await stat(path);
      if (size <= maxBytes) return await readFile(path);
    } catch (cause) {
      throw new DownloadError(url, 404, `${path} cannot be read`, {
        cause,
        hint: 'Check the path, and that you may read it.',
      });
    }
    throw tooLarge(path, maxBytes);
  }

  async #download(url: string, options: FetchOptions): Promise<Uint8Array> {
    if (!/^https?:/.test(url)) throw new UsageError(`"${url}" is no http address`);
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

  async #load(key: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(key);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Written beside and renamed, so that a cache file is whole or absent. */
  async #store(key: string, bytes: Uint8Array): Promise<void> {
    await mkdir(join(key, '..'), { recursive: true });
    const temporary = `${key}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    await writeFile(temporary, bytes);
    await rename(temporary, key);
  }
}

function tooLarge(url: string, maxBytes: number): DownloadError {
  return new DownloadError(url, 200, `${url} is larger than ${maxBytes} bytes`, {
    hint: 'It is no package for a board. Check the address.',
  });
}

/** SHA-256 in lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

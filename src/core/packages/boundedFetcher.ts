import * as l10n from '@vscode/l10n';
import { ProtocolError } from '../errors';
import type { Fetcher, FetchOptions } from './fetcher';

/** Limit of requests for one set of packages: 200 packages need two or three requests each. */
const MAX_REQUESTS = 1_000;

/** Limit of bytes in all answers: the descriptions of large PyPI projects are a few MB each. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Limits what resolving packages may cost. The index decides what is requested next, so a hostile one could keep it busy for hours.
 * Each address is requested once, even when the resolver starts another round.
 */
export class BoundedFetcher implements Fetcher {
  readonly #asked = new Map<string, Promise<Uint8Array>>();
  #size = 0;

  constructor(private readonly fetcher: Fetcher) {}

  get(url: string, options?: FetchOptions): Promise<Uint8Array> {
    return this.#once(url, () => this.fetcher.get(url, options));
  }

  getByHash(url: string, hash: string, options?: FetchOptions): Promise<Uint8Array> {
    return this.#once(`${hash} ${url}`, () => this.fetcher.getByHash(url, hash, options));
  }

  #once(key: string, ask: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#asked.get(key);
    if (known) return known;
    const answer = this.#counted(ask);
    this.#asked.set(key, answer);
    return answer;
  }

  async #counted(ask: () => Promise<Uint8Array>): Promise<Uint8Array> {
    if (this.#asked.size >= MAX_REQUESTS) throw tooMuch(l10n.t('{0} requests', MAX_REQUESTS));
    const bytes = await ask();
    this.#size += bytes.length;
    if (this.#size > MAX_BYTES) throw tooMuch(l10n.t('{0} bytes', MAX_BYTES));
    return bytes;
  }
}

function tooMuch(limit: string): ProtocolError {
  return new ProtocolError(l10n.t('Resolving the packages takes more than {0}', limit), {
    hint: l10n.t('Check the address of the index, or install the packages one by one.'),
  });
}

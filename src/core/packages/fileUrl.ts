import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import type { Fetcher, FetchOptions } from './fetcher';
import { sha256 } from '../hash';
import { rawUrl } from './spec';

/** A file at an address. */
export interface FileUrl {
  readonly url: string;
  /** Its name, from the end of the address; undefined if that holds none. */
  readonly name?: string;
  /** The SHA-256 that its content must have, in lower-case hex. */
  readonly sha256?: string;
}

/** A file's name that is the same on every computer and on boards. */
const NAME = /^(?!\.{1,2}$)[^\\/:*?"<>|\p{C}]{1,255}$/u;

/** Returns whether a source of an upload is an address. */
export function isFileUrl(text: string): boolean {
  return /^https?:\/\//i.test(text.trim());
}

/**
 * Parses an address such as `https://example.org/data.bin#sha256=…`. The page of a file at GitHub, GitLab or Codeberg stands for
 * the file.
 * @throws UsageError
 */
export function parseFileUrl(text: string): FileUrl {
  const [address = '', ...fragments] = text.trim().split('#');
  const fragment = fragments.join('#');
  const hash = /^sha256[=:]([0-9a-f]{64})$/i.exec(fragment)?.[1]?.toLowerCase();
  if (fragment !== '' && hash === undefined) {
    throw new UsageError(l10n.t('"#{0}" is not a SHA-256', fragment), {
      hint: l10n.t('Write #sha256= and 64 hexadecimal digits after the address, or nothing.'),
    });
  }
  let url: URL;
  try {
    url = new URL(rawUrl(address));
  } catch (cause) {
    throw new UsageError(l10n.t('"{0}" is not an address', address), { cause });
  }
  if (!/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new UsageError(l10n.t('"{0}" is not an http address', address));
  }
  const name = nameIn(url);
  return {
    url: url.href,
    ...(name === undefined ? {} : { name }),
    ...(hash === undefined ? {} : { sha256: hash }),
  };
}

/**
 * Downloads the file. Without a SHA-256 the server is asked each time; its last answer is used if it cannot be reached.
 * @returns the content and its SHA-256
 * @throws DownloadError
 */
export async function fetchFile(
  fetcher: Fetcher,
  { url, sha256: wanted }: FileUrl,
  options: FetchOptions = {},
): Promise<{ readonly content: Uint8Array; readonly sha256: string }> {
  const content = await (wanted === undefined
    ? fetcher.get(url, options)
    : fetcher.getByHash(url, wanted, options));
  return { content, sha256: wanted ?? sha256(content) };
}

function nameIn(url: URL): string | undefined {
  const last = url.pathname.split('/').at(-1) ?? '';
  try {
    const name = decodeURIComponent(last);
    return NAME.test(name) ? name : undefined;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

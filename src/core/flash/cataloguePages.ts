import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import { readCircuitPython } from './circuitPython';
import type { CatalogueBoard, CatalogueFile } from './catalogueEntries';

const MOST_ENTRIES = 5000; // micropython.org has some 200 boards with some 20 files each
const TEXT_LIMIT = 100;
const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$/;

/**
 * Reads the boards on micropython.org's download page: links of the class `board-card`, with the
 * product's and the vendor's name in elements of the classes `board-product` and `board-vendor`.
 */
export function readBoards(page: string, url: string): CatalogueBoard[] {
  const boards: CatalogueBoard[] = [];
  for (const [, attributes = '', content = ''] of page.matchAll(/<a\b([^>]*)>(.*?)<\/a>/gs)) {
    if (!/class\s*=\s*["'][^"']*\bboard-card\b/.test(attributes)) continue;
    const href = /href\s*=\s*["']([^"']+)["']/.exec(attributes)?.[1] ?? '';
    const id = href.replace(/\/+$/, '').split('/').at(-1) ?? '';
    if (!ID.test(id) || boards.length >= MOST_ENTRIES) continue;
    const part = (name: string) =>
      plain(
        new RegExp(`class\\s*=\\s*["'][^"']*\\b${name}\\b[^>]*>(.*?)</`, 's').exec(content)?.[1],
      );
    boards.push({
      id,
      name: part('board-product') || id,
      vendor: part('board-vendor'),
      source: url,
    });
  }
  return boards;
}

/**
 * Reads the firmware files that a page links to: `BOARD[-VARIANT]-DATE-VERSION.EXT`, or
 * `BOARD[-VARIANT]-VERSION.EXT`.
 */
export function readFiles(page: string, url: string): CatalogueFile[] {
  const files = new Map<string, CatalogueFile>();
  for (const [, link = ''] of page.matchAll(/href\s*=\s*["']([^"']+)["']/g)) {
    if (files.size >= MOST_ENTRIES || !URL.canParse(link, url)) continue;
    const file = new URL(link, url);
    const base = decodeURIComponent(file.pathname.split('/').at(-1) ?? '');
    const [, name = '', date, version = ''] =
      /^(.+?)-(?:(\d{8})-)?(v\d[\w.+-]*?|unstable-v[\w.+-]*?)\.(?:bin|uf2|hex|dfu)$/.exec(base) ??
      [];
    const [board = '', variant = ''] = name.split(/-(.*)/s);
    if (!ID.test(board)) continue;
    files.set(file.href, {
      board,
      variant,
      version,
      preview: /preview|unstable|g[0-9a-f]{7,}/.test(version),
      date: date?.replace(/^(....)(..)(..)$/, '$1-$2-$3'),
      url: file.href,
      sha256: undefined,
    });
  }
  return [...files.values()];
}

/**
 * Returns the port of MicroPython that a board's page names by the link to the board's source; undefined if it has no such
 * link.
 */
export function readPort(page: string): string | undefined {
  return /href\s*=\s*["'][^"']*\/ports\/([a-z0-9_-]{1,30})\/boards\//.exec(page)?.[1];
}

/**
 * Reads a catalogue of the user's own: `{ "boards": [{ "id", "name"?, "vendor"?, "firmware": [{
 * "version", "url", "variant"?, "sha256"? }] }] }`. Addresses are relative to the file. A list
 * instead of an object is CircuitPython's.
 * @throws UsageError that names the problem
 */
export function readOwnCatalogue(
  json: string,
  url: string,
): { boards: CatalogueBoard[]; files: CatalogueFile[] } {
  const bad = (what: string) =>
    new UsageError(l10n.t('The firmware catalogue {0} is not valid: {1}', url, what), {
      hint: l10n.t('docs/flash.md describes its format.'),
    });
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch (error) {
    throw bad((error as Error).message);
  }
  if (Array.isArray(content)) return readCircuitPython(content as readonly unknown[], url);
  const boards: CatalogueBoard[] = [];
  const files: CatalogueFile[] = [];
  for (const entry of list(field(content, 'boards'))) {
    const id = word(field(entry, 'id'));
    if (!ID.test(id)) throw bad(`id "${id}"`);
    boards.push({
      id,
      name: word(field(entry, 'name')) || id,
      vendor: word(field(entry, 'vendor')),
      source: url,
    });
    for (const item of list(field(entry, 'firmware'))) {
      const version = word(field(item, 'version'));
      const link = field(item, 'url');
      const sha256 = word(field(item, 'sha256')).toLowerCase() || undefined;
      if (version === '' || typeof link !== 'string' || !URL.canParse(link, url))
        throw bad(`firmware of ${id}`);
      const place = new URL(link, url);
      // A catalogue from the network must not refer to a file of this computer.
      const isOdd = place.protocol === 'file:' && !url.startsWith('file:');
      if (isOdd || !/^(https?|file):$/.test(place.protocol)) throw bad(link);
      if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256))
        throw bad(`sha256 of ${id} ${version}`);
      files.push({
        board: id,
        variant: word(field(item, 'variant')),
        version,
        preview: /preview|unstable/.test(version),
        date: undefined,
        url: place.href,
        sha256,
      });
    }
  }
  return { boards, files };
}

/** Orders releases before previews, newer before older. */
export function releaseOrder(a: CatalogueFile, b: CatalogueFile): number {
  if (a.preview !== b.preview) return a.preview ? 1 : -1;
  const numeric = { numeric: true } as const;
  return (
    b.version.localeCompare(a.version, 'en', numeric) ||
    (b.date ?? '').localeCompare(a.date ?? '') ||
    a.variant.localeCompare(b.variant)
  );
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]).slice(0, MOST_ENTRIES) : [];
}

function word(value: unknown): string {
  return typeof value === 'string' ? plain(value) : '';
}

function plain(html: string | undefined): string {
  return (html ?? '')
    .replace(/<[^>]*>/g, '')
    .replace(/&amp;/g, '&')
    .replace(/&#39;|&rsquo;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, TEXT_LIMIT);
}

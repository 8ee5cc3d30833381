import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import type { CatalogueBoard, CatalogueFile } from './catalogueEntries';
import { record } from '../json';

/** Name of CircuitPython's list as a source of firmware. */
export const CIRCUITPYTHON = 'circuitpython';
/** The list of boards and versions behind circuitpython.org's download pages. */
export const CIRCUITPYTHON_LIST =
  'https://raw.githubusercontent.com/adafruit/circuitpython-org/main/_data/files.json';
/** Where its builds are, in folders by board and language. */
const BUILDS = 'https://adafruit-circuit-python.s3.amazonaws.com/bin';
const LANGUAGE = 'en_US';
/** Kinds of files that can be written, the most widely supported first. */
const KINDS = ['uf2', 'bin', 'hex'] as const;
const MOST_BOARDS = 5000;
const MOST_VERSIONS = 50;
const ID = /^[A-Za-z0-9][\w.-]{0,79}$/;
const VERSION = /^\d{1,3}\.\d{1,3}\.\d{1,3}[\w.-]{0,30}$/;

/**
 * Reads CircuitPython's list: `[{ "id", "versions": [{ "version", "stable", "extensions": ["uf2"] }] }]`. Its boards get the
 * prefix `circuitpython_`, because many have the same names as MicroPython's.
 * @throws UsageError if it is something else
 */
export function readCircuitPython(
  list: readonly unknown[],
  source: string,
): { boards: CatalogueBoard[]; files: CatalogueFile[] } {
  const boards: CatalogueBoard[] = [];
  const files: CatalogueFile[] = [];
  for (const entry of list.slice(0, MOST_BOARDS)) {
    const { id, versions } = record(entry);
    if (typeof id !== 'string' || !ID.test(id) || !Array.isArray(versions)) continue;
    const board = `${CIRCUITPYTHON}_${id}`;
    const mine = (versions as readonly unknown[])
      .slice(0, MOST_VERSIONS)
      .flatMap((version) => filesOf(id, board, version));
    if (mine.length === 0) continue;
    boards.push({ id: board, name: id.replace(/_/g, ' '), vendor: 'CircuitPython', source });
    files.push(...mine);
  }
  if (boards.length > 0) return { boards, files };
  throw new UsageError(l10n.t('The CircuitPython list at {0} contains no board', source), {
    hint: l10n.t('Download the firmware from circuitpython.org, and choose the file.'),
  });
}

function filesOf(id: string, board: string, entry: unknown): CatalogueFile[] {
  const { version, stable, extensions } = record(entry);
  if (typeof version !== 'string' || !VERSION.test(version) || !Array.isArray(extensions))
    return [];
  return KINDS.filter((kind) => extensions.includes(kind)).map((kind, i) => ({
    board,
    // An ESP32-S3 has a file for its UF2 drive, and one for its serial loader.
    variant: i === 0 ? '' : kind.toUpperCase(),
    version,
    preview: stable !== true,
    date: undefined,
    url: `${BUILDS}/${id}/${LANGUAGE}/adafruit-circuitpython-${id}-${LANGUAGE}-${version}.${kind}`,
    sha256: undefined,
  }));
}

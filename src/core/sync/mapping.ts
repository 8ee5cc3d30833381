import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import { baseName, below, boardPath, joinBoard } from './boardPath';

/** Maps a folder or file of the workspace folder to a path on the board. */
export interface Mapping {
  /** Relative to the workspace folder; '' is the folder itself. */
  readonly from: string;
  /** Absolute path on the board. */
  readonly to: string;
  /** Selector of the boards. Default: all. */
  readonly boards?: string;
  /** `to` ended with `/`, so a file goes into that folder. */
  readonly into?: boolean;
  /** `from` is a file, so the mapping applies only to it. */
  readonly isFile?: boolean;
  /** The board's own folder: its files replace those of other mappings. */
  readonly replaces?: boolean;
  /** `from` does not exist on the computer. A pull creates it. A mirror treats it as a mistake and deletes nothing. */
  readonly missing?: boolean;
}

/** A mapping in the settings: `"src/ -> /"` or an object with the same fields. */
export type MappingSetting = string | { from?: unknown; to?: unknown; boards?: unknown };

/** Without mappings, the whole folder maps to the board. */
export const WHOLE_FOLDER: readonly Mapping[] = [{ from: '', to: '/' }];

/** Returns the same mapping for a board whose files are below `home`. */
export function wholeFolder(home: string): readonly Mapping[] {
  return home === '/' ? WHOLE_FOLDER : [{ from: '', to: home }];
}

/**
 * Parses one mapping of the settings.
 * @throws UsageError when it is invalid or leads out of the folder (settings come with a repository)
 */
export function parseMapping(setting: MappingSetting): Mapping {
  const shown = JSON.stringify(setting);
  const { from, to, boards } = typeof setting === 'string' ? splitArrow(setting) : setting;
  if (typeof from !== 'string' || typeof to !== 'string' || to.trim() === '') {
    throw new UsageError(
      l10n.t('The sync mapping {0} does not name a folder and a destination', shown),
      {
        hint: l10n.t('Write it as "src/ -> /" or {"from": "src", "to": "/"}.'),
      },
    );
  }
  if (boards !== undefined && typeof boards !== 'string') {
    throw new UsageError(l10n.t('The sync mapping {0} must name its boards in one string', shown));
  }
  const into = to.trim().endsWith('/');
  return { from: relativeFolder(from, shown), to: boardPath(to.trim()), boards, into };
}

function splitArrow(text: string): { from?: string; to?: string; boards?: undefined } {
  const parts = text.split('->');
  return parts.length === 2 ? { from: parts[0], to: parts[1] } : {};
}

function relativeFolder(text: string, shown: string): string {
  const parts = text
    .trim()
    .replaceAll('\\', '/')
    .split('/')
    .filter((part, i) => part !== '.' && (part !== '' || i === 0));
  if (parts[0] === '' && parts.length === 1) return '';
  if (parts[0] === '' || parts.includes('..') || /^[A-Za-z]:$/.test(parts[0] ?? '')) {
    throw new UsageError(l10n.t('The sync mapping {0} leads outside the workspace folder', shown), {
      hint: l10n.t('Use a folder inside the workspace folder, with a relative path.'),
    });
  }
  return parts.join('/');
}

/** Stands for the board's name in a mapping's `from`. */
const NAME = '{name}';

/** The default mapping of a board's own folder. */
export const BOARD_FOLDER: Mapping = { from: `boards/${NAME}`, to: '/' };

/** Returns whether the mapping is for a folder of each board. */
export function isPerBoard({ from }: Mapping): boolean {
  return from.includes(NAME);
}

/** Inserts a board's name; undefined if the name cannot be that of a folder: names of boards are not trusted. */
export function forBoard(mapping: Mapping, name: string): Mapping | undefined {
  if (!isPerBoard(mapping)) return mapping;
  if (!/^(?!\.{1,2}$)[^\\/:*?"<>|\p{C}]{1,100}$/u.test(name)) return undefined;
  return { ...mapping, from: mapping.from.replaceAll(NAME, name), replaces: true };
}

/** Converts `mapping` to one for a single file. */
export function forFile(mapping: Mapping): Mapping {
  const to = mapping.into ? joinBoard(mapping.to, baseName(mapping.from)) : mapping.to;
  return { ...mapping, to, into: false, isFile: true };
}

/** Number of folders that `folderWords` names. */
const NAMED = 3;

/**
 * Describes what `mappings` take from the workspace folder `name`: `my-project` if they take all of it,
 * `my-project/lesson`, or `my-project (lesson, lib)`.
 */
export function folderWords(name: string, mappings: readonly Mapping[]): string {
  const folders = [...new Set(mappings.map(({ from }) => from))];
  const [only, second] = folders;
  if (only === undefined || folders.includes('')) return name;
  if (second === undefined) return `${name}/${only}`;
  const named = folders.slice(0, NAMED).join(', ');
  return `${name} (${named}${folders.length > NAMED ? ', …' : ''})`;
}

/** Returns the board paths of a local file (relative to the workspace folder), one for every mapping that covers it. */
export function placesOf(mappings: readonly Mapping[], relative: string): string[] {
  const places = mappings.map(({ from, to, isFile }) => {
    if (from === relative) return to;
    const rest = from === '' ? relative : isFile ? undefined : below(from, relative);
    return rest === undefined ? undefined : joinBoard(to, rest);
  });
  return [...new Set(places.filter((place) => place !== undefined))];
}

/** Returns the local path (relative to the workspace folder) of a board file, by the mapping with the nearest target. */
export function relativeOf(mappings: readonly Mapping[], path: string): string | undefined {
  const best = nearest(mappings, path);
  if (!best) return undefined;
  const { mapping, rest } = best;
  return [mapping.from, rest].filter((part) => part !== '').join('/');
}

/** Finds the mapping for a board path, and the path below its target. */
export function nearest(
  mappings: readonly Mapping[],
  path: string,
): { mapping: Mapping; rest: string } | undefined {
  let best: { mapping: Mapping; rest: string } | undefined;
  for (const mapping of mappings) {
    const rest = below(mapping.to, path);
    if (rest === undefined || (mapping.isFile && rest !== '')) continue;
    if (!best || mapping.to.length > best.mapping.to.length) best = { mapping, rest };
  }
  return best;
}

import { UsageError } from '../errors';
import { baseName, below, boardPath, joinBoard } from './boardPath';

/** A folder (or a file) of the workspace folder and its place on the board. */
export interface Mapping {
  /** Relative to the workspace folder; '' is the folder itself. */
  readonly from: string;
  /** Absolute path on the board. */
  readonly to: string;
  /** Selector of the boards it is for; undefined: all. */
  readonly boards?: string;
  /** `to` ended with `/`: a file goes into that folder. */
  readonly into?: boolean;
  /** `from` is a file: the mapping is for that file alone. */
  readonly isFile?: boolean;
  /** There is no `from` on the computer: a pull makes it, and a mirror takes it for a mistake and deletes nothing. */
  readonly missing?: boolean;
}

/** What a setting may hold: `"src/ -> /"` or the same as an object. */
export type MappingSetting = string | { from?: unknown; to?: unknown; boards?: unknown };

/** Without any mapping, the folder is the board. */
export const WHOLE_FOLDER: readonly Mapping[] = [{ from: '', to: '/' }];

/**
 * One mapping of the settings.
 * @throws UsageError when it cannot be read or leads out of the folder (settings come with a repository)
 */
export function parseMapping(setting: MappingSetting): Mapping {
  const shown = JSON.stringify(setting);
  const { from, to, boards } = typeof setting === 'string' ? splitArrow(setting) : setting;
  if (typeof from !== 'string' || typeof to !== 'string' || to.trim() === '') {
    throw new UsageError(`The sync mapping ${shown} names no folder and place`, {
      hint: 'Write it as "src/ -> /" or {"from": "src", "to": "/"}.',
    });
  }
  if (boards !== undefined && typeof boards !== 'string') {
    throw new UsageError(`The sync mapping ${shown} must name its boards in one text`);
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
    throw new UsageError(`The sync mapping ${shown} leads out of the workspace folder`, {
      hint: 'Name a folder inside the workspace folder, relative to it.',
    });
  }
  return parts.join('/');
}

/** `mapping` as it is for a file: its place is that of the file itself. */
export function forFile(mapping: Mapping): Mapping {
  const to = mapping.into ? joinBoard(mapping.to, baseName(mapping.from)) : mapping.to;
  return { ...mapping, to, into: false, isFile: true };
}

/** Where a local file (relative to the workspace folder) goes: once for every mapping that covers it. */
export function placesOf(mappings: readonly Mapping[], relative: string): string[] {
  const places = mappings.map(({ from, to, isFile }) => {
    if (from === relative) return to;
    const rest = from === '' ? relative : isFile ? undefined : below(from, relative);
    return rest === undefined ? undefined : joinBoard(to, rest);
  });
  return [...new Set(places.filter((place) => place !== undefined))];
}

/** Where a board's file belongs (relative to the workspace folder), by the mapping whose place is the nearest above. */
export function relativeOf(mappings: readonly Mapping[], path: string): string | undefined {
  const best = nearest(mappings, path);
  if (!best) return undefined;
  const { mapping, rest } = best;
  return [mapping.from, rest].filter((part) => part !== '').join('/');
}

/** The mapping that a board's path belongs to, and the path below its place. */
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

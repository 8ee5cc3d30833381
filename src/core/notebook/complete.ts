import * as l10n from '@vscode/l10n';
import type { MagicSpec } from './magicArgs';

/** A proposal for the text at the cursor. */
export interface Completion {
  readonly label: string;
  readonly kind: 'magic' | 'option' | 'board' | 'file' | 'folder' | 'name';
  readonly detail?: string;
  /** Number of characters before the cursor that it replaces. */
  readonly replaces: number;
}

/** Asks the board for names, but not while a program runs there. */
export interface CompletionSource {
  readonly magics: readonly (MagicSpec & { readonly aliases?: readonly string[] })[];
  boards(): readonly string[];
  /** Entries of a folder on the board, `path` as it was typed. */
  entries(path: string): Promise<readonly { readonly name: string; readonly isFolder: boolean }[]>;
  /** Returns the names of living objects on the board that start with the last part of `a.b.c`. */
  names(expression: string): Promise<readonly string[]>;
}

/** Magics that take boards as arguments, and those that take board paths. */
const BOARDS = new Set(['%connect', '%%connect', '%unregister']);
const PATHS = new Set(['%cat', '%cd', '%rm', '%mkdirs', '%rlist']);

/**
 * Returns completions in a cell. `line` is the text up to the cursor, `first` whether it is the cell's first line, `magic` the
 * cell magic that starts the cell, if any.
 */
export async function complete(
  line: string,
  { first, magic }: { first: boolean; magic?: string },
  source: CompletionSource,
): Promise<Completion[]> {
  if (/^%{1,2}\w*$/.test(line)) return magicNames(line, first, source);
  const [, name = '', rest = ''] = /^(%{1,2}\w+)\s+(.*)$/.exec(line) ?? [];
  if (name !== '') return argumentsOf(name, rest, source);
  if (/^[!%]/.test(line) || (magic !== undefined && !/^%%(?:connect|timeit)$/.test(magic)))
    return [];
  const expression = /[A-Za-z_][\w.]*$/.exec(line)?.[0] ?? '';
  if (expression === '' || inText(line)) return [];
  const replaces = expression.length - (expression.lastIndexOf('.') + 1);
  const names = await source.names(expression);
  return names.map((label) => ({ label, kind: 'name', replaces }));
}

function magicNames(line: string, first: boolean, { magics }: CompletionSource): Completion[] {
  return magics
    .flatMap((m) => [m.name, ...(m.aliases ?? [])].map((label) => ({ label, detail: m.summary() })))
    .filter(({ label }) => label.startsWith(line) && (first || !label.startsWith('%%')))
    .map((c) => ({ ...c, kind: 'magic', replaces: line.length }));
}

async function argumentsOf(
  name: string,
  rest: string,
  source: CompletionSource,
): Promise<Completion[]> {
  const spec = source.magics.find((m) => m.name === name || m.aliases?.includes(name));
  if (!spec) return [];
  const word = /[^\s"']*$/.exec(rest)?.[0] ?? '';
  const replaces = word.length;
  if (word.startsWith('-')) {
    const shown = (spec.options ?? []).filter((o) => o.hidden !== true);
    const options = [...shown, { long: '--help', help: () => l10n.t('show the help') }];
    return options
      .filter((o) => o.long.startsWith(word))
      .map((o) => ({ label: o.long, kind: 'option', detail: o.help(), replaces }));
  }
  const before =
    rest
      .slice(0, rest.length - replaces)
      .trim()
      .split(/\s+/)
      .at(-1) ?? '';
  if (BOARDS.has(name) || (name === '%store' && (before === '--to' || before === '-t'))) {
    return source.boards().map((label) => ({ label, kind: 'board', replaces }));
  }
  const onBoard = name === '%cp' && word.startsWith(':') ? 1 : 0;
  if (!PATHS.has(name) && onBoard === 0) return [];
  const path = word.slice(onBoard);
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const entries = await source.entries(folder);
  return entries.map(({ name: label, isFolder }) => ({
    label,
    kind: isFolder ? 'folder' : 'file',
    replaces: path.length - folder.length,
  }));
}

/** Returns whether the end of the line is in a string or a comment. */
function inText(line: string): boolean {
  const bare = line.replace(/\\./g, '').replace(/'[^']*'|"[^"]*"/g, '');
  return /['"#]/.test(bare);
}

/** Returns the magic whose name is at this position of a line, for a hover. */
export function magicAt(
  line: string,
  column: number,
  magics: CompletionSource['magics'],
): (typeof magics)[number] | undefined {
  const name = /^%{1,2}\w+/.exec(line)?.[0];
  if (name === undefined || column > name.length) return undefined;
  return magics.find((m) => m.name === name || m.aliases?.includes(name));
}

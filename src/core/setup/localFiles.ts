import * as l10n from '@vscode/l10n';
import type { BoardFiles, WriteItem } from '../boardFiles';
import { utf8 } from '../bytes';
import { UsageError } from '../errors';
import { joinLocal, BUILT_IN_RULES, type LocalFs } from '../sync';
import type { TemplateFile } from './template';

/** More files than this are a mistake: no board has room for them. */
const MOST_FILES = 2000;

/**
 * Returns the local files of a template's entry, with their paths on the board. Files that sync ignores are left out.
 * @param base folder of the template
 * @throws UsageError if `from` does not exist
 */
export async function templateItems(
  fs: LocalFs,
  base: string,
  { from = '', to }: TemplateFile,
  signal: AbortSignal,
): Promise<WriteItem[]> {
  const place = joinLocal(base, from.replaceAll('\\', '/'));
  const found = await fs.stat(place);
  if (!found) {
    throw new UsageError(l10n.t('The template names "{0}", which does not exist', from));
  }
  const item = (path: string, local: string): WriteItem => ({
    path,
    content: () => fs.read(local),
  });
  if (found.type === 'file') {
    const name = place.slice(place.lastIndexOf('/') + 1);
    return [item(to.endsWith('/') ? to + name : to, place)];
  }
  const root = to.replace(/\/+$/, '');
  const items: WriteItem[] = [];
  const walk = async (relative: string): Promise<void> => {
    signal.throwIfAborted();
    for (const { name, type } of (await fs.list(joinLocal(place, relative))) ?? []) {
      const path = relative === '' ? name : `${relative}/${name}`;
      if (BUILT_IN_RULES.ignores(path, type === 'dir')) continue;
      if (type === 'dir') await walk(path);
      else if (type === 'file') items.push(item(`${root}/${path}`, joinLocal(place, path)));
      if (items.length > MOST_FILES) {
        throw new UsageError(l10n.t('"{0}" contains more than {1} files', from, MOST_FILES));
      }
    }
  };
  await walk('');
  return items;
}

/** How the entries of a template are written to a board. */
interface WriteOptions {
  readonly signal: AbortSignal;
  /** Fills the places of a text. */
  readonly filled: (text: string) => Promise<string>;
  readonly items: (entry: TemplateFile) => Promise<readonly WriteItem[]>;
  readonly onProgress: (done: number, total: number, path: string) => void;
}

/** Writes the template's texts, and its folders and files. A text with a secret is never logged. */
export async function writeEntries(
  files: Pick<BoardFiles, 'write' | 'writeMany'>,
  entries: readonly TemplateFile[],
  { signal, filled, items, onProgress }: WriteOptions,
): Promise<void> {
  for (const entry of entries) {
    const { text, to } = entry;
    if (text === undefined) {
      await files.writeMany(await items(entry), { signal, onProgress });
      continue;
    }
    const secret = text.includes('{secret:');
    await files.write(to, utf8(await filled(text)), { signal, secret });
  }
}

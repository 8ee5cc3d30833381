import * as l10n from '@vscode/l10n';
import type { WriteItem } from '../boardFiles';
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

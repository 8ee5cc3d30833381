import { UsageError } from '../../core/errors';
import { SavedUrls } from '../../core/packages';
import { boardPath } from '../files';
import { type Cli, printable, type VerbRun } from '../cli';

const USAGE = 'mpyfleet url save font https://example.org/font.bin :/lib/';

/** `url list | save NAME URL [:PLACE] | forget NAME`: addresses for `put url:NAME`. */
export const run: VerbRun = async (cli, [action = '', ...args]) => {
  const saved = new SavedUrls(cli.env);
  const [name, url, place, ...more] = args;
  if (action === 'list' && name === undefined) return list(cli, saved);
  if (action === 'save' && name !== undefined && url !== undefined && more.length === 0) {
    const to = place === undefined ? undefined : boardPath(place);
    if (to !== undefined && !to.startsWith('/')) {
      throw new UsageError('The place on boards starts with "/"', { hint: USAGE });
    }
    await saved.save({ name, url, ...(to === undefined ? {} : { to }) });
    cli.out(`url:${name}\n`);
    return 0;
  }
  if (action === 'forget' && name !== undefined && url === undefined) {
    await saved.forget(name);
    return 0;
  }
  throw new UsageError('url needs list, save NAME URL [:PLACE] or forget NAME', { hint: USAGE });
};

async function list(cli: Cli, saved: SavedUrls): Promise<number> {
  const all = await saved.list();
  if (cli.options.json) cli.out(`${JSON.stringify(all, undefined, 2)}\n`);
  for (const { name, url, to } of cli.options.json ? [] : all) {
    cli.out(`url:${name}  ${printable(url)}${to === undefined ? '' : `  :${printable(to)}`}\n`);
  }
  return 0;
}

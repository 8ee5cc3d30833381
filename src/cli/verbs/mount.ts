import { resolve } from 'node:path';
import { UsageError } from '../../core/errors';
import { MountedFolder } from '../../core/mount';
import type { Cli, CliMount, VerbRun } from '../cli';

/** Where the folder appears on the board by default, as with mpremote. */
const PLACE = '/remote';

/** `mount FOLDER` with no command after it: opens the REPL. */
export const run: VerbRun = async (cli, args) => {
  const repl = await import('./repl');
  return repl.run({ ...cli, mount: await mountOf(cli, args) }, []);
};

/** Returns what `mount FOLDER [--at :/PATH] [--write]` asks for. @throws UsageError */
export async function mountOf(
  { cwd, options }: Pick<Cli, 'cwd' | 'options'>,
  [path, ...more]: readonly string[],
): Promise<CliMount> {
  if (path === undefined || more.length > 0) {
    throw new UsageError('mount needs one folder of this computer', {
      hint: 'mpyfleet mount . + run main.py',
    });
  }
  const at = (options.at ?? PLACE).replace(/^:/, '').replace(/\/$/, '');
  if (!/^\/[^/\0]+$/.test(at)) {
    throw new UsageError(`--at needs a folder at the root of the board, not "${options.at}"`, {
      hint: 'Such as --at :/remote.',
    });
  }
  try {
    return { folder: await MountedFolder.at(resolve(cwd, path), options.write), at };
  } catch (cause) {
    throw new UsageError(`${path} is not a folder of this computer`, { cause });
  }
}

import { readFile, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { KeptScripts } from '../../core/apps';
import { withoutBom } from '../../core/bytes';
import { UsageError } from '../../core/errors';
import { findMacro, type Macro } from '../../core/macros';
import { isNotFound } from '../../core/localFiles';
import { type Cli, printable, type VerbRun } from '../cli';
import { loadRegistry, type PlacedMacro } from '../board';
import { execute } from './exec';

/** `macro [NAME]`: runs a macro on the boards; without a name lists them. */
export const run: VerbRun = async (cli, [name, ...more]) => {
  if (more.length > 0) {
    throw new UsageError('macro takes one name', {
      hint: 'Put a name with blanks in quotes: mpyfleet macro "Blink twice"',
    });
  }
  const macros = await macrosOf(cli);
  if (name !== undefined) return execute(cli, await codeOf(cli, findMacro(macros, name)));
  if (cli.options.json) {
    const shown = macros.map((macro) => ({ name: macro.name, ...macro.from }));
    cli.out(`${JSON.stringify(shown, undefined, 2)}\n`);
    return 0;
  }
  for (const macro of macros) cli.out(`${printable(macro.name)}  ${printable(words(macro))}\n`);
  return 0;
};

/** Macros of fleet.json, overridden by those of the window in whose terminal it runs. */
async function macrosOf(cli: Cli): Promise<readonly PlacedMacro[]> {
  const own = cli.window?.macros() ?? [];
  const { macros } = await loadRegistry(cli.cwd, cli.env);
  return [...macros.filter((m) => !own.some((o) => o.name === m.name)), ...own];
}

async function codeOf(cli: Cli, { name, from, folder }: PlacedMacro): Promise<string | Uint8Array> {
  if ('code' in from) return from.code;
  if ('kept' in from) return withoutBom(await new KeptScripts(cli.env).read(from.kept));
  if (folder === '') throw new UsageError(`The macro "${name}" needs an open folder`);
  try {
    const [path, base] = await Promise.all(
      [join(folder, from.file), folder].map((p) => realpath(p)),
    );
    // A link may lead out of a folder that came with a repository.
    if (!path?.startsWith(`${base}${sep}`)) {
      throw new UsageError(`${from.file} is outside ${folder}`);
    }
    return withoutBom(await readFile(path));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new UsageError(`${from.file} was not found in ${folder}`, { cause: error });
  }
}

function words({ from }: Macro): string {
  if ('file' in from) return from.file;
  if ('kept' in from) return `kept:${from.kept}`;
  const [first = '', ...others] = from.code.trim().split('\n');
  return others.length > 0 ? `${first} …` : first;
}

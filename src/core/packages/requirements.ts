import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import { countedFrom } from './spec';

/** Reads requirements files and resolves names relative to another file. */
export interface RequirementFiles {
  /** Reads a file. @throws UsageError naming the file */
  read(file: string): Promise<string>;
  /** Resolves `name` relative to the file `from` that mentions it. */
  resolve(from: string, name: string): string;
  /** Returns the absolute folder on this computer that `./x` in `file` is relative to. */
  folderOf(file: string): string;
  /** Returns the name of a file for messages. */
  nameOf(file: string): string;
}

/** Limit of included files: a longer chain is a mistake. */
const MAX_FILES = 50;

/**
 * Reads the packages of a requirements file and of the files it includes (`-r other.txt`), each once: one spec a line, with
 * `#` comments and continuation lines as in pip. A conditional line counts if its condition holds for MicroPython. Version
 * ranges and options are refused with file and line.
 * @throws UsageError
 */
export async function readRequirements(file: string, files: RequirementFiles): Promise<string[]> {
  const specs = new Set<string>();
  const seen = new Set<string>();
  const visit = async (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    if (seen.size > MAX_FILES)
      throw new UsageError(l10n.t('More than {0} requirements files', MAX_FILES));
    for (const [number, line] of logicalLines(await files.read(name))) {
      const include = /^(?:-r|--requirement)[\s=]+(\S.*)$/.exec(line)?.[1];
      if (include === undefined) {
        const spec = specOf(line, `${files.nameOf(name)}, line ${number}`);
        if (spec !== undefined) specs.add(countedFrom(files.folderOf(name), spec));
      } else await visit(files.resolve(name, include));
    }
  };
  await visit(file);
  return [...specs];
}

/** Joins continued lines and removes comments. Line numbers start at 1. */
function logicalLines(text: string): [number, string][] {
  const lines: [number, string][] = [];
  let open: [number, string] | undefined;
  for (const [i, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.replace(/(^|\s)#.*$/, '').trimEnd();
    const [start, before] = open ?? [i + 1, ''];
    open = undefined;
    if (line.endsWith('\\') && raw === line) open = [start, before + line.slice(0, -1)];
    else if ((before + line).trim()) lines.push([start, (before + line).trim()]);
  }
  if (open?.[1].trim()) lines.push([open[0], open[1].trim()]);
  return lines;
}

function specOf(line: string, where: string): string | undefined {
  const [spec = '', ...condition] = line.split(/\s*;\s*/);
  if (spec.startsWith('-') || /[<>!~,[\s]/.test(spec.replace(/\s*(==|@)\s*/, '$1'))) {
    throw new UsageError(l10n.t('{0}: "{1}" is more than a name and a version', where, spec), {
      hint: l10n.t(
        'Write one package per line: NAME, NAME==VERSION, pypi:NAME, github:ORG/REPO, or -r FILE.',
      ),
    });
  }
  const holds = condition.length === 0 || holdsHere(condition.join(';'), where);
  return holds ? spec.replace(/\s*(==|@)\s*/, '$1') : undefined;
}

/** Evaluates `implementation_name == "micropython"` and its opposite. Other conditions cannot be evaluated here. */
function holdsHere(condition: string, where: string): boolean {
  const [, operator, value] =
    /^(?:sys\.)?(?:platform_python_)?implementation(?:_name)?\s*(==|!=)\s*["'](\w+)["']$/.exec(
      condition.trim(),
    ) ?? [];
  if (value !== undefined) return (value.toLowerCase() === 'micropython') === (operator === '==');
  throw new UsageError(
    l10n.t('{0}: "{1}" cannot be evaluated for a board', where, condition.trim()),
    {
      hint: l10n.t(
        'Only implementation_name == "micropython" (or !=) is supported. Remove the condition.',
      ),
    },
  );
}

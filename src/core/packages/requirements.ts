import { UsageError } from '../errors';
import { countedFrom } from './spec';

/** Where requirements are read from: files by name, names of files beside others. */
export interface RequirementFiles {
  /** @throws UsageError naming the file */
  read(file: string): Promise<string>;
  /** The file that `name` means where it stands in `from`. */
  beside(from: string, name: string): string;
  /** The folder from which `./x` counts in `file`; an absolute path of this computer. */
  folderOf(file: string): string;
  /** The name by which messages call it. */
  nameOf(file: string): string;
}

/** A chain of files that is longer than this is a mistake. */
const MAX_FILES = 50;

/**
 * The packages of a requirements file and of those that it includes (`-r other.txt`), each once: one spec a line, with `#`
 * comments and a backslash at the end of a line as pip has them. Lines with a condition are taken where it holds for
 * MicroPython. What cannot be kept (ranges, options) is refused by file and line.
 * @throws UsageError
 */
export async function readRequirements(file: string, files: RequirementFiles): Promise<string[]> {
  const specs = new Set<string>();
  const seen = new Set<string>();
  const visit = async (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    if (seen.size > MAX_FILES) throw new UsageError(`Over ${MAX_FILES} requirements files`);
    for (const [number, line] of logicalLines(await files.read(name))) {
      const include = /^(?:-r|--requirement)[\s=]+(\S.*)$/.exec(line)?.[1];
      if (include === undefined) {
        const spec = specOf(line, `${files.nameOf(name)}, line ${number}`);
        if (spec !== undefined) specs.add(countedFrom(files.folderOf(name), spec));
      } else await visit(files.beside(name, include));
    }
  };
  await visit(file);
  return [...specs];
}

/** Lines without comments, those that go on in the next put together, with their numbers from 1. */
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
    throw new UsageError(`${where}: "${spec}" is more than a name and a version`, {
      hint: 'Write one package a line: NAME, NAME==VERSION, pypi:NAME, github:ORG/REPO, or -r FILE.',
    });
  }
  const holds = condition.length === 0 || holdsHere(condition.join(';'), where);
  return holds ? spec.replace(/\s*(==|@)\s*/, '$1') : undefined;
}

/** `implementation_name == "micropython"`, and its opposite; of other conditions nothing can be said here. */
function holdsHere(condition: string, where: string): boolean {
  const [, operator, value] =
    /^(?:sys\.)?(?:platform_python_)?implementation(?:_name)?\s*(==|!=)\s*["'](\w+)["']$/.exec(
      condition.trim(),
    ) ?? [];
  if (value !== undefined) return (value.toLowerCase() === 'micropython') === (operator === '==');
  throw new UsageError(`${where}: "${condition.trim()}" cannot be decided for a board`, {
    hint: 'Only implementation_name == "micropython" (or !=) is understood. Take the condition away.',
  });
}

import { Minimatch, type MinimatchOptions } from 'minimatch';

/** gitignore's wildcards only: no braces, no extended globs, `/` between parts on every system. */
const GIT: MinimatchOptions = {
  dot: true,
  nocomment: true,
  nonegate: true,
  nobrace: true,
  noext: true,
  platform: 'linux',
};

const WILDCARDS = /[*?[\\]/;

/** Longer lines are skipped: such patterns are not written by people, and matching them is slow. */
const MAX_PATTERN = 1000;

/** A folder with this file is a virtual environment of CPython, whatever its name. */
export const VENV_MARK = 'pyvenv.cfg';

/** Ignored by every sync, unless the user's rules bring a path back with `!`. */
export const BUILT_IN_IGNORES: readonly string[] = [
  '.git',
  '.vscode',
  '.micropython',
  '__pycache__',
  'node_modules',
  '.venv',
  'venv',
  'typings',
  '*.pyi',
  '.env',
  '.idea',
  '.pytest_cache',
  '.mypy_cache',
  '.ruff_cache',
  '._*',
  '*.pyc',
  '.mpyignore',
  '.gitignore',
  '.DS_Store',
  'Thumbs.db',
  '*.code-workspace',
];

interface Rule {
  /** Folder of the file that contains the pattern (relative, '' for the root). */
  readonly base: string;
  readonly fits: (path: string) => boolean;
  readonly negated: boolean;
  readonly dirsOnly: boolean;
}

/**
 * Rules in gitignore's syntax (git-scm.com/docs/gitignore): the last matching rule decides, `!` brings a path back, a `/` at the
 * end matches only folders, and one elsewhere anchors the pattern to its file's folder. Everything in an ignored folder is ignored.
 */
export class IgnoreRules {
  readonly #rules: readonly Rule[];

  private constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  static readonly none = new IgnoreRules([]);

  /** Parses rules from lines of text; `base` is the folder they are relative to. */
  static parse(lines: string | readonly string[], base = ''): IgnoreRules {
    const all = typeof lines === 'string' ? lines.split(/\r?\n/) : lines;
    return new IgnoreRules(all.map((line) => parseRule(line, base)).filter((r) => r !== undefined));
  }

  /** Returns these rules followed by `later`, which take precedence. */
  and(later: IgnoreRules): IgnoreRules {
    return new IgnoreRules([...this.#rules, ...later.#rules]);
  }

  /** Returns whether `path` (relative, `/` between parts), or a folder that contains it, is ignored. */
  ignores(path: string, isDir: boolean): boolean {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      if (this.#decides(path.slice(0, at), true)) return true;
    }
    return this.#decides(path, isDir);
  }

  #decides(path: string, isDir: boolean): boolean {
    const last = this.#rules.findLast((rule) => matches(rule, path, isDir));
    return last !== undefined && !last.negated;
  }
}

function matches(rule: Rule, path: string, isDir: boolean): boolean {
  if (rule.dirsOnly && !isDir) return false;
  if (rule.base === '') return rule.fits(path);
  return path.startsWith(`${rule.base}/`) && rule.fits(path.slice(rule.base.length + 1));
}

function parseRule(line: string, base: string): Rule | undefined {
  // Blanks at the end do not count, unless the last one follows a backslash.
  let pattern = line.replace(/(\\ )?[ \t]*$/, '$1');
  if (pattern.startsWith('#') || pattern.length > MAX_PATTERN) return undefined;
  const negated = pattern.startsWith('!');
  if (negated) pattern = pattern.slice(1);
  const dirsOnly = pattern.endsWith('/');
  if (dirsOnly) pattern = pattern.slice(0, -1);
  const anchored = pattern.includes('/');
  pattern = pattern.replace(/^\//, '');
  if (pattern === '') return undefined;
  return { base, fits: anchored ? glob(pattern) : byName(pattern), negated, dirsOnly };
}

/** Matches the last name of a path. Most rules are plain names, and every path of a folder is compared with all rules. */
function byName(pattern: string): Rule['fits'] {
  const isName = WILDCARDS.test(pattern) ? glob(pattern) : (name: string) => name === pattern;
  return (path) => isName(path.slice(path.lastIndexOf('/') + 1));
}

/** Compiles the pattern when it is first compared. */
function glob(pattern: string): Rule['fits'] {
  let compiled: Minimatch | undefined;
  return (text) => (compiled ??= new Minimatch(pattern, GIT)).match(text);
}

/** Only {@link BUILT_IN_IGNORES}: files made by tools that an upload of a folder leaves out. */
export const BUILT_IN_RULES = IgnoreRules.parse(BUILT_IN_IGNORES);

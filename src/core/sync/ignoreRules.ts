import { Minimatch, type MinimatchOptions } from 'minimatch';

/** gitignore's wildcards and nothing more: no braces, no extended globs, `/` between parts on every system. */
const GIT: MinimatchOptions = {
  dot: true,
  nocomment: true,
  nonegate: true,
  nobrace: true,
  noext: true,
  platform: 'linux',
};

/** Longer lines are no patterns anybody wrote; they only cost time. */
const MAX_PATTERN = 1000;

/** Left out of every sync unless the user's own rules bring it back with `!`. */
export const BUILT_IN_IGNORES: readonly string[] = [
  '.git',
  '.vscode',
  '.micropython',
  '__pycache__',
  'node_modules',
  '.venv',
  '*.pyc',
  '.mpyignore',
  '.gitignore',
  '.DS_Store',
  'Thumbs.db',
  '*.code-workspace',
];

interface Rule {
  /** Folder (relative, '' for the root) that the pattern's file lies in. */
  readonly base: string;
  readonly matcher: Minimatch;
  readonly negated: boolean;
  readonly dirsOnly: boolean;
}

/**
 * Rules in gitignore's syntax (git-scm.com/docs/gitignore): the last rule that matches decides, `!` brings back, a `/`
 * at the end means folders only, one elsewhere ties the pattern to the file's folder. What lies in an ignored folder
 * stays ignored.
 */
export class IgnoreRules {
  readonly #rules: readonly Rule[];

  private constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  static readonly none = new IgnoreRules([]);

  /** Rules from lines of text; `base` is the folder they are relative to. */
  static parse(lines: string | readonly string[], base = ''): IgnoreRules {
    const all = typeof lines === 'string' ? lines.split(/\r?\n/) : lines;
    return new IgnoreRules(all.map((line) => parseRule(line, base)).filter((r) => r !== undefined));
  }

  /** These rules and then `later`, which win. */
  and(later: IgnoreRules): IgnoreRules {
    return new IgnoreRules([...this.#rules, ...later.#rules]);
  }

  /** Whether `path` (relative, `/` between parts) is ignored, by itself or by a folder it lies in. */
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
  if (rule.base === '') return rule.matcher.match(path);
  return path.startsWith(`${rule.base}/`) && rule.matcher.match(path.slice(rule.base.length + 1));
}

function parseRule(line: string, base: string): Rule | undefined {
  // Blanks at the end do not count, unless a backslash holds the last one.
  let pattern = line.replace(/(\\ )?[ \t]*$/, '$1');
  if (pattern.startsWith('#') || pattern.length > MAX_PATTERN) return undefined;
  const negated = pattern.startsWith('!');
  if (negated) pattern = pattern.slice(1);
  const dirsOnly = pattern.endsWith('/');
  if (dirsOnly) pattern = pattern.slice(0, -1);
  const anchored = pattern.includes('/');
  pattern = pattern.replace(/^\//, '');
  if (pattern === '') return undefined;
  const matcher = new Minimatch(anchored ? pattern : `**/${pattern}`, GIT);
  return { base, matcher, negated, dirsOnly };
}

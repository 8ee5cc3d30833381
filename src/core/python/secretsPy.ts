import * as l10n from '@vscode/l10n';
import { LiteralError, PythonLiterals, type PythonValue } from './pythonLiterals';

/** Limit of the file in characters: a larger file is not a list of secrets. */
const MAX_TEXT = 64 * 1024;

/** A line that was skipped, and why. The text never contains values. */
export interface SecretsProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** The values of a secrets.py, and its problems. */
export interface Secrets {
  readonly values: ReadonlyMap<string, PythonValue>;
  readonly problems: readonly SecretsProblem[];
}

/** Permitted length of a WebREPL password, in characters. */
const WEBREPL_PASSWORD = { min: 4, max: 9 };

/** A continuation line of a statement that was already reported. */
const CONTINUES = /^(?:[ \t]|[)\]}]|(?:elif|else|except|finally)\b)/;

/** `name = value` at the start of a line; an annotation is skipped. */
const ASSIGNMENT = /([A-Za-z_]\w*)[ \t]*(?::[ \t]*[\w.[\], \t]+?)?[ \t]*=(?!=)/y;

/**
 * Parses the assignments of a `secrets.py`: literals, simple arithmetic (`-8*3600`), and names
 * assigned earlier. The file is never executed; anything else in it is skipped and reported.
 */
export function parseSecrets(text: string): Secrets {
  const values = new Map<string, PythonValue>();
  const problems: SecretsProblem[] = [];
  if (text.length > MAX_TEXT) {
    const message = `The file is larger than ${MAX_TEXT} characters; it is not read`;
    return { values, problems: [{ line: 1, message }] };
  }
  const source = text.replace(/^\uFEFF/, '');
  const tell = (at: number, message: string) => {
    problems.push({ line: source.slice(0, at).split('\n').length, message });
  };
  for (let at = 0; at < source.length;) at = statement(source, at, values, tell);
  checkWebrepl(source, values, problems);
  return { values, problems };
}

/** Parses the statement at `at` and returns the start of the next one. */
function statement(
  source: string,
  at: number,
  values: Map<string, PythonValue>,
  tell: (at: number, message: string) => void,
): number {
  const lineEnd = source.indexOf('\n', at);
  const next = lineEnd < 0 ? source.length : lineEnd + 1;
  const line = source.slice(at, next);
  if (/^[ \t\f]*(#.*)?\r?\n?$/.test(line)) return next;
  // A lone string is a comment, such as the file's description.
  if (/^[rRuU]?['"]/.test(line)) return literal(source, at, values, tell)?.end ?? next;
  ASSIGNMENT.lastIndex = at;
  const assignment = ASSIGNMENT.exec(source);
  if (!assignment) {
    if (CONTINUES.test(line)) return next;
    tell(at, 'Only assignments of literals are read; this line is passed over');
    return next;
  }
  const found = literal(source, ASSIGNMENT.lastIndex, values, tell);
  if (!found) return next;
  values.set(assignment[1] ?? '', found.value);
  return found.end;
}

function literal(
  source: string,
  at: number,
  values: ReadonlyMap<string, PythonValue>,
  tell: (at: number, message: string) => void,
): { value: PythonValue; end: number } | undefined {
  try {
    const { value, end } = new PythonLiterals(source, at, values).expression();
    const rest = /[ \t]*(?:;|#[^\n]*)?(?:\r?\n|$)|[ \t]*;[ \t]*/y;
    rest.lastIndex = end;
    if (rest.test(source)) return { value, end: rest.lastIndex };
    throw new LiteralError(l10n.t('is not just a literal'), end);
  } catch (error) {
    if (!(error instanceof LiteralError)) throw error;
    tell(at, `The value ${error.message}; this line is passed over`);
    return undefined;
  }
}

function checkWebrepl(
  source: string,
  values: ReadonlyMap<string, PythonValue>,
  problems: SecretsProblem[],
): void {
  const password = values.get('webrepl_pwd');
  if (password === undefined) return;
  const { min, max } = WEBREPL_PASSWORD;
  const fits = typeof password === 'string' && password.length >= min && password.length <= max;
  if (fits) return;
  const line = source.split('\n').findLastIndex((text) => /^webrepl_pwd\b/.test(text)) + 1;
  problems.push({ line, message: `webrepl_pwd must have ${min} to ${max} characters` });
}

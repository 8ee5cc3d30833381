import { UsageError } from '../errors';

/** Most names that one hostlist may stand for: a slip of the finger must not fill the memory. */
export const MAX_NAMES = 100_000;

/** Longest number in a range; beyond it a name's digits are no counter (and no safe integer). */
const MAX_DIGITS = 15;

/** One part of a hostlist between its commas. */
export interface HostlistTerm {
  /** As it was written, without the quotes of a literal. */
  readonly text: string;
  /** Written in double quotes: a name as it is, whatever it contains. */
  readonly literal: boolean;
}

/**
 * Splits at the commas that are outside brackets and double quotes; empty parts are skipped. A lone `-` is a term: what
 * follows it is taken away.
 * @throws UsageError for a bracket or quote that is not closed
 */
export function splitTerms(list: string): HostlistTerm[] {
  const terms: HostlistTerm[] = [];
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|((?:\[[^\]]*\]|[^,["])*))\s*(,|$)/gy;
  let end = 0;
  while (end < list.length) {
    pattern.lastIndex = end;
    const match = pattern.exec(list);
    if (!match) throw malformed(list, end);
    const [all, quoted, plain = ''] = match;
    const text = quoted === undefined ? plain.trim() : quoted.replace(/\\(.)/g, '$1');
    if (text !== '') terms.push({ text, literal: quoted !== undefined });
    end += all.length;
  }
  return terms;
}

function malformed(list: string, from: number): UsageError {
  const rest = list.slice(from).trim();
  const what = rest.includes('"') ? 'a quote is not closed' : 'a "[" has no "]"';
  return new UsageError(`"${rest}" cannot be read: ${what}`, {
    hint: 'Write boards as kitchen,esp32-[01-12] and put other names in double quotes.',
  });
}

/**
 * All names that one term stands for: `a[1-2]b[8,10]` is a1b8, a1b10, a2b8, a2b10. Numbers are padded to the width of a
 * range's end where its start has a leading zero: `[08-11]` is 08 to 11, `[9-11]` is 9 to 11.
 * @throws UsageError for reversed or malformed ranges and for more than {@link MAX_NAMES} names
 */
export function expandTerm(term: string): string[] {
  let names = [''];
  for (const part of term.match(/\[[^\]]*\]|[^[]+|\[/g) ?? []) {
    if (part === '[' || (!part.startsWith('[') && part.includes(']'))) {
      throw new UsageError(`"${term}" has a bracket without its partner`);
    }
    const choices = part.startsWith('[') ? expandBracket(part.slice(1, -1), term) : [part];
    if (names.length * choices.length > MAX_NAMES) throw tooMany(term);
    names = names.flatMap((name) => choices.map((choice) => name + choice));
  }
  return [...new Set(names)];
}

function expandBracket(inner: string, term: string): string[] {
  const values: string[] = [];
  for (const item of inner.split(',')) {
    const match = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(item);
    const [, start, end = start] = match ?? [];
    if (
      start === undefined ||
      end === undefined ||
      Math.max(start.length, end.length) > MAX_DIGITS
    ) {
      throw new UsageError(`"${item.trim()}" in "${term}" is neither a number nor a range`, {
        hint: 'Inside brackets write numbers and ranges: [1,3,7] or [01-12].',
      });
    }
    if (Number(end) < Number(start)) {
      throw new UsageError(`The range "${item.trim()}" in "${term}" runs backwards`, {
        hint: `Write it as ${end}-${start}.`,
      });
    }
    if (values.length + Number(end) - Number(start) >= MAX_NAMES) throw tooMany(term);
    const width = /^0\d/.test(start) ? end.length : 0;
    for (let n = Number(start); n <= Number(end); n++) {
      values.push(match?.[2] === undefined ? start : String(n).padStart(width, '0'));
    }
  }
  return values;
}

function tooMany(term: string): UsageError {
  return new UsageError(`"${term}" stands for more than ${MAX_NAMES} names`, {
    hint: 'Use a smaller range, a pattern such as esp32-*, or a tag.',
  });
}

/**
 * The names of a whole hostlist, each once, in the order they were written. A term after a lone `-` is taken away from
 * all that was chosen before it: `foo[01-10],-,foo[04-06]`.
 * @throws UsageError
 */
export function expandHostlist(list: string): string[] {
  return combine(splitTerms(list), (term) => (term.literal ? [term.text] : expandTerm(term.text)));
}

/**
 * Adds up what the terms stand for, in order and without repeats; a term after `-` is taken away.
 * @throws UsageError for a `-` with nothing before or after it
 */
export function combine<T>(
  terms: readonly HostlistTerm[],
  resolve: (term: HostlistTerm) => Iterable<T>,
): T[] {
  const chosen = new Set<T>();
  let takeAway = false;
  for (const [i, term] of terms.entries()) {
    if (term.text === '-' && !term.literal) {
      if (i === 0 || takeAway || i === terms.length - 1) {
        throw new UsageError('"-" needs boards before it and boards after it', {
          hint: 'Write for example all,-,kitchen to choose all but one.',
        });
      }
      takeAway = true;
      continue;
    }
    for (const item of resolve(term)) {
      if (takeAway) chosen.delete(item);
      else chosen.add(item);
    }
    if (chosen.size > MAX_NAMES) throw tooMany(term.text);
    takeAway = false;
  }
  return [...chosen];
}

interface Counted {
  readonly head: string;
  readonly digits: string;
  readonly tail: string;
}

/** A piece of a compressed list, and the name it is sorted by. */
interface Part {
  readonly first: string;
  readonly text: string;
}

/**
 * A short form of `names`, sorted, that {@link expandHostlist} turns into the same names: `foo1, foo[3-4]`. Ranges are
 * made over the last number in a name.
 */
export function compressHostlist(names: readonly string[]): string {
  const families = new Map<string, Counted[]>();
  const parts: Part[] = [];
  for (const name of new Set(names)) {
    const match = /^(.*?)(\d+)(\D*)$/s.exec(name);
    const [, head = '', digits = '', tail = ''] = match ?? [];
    if (!match || digits.length > MAX_DIGITS || needsQuotes(name)) {
      parts.push({ first: name, text: quoted(name) });
      continue;
    }
    const key = JSON.stringify([head, tail]);
    const family = families.get(key) ?? [];
    family.push({ head, digits, tail });
    families.set(key, family);
  }
  for (const family of families.values()) parts.push(...compressFamily(family));
  return parts
    .sort((a, b) => naturally(a.first, b.first))
    .map((p) => p.text)
    .join(', ');
}

/** Runs of numbers of names that differ in the number only. */
function compressFamily(family: readonly Counted[]): Part[] {
  const paddedWidths = new Set(
    family.filter((c) => /^0\d/.test(c.digits)).map((c) => c.digits.length),
  );
  // Names without a leading zero join the padded ones of their length: 09, 10. The others count by themselves.
  const widthOf = (c: Counted) => (paddedWidths.has(c.digits.length) ? c.digits.length : 0);
  const sorted = [...family].sort(
    (a, b) => widthOf(a) - widthOf(b) || Number(a.digits) - Number(b.digits),
  );
  const runs: Counted[][] = [];
  for (const item of sorted) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const follows =
      last && widthOf(last) === widthOf(item) && Number(last.digits) + 1 === Number(item.digits);
    if (run && follows) run.push(item);
    else runs.push([item]);
  }
  return runs.map((run) => {
    const { head, digits: from, tail } = run[0] ?? { head: '', digits: '', tail: '' };
    const to = run.at(-1)?.digits ?? from;
    const first = head + from + tail;
    return { first, text: from === to ? quoted(first) : `${head}[${from}-${to}]${tail}` };
  });
}

/** Whether a bare `name` would be read as something else than this name. */
function needsQuotes(name: string): boolean {
  return /[[\]",*?\\]|^@|^(tag|platform|state|broker|uid):|^(-|all|)$|^\s|\s$/.test(name);
}

/** `name` so that it is read as one literal name. */
function quoted(name: string): string {
  return needsQuotes(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name;
}

const collator = new Intl.Collator('en', { numeric: true });

/** Orders names as people count: esp32-2 before esp32-10. */
export function naturally(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

import * as l10n from '@vscode/l10n';
import { minimatch } from 'minimatch';
import { type Lent, stateNames } from '../board';
import { UsageError } from '../errors';
import { combine, expandTerm, splitTerms, type HostlistTerm } from './hostlist';

/** Properties by which a board can be selected. */
export interface Selectable {
  readonly name: string;
  readonly uid?: string;
  /** Canonical texts of its addresses. */
  readonly addresses: readonly string[];
  readonly platform?: string;
  /** One of STATE_WORDS. */
  readonly state: string;
  /** Problems, which `state:` also selects: `safe`, `stale`. */
  readonly marks?: readonly string[];
  readonly tags: readonly string[];
  /** Ids of the brokers through which it is reached. */
  readonly brokers: readonly string[];
  /** What a device file adds to its own name and tags. */
  readonly lent?: Lent;
}

/** The boards that a selector names. */
export interface Selection<T> {
  /** Distinct boards in the order in which the selector names them. */
  readonly boards: readonly T[];
  /** Names, patterns and filters that match no board. They must be reported, never dropped. */
  readonly unmatched: readonly string[];
}

/** Saved groups: name and selector. */
export type Groups = Readonly<Record<string, string>>;

/** The filters of the form `key:value`; the value may contain `*` and `?`. */
const filters: Readonly<Record<string, (board: Selectable) => readonly string[]>> = {
  tag: (b) => b.tags,
  platform: (b) => (b.platform === undefined ? [] : [b.platform]),
  state: (b) => [...stateNames(b.state), ...(b.marks ?? [])],
  broker: (b) => b.brokers,
  uid: (b) => (b.uid === undefined ? [] : [b.uid]),
};

/** Explains the notation of selectors in help texts. */
export const SELECTOR_HELP =
  'names and hostlists (kitchen,esp32-[01-12]), patterns (esp32-*), tag:T, platform:P, state:S, broker:B, ' +
  '@group, addresses (serial:PATH, ws://HOST:PORT, mqtt://BROKER/UID), all; X,-,Y is X without Y';

/**
 * Selects among `boards`: see {@link SELECTOR_HELP}.
 * @param mayJoin whether a board may be in a group whose selector matches it
 * @param isOwn whether the user has defined this group
 * @throws UsageError for invalid selectors and for groups that contain themselves
 */
export function selectBoards<T extends Selectable>(
  selector: string,
  boards: readonly T[],
  groups: Groups = {},
  mayJoin: (board: T, group: string) => boolean = () => true,
  isOwn: (group: string) => boolean = () => true,
): Selection<T> {
  return new Choice(boards, groups, mayJoin, isOwn).select(selector, []);
}

class Choice<T extends Selectable> {
  readonly #byName = new Map<string, T[]>();

  constructor(
    private readonly boards: readonly T[],
    private readonly groups: Groups,
    private readonly mayJoin: (board: T, group: string) => boolean,
    private readonly isOwn: (group: string) => boolean,
  ) {
    for (const board of boards) {
      const keys = [board.name, ...board.addresses, ...(board.uid ? [board.uid] : [])];
      for (const key of new Set(keys)) {
        const same = this.#byName.get(key);
        if (same) same.push(board);
        else this.#byName.set(key, [board]);
      }
    }
  }

  select(selector: string, inside: readonly string[]): Selection<T> {
    const unmatched: string[] = [];
    const boards = combine(splitTerms(selector), (term) => this.#resolve(term, unmatched, inside));
    return { boards, unmatched: [...new Set(unmatched)] };
  }

  #resolve(term: HostlistTerm, unmatched: string[], inside: readonly string[]): readonly T[] {
    const found = this.#find(term, unmatched, inside);
    if (found) {
      if (found.length === 0) unmatched.push(term.text);
      return found;
    }
    // A name or a hostlist of names. Each unknown name is reported separately.
    return namesOf(term).flatMap((name) => {
      const known = this.#byName.get(name) ?? this.#byName.get(uidOf(name));
      const named = known ?? this.boards.filter((b) => this.#lent(b, inside)?.name === name);
      if (named.length === 0) unmatched.push(name);
      return named;
    });
  }

  /** Resolves terms other than plain names; returns undefined for a name. */
  #find(term: HostlistTerm, unmatched: string[], inside: readonly string[]): T[] | undefined {
    const { text, literal } = term;
    if (literal) return undefined;
    if (text === 'all') return [...this.boards];
    const [, key, pattern] = /^(tag|platform|state|broker|uid):(.*)$/s.exec(text) ?? [];
    const values = key === undefined ? undefined : filters[key];
    if (values && pattern !== undefined) {
      const lent = (b: T) => (key === 'tag' ? (this.#lent(b, inside)?.tags ?? []) : []);
      return this.boards.filter((b) => [...values(b), ...lent(b)].some((v) => matches(v, pattern)));
    }
    const group = this.#groupName(text);
    if (group !== undefined) return this.#group(group, unmatched, inside);
    if (/[*?]/.test(text)) {
      const patterns = expandTerm(text);
      const names = (b: T) => [b.name, this.#lent(b, inside)?.name ?? b.name];
      return this.boards.filter((b) => patterns.some((p) => names(b).some((n) => matches(n, p))));
    }
    return undefined;
  }

  /** Returns what a device file adds to a board, as far as it counts in these groups. */
  #lent({ lent }: T, inside: readonly string[]): Lent | undefined {
    return lent?.own || !inside.some((group) => this.isOwn(group)) ? lent : undefined;
  }

  /**
   * Returns the name of a saved group: from `@name`, or from its bare name if no board has that
   * name.
   */
  #groupName(text: string): string | undefined {
    const name = text.startsWith('@') ? text.slice(1) : text;
    if (text.startsWith('@')) return name;
    return Object.hasOwn(this.groups, name) && !this.#byName.has(name) ? name : undefined;
  }

  #group(name: string, unmatched: string[], inside: readonly string[]): T[] {
    const selector = Object.hasOwn(this.groups, name) ? this.groups[name] : undefined;
    if (selector === undefined) return [];
    if (inside.includes(name)) {
      throw new UsageError(
        l10n.t('The group "{0}" contains itself ({1})', name, [...inside, name].join(' > ')),
      );
    }
    const selection = this.select(selector, [...inside, name]);
    unmatched.push(...selection.unmatched.map((u) => `${u} (in group ${name})`));
    return selection.boards.filter((board) => this.mayJoin(board, name));
  }
}

/** Expands a hostlist. An IPv6 address in brackets is not one. */
function namesOf(term: HostlistTerm): string[] {
  return term.literal || /\[[^\]]*:[^\]]*\]/.test(term.text) ? [term.text] : expandTerm(term.text);
}

/** Normalises a unique id, which may be written with or without colons, in either case. */
function uidOf(name: string): string {
  return name.replace(/[:-]/g, '').toLowerCase();
}

function matches(value: string, pattern: string): boolean {
  return minimatch(value, pattern.replace(/[[\]{}()!+@\\]/g, '\\$&'), {
    nocase: true,
    dot: true,
    noext: true,
    nobrace: true,
    nonegate: true,
    nocomment: true,
  });
}

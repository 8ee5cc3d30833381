import { parseAddress, type Address } from '../core/address';
import type { Found } from '../core/board/discovery';
import { UsageError } from '../core/errors';
import { compressHostlist, expandTerm, splitTerms } from '../core/many/hostlist';
import { selectBoards, type Selection } from '../core/many/selector';
import type { Cli } from './cli';
import { CliBoard } from './cliBoard';
import type { Links } from './links';
import type { Registry } from './registry';

/**
 * The boards that `-b` (or MPYFLEET_BOARD) names; without it the one board on a cable.
 * @throws UsageError when a name matches nothing: nothing is run on the others then
 */
export async function chooseBoards(cli: Cli, links: Links): Promise<readonly CliBoard[]> {
  const { registry } = links;
  const make: Make = (name, address, more = {}) =>
    new CliBoard(
      name,
      address,
      links,
      cli.options,
      more.tags,
      more.platform,
      more.uid,
      more.online,
    );
  const named = cli.options.board?.join(',') ?? cli.env.MPYFLEET_BOARD;
  if (!named) return [await onlyBoard(links, registry, make)];

  const known = registry.boards.map((b) => make(b.name, b.address, b));
  const direct = addressesIn(named).map((a) => make(a.rest, a));
  let selection = choose(named, known, direct, registry);
  if (links.brokers.configured && (selection.unmatched.length > 0 || !isPlain(named))) {
    const found = await links.brokers.discover();
    selection = choose(named, withFound(registry, found, make), direct, registry);
  }
  const { boards, unmatched } = selection;
  if (unmatched.length > 0) {
    throw new UsageError(`No board answers to ${unmatched.map((u) => `"${u}"`).join(', ')}`, {
      hint: `Nothing was run. Known boards: ${compressHostlist(registry.boards.map((b) => b.name)) || 'none'}. Addresses look like serial:/dev/ttyACM0.`,
    });
  }
  if (boards.length === 0) throw new UsageError(`"${named}" chooses no board`);
  return boards;
}

interface More {
  readonly tags?: readonly string[];
  readonly platform?: string;
  readonly uid?: string;
  readonly online?: boolean;
}
type Make = (name: string, address: Address, more?: More) => CliBoard;

/** Chooses; an address that several of the boards have stands for the first, which has the user's name for it. */
function choose(
  named: string,
  known: readonly CliBoard[],
  direct: readonly CliBoard[],
  registry: Registry,
): Selection<CliBoard> {
  const byAddress = new Map<string, CliBoard>();
  for (const board of [...known, ...direct]) {
    if (!byAddress.has(board.address.text)) byAddress.set(board.address.text, board);
  }
  return selectBoards(canonical(named), [...byAddress.values()], registry.groups);
}

/** Names and addresses only: what brokers know beside the configuration makes no difference. */
function isPlain(selector: string): boolean {
  return splitTerms(selector).every(
    ({ text, literal }) => literal || !/^(all$|@|(tag|platform|state|broker|uid):)|[*?]/.test(text),
  );
}

/** The boards of the configuration with what brokers tell of them, and those that only brokers know. */
function withFound(registry: Registry, found: readonly Found[], make: Make): CliBoard[] {
  const told = new Map(found.map((f) => [f.address.text, f]));
  const own = registry.boards.map((b) => {
    const more = factsOf(told.get(b.address.text));
    return make(b.name, b.address, { ...more, ...b, tags: [...b.tags, ...(more.tags ?? [])] });
  });
  const others = found.map((f) => make(f.name ?? f.uid ?? f.address.rest, f.address, factsOf(f)));
  return [...own, ...others];
}

function factsOf(found: Found | undefined): More {
  const { uid, online, info, details } = found ?? {};
  return {
    tags: details?.tags?.split(', ') ?? [],
    ...(uid === undefined ? {} : { uid }),
    ...(online === undefined ? {} : { online }),
    ...(info?.platform ? { platform: info.platform } : {}),
  };
}

/** The addresses among the parts of a selector; their ranges count too: serial:/dev/ttyACM[0-3]. */
function addressesIn(selector: string): Address[] {
  return splitTerms(selector).flatMap(({ text, literal }) =>
    addressTexts(text, literal).flatMap((t) => asAddress(t) ?? []),
  );
}

/** The selector with every address in its canonical form (`COM3` is `serial:COM3`, `ws://host` has a port). */
function canonical(selector: string): string {
  return splitTerms(selector)
    .map(({ text, literal }) => {
      const texts = addressTexts(text, literal);
      if (!texts.some((t) => asAddress(t))) return literal ? JSON.stringify(text) : text;
      return texts.map((t) => JSON.stringify(asAddress(t)?.text ?? t)).join(',');
    })
    .join(',');
}

function addressTexts(text: string, literal: boolean): string[] {
  const looksLikeOne = /^(serial|wss?|mqtt|mqboard|demo):|^\/|^COM[\d[]/i.test(text);
  if (!looksLikeOne) return [];
  return literal || /\[[^\]]*:/.test(text) ? [text] : expandTerm(text);
}

function asAddress(text: string): Address | undefined {
  try {
    return parseAddress(text);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

async function onlyBoard(links: Links, registry: Registry, make: Make): Promise<CliBoard> {
  const found = (await links.discover()).filter((f) => f.likely);
  const [first, ...others] = found;
  if (first && others.length === 0) {
    const entry = registry.boards.find((b) => b.address.text === first.address.text);
    return make(entry?.name ?? first.address.rest, first.address, entry);
  }
  const there = found.map((f) => f.address.text).join(', ');
  throw new UsageError(first ? `Several boards are there: ${there}` : 'No board is plugged in', {
    hint: 'Say which with -b, for example -b serial:/dev/ttyACM0; mpyfleet list shows what is there.',
  });
}

import { parseAddress, type Address } from '../core/address';
import { UsageError } from '../core/errors';
import { compressHostlist, expandTerm, splitTerms } from '../core/hostlist';
import { selectBoards } from '../core/selector';
import type { Cli } from './cli';
import { CliBoard } from './cliBoard';
import type { Links } from './links';
import { loadRegistry, type Registry } from './registry';

/**
 * The boards that `-b` (or MPYFLEET_BOARD) names; without it the one board on a cable.
 * @throws UsageError when a name matches nothing: nothing is run on the others then
 */
export async function chooseBoards(cli: Cli, links: Links): Promise<readonly CliBoard[]> {
  const registry = await loadRegistry(cli.cwd, cli.env);
  const make = (name: string, address: Address, more: Partial<CliBoard> = {}) =>
    new CliBoard(name, address, links, cli.options, more.tags, more.platform, more.uid);
  const named = cli.options.board?.join(',') ?? cli.env.MPYFLEET_BOARD;
  if (!named) return [await onlyBoard(links, registry, make)];

  const known = registry.boards.map((b) => make(b.name, b.address, b));
  const taken = new Set(known.flatMap((b) => b.addresses));
  const direct = addressesIn(named)
    .filter((a) => !taken.has(a.text))
    .map((a) => make(a.rest, a));
  const { boards, unmatched } = selectBoards(
    canonical(named),
    [...known, ...direct],
    registry.groups,
  );
  if (unmatched.length > 0) {
    throw new UsageError(`No board answers to ${unmatched.map((u) => `"${u}"`).join(', ')}`, {
      hint: `Nothing was run. Known boards: ${compressHostlist(registry.boards.map((b) => b.name)) || 'none'}. Addresses look like serial:/dev/ttyACM0.`,
    });
  }
  if (boards.length === 0) throw new UsageError(`"${named}" chooses no board`);
  return boards;
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

async function onlyBoard(
  links: Links,
  registry: Registry,
  make: (name: string, address: Address, more?: Partial<CliBoard>) => CliBoard,
): Promise<CliBoard> {
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

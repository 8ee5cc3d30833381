import { type Address, fullPlace } from '../../core/address';
import { parseAddress } from '../../core/parseAddress';
import { type Found, isOneDevice, stateNames, usbKey } from '../../core/board';
import { type ConnectError, UsageError } from '../../core/errors';
import {
  compressHostlist,
  expandTerm,
  marksOfPresence,
  naturally,
  selectBoards,
  type Selection,
  splitTerms,
} from '../../core/many';
import type { Cli } from '../cli';
import { bestReport, isUnplugged, joinReports } from './atBrokers';
import { type BoardFacts, CliBoard, programsOf } from './cliBoard';
import { onCables } from './deviceNames';
import type { Links } from './links';
import { isForeign } from './project';
import type { Registry } from './registry';

/**
 * Returns the boards that `-b` (or MPYFLEET_BOARD) names, or else the only board on a cable.
 * @throws UsageError if a name matches nothing; nothing then runs on the others
 */
export async function chooseBoards(cli: Cli, links: Links): Promise<readonly CliBoard[]> {
  const { registry } = links;
  const { deviceNames } = registry;
  const programs = programsOf(cli.options);
  const make: Make = (name, address, facts) => {
    const lent = deviceNames.get(facts?.uid ?? '');
    return new CliBoard(name, address, links, programs, { ...facts, ...(lent && { lent }) });
  };
  const named = cli.options.board?.join(',') ?? cli.env.MPYFLEET_BOARD;
  if (!named) return [await onlyBoard(links, registry, make)];

  const known = registry.boards.map((b) => make(b.name, b.address, b));
  const addresses = addressesIn(named);
  links.brokers.named(addresses);
  const direct = addresses.map((a) => make(fullPlace(a), a));
  let all = known;
  let selection = choose(named, known, direct, registry);
  const isMissing = (b: CliBoard) => b.uid !== undefined && isUnplugged(b);
  const asks =
    selection.unmatched.length > 0 || !isPlain(named) || selection.boards.some(isMissing);
  if (links.brokers.configured && asks) {
    const failed: ConnectError[] = [];
    const found = await links.brokers.discover((error) => failed.push(error));
    all = withFound(registry, found, make);
    selection = choose(named, all, direct, registry);
    // A broker that does not answer may have boards that a pattern means, or the board that is missing.
    if (failed[0] && (selection.unmatched.length > 0 || !isPlain(named))) throw failed[0];
  }
  if (deviceNames.size > 0 && (selection.unmatched.length > 0 || !isPlain(named))) {
    const more = onCables(deviceNames, await links.discover(), all);
    all = [...all, ...more.map(({ address, uid }) => make(fullPlace(address), address, { uid }))];
    selection = choose(named, all, direct, registry);
  }
  const { boards, unmatched } = selection;
  if (unmatched.length > 0) {
    throw new UsageError(`No board matches ${unmatched.map((u) => `"${u}"`).join(', ')}`, {
      hint: `Nothing was run. ${knownBy(unmatched, all)}`,
    });
  }
  if (boards.length === 0) throw new UsageError(`"${named}" matches no board`);
  const terms = new Set(splitTerms(named).map(({ text }) => text));
  const byUid = boards.filter(({ uid = '' }) => terms.has(uid) || terms.has(`uid:${uid}`));
  links.brokers.named(byUid.map(({ address }) => address));
  const keys = [registry.boards, all].flatMap((list) => list.map(({ name }) => name));
  return boards.map((board) => withDeviceName(board, keys));
}

/** Shows a board that has no name under that of its device file, unless another board has this name. */
function withDeviceName(board: CliBoard, names: readonly string[]): CliBoard {
  const { name, uid, address, lent } = board;
  const isNamed = name !== uid && name !== fullPlace(address);
  return isNamed || !lent || names.includes(lent.name) ? board : board.shownAs(lent.name);
}

/** Lists what a selector could have named: states if it names one, else boards. */
function knownBy(unmatched: readonly string[], all: readonly CliBoard[]): string {
  if (unmatched.every((term) => term.startsWith('state:'))) {
    const states = new Set(
      all.flatMap(({ state, marks = [] }) => [...stateNames(state), ...marks]),
    );
    return `States of the boards now: ${[...states].sort(naturally).join(', ') || 'none'}.`;
  }
  const names = compressHostlist(all.map((b) => b.name));
  return `Known boards: ${names || 'none'}. Addresses look like serial:/dev/ttyACM0.`;
}

type Make = (name: string, address: Address, facts?: BoardFacts) => CliBoard;

/**
 * Selects boards. An address that several boards share selects the first of them, which has the
 * user's name for it. A board that the user names by one of its addresses is reached there.
 */
function choose(
  named: string,
  known: readonly CliBoard[],
  direct: readonly CliBoard[],
  registry: Registry,
): Selection<CliBoard> {
  const byAddress = new Map<string, CliBoard>();
  const otherLinks = new Set(known.flatMap((b) => b.addresses));
  for (const board of known) {
    const via = direct.find(({ address }) => board.addresses.includes(address.text));
    const chosen = via && board.seen === undefined ? board.via(via.address) : board;
    if (!byAddress.has(chosen.address.text)) byAddress.set(chosen.address.text, chosen);
  }
  for (const board of direct) {
    if (!otherLinks.has(board.address.text)) byAddress.set(board.address.text, board);
  }
  return selectBoards(
    canonical(named),
    [...byAddress.values()],
    registry.groups,
    // A tag or a pattern of the user's own group must not take in boards that a repository has brought.
    ({ address }, group) =>
      registry.foreign.groups.has(group) || !isForeign(address, registry.foreign),
    (group) => !registry.foreign.groups.has(group),
  );
}

/** Uses names and addresses only, so facts that only brokers know do not matter. */
function isPlain(selector: string): boolean {
  return splitTerms(selector).every(
    ({ text, literal }) => literal || !/^(all$|@|(tag|platform|state|broker|uid):)|[*?]/.test(text),
  );
}

/**
 * Returns the configured boards with facts from brokers, and boards that only brokers know. A board
 * that is online at a broker is reached there, because a running program is not in the way there.
 */
function withFound(registry: Registry, found: readonly Found[], make: Make): CliBoard[] {
  const { own, others } = joinReports(registry, withoutImpostors(registry, found));
  const configured = registry.boards.map((b) => {
    const reports = own.get(b) ?? [];
    const best = bestReport(reports, b.address);
    const more = factsOf(best ?? reports[0]);
    const address = best && best.online !== false ? best.address : b.address;
    const addresses = [b.address, ...reports.map((r) => r.address)].map((a) => a.text);
    const tags = [...new Set([...b.tags, ...(more.tags ?? [])])];
    return make(b.name, address, { ...more, ...b, tags, addresses: [...new Set(addresses)] });
  });
  const only = others.map((reports) => {
    const best = bestReport(reports) ?? reports[0];
    const addresses = reports.map((r) => r.address.text);
    const name = best?.name ?? best?.uid;
    return (
      best && make(name ?? fullPlace(best.address), best.address, { ...factsOf(best), addresses })
    );
  });
  return [...configured, ...only.filter((b) => b !== undefined)];
}

/**
 * Returns `found` without boards of a project's broker that have the name or the uid of one of the
 * user's own.
 */
function withoutImpostors({ boards, groups, foreign }: Registry, found: readonly Found[]): Found[] {
  const isOwn = ({ address }: { address: Address }) => !isForeign(address, foreign);
  const taken = new Set(
    [...boards, ...found].filter(isOwn).flatMap(({ name, uid }) => [name, uid]),
  );
  for (const group of Object.keys(groups)) if (!foreign.groups.has(group)) taken.add(group);
  const isTaken = (key: string | undefined) => key !== undefined && taken.has(key);
  return found.filter((f) => isOwn(f) || !(isTaken(f.name) || isTaken(f.uid)));
}

function factsOf(found: Found | undefined): BoardFacts {
  const { uid, online, info, details } = found ?? {};
  return {
    tags: details?.tags?.split(', ') ?? [],
    ...(uid === undefined ? {} : { uid }),
    ...(online === undefined ? {} : { online }),
    ...(found ? { marks: marksOfPresence(found) } : {}),
    ...(info?.platform ? { platform: info.platform } : {}),
  };
}

/**
 * Returns the addresses among the parts of a selector, including ranges: serial:/dev/ttyACM[0-3].
 */
export function addressesIn(selector: string): Address[] {
  return splitTerms(selector).flatMap(({ text, literal }) =>
    addressTexts(text, literal).flatMap((t) => asAddress(t) ?? []),
  );
}

/**
 * Returns the selector with every address in its canonical form (`COM3` becomes `serial:COM3`,
 * `ws://host` gets a port).
 */
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
  const looksLikeOne = /^(serial|wss?|telnet|mqtt|mqboard|demo):|^\/|^COM[\d[]/i.test(text);
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

/** Keeps the lowest-numbered port of each device: the REPL of a board with a data port is there. */
export function withoutSecondPorts(found: readonly Found[]): Found[] {
  const order = ({ usb }: Found) => usb?.interface ?? 0;
  return found.filter((f) => {
    const key = usbKey(f.usb);
    return !found.some(
      (o) =>
        key !== undefined &&
        usbKey(o.usb) === key &&
        f.usb &&
        o.usb &&
        isOneDevice(f.usb, o.usb) &&
        order(o) < order(f),
    );
  });
}

async function onlyBoard(links: Links, registry: Registry, make: Make): Promise<CliBoard> {
  const ports = (await links.discover()).filter((f) => f.likely);
  const found = withoutSecondPorts(ports);
  const [first, ...others] = found;
  if (first && others.length === 0) {
    const entry = registry.boards.find((b) => b.address.text === first.address.text);
    const board = make(entry?.name ?? fullPlace(first.address), first.address, entry);
    return board.withOtherPorts(ports.filter((f) => f !== first).map((f) => f.address));
  }
  const there = found.map((f) => f.address.text).join(', ');
  if (!first) {
    throw new UsageError('No board is plugged in', {
      hint: `${(await links.portHints()).join('\n')}\nOr name a board with -b, for example -b ws://HOST.`,
    });
  }
  throw new UsageError(`Several boards are connected: ${there}`, {
    hint: 'Choose with -b, for example -b serial:/dev/ttyACM0; mpyfleet list shows them.',
  });
}

import { type ConnectError, UsageError } from '../../core/errors';
import { type Found, type Lent, sharedWords, type StateWord, UsbKeys } from '../../core/board';
import { shownMinute } from '../../core/shownTime';
import { marksOfPresence, naturally } from '../../core/many';
import { printable, type VerbRun } from '../cli';
import { EXIT } from '../exitStatus';
import {
  isUnplugged,
  joinReports,
  loadLinks,
  type RegisteredBoard,
  uidOnCable,
  withHint,
} from '../board';

/** One line of the list. */
interface Listed {
  readonly name: string;
  /** The first address that is available, else the first of all. */
  readonly address: string;
  /** All ways to the board. */
  readonly addresses: readonly string[];
  /**
   * A word that `state:` selects as well: `online` at a broker, `not connected` for a link that can be tried (a cable, or an address
   * that cannot be seen without opening it), `asleep` or `away`.
   */
  readonly state: StateWord;
  /** Expected time of return of a sleeping board, in ISO 8601, even if it is late. */
  readonly until?: string;
  /** Problems that the board tells at its broker: `safe`, `updating`, `old-agent`. */
  readonly marks?: readonly string[];
  readonly what: string;
  readonly tags: readonly string[];
}

/**
 * `list [--all]`: lists connected boards and ports, boards on brokers, and the configuration. Opens
 * no link.
 */
export const run: VerbRun = async (cli, args) => {
  if (args.length > 0) throw new UsageError('list takes no arguments');
  const links = await loadLinks(cli);
  const { registry } = links;
  try {
    let status: number = EXIT.ok;
    const onFailed = ({ message, hint }: ConnectError) => {
      cli.err(withHint(message, hint));
      status = EXIT.link;
    };
    const told = links.brokers.configured ? await links.brokers.discover(onFailed) : [];
    const found = [...(await links.discover()), ...told].filter((f) => f.likely || cli.options.all);
    for (const shared of new UsbKeys().see(found)) cli.err(`${printable(sharedWords(shared))}\n`);
    const { own, others } = joinReports(registry, found);
    const { deviceNames } = registry;
    const lentTo = (uid: string | undefined) => deviceNames.get(uid ?? '');
    const rows = registry.boards.map((b) => withLent(listed(own.get(b) ?? [], b), lentTo(b.uid)));
    const uidIn = (reports: readonly Found[]) =>
      reports.map((f) => uidOnCable(deviceNames, f)).find((uid) => uid !== undefined);
    const all = [
      ...rows,
      ...others.map((reports) => withLent(listed(reports), lentTo(uidIn(reports)))),
    ].sort((a, b) => naturally(a.name || a.address, b.name || b.address));
    cli.out(cli.options.json ? `${JSON.stringify(all, undefined, 2)}\n` : table(all));
    if (all.length === 0) {
      const hints = await links.portHints();
      cli.err(`No board found. Plug one in; --all shows every port.\n${hints.join('\n')}\n`);
    }
    return status;
  } finally {
    await links.close();
  }
};

/** Describes one board by what is seen of it. The links that are there come first. */
function listed(seen: readonly Found[], entry?: RegisteredBoard): Listed {
  const here = [...seen].sort((a, b) => order(a) - order(b));
  const [first] = here;
  const far = here.find((f) => f.details) ?? first;
  const own = entry && !entry.seen ? [entry.address.text] : [];
  const texts = (rank: number) => here.filter((f) => order(f) === rank).map((f) => f.address.text);
  const addresses = [...new Set([...texts(0), ...own, ...texts(1), ...texts(2)])];
  const [address = entry?.address.text ?? ''] = addresses;
  return {
    name: entry?.name ?? far?.name ?? '',
    address,
    addresses: addresses.length > 0 ? addresses : [address],
    ...(first ? stateOf(first) : { state: isGone(entry) ? 'away' : 'not connected' }),
    ...(far ? marksIn(far) : {}),
    what: far?.label ?? far?.info?.machine ?? entry?.platform ?? '',
    tags: entry?.tags ?? far?.details?.tags?.split(', ') ?? [],
  };
}

/**
 * Returns whether a board's port does not exist. The path of a port that no driver announces, such as a pty or a link of the
 * user's, exists all the same; on Windows, all ports are announced.
 */
function isGone(entry: RegisteredBoard | undefined): boolean {
  if (entry?.address.kind !== 'serial') return false;
  return process.platform === 'win32' || isUnplugged(entry);
}

/** Adds the tags of a device file, and its name to a board that has none. */
function withLent(row: Listed, lent: Lent | undefined): Listed {
  if (!lent) return row;
  return { ...row, name: row.name || lent.name, tags: [...new Set([...row.tags, ...lent.tags])] };
}

/** Sorts links: present, asleep, away. */
function order(found: Found): number {
  const { state } = stateOf(found);
  return state === 'away' ? 2 : state === 'asleep' ? 1 : 0;
}

function stateOf({ online, asleep }: Found): Pick<Listed, 'state' | 'until'> {
  if (online === undefined) return { state: 'not connected' };
  if (online) return { state: 'online' };
  if (!asleep) return { state: 'away' };
  const until = new Date(asleep.until).toISOString();
  return { state: asleep.overslept ? 'away' : 'asleep', until };
}

function marksIn(found: Found): Pick<Listed, 'marks'> {
  const marks = marksOfPresence(found).filter((mark) => mark !== 'overslept'); // `until` says that
  return marks.length > 0 ? { marks } : {};
}

/** Formats the state for people: `asleep until 14:05`, `online (safe)`. */
function stateWords({ state, until, marks }: Listed): string {
  if (until === undefined) return marks ? `${state} (${marks.join(', ')})` : state;
  const time = shownMinute(Date.parse(until), Date.now());
  return state === 'asleep' ? `asleep until ${time}` : `away, should have woken up at ${time}`;
}

function table(rows: readonly Listed[]): string {
  const cells = rows.map((r) =>
    [r.name || '-', r.addresses.join(', '), stateWords(r), r.what].map(printable),
  );
  const widths = [0, 1, 2].map((i) => Math.max(0, ...cells.map((row) => row[i]?.length ?? 0)));
  return cells
    .map(
      (row) =>
        `${row
          .map((c, i) => c.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

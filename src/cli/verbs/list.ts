import { type ConnectError, UsageError } from '../../core/errors';
import { type Found, sharedWords, UsbKeys } from '../../core/board';
import { shownMinute } from '../../core/shownTime';
import { marksOfPresence, naturally } from '../../core/many';
import { printable, type VerbRun } from '../cli';
import { EXIT } from '../exitStatus';
import { loadLinks, withHint } from '../board';

/** One line of the list. */
interface Listed {
  readonly name: string;
  readonly address: string;
  /** `there`, `away`, `asleep`, or `unknown` for links that cannot be seen without opening them. */
  readonly state: 'there' | 'away' | 'asleep' | 'unknown';
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
    const byAddress = new Map(
      registry.boards.flatMap((b) =>
        (b.seen?.addresses ?? [b.address.text]).map((address) => [address, b] as const),
      ),
    );
    const there = found.map((f): Listed => {
      const entry = byAddress.get(f.address.text);
      return {
        name: entry?.name ?? f.name ?? '',
        address: f.address.text,
        ...stateOf(f),
        ...marksIn(f),
        what: f.label ?? f.info?.machine ?? '',
        tags: entry?.tags ?? f.details?.tags?.split(', ') ?? [],
      };
    });
    const seen = new Set(there.map((l) => l.address));
    const others = registry.boards
      .filter((b) => !seen.has(b.address.text))
      .map((b): Listed => {
        const state = b.address.kind === 'serial' ? 'away' : 'unknown';
        return {
          name: b.name,
          address: b.address.text,
          state,
          what: b.platform ?? '',
          tags: b.tags,
        };
      });
    const all = [...there, ...others].sort((a, b) =>
      naturally(a.name || a.address, b.name || b.address),
    );
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

function stateOf({ online, asleep }: Found): Pick<Listed, 'state' | 'until'> {
  if (online !== false) return { state: 'there' };
  if (!asleep) return { state: 'away' };
  const until = new Date(asleep.until).toISOString();
  return { state: asleep.overslept ? 'away' : 'asleep', until };
}

function marksIn(found: Found): Pick<Listed, 'marks'> {
  const marks = marksOfPresence(found).filter((mark) => mark !== 'overslept'); // `until` says that
  return marks.length > 0 ? { marks } : {};
}

/** Formats the state for people: `asleep until 14:05`, `there (safe)`. */
function stateWords({ state, until, marks }: Listed): string {
  if (until === undefined) return marks ? `${state} (${marks.join(', ')})` : state;
  const time = shownMinute(Date.parse(until), Date.now());
  return state === 'asleep' ? `asleep until ${time}` : `away, should have woken up at ${time}`;
}

function table(rows: readonly Listed[]): string {
  const cells = rows.map((r) => [r.name || '-', r.address, stateWords(r), r.what].map(printable));
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

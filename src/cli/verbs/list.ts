import { UsageError } from '../../core/errors';
import { naturally } from '../../core/many/hostlist';
import { printable, type VerbRun } from '../cli';
import { loadLinks } from '../links';

/** One line of the list. */
interface Listed {
  readonly name: string;
  readonly address: string;
  /** `there`, `away`, or `unknown` for links that cannot be seen without opening them. */
  readonly state: 'there' | 'away' | 'unknown';
  readonly what: string;
  readonly tags: readonly string[];
}

/** `list [--all]`: what is plugged in, what brokers know, and what the configuration names. Nothing is opened. */
export const run: VerbRun = async (cli, args) => {
  if (args.length > 0) throw new UsageError('list wants no arguments');
  const links = await loadLinks(cli);
  const { registry } = links;
  try {
    const told = links.brokers.configured ? await links.brokers.discover() : [];
    const found = [...(await links.discover()), ...told].filter((f) => f.likely || cli.options.all);
    const byAddress = new Map(registry.boards.map((b) => [b.address.text, b]));
    const there = found.map((f): Listed => {
      const entry = byAddress.get(f.address.text);
      return {
        name: entry?.name ?? f.name ?? '',
        address: f.address.text,
        state: f.online === false ? 'away' : 'there',
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
    if (all.length === 0) cli.err('No board is there. Plug one in; --all shows every port.\n');
    return 0;
  } finally {
    await links.close();
  }
};

function table(rows: readonly Listed[]): string {
  const cells = rows.map((r) => [r.name || '-', r.address, r.state, r.what].map(printable));
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

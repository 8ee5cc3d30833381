import * as l10n from '@vscode/l10n';
import type { LinkKind } from '../../address';
import { parseAddress } from '../../parseAddress';
import { type Board, type Found, infoLines } from '../../board';
import { UsageError } from '../../errors';
import { urlOf } from '../addressText';
import type { Magic, MagicCall } from '../magic';
import { nearNames } from '../nearNames';
import type { NotebookHost } from '../host';

/** Converts IoT Kernel's `serial:///dev/ttyUSB0` to `serial:/dev/ttyUSB0`. */
function addressText(text: string): string {
  return text.replace(/^serial:\/\/(?=\/)/, 'serial:');
}

function isAddress(text: string): boolean {
  return /^(?:\/|(?:serial|wss?|mqtt|mqboard|demo):|COM\d+$)/i.test(text);
}

/** Finds the one board with this name, unique id or address. @throws UsageError with similar names */
export async function oneBoard(host: NotebookHost, text: string): Promise<Board> {
  await host.boards.nameConfigured();
  const wanted = isAddress(text) ? parseAddress(addressText(text)).text : text;
  const { boards } = host.boards.select(wanted);
  const [first, second] = boards;
  if (first && second) {
    throw new UsageError(l10n.t('{0} matches {1} boards', text, boards.length), {
      hint: l10n.t('This needs one board. Use its unique id or address; %discover -v lists them.'),
    });
  }
  if (first) return first.board;
  if (isAddress(text)) return host.boards.register(addressText(text));
  const near = nearNames(
    text,
    host.boards.all().map((b) => b.name),
  );
  throw new UsageError(l10n.t('No board is named {0}', text), {
    hint: l10n.t(
      '{0}%discover lists the boards.',
      near.length > 0 ? `Did you mean ${near.join(', ')}? ` : '',
    ),
  });
}

/** Returns the board's current address, else its first known one. */
export function urlOfBoard(board: Board): string {
  const address =
    board.transport?.address ??
    (board.links.find((l) => l.present) ?? board.links[0])?.found.address;
  return address === undefined ? '' : urlOf(address.text);
}

/** Kinds of links by the names that users type. */
const KINDS: Readonly<Record<string, LinkKind>> = {
  serial: 'serial',
  usb: 'serial',
  ws: 'webrepl',
  wss: 'webrepl',
  wp: 'webrepl',
  webrepl: 'webrepl',
  telnet: 'telnet',
  mqtt: 'mqtt',
};

/** Returns the first of the named kinds of link that the board has. @throws UsageError when it has none of them */
function kindOf(board: Board, schemes: readonly string[]): LinkKind | undefined {
  if (schemes.length === 0) return undefined;
  const wanted = schemes.map((s) => (Object.hasOwn(KINDS, s) ? KINDS[s] : undefined));
  const kind = wanted.find((k) => board.links.some((l) => l.present && l.found.address.kind === k));
  if (kind) return kind;
  throw new UsageError(l10n.t('{0} cannot be reached by {1}', board.name, schemes.join(', ')), {
    hint: l10n.t(
      'Its addresses are {0}.',
      board.links.map((l) => urlOf(l.found.address.text)).join(', '),
    ),
  });
}

async function connect({ kernel, args, out, signal }: MagicCall): Promise<void> {
  const [first, ...schemes] = args.args;
  const board = first === undefined ? kernel.board() : await oneBoard(kernel.host, first);
  const kind =
    first !== undefined && isAddress(first)
      ? parseAddress(addressText(first)).kind
      : kindOf(board, schemes);
  if (!board.transport || (kind && board.transport.kind !== kind)) {
    await board.connect({ signal, ...(kind && { kind }) });
  }
  kernel.choose(board);
  if (board.uid === undefined) {
    // The output of the board shows its name.
    await kernel.session(board, () => Promise.resolve(), {
      job: l10n.t('Identifying'),
      signal,
    });
  }
  const now = kernel.board();
  if (!args.has('quiet')) out.text(`Connected to ${now.name} @ ${urlOfBoard(now)}\n`);
}

async function discover({ kernel, args, out }: MagicCall): Promise<void> {
  await kernel.host.boards.nameConfigured();
  const all = args.has('all');
  const rows = kernel.host.boards.all().flatMap((board) =>
    board.links
      .filter((l) => l.present && (all || l.found.likely || board.info !== undefined))
      .map(({ found }) => ({
        name: board.name,
        url: urlOf(found.address.text),
        uid: board.uid ?? '',
        port: all ? portWords(found) : '',
      })),
  );
  if (rows.length === 0) {
    out.text('No boards found. Plug one in, or add one with %register ws://HOST:8266.\n');
    return;
  }
  const width = Math.max(...rows.map(({ name }) => name.length));
  const urls = Math.max(...rows.map(({ url }) => url.length));
  const uids = Math.max(...rows.map(({ uid }) => uid.length));
  for (const { name, url, uid, port } of rows) {
    const more = [args.has('verbose') ? uid.padEnd(port === '' ? 0 : uids) : '', port];
    out.text(`${name.padEnd(width)}  ${url.padEnd(urls)}  ${more.filter(Boolean).join('  ')}\n`);
  }
}

/** Describes the USB device of a port: `2e8a:0005 MicroPython Board in FS mode, interface 0`. */
function portWords({ usb, label }: Found): string {
  if (!usb) return label ?? '';
  const { vendorId, productId, manufacturer, product } = usb;
  const words = [`${vendorId}:${productId}`, manufacturer, product ?? label].filter(Boolean);
  const part = usb.interface === undefined ? '' : `, interface ${usb.interface}`;
  return `${words.join(' ')}${part}`;
}

async function info({ kernel, args, out, signal }: MagicCall): Promise<void> {
  const board = kernel.board();
  const facts = infoLines(await board.refreshInfo({ signal }));
  const configured = await kernel.host.configured(board, signal);
  const lines = [
    ['name', board.name] as const,
    ['url', urlOfBoard(board)] as const,
    ...facts,
    ...(configured ? [['configuration', configured.file] as const] : []),
  ];
  const width = Math.max(...lines.map(([key]) => key.length));
  out.text(lines.map(([key, value]) => `${key.padEnd(width)}  ${value}\n`).join(''));
  if (!args.has('verbose') || !configured) return;
  const paths = Math.max(0, ...configured.files.map((f) => f.board.length));
  const rows = configured.files.map(
    (f) => `${String(f.size).padStart(7)}  ${f.board.padEnd(paths)}  ${f.local}\n`,
  );
  out.text(`resources:\n${rows.join('')}`);
}

/** Prints one fact about the board, and asks the board if it is not known yet. */
async function fact(call: MagicCall, of: (board: Board) => string | undefined): Promise<void> {
  const board = call.kernel.board();
  if (of(board) === undefined) await board.refreshInfo({ signal: call.signal });
  call.out.text(`${of(call.kernel.board()) ?? 'unknown'}\n`);
}

const BANNER = '!'.repeat(31);

async function reset(call: MagicCall, mode: 'soft' | 'hard'): Promise<void> {
  const { kernel, out, signal } = call;
  await kernel.board().reset(mode, signal);
  kernel.restarted();
  const words = `${mode}reset ...`.padStart(16).padEnd(21);
  if (call.args.has('quiet')) return;
  out.text(`\n${BANNER}\n!!!!!${words}!!!!!\n${BANNER}\n\n`);
}

const quiet = { short: '-q', long: '--quiet', help: () => l10n.t('print nothing') };

/** Magics that find, choose and reset boards. */
export const boardMagics: readonly Magic[] = [
  {
    name: '%connect',
    summary: () => l10n.t('Connect to device'),
    args: [
      {
        name: 'device',
        help: () =>
          l10n.t('name, unique id or URL of the device; without it, the one of this notebook'),
        count: 'optional',
      },
      { name: 'scheme', help: () => l10n.t('how to reach it: serial, ws or mqtt'), count: 'any' },
    ],
    options: [quiet],
    run: connect,
  },
  {
    name: '%discover',
    summary: () => l10n.t('Discover available devices'),
    options: [
      { short: '-a', long: '--all', help: () => l10n.t('list all devices connected to USB ports') },
      { short: '-v', long: '--verbose', help: () => l10n.t('show uid') },
      {
        short: '-f',
        long: '--force',
        help: () => l10n.t('ignored: boards are searched continuously'),
        hidden: true,
      },
    ],
    run: discover,
  },
  {
    name: '%register',
    summary: () => l10n.t('Register device'),
    args: [
      { name: 'url', help: () => l10n.t('ws://HOST:PORT, serial:PATH or a path'), count: 'one' },
    ],
    run: async ({ kernel, args, out }) => {
      const board = await kernel.host.boards.register(addressText(args.first ?? ''));
      out.text(`Registered ${board.name} @ ${urlOfBoard(board)}\n`);
    },
  },
  {
    name: '%unregister',
    summary: () => l10n.t('Remove the addresses that were registered for a device'),
    args: [{ name: 'device', help: () => l10n.t('its name, unique id or URL'), count: 'one' }],
    run: async ({ kernel, args, out }) => {
      const board = await oneBoard(kernel.host, args.first ?? '');
      const gone = await kernel.host.boards.unregister(board);
      out.text(
        gone.length > 0
          ? gone.map((url) => `Unregistered ${urlOf(url)}\n`).join('')
          : `${board.name} has no address that was registered\n`,
      );
    },
  },
  {
    name: '%name',
    summary: () => l10n.t('Name of currently connected microcontroller.'),
    args: [
      { name: 'name', help: () => l10n.t('a new name, kept on this computer'), count: 'optional' },
    ],
    run: ({ kernel, args, out }) => {
      const board = kernel.board();
      if (args.first !== undefined) kernel.host.boards.rename(board, args.first);
      out.text(`${board.name}\n`);
    },
  },
  {
    name: '%uid',
    summary: () => l10n.t('Unique id of currently connected microcontroller.'),
    run: (call) => fact(call, (b) => b.uid),
  },
  {
    name: '%url',
    summary: () => l10n.t('URL of currently connected microcontroller.'),
    run: ({ kernel, out }) => out.text(`${urlOfBoard(kernel.board())}\n`),
  },
  {
    name: '%platform',
    summary: () => l10n.t('sys.platform of currently connected device.'),
    run: (call) => fact(call, (b) => b.info?.platform),
  },
  {
    name: '%info',
    summary: () =>
      l10n.t(
        'Description of the connected microcontroller: machine, firmware, memory, flash, device file.',
      ),
    options: [
      {
        short: '-v',
        long: '--verbose',
        help: () =>
          l10n.t(
            'also list the resources of its device file: size, path on the board and on the host',
          ),
      },
    ],
    run: info,
  },
  {
    name: '%softreset',
    summary: () => l10n.t('Reset the MicroPython interpreter; boot.py and main.py run again.'),
    options: [quiet],
    run: (call) => reset(call, 'soft'),
  },
  {
    name: '%hardreset',
    summary: () => l10n.t('Reset the microcontroller, like its button.'),
    options: [
      quiet,
      {
        short: '-t',
        long: '--timeout',
        value: 'S',
        help: () => l10n.t('ignored: the command does not wait'),
        hidden: true,
      },
    ],
    run: (call) => reset(call, 'hard'),
  },
];

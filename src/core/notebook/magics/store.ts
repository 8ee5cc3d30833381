import * as l10n from '@vscode/l10n';
import type { Board } from '../../board';
import { ProtocolError, UsageError } from '../../errors';
import { pyRepr } from '../../python/python';
import type { Magic, MagicCall } from '../magic';

/** Longest value that can be moved, in characters of JSON. */
const LIMIT = 1_000_000;
/** Limit of all kept values together, in characters of JSON. */
const TOTAL_LIMIT = 10_000_000;
/** Number of characters of a value that a list shows. */
const SHOWN = 60;

function checkName(name: string): void {
  if (/^[A-Za-z_]\w*$/.test(name)) return;
  throw new UsageError(l10n.t('"{0}" is not a valid variable name', name));
}

async function fromBoard({ kernel, signal }: MagicCall, name: string): Promise<string> {
  const code = `import json\nprint(json.dumps(${name}))\n`;
  return checked(name, (await kernel.ask(code, `Reading ${name}`, signal)).trim());
}

/** Checks that a value from a board is JSON of bounded size before it is kept. */
function checked(name: string, json: string): string {
  if (json.length > LIMIT) {
    throw new UsageError(l10n.t('{0} is too large: {1} characters of JSON', name, json.length), {
      hint: l10n.t(
        'At most {0} characters can be transferred. Write the value to a file instead.',
        LIMIT,
      ),
    });
  }
  try {
    return JSON.stringify(JSON.parse(json));
  } catch (cause) {
    throw new ProtocolError(l10n.t('The value of {0} cannot be converted to JSON', name), {
      cause,
      hint: l10n.t('Numbers, strings, lists, dicts, True, False and None can be transferred.'),
    });
  }
}

/**
 * Checks that a value fits into the limit of all stored values.
 * @throws UsageError when another value does not fit
 */
function checkRoom({ kernel }: MagicCall, name: string, json: string): void {
  let total = json.length;
  for (const [other, value] of kernel.shared.values) if (other !== name) total += value.length;
  if (total <= TOTAL_LIMIT) return;
  throw new UsageError(l10n.t('{0} does not fit: {1} characters would be stored', name, total), {
    hint: l10n.t('Delete values that you do not need with %store -d NAME, or all with %store -z.'),
  });
}

async function toBoard(call: MagicCall, board: Board, name: string, json: string): Promise<void> {
  const code = `import json\n${name}=json.loads(${pyRepr(json)})\n`;
  await call.kernel.ask(code, `Setting ${name}`, call.signal, board);
}

function kept({ kernel }: MagicCall, name: string): string {
  const json = kernel.shared.values.get(name);
  if (json !== undefined) return json;
  throw new UsageError(l10n.t('No value named {0} is stored', name), {
    hint: l10n.t('%store lists the stored values.'),
  });
}

async function store(call: MagicCall): Promise<void> {
  const { kernel, args, out, signal } = call;
  const { shared } = kernel;
  args.args.forEach(checkName);
  const names = args.args.length > 0 ? args.args : [...shared.values.keys()];
  if (args.has('clear')) {
    shared.forgetAll();
    return;
  }
  if (args.has('delete')) {
    for (const name of args.args) if (!shared.forget(name)) kept(call, name);
    return;
  }
  const to = args.value('to');
  const targets =
    to === undefined ? [() => kernel.board()] : chosen(call, to).map((board) => () => board);
  if (args.has('restore')) {
    for (const name of names) {
      for (const board of targets) await toBoard(call, board(), name, kept(call, name));
    }
    return;
  }
  if (args.args.length === 0) {
    out.text('Stored variables and their values:\n');
    const width = Math.max(0, ...names.map((n) => n.length));
    for (const name of names) out.text(`${name.padEnd(width)}  -> ${cut(kept(call, name))}\n`);
    return;
  }
  for (const name of names) {
    const json = args.has('host')
      ? checked(name, await hostValue(call, name))
      : await fromBoard(call, name);
    checkRoom(call, name, json);
    shared.keep(name, json);
    if (kernel.python.running && !args.has('host')) await kernel.python.set(name, json, signal);
    if (to !== undefined) {
      for (const board of targets) await toBoard(call, board(), name, json);
    }
    out.text(`Stored '${name}' = ${cut(json)}\n`);
  }
}

function hostValue({ kernel, signal }: MagicCall, name: string): Promise<string> {
  kernel.host.requireTrust();
  return kernel.python.get(name, signal);
}

function chosen({ kernel }: MagicCall, selector: string): Board[] {
  const { boards, unmatched } = kernel.host.boards.select(selector);
  if (unmatched.length > 0)
    throw new UsageError(l10n.t('No board is named {0}', unmatched.join(', ')));
  return boards.map((b) => b.board);
}

function cut(json: string): string {
  return json.length > SHOWN ? `${json.slice(0, SHOWN)}…` : json;
}

/** Magics that move values between boards and the host. */
export const storeMagics: readonly Magic[] = [
  {
    name: '%store',
    summary: () => l10n.t('Exchange variables between microcontrollers and the host'),
    more: () =>
      [
        l10n.t(
          '%store a b         store the values of a and b of the microcontroller; %%host cells see them',
        ),
        l10n.t('%store --host a    store the value that a has in %%host cells'),
        l10n.t(
          '%store -r a        set a on the connected microcontroller to the stored value (without names: all)',
        ),
        l10n.t('%store a --to B    set a also on other microcontrollers'),
        l10n.t(
          '%store             list the stored values, which the workspace keeps until you delete them',
        ),
      ].join('\n'),
    options: [
      { short: '-r', long: '--restore', help: () => l10n.t('set the names to the stored values') },
      { short: '-H', long: '--host', help: () => l10n.t('take the values from %%host cells') },
      {
        short: '-t',
        long: '--to',
        value: 'BOARDS',
        help: () => l10n.t('set them on these microcontrollers'),
      },
      { short: '-d', long: '--delete', help: () => l10n.t('delete the names from the store') },
      { short: '-z', long: '--clear', help: () => l10n.t('delete all stored values') },
    ],
    args: [{ name: 'name', help: () => l10n.t('names of variables'), count: 'any' }],
    run: store,
  },
];

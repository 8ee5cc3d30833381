import * as l10n from '@vscode/l10n';
import { throwIfAborted } from '../../async';
import { compressHostlist, summarize, type BoardResult } from '../../many';
import type { Board } from '../../board';
import { failureOf } from '../failure';
import { FleetError } from '../../errors';
import type { Magic, MagicCall } from '../magic';
import type { CellFailure, CellOutput } from '../output';
import { runOnHost } from './hostCells';
import { oneBoard } from './boards';
import { sideBySide } from '../sideBySide';

/** Where a cell runs: a board, or this computer. */
interface Place {
  readonly name: string;
  readonly run: (output: CellOutput) => Promise<boolean>;
}

/** The cell failed on some boards. Each of them has shown its error. */
class SomeFailedError extends FleetError {
  readonly code = 'someFailed';
}

function onBoard({ kernel, body, bodyLine, cell, signal }: MagicCall, board: Board): Place {
  const own = kernel.on(board);
  // Empty lines before the body keep the line numbers of the cell.
  const source = `${'\n'.repeat(bodyLine)}${body}`;
  return { name: board.name, run: (output) => own.run({ source, cell, output, signal }) };
}

function onHost(call: MagicCall): Place {
  const run = async (output: CellOutput) => {
    try {
      await runOnHost({ ...call, out: output });
      return true;
    } catch (error) {
      output.fail(failureOf(error, { cell: call.cell, offset: call.bodyLine }));
      return false;
    }
  };
  return { name: 'HOST', run };
}

async function places(call: MagicCall): Promise<Place[]> {
  const { kernel, args } = call;
  const boards = new Set<Board>();
  await kernel.host.boards.nameConfigured();
  if (args.has('all')) {
    for (const board of kernel.host.boards.all()) if (board.present) boards.add(board);
  }
  for (const arg of args.args) {
    const { boards: found, unmatched } = kernel.host.boards.select(arg);
    if (unmatched.length === 0) for (const { board } of found) boards.add(board);
    else boards.add(await oneBoard(kernel.host, arg));
  }
  const all = [
    ...(args.has('host') ? [onHost(call)] : []),
    ...[...boards].map((b) => onBoard(call, b)),
  ];
  return all.length > 0 ? all : [onBoard(call, kernel.board())];
}

/** Collects the output of a cell to show it later. */
class Kept implements CellOutput {
  printed = '';
  failed: CellFailure | undefined;

  constructor(
    private readonly name: string,
    private readonly to: CellOutput,
  ) {}

  text(text: string): void {
    this.printed += text;
  }
  note(text: string): void {
    this.printed += text;
  }
  fail(failure: CellFailure): void {
    this.failed = failure;
    this.printed += failureText(failure);
  }
  display(data: Readonly<Record<string, string>>) {
    this.printed += `${data['text/plain'] ?? ''}\n`;
    return { update: () => undefined };
  }
  ask(prompt: string, signal: AbortSignal) {
    return this.to.ask(`${this.name}: ${prompt}`, signal);
  }
}

function failureText({ traceback }: CellFailure): string {
  return `${traceback.join('\n')}\n`;
}

async function run(call: MagicCall): Promise<void> {
  const { args } = call;
  const all = await places(call);
  const results =
    args.has('parallel') || args.has('fold') ? await folded(call, all) : await inTurn(all, call);
  throwIfAborted(call.signal);
  if (results.some(({ status }) => status !== 'ok')) throw new SomeFailedError(summarize(results));
}

/** Converts the end of a cell at one place to the result type of other jobs on many boards. */
function resultAt(name: string, failure: CellFailure | undefined): BoardResult {
  const result = { board: name, id: name, output: '' };
  if (!failure) return { ...result, status: 'ok' };
  const message = `${failure.name}: ${failure.value}`;
  return { ...result, status: 'failed', error: { code: 'cell', message } };
}

/** Runs the boards one after the other and shows the output as it arrives. */
async function inTurn(
  all: readonly Place[],
  { args, out, signal }: MagicCall,
): Promise<BoardResult[]> {
  const results: BoardResult[] = [];
  for (const { name, run: start } of all) {
    if (signal.aborted) break;
    if (!args.has('quiet')) out.text(`\n----- ${name}\n\n`);
    let failed: CellFailure | undefined;
    const output: CellOutput = {
      text: (text) => out.text(text),
      note: (text) => out.note(text),
      // The cell continues, so this is not its error yet.
      fail: (failure) => {
        failed = failure;
        out.note(failureText(failure));
      },
      display: (data, kind) => out.display(data, kind),
      ask: (prompt, signal) => out.ask(`${name}: ${prompt}`, signal),
    };
    await start(output);
    results.push(resultAt(name, failed));
  }
  return results;
}

/** Runs the boards and shows their outputs side by side at the end, boards with the same output together. */
async function folded(
  { args, out, signal }: MagicCall,
  all: readonly Place[],
): Promise<BoardResult[]> {
  const kept = all.map(({ name }) => new Kept(name, out));
  const one = async ({ run: start }: Place, i: number) => {
    const output = kept[i];
    if (output && !signal.aborted) await start(output);
  };
  if (args.has('parallel')) await Promise.all(all.map(one));
  else for (const [i, place] of all.entries()) await one(place, i);
  const groups = new Map<string, { names: string[]; text: string }>();
  for (const [i, { name }] of all.entries()) {
    const text = kept[i]?.printed ?? '';
    const group = groups.get(text);
    if (group) group.names.push(name);
    else groups.set(text, { names: [name], text });
  }
  const columns = [...groups.values()].map(({ names, text }) => {
    const count = names.length > 1 ? ` (${names.length} with the same output)` : '';
    return { head: `${compressHostlist(names)}${count}`, text };
  });
  const plain = columns.map(({ head, text }) =>
    args.has('quiet') ? text : `\n----- ${head}\n\n${text}`,
  );
  const beside = args.has('quiet') ? undefined : sideBySide(columns);
  if (beside === undefined) for (const text of plain) out.text(text);
  else out.display({ 'text/html': beside, 'text/plain': plain.join('') });
  return all.map(({ name }, i) => resultAt(name, kept[i]?.failed));
}

/** Magics that run a cell on several boards. */
export const connectCellMagics: readonly Magic[] = [
  {
    name: '%%connect',
    summary: () => l10n.t('Run the cell on one or more devices.'),
    more: () =>
      l10n.t(
        'Names, hostlists (esp32-[01-12]), patterns (esp32-*), tag:T, @group, unique ids and URLs. The device of the notebook stays the same.',
      ),
    options: [
      { short: '-a', long: '--all', help: () => l10n.t('on all available devices') },
      { long: '--host', help: () => l10n.t('also on the host, with its Python') },
      {
        short: '-p',
        long: '--parallel',
        help: () => l10n.t('on all at once; outputs side by side, equal ones once'),
      },
      {
        short: '-q',
        long: '--quiet',
        help: () => l10n.t('print no lines with the names of the devices'),
      },
      {
        short: '-f',
        long: '--fold',
        help: () => l10n.t('show outputs side by side when all are done, equal ones once'),
      },
    ],
    args: [
      {
        name: 'device',
        help: () => l10n.t('devices; without any, that of the notebook'),
        count: 'any',
      },
    ],
    run,
  },
];

import * as l10n from '@vscode/l10n';
import { appendFile, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '../../localFiles';
import type { Magic, MagicCall } from '../magic';
import { runProgram } from '../runProcess';
import { valueBundle } from '../valueBundle';

/** Runs a cell's body with this computer's Python. */
export async function runOnHost({
  kernel,
  body,
  out,
  signal,
}: Pick<MagicCall, 'kernel' | 'body' | 'out' | 'signal'>): Promise<void> {
  kernel.host.requireTrust();
  const value = await kernel.python.run(body, out, signal);
  if (value !== undefined) out.display(valueBundle(value), 'result');
}

async function shell(call: MagicCall, program: string, args: readonly string[], input = '') {
  const { kernel, out, signal } = call;
  kernel.host.requireTrust();
  await runProgram({
    program,
    args,
    input,
    cwd: kernel.here.folder,
    env: kernel.here.environment,
    signal,
    onOut: (text) => out.text(text),
    onErr: (text) => out.note(text),
  });
}

async function write({ kernel, args, body, out }: MagicCall): Promise<void> {
  kernel.host.requireTrust();
  const name = args.first ?? '';
  const path = kernel.here.pathOf(name);
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (args.has('append')) {
    await mkdir(dirname(path), { recursive: true });
    await appendFile(path, body);
    out.text(`Appending to ${name}\n`);
    return;
  }
  await replaceFile(path, body, { follow: true });
  out.text(`${exists ? 'Overwriting' : 'Writing'} ${name}\n`);
}

/** Magics that run on this computer. */
export const hostMagics: readonly Magic[] = [
  {
    name: '%%host',
    summary: () =>
      l10n.t('Run the cell with Python on the host; names are kept from cell to cell.'),
    run: runOnHost,
  },
  {
    name: '%%bash',
    summary: () => l10n.t('Run the cell with bash on the host.'),
    args: [
      {
        name: 'argument',
        help: () => l10n.t('arguments of the script ($1, $2, …)'),
        count: 'any',
      },
    ],
    run: (call) => shell(call, 'bash', ['-s', '--', ...call.args.args], call.body),
  },
  {
    name: '!',
    summary: () => l10n.t('Run the rest of the line with the shell of the host.'),
    args: [{ name: 'command', help: () => l10n.t('the command'), count: 'rest' }],
    run: (call) =>
      process.platform === 'win32'
        ? shell(call, process.env.ComSpec ?? 'cmd.exe', ['/d', '/s', '/c', call.line])
        : shell(call, '/bin/sh', ['-c', call.line]),
  },
  {
    name: '%%writefile',
    summary: () => l10n.t('Write the cell into a file on the host.'),
    options: [{ short: '-a', long: '--append', help: () => l10n.t('append to the file') }],
    args: [{ name: 'file', help: () => l10n.t('a path, relative to the notebook'), count: 'one' }],
    run: write,
  },
];

import * as l10n from '@vscode/l10n';
import { readFile } from 'node:fs/promises';
import { fileText } from '../../bytes';
import { libraryFolders } from '../../deviceYaml';
import { UsageError } from '../../errors';
import { replaceFile } from '../../localFiles';
import type { Magic, MagicCall } from '../magic';
import type { MagicSpec } from '../magicArgs';
import { homedir } from 'node:os';

async function pip(call: MagicCall): Promise<void> {
  const { kernel, args, out, signal } = call;
  const [action, ...names] = args.args;
  const say = (done: string, lines: readonly string[]) =>
    out.text(lines.length > 0 ? lines.map((l) => `${done}${l}\n`).join('') : 'Nothing to do\n');
  const target = args.value('target');
  if (action === 'list') {
    say('', await kernel.host.packages.list(kernel.board(), signal));
    return;
  }
  if (names.length === 0 || (action !== 'install' && action !== 'uninstall')) {
    throw new UsageError(
      l10n.t('Add an action: %pip install NAME, %pip uninstall NAME or %pip list'),
    );
  }
  if (action === 'uninstall') {
    say('Removed ', await kernel.host.packages.remove(kernel.board(), names, signal));
  } else if (args.has('host') || (target !== undefined && !target.startsWith('/'))) {
    kernel.host.requireTrust();
    const { env } = kernel.host;
    const [first = 'lib'] = libraryFolders({ home: homedir(), variables: env });
    const { IOT_PROJECTS: projects } = env;
    const base = projects === undefined ? undefined : kernel.here.pathOf(projects);
    const into = target === undefined ? first : kernel.here.pathOf(target, base);
    say(`Installed into ${into}: `, await kernel.host.packages.toFolder(into, names, signal));
  } else {
    const options = { signal, ...(target !== undefined && { target }) };
    say('Installed ', await kernel.host.packages.toBoard(kernel.board(), names, options));
  }
}

const SPEC: Omit<MagicSpec, 'name' | 'summary'> = {
  more: () =>
    l10n.t(
      'Names, name==version, URLs and github:OWNER/REPO. The microcontroller only receives the files.',
    ),
  options: [
    {
      short: '-H',
      long: '--host',
      help: () =>
        l10n.t(
          "install into the host's folder of libraries ($IOT_LIBS), not on the microcontroller",
        ),
    },
    {
      short: '-t',
      long: '--target',
      value: 'FOLDER',
      help: () =>
        l10n.t(
          'the folder to install into: /FOLDER is on the microcontroller, any other one on the host',
        ),
    },
  ],
  args: [
    { name: 'action', help: () => l10n.t('install, uninstall or list'), count: 'one' },
    { name: 'package', help: () => l10n.t('packages'), count: 'any' },
  ],
};

async function compile(call: MagicCall): Promise<void> {
  const { kernel, args, out } = call;
  kernel.host.requireTrust();
  const files = args.args;
  const output = args.value('output');
  if (output !== undefined && files.length > 1) throw new UsageError(l10n.t('-o takes one file'));
  for (const file of files) {
    const path = kernel.here.pathOf(file);
    const target = kernel.here.pathOf(output ?? file.replace(/(?:\.py)?$/, '.mpy'));
    const mpy = await kernel.host.packages.compile(file, fileText(await readFile(path)));
    await replaceFile(target, mpy, { follow: true });
    out.text(`${file} -> ${target} (${mpy.length} bytes)\n`);
  }
}

/** Magics for packages and compiled code. */
export const packageMagics: readonly Magic[] = [
  { ...SPEC, name: '%pip', summary: () => l10n.t('Install packages from PyPI'), run: pip },
  {
    ...SPEC,
    name: '%upip',
    summary: () => l10n.t('Install packages of MicroPython; the same as %pip'),
    run: pip,
  },
  {
    name: '%mpycross',
    summary: () => l10n.t('Compile Python files of the host to .mpy'),
    options: [
      { short: '-o', long: '--output', value: 'FILE', help: () => l10n.t('output file or folder') },
      {
        short: '-p',
        long: '--packages',
        help: () => l10n.t('ignored: the files follow anyway'),
        hidden: true,
      },
    ],
    args: [{ name: 'file', help: () => l10n.t('Python files'), count: 'some' }],
    run: compile,
  },
];

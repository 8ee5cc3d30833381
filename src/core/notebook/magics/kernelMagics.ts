import * as l10n from '@vscode/l10n';
import { UsageError } from '../../errors';
import { LOG_LEVELS, type LogLevel } from '../logLevel';
import { helpText } from '../magicArgs';
import type { Magic, MagicCall } from '../magic';

/** Width of the name column in a list, in characters. */
const NAME_WIDTH = 13;

function listed(all: readonly Magic[]): string {
  const rows = (wanted: (name: string) => boolean) =>
    all
      .flatMap((m) => [m.name, ...(m.aliases ?? [])].map((name) => ({ name, m })))
      .filter(({ name }) => wanted(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, m }) => `  ${name.padEnd(NAME_WIDTH - 1)} ${m.summary()}`);
  return [
    'Line Magic:    -h shows help (e.g. %discover -h)',
    ...rows((n) => /^%[^%]/.test(n)),
    '',
    'Cell Magic:',
    ...rows((n) => n.startsWith('%%')),
    '',
    'Shell:',
    ...rows((n) => n === '!'),
    '',
  ].join('\n');
}

function setLevel({ kernel, args, out }: MagicCall): void {
  const { first } = args;
  if (first === undefined) {
    out.text(`${kernel.logLevel}\n`);
    return;
  }
  const level = LOG_LEVELS.find((l): l is LogLevel => l === first.toUpperCase());
  if (!level)
    throw new UsageError(l10n.t('{0} is not a valid level', first), {
      hint: l10n.t('Use {0}.', LOG_LEVELS.join(', ')),
    });
  kernel.logLevel = level;
}

/** Magics of the kernel itself. */
export const kernelMagics: readonly Magic[] = [
  {
    name: '%lsmagic',
    summary: () => l10n.t('List all magic functions.'),
    options: [{ short: '-v', long: '--verbose', help: () => l10n.t('show the help of each') }],
    run: ({ kernel, args, out }) => {
      out.text(
        args.has('verbose') ? kernel.magics.map(helpText).join('\n') : listed(kernel.magics),
      );
    },
  },
  {
    name: '%loglevel',
    summary: () => l10n.t('Set logging level.'),
    more: () =>
      l10n.t(
        'Sets which of its own messages the kernel shows in the cells of this notebook. Without a level, shows the current one.',
      ),
    args: [
      { name: 'level', help: () => LOG_LEVELS.join(', '), count: 'optional' },
      {
        name: 'logger',
        help: () => l10n.t('ignored: the kernel has one logger'),
        count: 'optional',
      },
    ],
    run: setLevel,
  },
  {
    name: '%%kernel',
    summary: () => l10n.t('Not supported: runs code inside the kernel.'),
    args: [{ name: 'arguments', help: () => l10n.t('ignored'), count: 'any' }],
    run: () => {
      throw new UsageError(l10n.t('%%kernel is not supported'), {
        hint: l10n.t(
          'It would run notebook code inside the editor itself. Use %%host for Python on this computer.',
        ),
      });
    },
  },
];

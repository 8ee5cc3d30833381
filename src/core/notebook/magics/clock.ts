import * as l10n from '@vscode/l10n';
import { setClock } from '../../board';
import type { Magic, MagicCall } from '../magic';

/** Python that formats a time tuple as `2021-06-29 18:41:02`. */
const NOW = [
  'import time',
  'try:__t=time.localtime()',
  'except AttributeError:__t=time.gmtime()',
  "print('%04d-%02d-%02d %02d:%02d:%02d'%tuple(__t)[:6])",
  'del __t',
  '',
].join('\n');

async function getTime({ kernel, out, signal }: MagicCall): Promise<void> {
  out.text(`${(await kernel.ask(NOW, 'Reading the clock', signal)).trim()}\n`);
}

/** Magics for the board's clock. */
export const clockMagics: readonly Magic[] = [
  { name: '%gettime', summary: () => l10n.t('Query microcontroller time'), run: getTime },
  {
    name: '%synctime',
    aliases: ['%settime'],
    summary: () => l10n.t('Set microcontroller time to that of this computer'),
    run: async (call) => {
      await setClock(call.kernel.board(), new Date(), call.signal);
      await getTime(call);
    },
  },
];

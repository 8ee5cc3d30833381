import * as l10n from '@vscode/l10n';
import type { AgentControl } from '../agent';
import type { BoardFiles } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { UsageError } from '../errors';
import { MAIN_FILE, mergeStartLines, orIfMissing, splitStartLines, under } from '../files';
import { readBoardApp } from './boardNote';
import { withAppLines } from './startBlock';

/** File on the board that keeps the replaced program. */
export const KEPT_FILE = '/main.before.py';

/** The previous start-up program. */
export interface StartUp {
  /** File on the board that contains it. Undefined: there was none, or it was the same. */
  readonly kept?: string;
}

/**
 * Makes the board run a script at every start: as main.py and, with the agent, also in the agent's
 * setting for the program. The previous program is kept in {@link KEPT_FILE}. The board must
 * restart afterwards.
 * @param control the agent of the board, if the link goes through one
 * @throws UsageError if a deployed app starts instead
 */
export async function installStartUp(
  files: BoardFiles,
  script: Uint8Array,
  control: AgentControl | undefined,
  signal?: AbortSignal,
): Promise<StartUp> {
  const options = signal ? { signal } : {};
  const { home } = await files.places(signal);
  const [mainFile, keptFile] = [under(home, MAIN_FILE), under(home, KEPT_FILE)];
  const main = await orIfMissing(files.read(mainFile, options), new Uint8Array());
  const source = text(main);
  if (withAppLines(source, false) !== source) {
    const app = (await readBoardApp(files, signal))?.run ?? '';
    throw new UsageError(l10n.t('The app {0} starts on this board', app), {
      hint: l10n.t('Remove it with "Remove App from Board" first.'),
    });
  }
  const agent = splitStartLines(source);
  const before = agent.lines === '' ? source : source.replace(agent.lines, '');
  const wanted = text(script);
  const isOther = before.trim() !== '' && before !== wanted;
  if (isOther) await files.write(keptFile, utf8(before), options);
  const content = mergeStartLines(wanted, agent);
  await files.write(mainFile, utf8(content), { asGiven: true, ...options });
  if (control) await control.configure({ app: mainFile }, options);
  return isOther ? { kept: keptFile } : {};
}

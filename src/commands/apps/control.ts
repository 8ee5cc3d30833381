import * as vscode from 'vscode';
import { parseIntervals } from '../../core/apps';
import type { AgentControl } from '../../core/agent';
import type { Board } from '../../core/board';
import { untilThere } from '../../core/broker/announced';
import { shownMinute } from '../../core/shownTime';
import { agentOf } from '../../views/broker';
import type { Needs } from '../../views/context';
import { showInputBox } from '../../views/message';
import { onEach } from '../agent';
import { adviceOf } from '../problemOf';
import type { Call, Command } from '../types';

/** The services that most functions here use. */
type Services = Needs<'settings' | 'brokers' | 'history' | 'many'>;

/** Values of an app that can change while it runs. */
export const controlCommands: readonly Command[] = [
  {
    id: 'setAppIntervals',
    needs: 'boards',
    which: 'any',
    progress: {
      where: 'notification',
      title: (n) => vscode.l10n.t('Changing intervals of the app on {0}', n),
    },
    run: setIntervals,
  },
  {
    id: 'keepAwake',
    needs: 'boards',
    which: 'any',
    progress: {
      where: 'notification',
      title: (n) => vscode.l10n.t('Keeping {0} awake', n),
    },
    run: keepAwake,
  },
];

async function setIntervals(
  context: Services,
  boards: readonly Board[],
  call: Call,
): Promise<void> {
  const text = await call.ask(() =>
    showInputBox({
      title: vscode.l10n.t('New intervals of the app'),
      prompt: vscode.l10n.t(
        'Seconds, for example: worker=5 management=1 sleep=600. They survive restarts.',
      ),
      validateInput: (value) => adviceOf(() => parseIntervals(value)),
    }),
  );
  if (!text) return;
  const set = parseIntervals(text);
  await onEachAwake(context, boards, call, vscode.l10n.t('Change intervals'), async (control) => {
    const { every } = await control.askApp({ a: 'set', ...set }, call.signal);
    const now = Object.entries(every ?? {}).map(([k, v]) => `${k}=${String(v)}`);
    return now.join(' ');
  });
}

async function keepAwake(context: Services, boards: readonly Board[], call: Call): Promise<void> {
  const text = await call.ask(() =>
    showInputBox({
      title: vscode.l10n.t('Keep awake for how many minutes?'),
      prompt: vscode.l10n.t('From its next wake-up. 0: it sleeps as its app specifies.'),
      value: '10',
      validateInput: (value) =>
        /^\d{1,4}$/.test(value) && Number(value) <= 1_440
          ? undefined
          : vscode.l10n.t('Write a number from 0 to 1440.'),
    }),
  );
  if (!text) return;
  await onEachAwake(context, boards, call, vscode.l10n.t('Keep awake'), async (control) => {
    await control.askApp({ a: 'awake', s: Number(text) * 60 }, call.signal);
    return vscode.l10n.t('awake for {0} min', text);
  });
}

/** Asks the agent of each board, and of sleeping ones when they are awake. */
function onEachAwake(
  context: Services,
  boards: readonly Board[],
  call: Call,
  title: string,
  ask: (control: AgentControl) => Promise<string>,
): Promise<void> {
  return onEach(context, boards, call, {
    title,
    programs: 'leave',
    run: async (board, { signal }) => {
      const { control, broker, uid } = agentOf(context, board);
      const { asleep } = board;
      if (asleep) {
        const time = shownMinute(asleep.until, Date.now());
        call.report(vscode.l10n.t('waiting until it wakes up at {0}', time));
        await untilThere(broker, uid, signal);
        call.report(title);
      }
      return ask(control);
    },
    told: (board, ended) => `${board.name}: ${ended}`,
  });
}

import * as vscode from 'vscode';
import { examine, installAgent, takesCompiled } from '../core/agent/agentInstall';
import { newBoardKey } from '../core/agent/agentKeys';
import { abortable, Deferred, systemClock } from '../core/async';
import type { Board } from '../core/board/board';
import type { Broker } from '../core/broker/brokers';
import { TimeoutError } from '../core/errors';
import { DisposableStore } from '../core/events';
import { agentSource } from '../views/broker/agentSource';
import type { ViewContext } from '../views/context';
import { askPlan } from './agentPrompts';
import type { Call } from './types';

/** Time for a board to start, find its network and log in. */
const BIRTH_MS = 90_000;

/** Puts the agent on a board, step by step, and waits until the board is at the broker. */
export async function putAgent(context: ViewContext, board: Board, call: Call): Promise<void> {
  const t = vscode.l10n.t;
  const { signal } = call;
  const { secrets } = context.brokers;
  call.report(t('looking at the board'));
  const fit = await examine(board, signal);
  const plan = await askPlan(context, board, fit, signal);
  if (!plan) return;
  const { broker, config } = plan;
  const adminKey = newBoardKey();
  const source = await agentSource(context, takesCompiled(fit));
  await installAgent(
    board,
    source,
    { ...config, adminKey },
    {
      signal,
      onStep: (step) => call.report(t(step)),
    },
  );
  await secrets.setBoardKey(fit.uid, { role: 'admin', key: adminKey });
  const born = announced(broker, fit.uid, board, signal);
  born.catch(() => undefined); // it is awaited below; the reset may fail first
  call.report(t('restarting'));
  await board.reset('soft', signal);
  call.report(t('waiting for it at {0}', broker.profile.name));
  await born;
  await linkAppears(board, signal);
  await board.connect({ kind: 'mqtt', signal });
  void vscode.window.showInformationMessage(
    t('{0} is at {1} now: it needs no cable any more.', board.name, broker.profile.name),
  );
}

/** The tree learns of boards at a broker a moment later, many at once. */
async function linkAppears(board: Board, signal: AbortSignal): Promise<void> {
  const isThere = () => board.links.some((l) => l.present && l.found.address.kind === 'mqtt');
  const seen = new Deferred<undefined>();
  const subscription = board.onDidChange(() => {
    if (isThere()) seen.resolve(undefined);
  });
  try {
    if (!isThere()) await abortable(seen.promise, signal);
  } finally {
    subscription.dispose();
  }
}

/** Resolves when the board has announced itself after now. @throws TimeoutError that says where to look */
async function announced(
  broker: Broker,
  uid: string,
  board: Board,
  signal: AbortSignal,
): Promise<void> {
  const before = broker.presences.get(uid)?.boot;
  const born = new Deferred<undefined>();
  const store = new DisposableStore();
  store.add(
    broker.onPresence((p) => {
      if (p.uid === uid && p.state.on && p.state.boot !== before) born.resolve(undefined);
    }),
  );
  store.add(
    systemClock.after(BIRTH_MS, () =>
      born.reject(
        new TimeoutError(vscode.l10n.t('{0} has not come to the broker', board.name), {
          hint: vscode.l10n.t(
            'Its REPL says why: often a wrong Wi-Fi password, or an address of the broker that it cannot reach.',
          ),
        }),
      ),
    ),
  );
  try {
    await abortable(born.promise, signal);
  } finally {
    store.dispose();
  }
}

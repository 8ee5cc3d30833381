import { awaitedLater } from '../../core/async';
import * as vscode from 'vscode';
import {
  type AgentConfig,
  type AgentFit,
  examine,
  installAgent,
  type Installed,
  newBoardKey,
  scanWifi,
  neededSource,
  takesCompiled,
} from '../../core/agent';
import { type Board, boardBecomes } from '../../core/board';
import { announced } from '../../core/broker/announced';
import type { Broker } from '../../core/broker/broker';
import { asError, CancelledError } from '../../core/errors';
import { forEachBoard, type NewAgent } from '../../core/many';
import type { Needs } from '../../views/context';
import { askPlan } from './prompts';
import { askAgent } from './askRelease';
import { onEach, type WorkIo } from './work';
import { askAboutPrograms } from '../fleet';
import { keepSecrets } from '../secretLink';
import type { Call } from '../types';

/** Steps of installing the agent on one board. The last one is the wait for its first message. */
const STEPS = 6;

/** Facts about a board before the agent is put on it, or why the agent cannot run on it. */
type Looked = ReadonlyMap<Board, AgentFit | Error>;

/**
 * Puts the agent on boards and waits until each is connected to the broker. All questions come
 * first, once for all boards.
 */
export async function putAgent(
  context: Needs<'log' | 'extension' | 'settings' | 'brokers' | 'many' | 'packages' | 'fleet'>,
  boards: readonly Board[],
  call: Call,
): Promise<void> {
  const { signal } = call;
  const agent = await askAgent(context, call);
  if (!agent) return;
  const many = boards.length > 1;
  const programs = many ? await call.ask(() => askAboutPrograms(context, boards)) : undefined;
  const held = <T>(board: Board, work: () => Promise<T>) =>
    programs ? context.many.jobs.stopPolicies.during(board, programs, work) : work();
  call.report(vscode.l10n.t('Checking the board'));
  const looked = await lookAt(boards, held, signal);
  const fits = new Map([...looked].flatMap(([b, fit]) => (fit instanceof Error ? [] : [[b, fit]])));
  const [failure] = [...looked.values()].filter((fit) => fit instanceof Error);
  if (fits.size === 0) throw failure ?? new CancelledError();
  const secrets = vscode.l10n.t('its new key and the passwords of Wi-Fi and broker');
  const refused = await call.ask(() => keepSecrets([...fits.keys()], secrets));
  for (const board of refused.keys()) fits.delete(board);
  const [refusal] = refused.values();
  if (fits.size === 0) throw refusal ?? new CancelledError();
  const scan = (board: Board) => held(board, () => scanWifi(board, signal));
  const plan = await call.ask(() => askPlan(context, fits, scan, signal));
  if (!plan) return;
  const { broker } = plan;
  const settings = new Map<Board, string>();
  await onEach(context, boards, call, {
    title: vscode.l10n.t('Put the agent'),
    ...(programs && { programs }),
    run: async (board, io) => {
      const fit = refused.get(board) ?? looked.get(board);
      if (!fit || fit instanceof Error) throw fit ?? new CancelledError();
      const config = plan.configOf(board, fit);
      const work = async () => {
        const { settings: words } = await put(context, board, { agent, fit, broker, config }, io);
        if (words !== undefined) settings.set(board, words);
      };
      // A restart after each step would end the agent's first session. The last step restarts the program.
      if (programs === 'leave') await work();
      else await context.many.jobs.stopPolicies.during(board, 'stop', work);
      const at = vscode.l10n.t('at {0}', broker.profile.name);
      return [at, settings.get(board) ?? []].flat().join('. ');
    },
    told: (board) => {
      const done = vscode.l10n.t(
        '{0} is now connected to {1} and no longer needs its cable.',
        board.name,
        broker.profile.name,
      );
      return [done, settings.get(board) ?? []].flat().join(' ');
    },
  });
}

async function lookAt(
  boards: readonly Board[],
  held: <T>(board: Board, work: () => Promise<T>) => Promise<T>,
  signal: AbortSignal,
): Promise<Looked> {
  const look = (board: Board, own: AbortSignal) => held(board, () => examine(board, own));
  const looked = new Map<Board, AgentFit | Error>();
  for (const outcome of await forEachBoard(boards, look, { signal })) {
    if (outcome.status === 'cancelled') throw new CancelledError();
    looked.set(outcome.board, outcome.status === 'ok' ? outcome.value : outcome.error);
  }
  return looked;
}

/** The agent that is put on one board, and its configuration. */
interface Putting {
  readonly agent: NewAgent;
  readonly fit: AgentFit;
  readonly broker: Broker;
  readonly config: AgentConfig;
}

/** Starts a program again that was stopped for work which failed. The error of that work is the one to report. */
async function restartedAfter({ log }: Needs<'log'>, board: Board): Promise<void> {
  try {
    await board.reset('soft');
  } catch (error) {
    log.warn(`${board.name} did not restart: ${asError(error).message}`);
  }
}

/** Puts the agent on one board, step by step. */
async function put(
  context: Needs<'brokers' | 'log'>,
  board: Board,
  { agent, fit, broker, config }: Putting,
  { signal, step }: WorkIo,
): Promise<Installed> {
  const { secrets } = context.brokers;
  const adminKey = newBoardKey();
  const source = neededSource(fit, await agent.sourceOf(takesCompiled(fit)), agent.version);
  // The key is stored before it is written, so that an interruption cannot leave a board whose key
  // is lost.
  const before = await secrets.boardKey(fit.uid);
  await secrets.setBoardKey(fit.uid, { role: 'admin', key: adminKey });
  let steps = 0;
  const onStep = (words: string) => step(words, ++steps, STEPS);
  const ran = board.state.tag === 'running';
  let installed: Installed;
  try {
    const options = { signal, onStep, known: before?.key };
    installed = await installAgent(board, source, { ...config, adminKey }, options);
    const { clock } = installed;
    if (clock) context.log.info(`${board.name}: ${clock.note}`);
  } catch (error) {
    if (steps < 2) await secrets.setBoardKey(fit.uid, before); // its configuration has not been written
    if (ran) await restartedAfter(context, board);
    throw error;
  }
  const born = announced(broker, fit.uid, board.name, signal);
  awaitedLater(born); // the reset may fail first
  step(vscode.l10n.t('Restarting'), ++steps, STEPS);
  await board.reset('soft', signal);
  step(vscode.l10n.t('Waiting for it at {0}', broker.profile.name), ++steps, STEPS);
  await born;
  // The tree learns of boards on a broker a moment later, in batches.
  const atBroker = (b: Board) => b.links.some((l) => l.present && l.found.address.kind === 'mqtt');
  await boardBecomes(board, atBroker, signal);
  await board.connect({ kind: 'mqtt', signal });
  return installed;
}

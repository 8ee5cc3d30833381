import * as vscode from 'vscode';
import { AGENT_VERSION } from '../../core/agent';
import type { Board } from '../../core/board';
import { type ActionIo, type AirBoard, type NewAgent, updateAgentOn } from '../../core/many';
import type { ViewContext } from '../context';
import { agentOf } from './agentOf';
import { agentSource } from './agentSource';

/** Adapts a board for updates over the air. @throws UsageError if it does not run the agent */
export function airBoardOf(
  context: Pick<ViewContext, 'brokers' | 'history'>,
  board: Board,
): AirBoard {
  return { name: board.name, files: board.files, ...agentOf(context, board) };
}

/** The agent that ships with the extension. */
export function bundledAgent(context: Pick<ViewContext, 'extension'>): NewAgent {
  return { version: AGENT_VERSION, sourceOf: (compiled) => agentSource(context, compiled) };
}

/** Updates a board's agent and waits until the board has confirmed it; also for a board that was away until now. */
export async function updateAgentAt(
  context: Pick<ViewContext, 'brokers' | 'history' | 'extension'>,
  board: Board,
  { signal, print }: Pick<ActionIo, 'signal' | 'print'>,
): Promise<void> {
  const agent = bundledAgent(context);
  const isNew = await updateAgentOn(airBoardOf(context, board), agent, { signal });
  print(
    isNew
      ? `${vscode.l10n.t('runs agent {0}', agent.version)}\n`
      : `${vscode.l10n.t('already runs agent {0}', agent.version)}\n`,
  );
}

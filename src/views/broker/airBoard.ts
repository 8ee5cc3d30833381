import * as vscode from 'vscode';
import { AGENT_VERSION } from '../../core/agent';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import {
  type ActionIo,
  type AirBoard,
  type FleetAction,
  type NewAgent,
  updateAgentOn,
  updateFirmwareOn,
} from '../../core/many';
import { sha256 } from '../../core/packages';
import type { Needs } from '../context';
import { agentOf } from './agentOf';
import { agentSource } from './agentSource';

/** Adapts a board for updates over the air. @throws UsageError if it does not run the agent */
export function airBoardOf(context: Needs<'brokers' | 'history'>, board: Board): AirBoard {
  return { name: board.name, files: board.files, ...agentOf(context, board) };
}

/** The agent that ships with the extension. */
export function bundledAgent(context: Needs<'extension'>): NewAgent {
  return { version: AGENT_VERSION, sourceOf: (compiled) => agentSource(context, compiled) };
}

/**
 * Updates a board's agent and waits until the board has confirmed it. Also serves boards that were
 * away.
 */
export async function updateAgentAt(
  context: Needs<'extension' | 'brokers' | 'history'>,
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

/**
 * Updates a board's firmware and waits until the board has confirmed it. Also serves boards that
 * were away.
 * @throws UsageError if the image is no longer the chosen one
 */
export async function updateFirmwareAt(
  context: Needs<'brokers' | 'history'>,
  board: Board,
  { file, label, sha256: chosen }: Extract<FleetAction, { kind: 'updateFirmware' }>,
  io: ActionIo,
): Promise<void> {
  const image = await vscode.workspace.fs.readFile(vscode.Uri.parse(file, true));
  if (sha256(image) !== chosen) {
    throw new UsageError(vscode.l10n.t('{0} has changed since it was chosen', label), {
      hint: vscode.l10n.t('Choose the firmware for {0} again.', board.name),
    });
  }
  const onProgress = (done: number, total: number) => io.progress?.(done, total);
  await updateFirmwareOn(airBoardOf(context, board), image, { signal: io.signal, onProgress });
  io.print(`${vscode.l10n.t('runs the new firmware')}\n`);
}

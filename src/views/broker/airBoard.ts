import * as vscode from 'vscode';
import { AGENT_VERSION } from '../../core/agent';
import type { Board } from '../../core/board';
import {
  type ActionIo,
  type AirBoard,
  type FleetAction,
  type NewAgent,
  updateAgentOn,
  updateFirmwareOn,
} from '../../core/many';
import { loadAgentRelease, loadFirmwareUpdate } from '../../core/updates';
import type { Needs } from '../context';
import { agentOf } from './agentOf';
import { agentSource } from './agentSource';
import { loadUrl, trustedKeys } from './releases';

/** Adapts a board for updates over the air. @throws UsageError if it does not run the agent */
export function airBoardOf(context: Needs<'brokers' | 'history'>, board: Board): AirBoard {
  const isOnCable = board.transport !== undefined && board.transport.kind !== 'mqtt';
  return { name: board.name, files: board.files, isOnCable, ...agentOf(context, board) };
}

/** Returns the agent that ships with the extension. */
export function bundledAgent(context: Needs<'extension'>): NewAgent {
  return { version: AGENT_VERSION, sourceOf: (compiled) => agentSource(context, compiled) };
}

/**
 * Updates a board's agent and waits until the board has confirmed it. Also serves boards that were
 * away.
 * @throws UsageError if the release is no longer the chosen one
 */
export async function updateAgentAt(
  context: Needs<'extension' | 'settings' | 'brokers' | 'history' | 'packages'>,
  board: Board,
  { release }: Extract<FleetAction, { kind: 'updateAgent' }>,
  { signal, print }: Pick<ActionIo, 'signal' | 'print'>,
): Promise<void> {
  const agent = release
    ? await loadAgentRelease(
        ...[release.url, loadUrl(context, signal), trustedKeys(context), release.sha256],
      )
    : bundledAgent(context);
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
  context: Needs<'settings' | 'brokers' | 'history' | 'packages'>,
  board: Board,
  { file, sha256 }: Extract<FleetAction, { kind: 'updateFirmware' }>,
  io: ActionIo,
): Promise<void> {
  const { signal } = io;
  const load = loadUrl(context, signal);
  const firmware = await loadFirmwareUpdate(file, load, trustedKeys(context), sha256);
  const onProgress = (done: number, total: number) => io.progress?.(done, total);
  await updateFirmwareOn(airBoardOf(context, board), firmware, { signal, onProgress });
  io.print(`${vscode.l10n.t('runs the new firmware')}\n`);
}

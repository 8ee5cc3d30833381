import * as vscode from 'vscode';
import type { AgentControl } from '../../core/agent';
import { auditedControl } from '../../core/audit/auditedControl';
import type { Board } from '../../core/board';
import type { Broker } from '../../core/broker/broker';
import { UsageError } from '../../core/errors';
import type { Needs } from '../context';
import { putAgentOn } from '../helpful';

/**
 * Returns a board's agent from the first broker that knows it. Its actions are recorded in the
 * audit.
 * @throws UsageError if it has none
 */
export function agentOf(
  { brokers, history }: Needs<'brokers' | 'history'>,
  board: Board,
): { readonly control: AgentControl; readonly broker: Broker; readonly uid: string } {
  const links = [...board.links].sort((a, b) => Number(b.present) - Number(a.present));
  for (const { address } of links.map(({ found }) => found)) {
    if (address.kind !== 'mqtt') continue;
    const control = brokers.hub.agent(address.broker, address.uid);
    const broker = brokers.hub.get(address.broker);
    if (control && broker) {
      const told = auditedControl(control, (what, error) =>
        history.operations.worked(board, what, error),
      );
      return { control: told, broker, uid: address.uid };
    }
  }
  throw new UsageError(vscode.l10n.t('{0} does not run the agent', board.name), {
    hint: vscode.l10n.t('Connect the board by cable and put the agent on it.'),
    next: putAgentOn(board.id),
  });
}

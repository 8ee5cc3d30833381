import * as vscode from 'vscode';
import type { AgentControl } from '../../core/agent/agentControl';
import type { Board } from '../../core/board/board';
import type { Broker } from '../../core/broker/brokers';
import { UsageError } from '../../core/errors';
import type { ViewContext } from '../context';

/** The agent of a board, by the first broker that has it. @throws UsageError when it has none */
export function agentOf(
  { brokers }: Pick<ViewContext, 'brokers'>,
  board: Board,
): { readonly control: AgentControl; readonly broker: Broker; readonly uid: string } {
  const links = board.links.filter((l) => l.found.address.kind === 'mqtt');
  for (const { found } of [...links].sort((a, b) => Number(b.present) - Number(a.present))) {
    const [id = '', uid = ''] = found.address.rest.split('/');
    const control = brokers.hub.agent(id, uid);
    const broker = brokers.hub.get(id);
    if (control && broker) return { control, broker, uid };
  }
  throw new UsageError(vscode.l10n.t('{0} has no agent at a broker', board.name), {
    hint: vscode.l10n.t('Put the agent on it while it is on the cable.'),
  });
}

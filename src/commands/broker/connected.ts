import * as vscode from 'vscode';
import type { Broker } from '../../core/broker/broker';
import { LOCAL_BROKER_ID } from '../../core/broker/localBroker';
import { CancelledError, UsageError } from '../../core/errors';
import type { Needs } from '../../views/context';

/**
 * Connects a broker by its id. Starts the local one if it does not run.
 * @throws UsageError if there is none with this id
 */
export async function connectedBroker(
  { brokers }: Needs<'brokers'>,
  id: string,
  signal: AbortSignal,
): Promise<Broker> {
  if (id === LOCAL_BROKER_ID && !brokers.local.running) await brokers.startLocal(false);
  if (!brokers.hub.get(id)) {
    throw new UsageError(vscode.l10n.t('There is no broker "{0}"', id), {
      hint: vscode.l10n.t('Add it in the Brokers view, or change "id" in the template.'),
    });
  }
  await brokers.connect(id, signal);
  const broker = brokers.hub.get(id);
  if (!broker) throw new CancelledError(); // it was removed in between
  return broker;
}

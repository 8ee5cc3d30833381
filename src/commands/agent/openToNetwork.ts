import * as vscode from 'vscode';
import type { Broker } from '../../core/broker/broker';
import { LOCAL_BROKER_ID } from '../../core/broker/localBroker';
import type { Needs } from '../../views/context';
import { showInformationMessage } from '../../views/message';

/** Returns false for the local broker while it accepts only this computer. Other brokers are open. */
export function isReachable({ local }: Needs<'brokers'>['brokers'], { profile }: Broker): boolean {
  return profile.id !== LOCAL_BROKER_ID || (local.running && local.lanUrls.length > 0);
}

/**
 * Offers to open the local broker to the network if it accepts only this computer, which replaces the broker. Other brokers are open.
 * @returns false if the user does not want that
 */
export async function isOpenToNetwork(
  { brokers }: Needs<'brokers'>,
  broker: Broker,
): Promise<boolean> {
  if (isReachable(brokers, broker)) return true;
  const words = vscode.l10n.t(
    'The local broker accepts only this computer, but the board must be able to reach it.',
  );
  const open = vscode.l10n.t('Let Boards on the Network Use It');
  const detail = vscode.l10n.t('It requires a password, and boards accept only signed commands.');
  if ((await showInformationMessage(words, { modal: true, detail }, open)) !== open) return false;
  await brokers.startLocal(true);
  return true;
}

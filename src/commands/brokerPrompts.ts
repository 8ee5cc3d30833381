import * as vscode from 'vscode';
import { brokerUrlProblem, isEncrypted, profileId } from '../core/broker/brokerProfiles';
import type { BrokerProfile } from '../core/broker/brokers';
import type { ViewContext } from '../views/context';

/**
 * Asks for what a connection to a broker needs and saves it: address, name, user and password, and for TLS the
 * authority's certificate. Gives its id, undefined when the user has called it off.
 */
export async function askBroker(
  { brokers }: ViewContext,
  old: BrokerProfile | undefined,
): Promise<string | undefined> {
  const t = vscode.l10n.t;
  const url = await ask(t('Address of the broker'), {
    value: old?.url ?? 'mqtts://',
    placeHolder: 'mqtts://broker.example:8883',
    prompt: t('mqtts:// and wss:// are encrypted; mqtt:// and ws:// can be read on the way.'),
    validateInput: (text) => brokerUrlProblem(text.trim()),
  });
  if (url === undefined) return undefined;
  const name = await ask(t('Name of the broker'), { value: old?.name ?? new URL(url).hostname });
  if (name === undefined) return undefined;
  const username = await ask(t('User name'), {
    value: old?.username ?? '',
    prompt: t('Leave it empty where the broker wants none.'),
  });
  if (username === undefined) return undefined;
  const caFile = isEncrypted({ url }) ? await askAuthority(old?.caFile) : '';
  if (caFile === undefined) return undefined;
  const id =
    old?.id ??
    profileId(
      name,
      brokers.hub.all.map((b) => b.profile.id),
    );
  if (username !== old?.username) await brokers.secrets.setPassword(id, undefined);
  await brokers.save({
    ...old,
    ...{ id, name: name || id, url },
    ...{ username: username || undefined, caFile: caFile || undefined },
  });
  return id;
}

async function ask(title: string, options: vscode.InputBoxOptions): Promise<string | undefined> {
  return (await vscode.window.showInputBox({ title, ignoreFocusOut: true, ...options }))?.trim();
}

/** Path of the authority's certificate; '' for those that the computer trusts. */
async function askAuthority(old: string | undefined): Promise<string | undefined> {
  const t = vscode.l10n.t;
  const known = t('An authority that this computer trusts');
  const own = t('An authority of your own…');
  const keep = old ? t('As before: {0}', old) : undefined;
  const answer = await vscode.window.showQuickPick([...(keep ? [keep] : []), known, own], {
    title: t('Who has signed the certificate of the broker?'),
    ignoreFocusOut: true,
  });
  if (answer === undefined) return undefined;
  if (answer === keep) return old;
  if (answer === known) return '';
  const files = await vscode.window.showOpenDialog({
    title: t('Certificate of the authority (PEM)'),
    filters: { PEM: ['pem', 'crt', 'cer'] },
  });
  return files?.[0]?.fsPath;
}

import * as vscode from 'vscode';
import { brokerUrlProblem, isEncrypted, profileId } from '../../core/broker/brokerProfiles';
import type { BrokerProfile } from '../../core/broker/brokers';
import type { Needs } from '../../views/context';
import { showInputBox } from '../../views/message';

/**
 * Asks for the settings of a broker and saves them: address, name, user and password, and for TLS
 * the authority's certificate. Returns its id; undefined if the user cancels.
 */
export async function askBroker(
  { brokers }: Needs<'brokers'>,
  old: BrokerProfile | undefined,
): Promise<string | undefined> {
  const url = await ask(vscode.l10n.t('Address of the broker'), {
    value: old?.url ?? 'mqtts://',
    placeHolder: 'mqtts://broker.example:8883',
    prompt: vscode.l10n.t(
      'mqtts:// and wss:// are encrypted; mqtt:// and ws:// can be read in transit.',
    ),
    validateInput: (text) => brokerUrlProblem(text.trim()),
  });
  if (url === undefined) return undefined;
  const name = await ask(vscode.l10n.t('Name of the broker'), {
    value: old?.name ?? new URL(url).hostname,
  });
  if (name === undefined) return undefined;
  const username = await ask(vscode.l10n.t('User name'), {
    value: old?.username ?? '',
    prompt: vscode.l10n.t('Leave it empty if the broker needs none.'),
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
  if (username !== old?.username) await brokers.secrets.setPassword({ id, url }, undefined);
  await brokers.save({
    ...old,
    ...{ id, name: name || id, url },
    ...{ username: username || undefined, caFile: caFile || undefined },
  });
  return id;
}

async function ask(title: string, options: vscode.InputBoxOptions): Promise<string | undefined> {
  return (await showInputBox({ title, ignoreFocusOut: true, ...options }))?.trim();
}

/**
 * Asks for the path of the authority's certificate; '' stands for the authorities that this
 * computer trusts.
 */
async function askAuthority(old: string | undefined): Promise<string | undefined> {
  const known = vscode.l10n.t('An authority that this computer trusts');
  const own = vscode.l10n.t('An authority of your own…');
  const keep = old ? vscode.l10n.t('As before: {0}', old) : undefined;
  const answer = await vscode.window.showQuickPick([...(keep ? [keep] : []), known, own], {
    title: vscode.l10n.t("Who signed the broker's certificate?"),
    ignoreFocusOut: true,
  });
  if (answer === undefined) return undefined;
  if (answer === keep) return old;
  if (answer === known) return '';
  const files = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Certificate of the authority (PEM)'),
    filters: { PEM: ['pem', 'crt', 'cer'] },
  });
  return files?.[0]?.fsPath;
}

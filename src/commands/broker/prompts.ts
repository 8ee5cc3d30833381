import * as vscode from 'vscode';
import {
  brokerUrlProblem,
  isEncrypted,
  isLoopback,
  profileId,
} from '../../core/broker/brokerProfiles';
import type { BrokerProfile, Encryption } from '../../core/broker/broker';
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
  const encrypt = isLoopback({ url }) ? old?.encrypt : await askEncryption(url, old?.encrypt);
  if (encrypt === undefined && !isLoopback({ url })) return undefined;
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
    ...{ username: username || undefined, caFile: caFile || undefined, encrypt },
  });
  return id;
}

async function ask(title: string, options: vscode.InputBoxOptions): Promise<string | undefined> {
  return (await showInputBox({ title, ...options }))?.trim();
}

/**
 * Asks for the path of the authority's certificate. '' stands for the authorities that this
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

/**
 * Asks whether to encrypt frames between this computer and boards, regardless of the broker's
 * address.
 */
async function askEncryption(
  url: string,
  old: Encryption = 'off',
): Promise<Encryption | undefined> {
  const readers = isEncrypted({ url })
    ? vscode.l10n.t('The broker can read them; they are signed.')
    : vscode.l10n.t('The broker and the network can read them; they are signed.');
  const items = [
    { encrypt: 'off' as const, label: vscode.l10n.t('Do Not Encrypt Them'), detail: readers },
    {
      encrypt: 'preferred' as const,
      label: vscode.l10n.t('Encrypt Them with Boards That Can'),
      detail: vscode.l10n.t('Boards with an older agent, or without AES, are used as before.'),
    },
    {
      encrypt: 'required' as const,
      label: vscode.l10n.t('Always Encrypt Them'),
      detail: vscode.l10n.t('Boards without encryption are rejected.'),
    },
  ];
  // The current choice comes first, so that Enter keeps it.
  items.sort((a, b) => Number(b.encrypt === old) - Number(a.encrypt === old));
  const answer = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Encrypt files, code and output between this computer and the boards?'),
    ignoreFocusOut: true,
  });
  return answer?.encrypt;
}

import * as vscode from 'vscode';
import type { LocalBrokerOptions } from '../../core/broker/localBroker';
import { text } from '../../core/bytes';
import { asError, UsageError } from '../../core/errors';
import type { Log } from '../../core/log';
import type { Settings } from '../settings';

/**
 * Reads the certificate of the local broker and its key; undefined if the settings name none.
 * @throws UsageError if one is named and cannot be read
 */
export async function localCertificate(
  settings: Settings,
  log: Log,
): Promise<LocalBrokerOptions['tls']> {
  const cert = settings.get('localBroker.certFile');
  const key = settings.get('localBroker.keyFile');
  if (!cert && !key) return undefined;
  try {
    const [a, b] = await Promise.all([cert, key].map(readText));
    if (a && b) return { cert: a, key: b };
  } catch (error) {
    log.warn(`Local broker: ${asError(error).message}`);
  }
  throw new UsageError(vscode.l10n.t('The certificate of the local broker cannot be read'), {
    hint: vscode.l10n.t(
      'Set both the certificate and its key (mpyFleet.localBroker.certFile, keyFile), or neither.',
    ),
  });
}

async function readText(path: string): Promise<string> {
  return text(await vscode.workspace.fs.readFile(vscode.Uri.file(path)));
}

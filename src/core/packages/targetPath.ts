import * as l10n from '@vscode/l10n';
import { ProtocolError } from '../errors';

const MAX_PATH = 200;

/**
 * Checks a path that a package wants below its target folder: relative, no `..`, no NUL or control characters, no
 * backslash or drive. An index or an archive can therefore place nothing outside the target.
 * @throws ProtocolError
 */
export function safeRelativePath(path: unknown, from: string): string {
  const reject = (why: string) => {
    throw new ProtocolError(
      l10n.t('{0} names the file {1}, which {2}', from, JSON.stringify(path), why),
      {
        hint: l10n.t('The package is broken or malicious; nothing was installed.'),
      },
    );
  };
  if (typeof path !== 'string' || path === '') return reject(l10n.t('is not a file name'));
  if (path.length > MAX_PATH) return reject(l10n.t('is longer than {0} characters', MAX_PATH));
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(path))
    return reject(l10n.t('contains characters that are not allowed in file names'));
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path))
    return reject(l10n.t('is not inside the package'));
  const parts = path.split('/').filter((p) => p !== '' && p !== '.');
  if (parts.includes('..')) return reject(l10n.t('leads outside the target folder'));
  if (parts.length === 0) return reject(l10n.t('is not a file name'));
  return parts.join('/');
}

import { ProtocolError } from '../errors';

const MAX_PATH = 200;

/**
 * A path that a package wants below its target folder, checked: relative, no `..`, no NUL or control characters, no
 * backslash or drive. Whatever an index or an archive says, nothing is placed outside the target.
 * @throws ProtocolError
 */
export function safeRelativePath(path: unknown, from: string): string {
  const reject = (why: string) => {
    throw new ProtocolError(`${from} names the file ${JSON.stringify(path)}, which ${why}`, {
      hint: 'The package is broken or hostile; nothing was installed.',
    });
  };
  if (typeof path !== 'string' || path === '') return reject('is no file name');
  if (path.length > MAX_PATH) return reject(`is longer than ${MAX_PATH} characters`);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return reject('holds characters that no file name has');
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return reject('is not inside the package');
  const parts = path.split('/').filter((p) => p !== '' && p !== '.');
  if (parts.includes('..')) return reject('leads out of the target folder');
  if (parts.length === 0) return reject('is no file name');
  return parts.join('/');
}

import { FileError } from './errors';

/** Names that Windows keeps for devices, with or without an extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/**
 * The parts of a path that came from a board, each safe as a local file's name: what a board calls its files never leads
 * out of the folder they are put into.
 * @throws FileError EINVAL
 */
export function localParts(boardPath: string, windows = process.platform === 'win32'): string[] {
  const parts = boardPath.split('/').filter((part) => part !== '');
  const bad = parts.find((part) => !isLocalName(part, windows));
  if (bad !== undefined || parts.length === 0) {
    throw new FileError(
      'EINVAL',
      boardPath,
      `The board's file ${JSON.stringify(boardPath)} cannot have that name on this computer`,
      { hint: 'Rename it on the board, then download it.' },
    );
  }
  return parts;
}

function isLocalName(name: string, windows: boolean): boolean {
  if (name === '.' || name === '..' || name.includes('\0')) return false;
  if (!windows) return true;
  // eslint-disable-next-line no-control-regex -- Windows allows no control characters in names
  return !/[<>:"\\|?*\u0000-\u001f]|[. ]$/.test(name) && !DEVICE.test(name);
}

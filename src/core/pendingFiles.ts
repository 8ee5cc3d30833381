import type { BoardFiles } from './boardFiles';
import { ProtocolError } from './errors';

/** Stands in until the file verbs are composed. */
export function pendingFiles(): BoardFiles {
  const verb = () => Promise.reject(new ProtocolError('Files are not wired yet'));
  return {
    list: verb,
    stat: verb,
    walk: verb,
    hash: verb,
    read: verb,
    write: verb,
    writeMany: verb,
    mkdir: verb,
    remove: verb,
    rename: verb,
    copy: verb,
    space: verb,
  };
}

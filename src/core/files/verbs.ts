import appendVerb from '../../../board/snippets/appendVerb.py';
import copyVerb from '../../../board/snippets/copyVerb.py';
import endVerb from '../../../board/snippets/endVerb.py';
import folders from '../../../board/snippets/folders.py';
import hashing from '../../../board/snippets/hashing.py';
import hashVerb from '../../../board/snippets/hashVerb.py';
import list from '../../../board/snippets/list.py';
import listOdd from '../../../board/snippets/listOdd.py';
import listOld from '../../../board/snippets/listOld.py';
import listVerb from '../../../board/snippets/listVerb.py';
import mkdirVerb from '../../../board/snippets/mkdirVerb.py';
import placesVerb from '../../../board/snippets/placesVerb.py';
import putVerb from '../../../board/snippets/putVerb.py';
import readVerb from '../../../board/snippets/readVerb.py';
import receiver from '../../../board/snippets/receiver.py';
import removeVerb from '../../../board/snippets/removeVerb.py';
import renameVerb from '../../../board/snippets/renameVerb.py';
import report from '../../../board/snippets/report.py';
import sameFile from '../../../board/snippets/sameFile.py';
import sameVerb from '../../../board/snippets/sameVerb.py';
import sender from '../../../board/snippets/sender.py';
import spaceVerb from '../../../board/snippets/spaceVerb.py';
import statVerb from '../../../board/snippets/statVerb.py';
import store from '../../../board/snippets/store.py';
import walkVerb from '../../../board/snippets/walkVerb.py';

export type Verb =
  | 'list'
  | 'walk'
  | 'hash'
  | 'same'
  | 'stat'
  | 'space'
  | 'places'
  | 'mkdir'
  | 'remove'
  | 'rename'
  | 'copy'
  | 'read'
  | 'send'
  | 'put'
  | 'append'
  | 'end'
  | 'receive';

/**
 * Returns the snippets of each verb, in order. `odd`: a name at the board's root is not valid
 * UTF-8.
 */
export function verbs(can: { ilistdir: boolean }, odd = false): Record<Verb, readonly string[]> {
  const entries = can.ilistdir ? list + (odd ? listOdd : '') : listOld;
  const writing = [report, entries, hashing, folders, store];
  return {
    list: [report, entries, listVerb],
    walk: [report, entries, hashing, walkVerb],
    hash: [report, hashing, hashVerb],
    same: [report, hashing, sameVerb],
    stat: [report, statVerb],
    space: [report, spaceVerb],
    places: [report, placesVerb],
    mkdir: [report, folders, mkdirVerb],
    remove: [report, entries, folders, removeVerb],
    rename: [report, entries, folders, sameFile, renameVerb],
    copy: [report, entries, hashing, folders, sameFile, copyVerb],
    read: [report, readVerb],
    send: [report, hashing, sender],
    put: [...writing, putVerb],
    append: [report, appendVerb],
    end: [report, endVerb],
    receive: [...writing, receiver],
  };
}

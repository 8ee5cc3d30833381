import appendVerb from '../../../board/snippets/appendVerb.py';
import copyVerb from '../../../board/snippets/copyVerb.py';
import endVerb from '../../../board/snippets/endVerb.py';
import folders from '../../../board/snippets/folders.py';
import hashing from '../../../board/snippets/hashing.py';
import hashVerb from '../../../board/snippets/hashVerb.py';
import list from '../../../board/snippets/list.py';
import listOld from '../../../board/snippets/listOld.py';
import listVerb from '../../../board/snippets/listVerb.py';
import mkdirVerb from '../../../board/snippets/mkdirVerb.py';
import putVerb from '../../../board/snippets/putVerb.py';
import readVerb from '../../../board/snippets/readVerb.py';
import receiver from '../../../board/snippets/receiver.py';
import removeVerb from '../../../board/snippets/removeVerb.py';
import renameVerb from '../../../board/snippets/renameVerb.py';
import report from '../../../board/snippets/report.py';
import sender from '../../../board/snippets/sender.py';
import spaceVerb from '../../../board/snippets/spaceVerb.py';
import statVerb from '../../../board/snippets/statVerb.py';
import store from '../../../board/snippets/store.py';
import walkVerb from '../../../board/snippets/walkVerb.py';

export type Verb =
  | 'list'
  | 'walk'
  | 'hash'
  | 'stat'
  | 'space'
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

/** The code of each verb on a board: its snippets, in order. */
export function verbs(can: { ilistdir: boolean }): Record<Verb, readonly string[]> {
  const entries = can.ilistdir ? list : listOld;
  const writing = [report, entries, hashing, folders, store];
  return {
    list: [report, entries, listVerb],
    walk: [report, entries, hashing, walkVerb],
    hash: [report, hashing, hashVerb],
    stat: [report, statVerb],
    space: [report, spaceVerb],
    mkdir: [report, folders, mkdirVerb],
    remove: [report, entries, folders, removeVerb],
    rename: [report, folders, renameVerb],
    copy: [report, entries, hashing, folders, copyVerb],
    read: [report, readVerb],
    send: [report, hashing, sender],
    put: [...writing, putVerb],
    append: [report, appendVerb],
    end: [report, endVerb],
    receive: [...writing, receiver],
  };
}

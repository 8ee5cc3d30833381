import copyVerb from '../../../board/snippets/copyVerb.py';
import folders from '../../../board/snippets/folders.py';
import hashing from '../../../board/snippets/hashing.py';
import hashVerb from '../../../board/snippets/hashVerb.py';
import list from '../../../board/snippets/list.py';
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

const writing = [report, list, hashing, folders, store];

/** The code of each verb on the board: its snippets, in order. */
export const verbs = {
  list: [report, list, listVerb],
  walk: [report, list, hashing, walkVerb],
  hash: [report, hashing, hashVerb],
  stat: [report, statVerb],
  space: [report, spaceVerb],
  mkdir: [report, folders, mkdirVerb],
  remove: [report, list, folders, removeVerb],
  rename: [report, folders, renameVerb],
  copy: [report, list, hashing, folders, copyVerb],
  read: [report, readVerb],
  send: [report, hashing, sender],
  put: [...writing, putVerb],
  receive: [...writing, receiver],
} as const;

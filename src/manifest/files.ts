import type { Entries } from './entry';
import {
  ONE,
  SEVERAL,
  at,
  boardRow,
  boardsRow,
  fileRow,
  groupRow,
  submenu,
  viewTitle,
} from './places';

/** Commands for files on boards. */
export const files = {
  stopToSeeFiles: {
    title: 'Stop the Program and Show the Files',
    icon: 'debug-stop',
    palette: 'never',
  },
  newFile: {
    title: 'New File…',
    icon: 'new-file',
    menus: [fileRow('dir|note', '2_new@1', ONE), submenu('files', '1_new@1')],
  },
  newFolder: {
    title: 'New Folder…',
    icon: 'new-folder',
    menus: [fileRow('dir|note', '2_new@2', ONE), submenu('files', '1_new@2')],
  },
  renameFile: {
    title: 'Rename…',
    icon: 'edit',
    palette: 'never',
    key: { key: 'f2', mac: 'enter', when: 'focusedView == mpyFleet.boards' },
    menus: [fileRow('remote', '3_move@2', ONE)],
  },
  delete: {
    title: 'Delete',
    icon: 'trash',
    palette: 'never',
    key: { key: 'delete', mac: 'cmd+backspace', when: 'focusedView == mpyFleet.boards' },
    menus: [fileRow('remote', '3_move@3')],
  },
  download: {
    title: 'Download…',
    icon: 'cloud-download',
    menus: [
      boardRow('present', '3_files@2'),
      fileRow('remote|note', '3_files@2'),
      at('explorer/context', '2_mpyFleet@5', 'resourceScheme == mpy'),
    ],
  },
  collectFiles: {
    title: 'Collect Files from Boards…',
    icon: 'cloud-download',
    menus: [
      viewTitle('boards', '4_many@1'),
      boardsRow('any', '3_files@3', SEVERAL),
      groupRow('3_files@3', ONE),
    ],
  },
  upload: {
    title: 'Upload to Board',
    icon: 'cloud-upload',
    key: {
      key: 'ctrl+alt+u',
      mac: 'cmd+alt+u',
      when: 'resourceScheme == file || mpyFleet.localEditor',
    },
    menus: [
      at('explorer/context', '2_mpyFleet@1', 'resourceScheme != mpy'),
      at('editor/context', '1_mpyFleet@3', 'resourceScheme == file'),
      at('editor/title/context', '2_mpyFleet@1', 'resourceScheme == file'),
    ],
  },
  uploadTo: {
    title: 'Upload to Boards…',
    icon: 'cloud-upload',
    menus: [
      at('explorer/context', '2_mpyFleet@2', 'resourceScheme != mpy'),
      boardsRow('any', '3_files@1', SEVERAL),
      groupRow('3_files@1', ONE),
    ],
  },
  uploadHere: {
    title: 'Upload…',
    icon: 'cloud-upload',
    palette: 'never',
    menus: [boardRow('present', '3_files@1', ONE), fileRow('dir|note', '3_files@1', ONE)],
  },
  uploadUrl: {
    title: 'Upload a File from a URL…',
    icon: 'cloud-upload',
    menus: [
      submenu('files', '1_new@3'),
      submenu('many', '2_put@3'),
      fileRow('dir', '3_files@3', ONE),
    ],
  },
  forgetUrl: {
    title: 'Forget a Saved URL…',
  },
  uploadInto: {
    title: 'Upload Into',
    palette: 'never',
  },
  moveInto: {
    title: 'Move Into',
    palette: 'never',
  },
  copyPath: {
    title: 'Copy Path',
    icon: 'copy',
    palette: 'never',
    menus: [fileRow('remote', '4_copy@1')],
  },
  addToExplorer: {
    title: 'Show in Explorer',
    icon: 'folder-opened',
    menus: [submenu('files', '2_show@1')],
  },
  wipe: {
    title: 'Delete All Files on Boards…',
    icon: 'trash',
    menus: [submenu('files', '9_wipe@1'), submenu('many', '9_wipe@1')],
  },
  removeFromExplorer: {
    title: 'Remove from Explorer',
    palette: 'never',
  },
} satisfies Entries;

import type { Entries } from './entry';
import { ONE, at, boardRow, fileRow, submenu } from './places';

/** Commands for running code, the REPL and notebooks. */
export const running = {
  openRepl: {
    title: 'Open REPL',
    icon: 'terminal',
    menus: [boardRow('open', 'inline@2'), boardRow('present', '2_use@1', ONE)],
  },
  notebookBoard: {
    title: "Choose the Notebook's Board…",
    icon: 'circuit-board',
    palette: 'notebookType == jupyter-notebook',
    menus: [
      at(
        'notebook/toolbar',
        'navigation/execute@6',
        // Also before a kernel is chosen, since the picker refers to it.
        'notebookType == jupyter-notebook && mpyFleet.moreBoardsThanKernels && !notebookKernel || notebookKernel =~ /mpyFleet\\.notebook/ && mpyFleet.moreBoardsThanKernels',
      ),
    ],
  },
  notebookRestart: {
    title: "Restart the Notebook's Board",
    icon: 'debug-restart',
    palette: 'notebookType == jupyter-notebook',
    menus: [
      at('notebook/toolbar', 'navigation/execute@5', 'notebookKernel =~ /mpyFleet\\.notebook/'),
    ],
  },
  notebookWholeOutput: {
    title: 'Open the Whole Output of the Cell',
    palette: 'notebookType == jupyter-notebook',
  },
  toggleReplLog: {
    title: 'Turn the REPL Log File On or Off',
    menus: [submenu('board', '2_see@2', ONE)],
  },
  runFile: {
    title: 'Run File on Board',
    icon: 'play',
    palette: 'editorLangId == python || resourceExtname == .py',
    key: {
      key: 'ctrl+alt+r',
      mac: 'cmd+alt+r',
      when: 'resourceExtname == .py || editorLangId == python || mpyFleet.pythonEditor',
    },
    menus: [
      at('explorer/context', '2_mpyFleet@4', 'resourceExtname == .py'),
      at('editor/title/run', 'navigation@1', 'editorLangId == python || resourceExtname == .py'),
      at('editor/context', '1_mpyFleet@1', 'editorLangId == python'),
    ],
  },
  runSelection: {
    title: 'Run Selection or Line on Board',
    palette: 'editorLangId == python || resourceExtname == .py',
    key: {
      key: 'ctrl+alt+enter',
      mac: 'cmd+alt+enter',
      when: 'editorTextFocus && editorLangId == python',
    },
    menus: [
      at('editor/title/run', 'navigation@2', 'editorLangId == python'),
      at('editor/context', '1_mpyFleet@2', 'editorLangId == python && editorHasSelection'),
    ],
  },
  runOnBoard: {
    title: 'Run File on Board',
    icon: 'play',
    menus: [fileRow('python', 'inline@1'), fileRow('python', '1_run@1', ONE)],
  },
  runMacro: {
    title: 'Run a Macro on Boards…',
    icon: 'play-circle',
    menus: [submenu('board', '0_program@4'), submenu('many', '1_run@4')],
  },
  stop: {
    title: 'Stop the Running Program',
    icon: 'debug-stop',
    palette: 'never',
    key: { key: 'shift+f5', when: 'mpyFleet.runningCode && !inDebugMode' },
    menus: [
      at(
        'editor/title',
        'navigation@0',
        'mpyFleet.runningCode && (editorLangId == python || resourceExtname == .py)',
      ),
    ],
  },
} satisfies Entries;

import type { Entries } from './entry';
import {
  GROUP,
  ONE,
  SEVERAL,
  and,
  boardRow,
  boardsRow,
  fileRow,
  is,
  row,
  submenu,
  viewTitle,
} from './places';

/** Commands for boards: connecting, naming, resetting and setting up. */
export const boards = {
  filterBoards: {
    title: 'Filter Boards…',
    icon: 'filter',
    menus: [viewTitle('boards', 'navigation@5')],
  },
  clearFilter: {
    title: 'Show All Boards',
    icon: 'clear-all',
    enablement: 'mpyFleet.filtered',
    menus: [viewTitle('boards', 'navigation@6', 'mpyFleet.filtered')],
  },
  groupBoards: {
    title: 'Group Boards…',
    icon: 'list-tree',
    menus: [viewTitle('boards', '2_view@0')],
  },
  connect: {
    title: 'Connect',
    icon: 'plug',
    menus: [boardRow('closed', 'inline@1'), boardsRow('closed', '1_link@1')],
  },
  disconnect: {
    title: 'Disconnect',
    icon: 'debug-disconnect',
    menus: [boardRow('open', 'inline@9'), boardsRow('open|trying', '1_link@2')],
  },
  connectVia: {
    title: 'Connect over This Link',
    icon: 'plug',
    palette: 'never',
    menus: [fileRow('link available', 'inline@1'), fileRow('link available', '1_link@1', ONE)],
  },
  rename: {
    title: 'Rename Board…',
    icon: 'edit',
    menus: [boardsRow('any', '4_name@1')],
  },
  adopt: {
    title: 'Adopt Board…',
    icon: 'check',
    menus: [fileRow('new', '0_adopt@1')],
  },
  ignoreBoards: {
    title: 'Ignore Board',
    icon: 'eye-closed',
    menus: [fileRow('new', '0_adopt@2'), submenu('board', '5_away@2', is('on-mqtt'))],
  },
  showIgnored: {
    title: 'Show Ignored Boards…',
    menus: [viewTitle('boards', '2_view@9')],
  },
  exportBoards: {
    title: 'Export Boards for mpyfleet…',
    menus: [viewTitle('boards', '2_view@8')],
  },
  forget: {
    title: 'Forget Board…',
    icon: 'trash',
    menus: [submenu('board', '5_away@1', is('known'))],
  },
  addPort: {
    title: 'Add a Serial Port by Path…',
    icon: 'add',
    menus: [viewTitle('boards', '1_add@1')],
  },
  removePort: {
    title: 'Remove a Serial Port Added by Path…',
  },
  selectBoard: {
    title: 'Select the Active Board…',
    icon: 'target',
  },
  boardActions: {
    title: 'Board Actions…',
  },
  interrupt: {
    title: 'Stop the Running Program',
    icon: 'debug-stop',
    menus: [boardRow('running', 'inline@3'), boardsRow('open', '2_use@2')],
  },
  softReset: {
    title: 'Soft Reset',
    icon: 'debug-restart',
    menus: [boardsRow('present', '2_use@3')],
  },
  hardReset: {
    title: 'Hard Reset',
    icon: 'debug-rerun',
    menus: [submenu('board', '1_do@1', is('present')), submenu('many', '4_do@2', GROUP)],
  },
  setClock: {
    title: "Set the Board's Clock",
    icon: 'watch',
    menus: [submenu('board', '1_do@2', is('present')), submenu('many', '4_do@1', GROUP)],
  },
  info: {
    title: 'Board Info',
    icon: 'info',
    menus: [submenu('board', '2_see@1', and(ONE, is('present')))],
  },
  identify: {
    title: 'Identify Board (Blink Its LED)',
    icon: 'lightbulb',
    menus: [submenu('board', '2_see@0', and(ONE, is('present')))],
  },
  refresh: {
    title: 'Refresh',
    icon: 'refresh',
    menus: [submenu('files', '2_show@2'), submenu('board', '1_do@3', and(SEVERAL, is('present')))],
  },
  copyAddress: {
    title: "Copy the Board's Address",
    icon: 'copy',
    menus: [submenu('board', '4_name@2', ONE)],
  },
  addWebRepl: {
    title: 'Add a WebREPL or Telnet Board…',
    icon: 'radio-tower',
    menus: [viewTitle('boards', '1_add@3')],
  },
  removeWebRepl: {
    title: 'Remove Network Address',
    palette: 'never',
    menus: [submenu('board', '3_setup@3', and(ONE, is('on-(webrepl|telnet)')))],
  },
  setUpWebRepl: {
    title: 'Set Up WebREPL…',
    icon: 'radio-tower',
    menus: [submenu('board', '3_setup@2', and(ONE, is('on-serial')))],
  },
  takeAwayWebRepl: {
    title: 'Remove WebREPL from Board',
  },
  startDemo: {
    title: 'Start a Demo Board',
    icon: 'beaker',
    menus: [viewTitle('boards', '1_add@2')],
  },
  startFarDemo: {
    title: 'Start a Demo Board at the Local Broker',
    icon: 'beaker',
    menus: [viewTitle('boards', '1_add@2')],
  },
  stopFarDemo: {
    title: 'Stop the Demo Board at the Local Broker',
  },
  stopDemo: {
    title: 'Stop the Demo Board',
    palette: 'never',
    menus: [submenu('board', '5_away@2', and(ONE, is('on-demo')))],
  },
  acceptOpenBoard: {
    title: 'Connect a Board in Open Mode',
    palette: 'never',
  },
  setUpNewBoard: {
    title: 'Set Up a New Board…',
    icon: 'wand',
    menus: [
      viewTitle('boards', '1_add@0'),
      submenu('board', '3_setup@0', and(ONE, is('on-serial'))),
      row('boards', 'loader', '1_setup@0'),
    ],
  },
  setUpWithoutCable: {
    title: 'Set Up a Board without a Cable…',
    icon: 'broadcast',
    menus: [viewTitle('boards', '1_add@0')],
  },
  openProductionLine: {
    title: 'Production Line…',
    icon: 'layers',
    menus: [viewTitle('boards', '1_add@0')],
  },
  flashFirmware: {
    title: 'Flash Firmware…',
    icon: 'zap',
    menus: [
      submenu('board', '3_setup@1', and(ONE, is('on-serial'))),
      row('boards', 'loader', 'inline@1'),
      row('boards', 'loader', '1_setup@1'),
    ],
  },
} satisfies Entries;

import type { Entries } from './entry';
import { ONE, PART_OF_SEVERAL, and, at, brokerRow, is, isGroupOr, submenu } from './places';

/** Commands for the agent and the apps that it supervises. */
export const agent = {
  newApp: {
    title: 'New App…',
    icon: 'new-folder',
  },
  deployApp: {
    title: 'Deploy App to Boards…',
    icon: 'rocket',
    menus: [
      at('explorer/context', '2_mpyFleet@6', 'resourceFilename == app.json'),
      submenu('many', '2_put@3'),
    ],
  },
  assignApp: {
    title: 'Assign App to Boards…',
    menus: [at('explorer/context', '2_mpyFleet@7', 'resourceFilename == app.json')],
  },
  unassignApp: {
    title: 'Remove an App Assignment…',
  },
  applyApps: {
    title: 'Deploy Assigned Apps to Boards That Differ',
    menus: [submenu('agent', '2_do@6', isGroupOr('agent'))],
  },
  removeApp: {
    title: 'Remove App from Board',
    menus: [submenu('agent', '2_do@4', isGroupOr('agent'))],
  },
  sendAppMessage: {
    title: 'Send a Message to the App…',
    icon: 'comment',
    menus: [submenu('agent', '1_log@3', isGroupOr('agent'))],
  },
  setAppIntervals: {
    title: 'Change Intervals of the App…',
    icon: 'watch',
    menus: [submenu('agent', '1_log@4', isGroupOr('agent'))],
  },
  keepAwake: {
    title: 'Keep a Sleeping Board Awake…',
    icon: 'eye',
    menus: [submenu('agent', '1_log@5', isGroupOr('agent'))],
  },
  showMessages: {
    title: 'Show Messages',
    icon: 'graph-line',
  },
  filterMessages: {
    title: 'Filter Messages…',
  },
  exportMessages: {
    title: 'Export Messages…',
  },
  putAgent: {
    title: 'Put the Agent on Board (MQTT)…',
    menus: [
      submenu(
        'agent',
        '4_agent@1',
        // VS Code shows a submenu only if it has an entry for each of the selected rows.
        `${and(isGroupOr('present'), '!(viewItem =~ /\\batColleague\\b/)')} || ${PART_OF_SEVERAL}`,
      ),
    ],
  },
  putAgentOnBoard: {
    title: 'Put the Agent on a Board…',
    icon: 'circuit-board',
    palette: 'never',
    menus: [brokerRow('online', 'inline@1'), brokerRow('online', '0_agent@1')],
  },
  updateAgent: {
    title: 'Update the Agent over the Air',
    menus: [submenu('agent', '4_agent@2', isGroupOr('agent'))],
  },
  removeAgent: {
    title: 'Remove the Agent…',
    menus: [submenu('agent', '4_agent@3', isGroupOr('agent'))],
  },
  shareBoard: {
    title: 'Share with Colleagues…',
    menus: [
      submenu(
        'agent',
        '5_share@1',
        and(
          ...[ONE, is('present'), is('on-serial|on-webrepl|on-telnet|on-demo')],
          '!(viewItem =~ /\\b(shared|atColleague)\\b/)',
        ),
      ),
    ],
  },
  stopSharing: {
    title: 'Stop Sharing',
    menus: [submenu('agent', '5_share@2', and(ONE, is('shared')))],
  },
  safeMode: {
    title: 'Restart in Safe Mode…',
    menus: [
      submenu(
        'agent',
        '2_do@1',
        'viewItem =~ /^group$|\\bagent\\b/ && !(viewItem =~ /\\bsafe\\b/) || listMultiSelection && viewItem =~ /\\bagent\\b/',
      ),
    ],
  },
  leaveSafeMode: {
    title: 'Leave Safe Mode',
    menus: [
      submenu(
        'agent',
        '2_do@2',
        'viewItem =~ /^group$|\\bsafe\\b/ || listMultiSelection && viewItem =~ /\\bagent\\b/',
      ),
    ],
  },
  importKey: {
    title: 'Import the Key of This Board…',
    menus: [submenu('agent', '3_key@1', and(ONE, is('agent|atColleague')))],
  },
  copyKey: {
    title: 'Copy a Key of This Board…',
    menus: [submenu('agent', '3_key@2', and(ONE, is('agent|atColleague')))],
  },
  giveKeys: {
    title: 'Give Keys to a Person…',
    menus: [submenu('agent', '3_key@3', isGroupOr('agent'))],
  },
  revokeKeys: {
    title: "Revoke a Person's Keys…",
    menus: [submenu('agent', '3_key@4', isGroupOr('agent'))],
  },
  showKeys: {
    title: 'Show Who Has Keys',
    menus: [submenu('agent', '3_key@5', isGroupOr('agent'))],
  },
  exportKeys: {
    title: 'Export Keys…',
    menus: [submenu('agent', '3_key@6', isGroupOr('agent'))],
  },
  importKeys: { title: 'Import Keys…' },
  showBoardLog: {
    title: 'Show Board Log',
    menus: [submenu('agent', '1_log@1', isGroupOr('agent'))],
  },
  filterBoardLog: {
    title: 'Filter the Board Log…',
  },
  logMore: {
    title: 'Log More for a While…',
    menus: [submenu('agent', '1_log@2', isGroupOr('agent'))],
  },
  clearBoardLog: {
    title: 'Clear the Board Log',
  },
  exportBoardLog: {
    title: 'Export the Board Log…',
  },
  showCrashLog: {
    title: 'Show Crash Log',
    menus: [submenu('agent', '1_log@2', isGroupOr('agent'))],
  },
  configureBoards: {
    title: 'Configure Boards…',
    icon: 'settings',
    menus: [submenu('agent', '2_do@5', isGroupOr('agent'))],
  },
  updateFirmware: {
    title: 'Update the Firmware over the Air…',
    menus: [submenu('agent', '2_do@3', isGroupOr('agent'))],
  },
} satisfies Entries;

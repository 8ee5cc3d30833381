import type { Entries } from './entry';
import { brokerRow, viewTitle } from './places';

/** Commands for brokers. */
export const brokers = {
  startLocalBroker: {
    title: 'Start a Local Broker',
    icon: 'radio-tower',
    menus: [
      viewTitle('brokers', 'navigation@1', '!mpyFleet.localBroker'),
      viewTitle('boards', '1_add@5'),
    ],
  },
  shareLocalBroker: {
    title: 'Start a Local Broker for This Network',
    menus: [brokerRow('local running', '1_broker@3')],
  },
  stopLocalBroker: {
    title: 'Stop the Local Broker',
    icon: 'debug-stop',
    palette: 'mpyFleet.localBroker',
    menus: [brokerRow('local running', 'inline@2'), brokerRow('local running', '1_broker@4')],
  },
  copyBrokerUrl: {
    title: "Copy the Broker's Address",
    menus: [brokerRow('any', '2_broker@1')],
  },
  localBrokerActions: {
    title: 'Local Broker…',
    palette: 'mpyFleet.localBroker',
  },
  addBroker: {
    title: 'Add a Broker…',
    icon: 'add',
    menus: [viewTitle('brokers', 'navigation@2'), viewTitle('boards', '1_add@6')],
  },
  renewBrokerLogins: {
    title: 'Renew the Login of Boards at the Local Broker',
  },
  editBroker: {
    title: 'Edit Broker…',
    menus: [brokerRow('own', '2_broker@2')],
  },
  removeBroker: {
    title: 'Remove Broker',
    menus: [brokerRow('own', '2_broker@3')],
  },
  connectBroker: {
    title: 'Connect Broker',
    icon: 'plug',
    menus: [brokerRow('off|offline', 'inline@1'), brokerRow('off|offline', '1_broker@1')],
  },
  watchTopic: {
    title: 'Watch a Topic…',
    icon: 'eye',
    menus: [brokerRow('any', '3_topics@1')],
  },
  publishTopic: {
    title: 'Publish to a Topic…',
    icon: 'send',
    menus: [brokerRow('any', '3_topics@2')],
  },
  unwatchTopic: {
    title: 'Stop Watching a Topic…',
  },
  disconnectBroker: {
    title: 'Disconnect Broker',
    icon: 'debug-disconnect',
    menus: [brokerRow('online own', '1_broker@2')],
  },
} satisfies Entries;

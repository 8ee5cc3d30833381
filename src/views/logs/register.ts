import * as vscode from 'vscode';
import { callCommand } from '../callCommand';
import { systemClock } from '../../core/async';
import type { Board } from '../../core/board';
import type { BoardMessage } from '../../core/broker/broker';
import { DisposableStore } from '../../core/events';
import { agentOf } from '../broker';
import type { Needs } from '../context';
import { sourceOf } from '../repl/tracebackLinks';
import { LOG_LANGUAGE } from './boardLogs';
import { CrashNotices, type CrashNotice } from './crashNotices';
import { CrashStates } from './crashStates';
import { showWarningMessage } from '../message';

/** `File "lib/a.py", line 3`: what MicroPython prints in a traceback. */
const FRAME = /File "([^"]{1,300})", line (\d{1,7})/g;
/** Number of log lines searched for links. */
const MOST_LINES = 5_000;

class FrameLink extends vscode.DocumentLink {
  constructor(
    range: vscode.Range,
    readonly head: string,
    readonly file: string,
    readonly line: number,
  ) {
    super(range);
    this.tooltip = vscode.l10n.t('Open Source');
  }
}

/**
 * Registers links from tracebacks in the log to their source, and messages about crashes of trusted
 * boards.
 */
export function registerLogs(
  context: Needs<
    'log' | 'fleet' | 'uris' | 'origins' | 'fileChanges' | 'brokers' | 'history' | 'runs'
  >,
): vscode.Disposable {
  const links = vscode.languages.registerDocumentLinkProvider(
    { language: LOG_LANGUAGE },
    {
      provideDocumentLinks: (document) => framesIn(document),
      resolveDocumentLink: async (link) => {
        if (link instanceof FrameLink) link.target = await targetOf(context, link);
        return link;
      },
    },
  );
  return vscode.Disposable.from(links, watchCrashes(context));
}

function framesIn(document: vscode.TextDocument): FrameLink[] {
  const links: FrameLink[] = [];
  for (let i = Math.max(0, document.lineCount - MOST_LINES); i < document.lineCount; i++) {
    const { text } = document.lineAt(i);
    for (const match of text.matchAll(FRAME)) {
      const range = new vscode.Range(i, match.index, i, match.index + match[0].length);
      links.push(
        new FrameLink(range, text.slice(0, match.index), match[1] ?? '', Number(match[2])),
      );
    }
  }
  return links;
}

/** Finds the board of a line: its name precedes the text, after the time if there is one. */
async function targetOf(
  context: Needs<'fleet' | 'uris' | 'origins' | 'runs'>,
  link: FrameLink,
): Promise<vscode.Uri | undefined> {
  const head = link.head.replace(/^\d\d:\d\d:\d\d\.\d{3} /, '');
  const board = context.fleet.boards.find((b) => head.startsWith(`${b.name} `));
  const place = board && (await sourceOf(context, board, link.file, link.line));
  return place?.uri.with({ fragment: `L${place.line + 1}` });
}

function watchCrashes(
  context: Needs<'log' | 'fleet' | 'fileChanges' | 'brokers' | 'history'>,
): vscode.Disposable {
  const { brokers, log } = context;
  const listening = new Map<object, DisposableStore>();
  const states = new CrashStates(
    context.fleet,
    context.fileChanges,
    systemClock,
    (board) => isDown(context, board),
    log,
  );
  const notices = new CrashNotices({
    crashed: (uid, line) => states.crashed(uid, line),
    trustedName: (uid) => trustedName(context, uid),
    show: (notice) => showCrash(notice),
  });
  const take = (message: BoardMessage) => {
    notices.take(message).catch((error: unknown) => log.error('A crash', String(error)));
    if (notices.ignored === 1) {
      log.info('Crash events of boards that this computer has no key for are not shown');
    }
  };
  const follow = () => {
    for (const broker of brokers.hub.all) {
      if (listening.has(broker)) continue;
      const store = new DisposableStore();
      store.add(broker.onMessage(take));
      listening.set(broker, store);
    }
    for (const [broker, store] of listening) {
      if (brokers.hub.all.some((b) => b === broker)) continue;
      store.dispose();
      listening.delete(broker);
    }
  };
  follow();
  const subscription = brokers.onDidChange(follow);
  return new vscode.Disposable(() => {
    subscription.dispose();
    states.dispose();
    for (const store of listening.values()) store.dispose();
  });
}

/**
 * Returns whether the program of a board's agent has ended with an error and does not run now.
 * False for a board without an agent.
 */
async function isDown(context: Needs<'brokers' | 'history'>, board: Board): Promise<boolean> {
  if (!board.links.some((l) => l.present && l.found.address.kind === 'mqtt')) return false;
  const { running, error } = await agentOf(context, board).control.app('info');
  return !running && error !== '' && !error.startsWith('KeyboardInterrupt');
}

/** Returns the name of a trusted board: this computer has a key for it or is connected to it. */
async function trustedName({ fleet, brokers }: Needs<'fleet' | 'brokers'>, uid: string) {
  const board = fleet.byUid(uid);
  if (!board) return undefined;
  const { tag } = board.state;
  const open = tag === 'connected' || tag === 'idle' || tag === 'running' || tag === 'busy';
  return open || (await brokers.secrets.boardKey(uid)) ? board.name : undefined;
}

/** Builds a message: the last line of the crash, and a button for the rest. */
async function showCrash({ uid, name, line, count }: CrashNotice): Promise<void> {
  const show = vscode.l10n.t('Show the Crash');
  const words =
    count === 1
      ? vscode.l10n.t('The program on {0} crashed: {1}', name, line)
      : vscode.l10n.t(
          'The program on {0} crashed {1} times, most recently: {2}',
          name,
          count,
          line,
        );
  const answer = await showWarningMessage(words, show);
  if (answer === show) await callCommand('mpyFleet.showCrashLog', uid);
}

import * as vscode from 'vscode';
import { withAgentNames } from '../../core/agent/agentNames';
import type { BoardMessage } from '../../core/broker/brokers';
import { DisposableStore } from '../../core/events';
import type { ViewContext } from '../context';
import { sourceOf } from '../repl/tracebackLinks';
import { LOG_LANGUAGE } from './boardLogs';

/** `File "lib/a.py", line 3`: what MicroPython prints in a traceback. */
const FRAME = /File "([^"]{1,300})", line (\d{1,7})/g;
/** Lines of the log that are looked at for links. */
const MOST_LINES = 5_000;

class FrameLink extends vscode.DocumentLink {
  constructor(
    range: vscode.Range,
    readonly head: string,
    readonly file: string,
    readonly line: number,
  ) {
    super(range);
    this.tooltip = vscode.l10n.t('Open the source');
  }
}

/** Tracebacks in the log lead to their source; a board that has crashed is told of. */
export function registerLogs(context: ViewContext): vscode.Disposable {
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

/** The board's name stands before the text, behind the time where there is one. */
async function targetOf(context: ViewContext, link: FrameLink): Promise<vscode.Uri | undefined> {
  const head = link.head.replace(/^\d\d:\d\d:\d\d\.\d{3} /, '');
  const board = context.fleet.boards.find((b) => head.startsWith(`${b.name} `));
  const place = board && (await sourceOf(context, board, link.file, link.line));
  return place?.uri.with({ fragment: `L${place.line + 1}` });
}

function watchCrashes(context: ViewContext): vscode.Disposable {
  const { brokers } = context;
  const listening = new Map<object, DisposableStore>();
  const told = new Set<string>();
  const follow = () => {
    for (const broker of brokers.hub.all) {
      if (listening.has(broker)) continue;
      const store = new DisposableStore();
      store.add(broker.onMessage((message) => void tellCrash(context, told, message)));
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
    for (const store of listening.values()) store.dispose();
  });
}

/** Once for each crash: its last line, and the way to the rest. */
async function tellCrash(
  context: ViewContext,
  told: Set<string>,
  { uid, topic, data }: BoardMessage,
): Promise<void> {
  if (topic !== 'ev' || data.ev !== 'crash' || typeof data.tb !== 'string') return;
  const key = `${uid} ${String(data.boot0)} ${data.tb}`.slice(0, 500);
  if (told.has(key)) return;
  told.add(key);
  const name = context.fleet.byUid(uid)?.name ?? uid;
  const last = withAgentNames(data.tb).trimEnd().split('\n').at(-1)?.slice(0, 200) ?? '';
  const show = vscode.l10n.t('Show the Crash');
  const words = vscode.l10n.t('The program on {0} has crashed: {1}', name, last);
  const answer = await vscode.window.showWarningMessage(words, show);
  if (answer === show) await vscode.commands.executeCommand('mpyFleet.showCrashLog', uid);
}

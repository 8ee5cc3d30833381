import * as vscode from 'vscode';
import type { Broker } from '../../core/broker/broker';
import { payloadText } from '../../core/topics';
import type { Disposable } from '../../core/events';
import { inertText } from '../../core/inertText';
import { shownTime } from '../../core/shownTime';

/** Maximum lines shown per second. A busy topic must not fill the window. */
const MOST_LINES = 100;
const SECOND_MS = 1_000;

/** Shows the topics that the user watches, in an output channel. */
export class TopicWatch implements Disposable {
  #channel: vscode.OutputChannel | undefined;
  readonly #watched = new Map<string, Disposable>();
  #second = 0;
  #lines = 0;

  /** The watched topics: the broker's name and the filter, by key. */
  get all(): readonly string[] {
    return [...this.#watched.keys()];
  }

  /**
   * Shows messages of `filter` from now on, and those that the broker retains.
   * @throws UsageError
   */
  add(broker: Broker, filter: string): void {
    const key = `${broker.profile.name}: ${filter}`;
    this.#channel ??= vscode.window.createOutputChannel('MicroPython Topics');
    const channel = this.#channel;
    this.#watched.get(key)?.dispose();
    this.#watched.set(
      key,
      broker.topics.watch(
        filter,
        ({ topic, payload, retained }) => {
          const kept = retained ? ` ${vscode.l10n.t('(retained)')}` : '';
          this.#line(`${inertText(topic, 512)}  ${payloadText(payload)}${kept}`);
        },
        () => {
          this.remove(key);
          channel.appendLine(vscode.l10n.t('The broker does not allow watching {0}', filter));
        },
      ),
    );
    channel.appendLine(vscode.l10n.t('Watching {0}', inertText(key, 600)));
    channel.show(true);
  }

  remove(key: string): void {
    this.#watched.get(key)?.dispose();
    this.#watched.delete(key);
  }

  dispose(): void {
    for (const watched of this.#watched.values()) watched.dispose();
    this.#watched.clear();
    this.#channel?.dispose();
  }

  #line(text: string): void {
    const now = Date.now();
    const second = Math.floor(now / SECOND_MS);
    if (second !== this.#second) {
      const more = this.#lines - MOST_LINES;
      if (more > 0) {
        this.#channel?.appendLine(vscode.l10n.t('{0} more messages are not shown', more));
      }
      this.#second = second;
      this.#lines = 0;
    }
    this.#lines++;
    if (this.#lines <= MOST_LINES) this.#channel?.appendLine(`${shownTime(now)}  ${text}`);
  }
}

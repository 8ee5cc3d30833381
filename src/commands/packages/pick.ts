import * as vscode from 'vscode';
import { asError, FleetError, UsageError } from '../../core/errors';
import { countedFrom, type IndexEntry, parseSpec, searchIndex } from '../../core/packages';
import type { Needs } from '../../views/context';

interface PackageChoice extends vscode.QuickPickItem {
  readonly entry?: IndexEntry;
  /** The package's spec; undefined for lines that only show a text. */
  readonly spec?: string;
  /** Fetches the index again. */
  readonly retries?: boolean;
}

/** Maximum number of results shown. No one reads more. */
const MAX_SHOWN = 200;

/**
 * Asks for a package: by words in its name and description, or by address (`github:…`, `pypi:…`, a
 * URL). Paths such as `./lib` are relative to `folder`; `words` is the initial search text.
 */
export async function pickPackage(
  context: Needs<'log' | 'packages'>,
  folder: string | undefined,
  words: string,
): Promise<string | undefined> {
  const choice = await new PackagePicker(context).ask(words);
  if (choice?.entry) return pickVersion(choice.entry);
  if (choice?.spec === undefined || folder === undefined) return choice?.spec;
  return countedFrom(folder, choice.spec);
}

class PackagePicker {
  readonly #pick = vscode.window.createQuickPick<PackageChoice>();
  readonly #abort = new AbortController();
  #entries: readonly IndexEntry[] = [];
  /** Explains why the list is empty. */
  #failure: Error | undefined;

  constructor(private readonly context: Needs<'log' | 'packages'>) {}

  ask(words: string): Promise<PackageChoice | undefined> {
    const pick = this.#pick;
    pick.value = words;
    pick.title = vscode.l10n.t('Install a Package');
    pick.placeholder = vscode.l10n.t(
      'Search by name or description, or type github:org/repo, pypi:name, a URL',
    );
    pick.show();
    void this.#load();
    return new Promise((resolve) => {
      pick.onDidChangeValue(() => this.#draw());
      pick.onDidAccept(() => {
        const [choice] = pick.selectedItems;
        if (choice?.retries) void this.#load();
        if (choice?.spec === undefined) return;
        resolve(choice);
        pick.hide();
      });
      pick.onDidTriggerItemButton(({ item }) => {
        void vscode.commands.executeCommand(
          'mpyFleet.internal.showReadme',
          item.entry ?? item.spec,
        );
      });
      pick.onDidHide(() => {
        resolve(undefined);
        this.#abort.abort();
        pick.dispose();
      });
    });
  }

  /** Fetches the index once. It has only some hundred lines, so the search runs here. */
  async #load(): Promise<void> {
    const { signal } = this.#abort;
    this.#pick.busy = true;
    this.#failure = undefined;
    this.#draw();
    try {
      this.#entries = await this.context.packages.manager.search('', {
        ...{ signal, onStale: (since) => this.#tellOffline(since) },
      });
    } catch (error) {
      if (signal.aborted) return;
      this.#failure = asError(error); // packages by address can still be chosen
      this.context.log.error('The package index', this.#failure.message);
    }
    this.#pick.busy = false;
    this.#draw();
  }

  #tellOffline(since: Date): void {
    this.#pick.title = vscode.l10n.t(
      'Install a Package (offline: the index as of {0})',
      since.toLocaleString(),
    );
  }

  #draw(): void {
    const { value, busy } = this.#pick;
    const found = searchIndex(this.#entries, value).slice(0, MAX_SHOWN);
    const typed = typedSpec(value);
    const rows = [...(typed ? [typed] : []), ...found.map(choiceOf)];
    if (this.#failure) rows.push(failed(this.#failure));
    else if (busy && rows.length === 0) rows.push(note(vscode.l10n.t('Fetching the index…')));
    else if (rows.length === 0) rows.push(...nothingFound(value));
    this.#pick.items = rows;
  }
}

/** Creates a line that only shows a text and cannot be chosen. */
function note(label: string, detail?: string): PackageChoice {
  return { label, alwaysShow: true, ...(detail === undefined ? {} : { detail }) };
}

function failed(error: Error): PackageChoice {
  const hint = error instanceof FleetError ? error.hint : undefined;
  const label = `$(refresh) ${vscode.l10n.t('Try again: {0}', error.message)}`;
  return { ...note(label, hint), retries: true };
}

/**
 * Offers sources of packages other than the index. The text typed so far is an incomplete address.
 */
const ADDRESS = /^(github|gitlab|codeberg|pypi|https?|file):/;

/** Offers PyPI, which may have a package that is not in the index. */
function nothingFound(value: string): PackageChoice[] {
  if (ADDRESS.test(value.trim())) {
    return [
      note(vscode.l10n.t('Complete it: github:ORG/REPO@BRANCH, pypi:NAME==VERSION, https://…')),
    ];
  }
  const none = note(vscode.l10n.t('No package in the index matches these words'));
  const name = value.trim();
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) return [none];
  const label = `$(cloud-download) ${vscode.l10n.t('{0} from PyPI', name)}`;
  return [none, { ...note(label), spec: `pypi:${name}` }];
}

function choiceOf(entry: IndexEntry): PackageChoice {
  return {
    entry,
    spec: entry.name,
    label: entry.name,
    description: entry.version,
    detail: entry.description,
    alwaysShow: true, // keeps results visible even if their words are in another order
    buttons: [{ iconPath: new vscode.ThemeIcon('book'), tooltip: vscode.l10n.t('Show README') }],
  };
}

/** Returns whether the text is a complete name or version of a package outside the index. */
function typedSpec(value: string): PackageChoice | undefined {
  const text = value.trim();
  if (!/^(github|gitlab|codeberg|pypi|https?|file):.|^\S+@\S+$|^[./]|^[A-Za-z]:\\/.test(text)) {
    return undefined;
  }
  try {
    parseSpec(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return undefined; // not finished yet
  }
  return { spec: text, label: `$(cloud-download) ${text}`, alwaysShow: true };
}

async function pickVersion(entry: IndexEntry): Promise<string | undefined> {
  const others = [...new Set([...entry.versions].reverse())].filter((v) => v !== entry.version);
  if (others.length === 0) return entry.name;
  const latest = vscode.l10n.t('newest');
  const choice = await vscode.window.showQuickPick(
    [{ label: entry.version, description: latest }, ...others.map((label) => ({ label }))],
    { title: vscode.l10n.t('Which version of {0}?', entry.name) },
  );
  if (!choice) return undefined;
  return choice.label === entry.version ? entry.name : `${entry.name}@${choice.label}`;
}

import * as vscode from 'vscode';
import { UsageError } from '../core/errors';
import { searchIndex, type IndexEntry } from '../core/packages/indexSource';
import { parseSpec } from '../core/packages/spec';
import type { ViewContext } from '../views/context';
import { showError } from '../views/showError';

interface PackageChoice extends vscode.QuickPickItem {
  readonly entry?: IndexEntry;
  /** What is installed. */
  readonly spec: string;
}

/** More results than this are not looked through by anybody. */
const MAX_SHOWN = 200;

/** Asks for a package: by words of its name and description, or by address (`github:…`, `pypi:…`, a URL). */
export async function pickPackage(context: ViewContext): Promise<string | undefined> {
  const choice = await new PackagePicker(context).ask();
  if (!choice?.entry) return choice?.spec;
  return pickVersion(choice.entry);
}

class PackagePicker {
  readonly #pick = vscode.window.createQuickPick<PackageChoice>();
  readonly #abort = new AbortController();
  #entries: readonly IndexEntry[] = [];

  constructor(private readonly context: ViewContext) {}

  ask(): Promise<PackageChoice | undefined> {
    const pick = this.#pick;
    pick.title = vscode.l10n.t('Install a Package');
    pick.placeholder = vscode.l10n.t(
      'Search by name or description, or type github:org/repo, pypi:name, a URL',
    );
    pick.busy = true;
    pick.show();
    void this.#load();
    return new Promise((resolve) => {
      pick.onDidChangeValue(() => this.#draw());
      pick.onDidAccept(() => {
        const [choice] = pick.selectedItems;
        if (!choice) return;
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

  /** The whole index is some hundred lines: it is fetched once and searched here. */
  async #load(): Promise<void> {
    try {
      this.#entries = await this.context.packages.manager.search('', this.#abort.signal);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      // Packages by address can still be chosen.
      showError(this.context, error);
    }
    this.#pick.busy = false;
    this.#draw();
  }

  #draw(): void {
    const { value } = this.#pick;
    const found = searchIndex(this.#entries, value).slice(0, MAX_SHOWN);
    const typed = typedSpec(value);
    this.#pick.items = [...(typed ? [typed] : []), ...found.map(choiceOf)];
  }
}

function choiceOf(entry: IndexEntry): PackageChoice {
  return {
    entry,
    spec: entry.name,
    label: entry.name,
    description: entry.version,
    detail: entry.description,
    alwaysShow: true, // what was found is shown, also where the words are in another order
    buttons: [{ iconPath: new vscode.ThemeIcon('book'), tooltip: vscode.l10n.t('Show README') }],
  };
}

/** What is typed is itself the name of a package outside the index, or of a version. */
function typedSpec(value: string): PackageChoice | undefined {
  const text = value.trim();
  if (!/^(github|gitlab|pypi|https?|file):.|^\S+@\S+$|^[./]|^[A-Za-z]:\\/.test(text)) {
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

import * as vscode from 'vscode';
import { asError } from '../../core/errors';
import type { IndexEntry } from '../../core/packages';
import type { Needs } from '../context';

const SCHEME = 'mpy-readme';

/** READMEs of packages in VS Code's Markdown preview. Text from an index is untrusted, and the preview runs neither scripts nor commands. */
export class Readmes implements vscode.TextDocumentContentProvider {
  readonly #entries = new Map<string, IndexEntry | string>();

  constructor(private readonly context: Needs<'log' | 'packages'>) {}

  async show(entry: IndexEntry | string): Promise<void> {
    const name = typeof entry === 'string' ? entry : entry.name;
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.md` });
    this.#entries.set(uri.toString(), entry);
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const entry = this.#entries.get(uri.toString());
    if (entry === undefined) return '';
    const facts = typeof entry === 'string' ? '' : factsOf(entry);
    return `${await this.#readme(entry)}\n\n${facts}`;
  }

  async #readme(entry: IndexEntry | string): Promise<string> {
    const { packages, log } = this.context;
    const heading = `# ${plain(typeof entry === 'string' ? entry : entry.name)}\n`;
    try {
      return (await packages.manager.readme(entry)) ?? heading;
    } catch (error) {
      log.warn(`A README could not be loaded: ${asError(error).message}`);
      return `${heading}\n*${plain(vscode.l10n.t("The package's README cannot be loaded right now."))}*`;
    }
  }
}

function factsOf(entry: IndexEntry): string {
  const rows = [
    [vscode.l10n.t('Description'), entry.description],
    [vscode.l10n.t('Version'), entry.version],
    [vscode.l10n.t('Author'), entry.author],
    [vscode.l10n.t('License'), entry.license],
  ].filter(([, value]) => value);
  const lines = rows.map(([name = '', value = '']) => `| ${plain(name)} | ${plain(value)} |`);
  return ['| | |', '|-|-|', ...lines].join('\n');
}

/** Escapes text for one line of Markdown. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]()#+.!|<>&~-]/g, '\\$&');
}

/** Registers the READMEs, shown by `mpyFleet.internal.showReadme`. */
export function registerReadmes(context: Needs<'log' | 'packages'>): vscode.Disposable {
  const readmes = new Readmes(context);
  return vscode.Disposable.from(
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, readmes),
    vscode.commands.registerCommand('mpyFleet.internal.showReadme', (entry: IndexEntry | string) =>
      readmes.show(entry),
    ),
  );
}

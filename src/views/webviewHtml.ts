import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** The parts of a page of the extension. */
export interface Page {
  /** Script in dist/media and style in media, without their endings. */
  readonly name: string;
  readonly title: string;
  /** Static markup of the body; nothing from a board ever goes in here. */
  readonly body: string;
}

/** Returns the folders from which pages may load. */
export function pageRoots(extension: vscode.Uri): vscode.Uri[] {
  return [vscode.Uri.joinPath(extension, 'dist', 'media'), vscode.Uri.joinPath(extension, 'media')];
}

/** What a page sends: `read` returns undefined for anything else. */
export interface PageMessages<T> {
  readonly read: (message: unknown) => T | undefined;
  readonly take: (message: T) => void;
}

/** Shows a page that can run our scripts, and takes its messages until the result is disposed. */
export function showPage<T>(
  webview: vscode.Webview,
  extension: vscode.Uri,
  page: Page,
  { read, take }: PageMessages<T>,
): vscode.Disposable {
  webview.options = { enableScripts: true, localResourceRoots: pageRoots(extension) };
  const listening = webview.onDidReceiveMessage((message: unknown) => {
    const known = read(message);
    if (known !== undefined) take(known);
  });
  webview.html = pageHtml(webview, extension, page);
  return listening;
}

/**
 * Returns the HTML of a webview: it loads only our own script and styles, runs no script without
 * the nonce, and has no network access.
 */
export function pageHtml(webview: vscode.Webview, extension: vscode.Uri, page: Page): string {
  const nonce = randomBytes(16).toString('base64');
  const uri = (...parts: string[]) =>
    webview.asWebviewUri(vscode.Uri.joinPath(extension, ...parts)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<title>${page.title}</title>
<link rel="stylesheet" href="${uri('media', 'parts.css')}">
<link rel="stylesheet" href="${uri('media', `${page.name}.css`)}">
</head>
<body>
${page.body}
<script nonce="${nonce}" src="${uri('dist', 'media', `${page.name}.js`)}"></script>
</body>
</html>`;
}

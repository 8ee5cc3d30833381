// @ts-check
// Writes l10n/bundle.l10n.json from the texts that the source passes to l10n.t, VS Code's or, in core, that of @vscode/l10n:
// node scripts/l10n.mjs
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const bundleFile = join(root, 'l10n/bundle.l10n.json');

/** Returns all texts of the window, each once, in the order of the files. @throws Error for a text that is not a string literal */
export function textsOfWindow() {
  const folder = join(root, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return new Set(files.filter((f) => f.endsWith('.ts')).flatMap((f) => textsOf(join(folder, f))));
}

/** @param {string} file */
function textsOf(file) {
  const source = ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  /** @type {string[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isCallExpression(node) && /(^|\.)l10n\.t$/.test(node.expression.getText(source))) {
      const [first] = node.arguments;
      if (!first || !ts.isStringLiteralLike(first)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
        throw new Error(`${file}, line ${line + 1}: l10n.t wants a text that can be translated`);
      }
      found.push(first.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const old = Object.keys(JSON.parse(readFileSync(bundleFile, 'utf8')));
  const used = textsOfWindow();
  // Existing texts keep their position, so that a change makes a small diff.
  const texts = [...new Set([...old.filter((text) => used.has(text)), ...used])];
  const bundle = Object.fromEntries(texts.map((text) => [text, text]));
  writeFileSync(bundleFile, `${JSON.stringify(bundle, undefined, 2)}\n`);
}

import { vscodeShape } from './vscodeShape';

/** `vscode.l10n` as VS Code has it for English: the text itself, with its values. */
export const l10n = {
  t: (text: string, ...values: unknown[]) =>
    text.replace(/\{(\d+)\}/g, (_, n: string) => String(values[Number(n)])),
};

/** The shape of the `vscode` module, with the parts that `own` gives and texts in English. */
export function vscodeWith(own: Readonly<Record<string, unknown>>): object {
  const parts: Readonly<Record<string, unknown>> = { l10n, ...own };
  return new Proxy(
    {},
    {
      get: (_, key) => parts[String(key)] ?? (Reflect.get(vscodeShape, key) as unknown),
      has: () => true,
    },
  );
}

/** The shape of the `vscode` module with texts in English. */
export const vscodeWords = vscodeWith({});

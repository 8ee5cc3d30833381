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

/** A tool for language models, as it is registered. */
export interface ModelTool {
  invoke(options: { input: object }, token: object): Promise<{ content: { value: string }[] }>;
}

/** The parts of the `vscode` module for tools for language models. `registerTool` receives each of them. */
export const modelParts = (registerTool: (name: string, tool: ModelTool) => void) => ({
  lm: { registerTool },
  Disposable: { from: () => undefined },
  LanguageModelToolResult: class {
    constructor(readonly content: unknown[]) {}
  },
  LanguageModelTextPart: class {
    constructor(readonly value: string) {}
  },
});

/** The shape of the `vscode` module with texts in English. */
export const vscodeWords = vscodeWith({});

/** A setting in the form. `schema` is a part of CONFIG_SCHEMA, plain data. */
export interface FormSetting {
  readonly name: string;
  readonly schema: unknown;
  /** It takes effect when the board starts. */
  readonly restart: boolean;
}

/** What one board reports. Texts may come from boards and are shown as text only. */
export interface BoardReport {
  readonly id: string;
  readonly name: string;
  /** `read`: `config` is the board's configuration. Otherwise `words` gives the reason why there is none. */
  readonly state: 'reading' | 'read' | 'away' | 'failed';
  readonly words: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export type ToConfigure =
  | {
      readonly kind: 'form';
      readonly words: Readonly<Record<string, string>>;
      readonly settings: readonly FormSetting[];
      readonly boards: readonly BoardReport[];
      /**
       * The document that was last set on all of these boards. Undefined: they have none in common.
       */
      readonly desired?: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'reports'; readonly boards: readonly BoardReport[] }
  /** Another document, from a file. */
  | { readonly kind: 'document'; readonly desired: Readonly<Record<string, unknown>> }
  /**
   * `drift`: for each setting, the names of the boards where it differs. `problem`: why the form
   * cannot be used.
   */
  | {
      readonly kind: 'compared';
      readonly drift: Readonly<Record<string, readonly string[]>>;
      readonly problem: string;
    };

export type FromConfigure =
  | { readonly kind: 'ready' | 'refresh' | 'load' }
  | { readonly kind: 'compare' | 'apply' | 'save'; readonly document: unknown };

/**
 * Reads a message of the page. Anything unknown is undefined. The document is checked where it is
 * used.
 */
export function readMessage(message: unknown): FromConfigure | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { kind, document } = message as Record<string, unknown>;
  if (kind === 'ready' || kind === 'refresh' || kind === 'load') return { kind };
  if (kind === 'compare' || kind === 'apply' || kind === 'save') return { kind, document };
  return undefined;
}

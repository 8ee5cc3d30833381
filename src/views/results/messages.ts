import type { BoardResult } from '../../core/many';

/** A row of the results page: plain data, with output cut to a readable length. */
export type ResultRow = BoardResult;

/** From the extension to the results page. */
export type ToResults =
  | {
      readonly kind: 'job';
      readonly title: string;
      readonly summary: string;
      readonly running: boolean;
      readonly canRetry: boolean;
      readonly rows: readonly ResultRow[];
      /** Texts of the page in the user's language. */
      readonly words: Readonly<Record<string, string>>;
    }
  /** Some rows have changed. */
  | {
      readonly kind: 'rows';
      readonly rows: readonly ResultRow[];
      readonly summary: string;
      readonly running: boolean;
    }
  | { readonly kind: 'none'; readonly words: Readonly<Record<string, string>> };

/** From the results page to the extension. */
export type FromResults =
  | { readonly kind: 'ready' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'retry' }
  | { readonly kind: 'export' }
  /** Shows how two boards' answers differ, by their ids. */
  | { readonly kind: 'compare'; readonly left: string; readonly right: string }
  /** Opens the source that a line of a board's traceback names. */
  | { readonly kind: 'source'; readonly id: string; readonly file: string; readonly line: number }
  /** Opens one board's answer in an editor. */
  | { readonly kind: 'open'; readonly id: string };

/** Checks a message of the page. Anything else gives undefined, because a webview is not trusted. */
export function readMessage(message: unknown): FromResults | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const m = message as Record<string, unknown>;
  const text = (key: string) => (typeof m[key] === 'string' ? m[key] : '');
  switch (m.kind) {
    case 'ready':
    case 'cancel':
    case 'retry':
    case 'export':
      return { kind: m.kind };
    case 'compare':
      return { kind: 'compare', left: text('left'), right: text('right') };
    case 'source':
      return typeof m.line === 'number' && Number.isSafeInteger(m.line)
        ? { kind: 'source', id: text('id'), file: text('file'), line: m.line }
        : undefined;
    case 'open':
      return { kind: 'open', id: text('id') };
    default:
      return undefined;
  }
}

import type { BoardResult } from '../../core/many/results';

/** A row of the results page: plain data, output cut to what can be looked at. */
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
      /** Words of the page in the user's language. */
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
  /** Show how two boards' answers differ, by their ids. */
  | { readonly kind: 'compare'; readonly left: string; readonly right: string }
  /** Open one board's answer in an editor. */
  | { readonly kind: 'open'; readonly id: string };

/** Reads a message of the page: whatever else comes is undefined, since a webview is not trusted blindly. */
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
    case 'open':
      return { kind: 'open', id: text('id') };
    default:
      return undefined;
  }
}

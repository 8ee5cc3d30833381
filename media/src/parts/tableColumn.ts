/** A column: its content and its sort order. */
export interface Column<T> {
  readonly key: string;
  readonly title: string;
  /** CSS width of a grid column: `8em`, `minmax(10em, 2fr)`. */
  readonly width: string;
  readonly text: (row: T) => string;
  /** Sort key, if it differs from the text. Undefined values come last in both directions. */
  readonly order?: (row: T) => number | string | undefined;
  /** Class of the cell, for its colour. Colour is never the only sign of something. */
  readonly look?: (row: T) => string;
  /** Part of a bar behind the text, 0 to 1; undefined: no bar. */
  readonly share?: (row: T) => number | undefined;
}

/** Makes a cell show a row's value in a column. */
export function fillCell<T>(cell: HTMLElement, { text, look, share }: Column<T>, row: T): void {
  const shown = text(row);
  const part = share?.(row);
  const bar = part === undefined ? '' : 'bar';
  cell.className = ['vt-cell', look?.(row), bar].filter(Boolean).join(' ');
  if (cell.textContent !== shown) cell.textContent = shown;
  cell.title = shown;
  cell.setAttribute('role', 'gridcell');
  cell.style.setProperty('--share', part === undefined ? '' : `${Math.round(part * 100)}%`);
}

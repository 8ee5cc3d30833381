import { make } from './host';
import { setChildren } from './patch';
import { Selection } from './selection';
import { type Column, fillCell } from './tableColumn';

export interface TableOptions<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly idOf: (row: T) => string;
  readonly onSelect: (rows: readonly T[]) => void;
  /** Called on Enter or a double click. */
  readonly onOpen?: (row: T) => void;
}

/** Height of a row in pixels, the same as in parts.css. */
const ROW_HEIGHT = 24;
/** Number of rows drawn above and below the visible ones. */
const OVERSCAN = 8;

const collator = new Intl.Collator(undefined, { numeric: true });

/**
 * A table that draws only the visible rows, so that five thousand scroll as smoothly as five. It is
 * an ARIA grid: arrows, Page Up and Down, Home, End, Space, Shift and Ctrl, Ctrl+A. The headings
 * are buttons that sort; Tab stops at one of them, Left and Right go to the others.
 */
export class VirtualTable<T> {
  readonly #root = make('div', 'vt');
  readonly #head = make('div', 'vt-head');
  readonly #scroller = make('div', 'vt-scroller');
  readonly #space = make('div', 'vt-space');
  readonly #selection: Selection;
  #rows: readonly T[] = [];
  #sorted: readonly T[] = [];
  #sort: { key: string; down: boolean } | undefined;
  #framePending = false;
  #columns: readonly Column<T>[];

  constructor(
    place: HTMLElement,
    private readonly options: TableOptions<T>,
  ) {
    this.#columns = options.columns;
    this.#selection = new Selection(() => {
      this.#draw();
      this.options.onSelect(this.selected);
    });
    this.#root.setAttribute('role', 'grid');
    this.#root.setAttribute('aria-label', options.label);
    this.#root.setAttribute('aria-multiselectable', 'true');
    this.#root.tabIndex = 0;
    this.#head.setAttribute('role', 'row');
    this.#head.setAttribute('aria-rowindex', '1');
    const heading = make('div', 'vt-headgroup');
    heading.setAttribute('role', 'rowgroup');
    heading.append(this.#head);
    this.#scroller.setAttribute('role', 'rowgroup');
    this.#scroller.append(this.#space);
    this.#scroller.tabIndex = -1; // the grid receives the keys
    this.#space.setAttribute('role', 'presentation');
    this.#root.append(heading, this.#scroller);
    place.replaceChildren(this.#root);
    this.#scroller.addEventListener('scroll', () => this.#later());
    new ResizeObserver(() => this.#later()).observe(this.#scroller);
    this.#root.addEventListener('keydown', (event) => this.#onKey(event));
    this.#head.addEventListener('keydown', (event) => this.#onHeadingKey(event));
    this.#drawHead();
  }

  /** Changes the columns. Equal columns change nothing. */
  set columns(columns: readonly Column<T>[]) {
    const keys = (list: readonly Column<T>[]) => list.map((c) => c.key).join(' ');
    const same = keys(columns) === keys(this.#columns);
    this.#columns = columns;
    if (!same) this.#drawHead();
  }

  get selected(): readonly T[] {
    return this.#sorted.filter((r) => this.#selection.has(this.options.idOf(r)));
  }

  get sort(): { key: string; down: boolean } | undefined {
    return this.#sort;
  }

  set sort(sort: { key: string; down: boolean } | undefined) {
    this.#sort = sort;
    this.#drawHead();
    this.rows = this.#rows;
  }

  get rows(): readonly T[] {
    return this.#rows;
  }

  /** Removes rows that no longer exist from the selection. */
  set rows(rows: readonly T[]) {
    this.#rows = rows;
    this.#sorted = this.#inOrder(rows);
    const ids = this.#sorted.map(this.options.idOf);
    this.#selection.keepOnly(ids);
    this.#root.setAttribute('aria-rowcount', String(ids.length + 1));
    this.#space.style.height = `${ids.length * ROW_HEIGHT}px`;
    this.#later();
  }

  focus(): void {
    this.#root.focus();
  }

  #inOrder(rows: readonly T[]): readonly T[] {
    const { sort } = this;
    const column = this.#columns.find((c) => c.key === sort?.key);
    if (!sort || !column) return rows;
    const value = column.order ?? column.text;
    const keyed = rows.map((row) => ({ row, key: value(row) }));
    keyed.sort((a, b) => {
      if (a.key === undefined || b.key === undefined) {
        return Number(a.key === undefined) - Number(b.key === undefined);
      }
      const order =
        typeof a.key === 'number' && typeof b.key === 'number'
          ? a.key - b.key
          : collator.compare(String(a.key), String(b.key));
      return sort.down ? -order : order;
    });
    return keyed.map((k) => k.row);
  }

  #drawHead(): void {
    this.#root.style.setProperty('--vt-columns', this.#columns.map((c) => c.width).join(' '));
    const focused = this.#head.querySelector<HTMLElement>(':focus')?.dataset.key;
    const stop = focused ?? this.#sort?.key ?? this.#columns[0]?.key;
    const cells = this.#columns.map((column, i) => {
      const cell = make('div', 'vt-heading');
      cell.setAttribute('role', 'columnheader');
      cell.setAttribute('aria-colindex', String(i + 1));
      const sorted = this.#sort?.key === column.key ? this.#sort : undefined;
      cell.setAttribute('aria-sort', sorted ? (sorted.down ? 'descending' : 'ascending') : 'none');
      const mark = sorted ? (sorted.down ? ' ▼' : ' ▲') : '';
      const button = make('button', '', column.title + mark);
      button.dataset.key = column.key;
      button.tabIndex = column.key === stop ? 0 : -1;
      button.addEventListener('click', () => {
        this.sort = { key: column.key, down: sorted ? !sorted.down : false };
      });
      cell.append(button);
      return cell;
    });
    this.#head.replaceChildren(...cells);
    if (focused) this.#head.querySelector<HTMLElement>(`[data-key="${focused}"]`)?.focus();
  }

  /** Moves among the headings, of which only the last one that had the focus is a stop of the Tab key. */
  #onHeadingKey(event: KeyboardEvent): void {
    const headings = [...this.#head.querySelectorAll('button')];
    const at = headings.findIndex((h) => h === event.target);
    const places: Record<string, number> = {
      ArrowLeft: Math.max(0, at - 1),
      ArrowRight: Math.min(headings.length - 1, at + 1),
      Home: 0,
      End: headings.length - 1,
    };
    const to = headings[places[event.key] ?? -1];
    if (at < 0 || !to) return;
    for (const heading of headings) heading.tabIndex = heading === to ? 0 : -1;
    to.focus();
    event.preventDefault();
  }

  #later(): void {
    if (this.#framePending) return;
    this.#framePending = true;
    requestAnimationFrame(() => {
      this.#framePending = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.#scroller;
    const from = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - OVERSCAN);
    const to = Math.min(
      this.#sorted.length,
      Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + OVERSCAN,
    );
    const before = new Map([...this.#space.children].map((line) => [line.id, line as HTMLElement]));
    const drawn: HTMLElement[] = [];
    for (let i = from; i < to; i++) {
      const row = this.#sorted[i];
      if (row === undefined) continue;
      const id = this.options.idOf(row);
      const line = before.get(rowId(id)) ?? this.#newRow(id);
      before.delete(line.id);
      this.#fill(line, row, i);
      drawn.push(line);
    }
    // Rows stay in place: one that leaves the page while the mouse button is down would get no click.
    setChildren(this.#space, drawn);
    const current = this.#sorted[this.#at()];
    if (current === undefined) this.#root.removeAttribute('aria-activedescendant');
    else this.#root.setAttribute('aria-activedescendant', rowId(this.options.idOf(current)));
  }

  #newRow(id: string): HTMLElement {
    const line = make('div', 'vt-row');
    line.id = rowId(id);
    line.setAttribute('role', 'row');
    line.addEventListener('click', (event) => {
      this.#root.focus();
      this.#selection.click(id, this.#ids(), event);
    });
    line.addEventListener('dblclick', () => {
      const row = this.#sorted.find((r) => this.options.idOf(r) === id);
      if (row !== undefined) this.options.onOpen?.(row);
    });
    return line;
  }

  #fill(line: HTMLElement, row: T, index: number): void {
    const id = this.options.idOf(row);
    line.setAttribute('aria-rowindex', String(index + 2));
    line.setAttribute('aria-selected', String(this.#selection.has(id)));
    line.classList.toggle('current', this.#selection.current === id);
    line.style.top = `${index * ROW_HEIGHT}px`;
    const cells = this.#columns.map((column, i) => {
      const cell = (line.children[i] as HTMLElement | undefined) ?? make('div');
      fillCell(cell, column, row);
      cell.setAttribute('aria-colindex', String(i + 1));
      return cell;
    });
    setChildren(line, cells);
  }

  #ids(): string[] {
    return this.#sorted.map(this.options.idOf);
  }

  #at(): number {
    const { current } = this.#selection;
    return this.#sorted.findIndex((r) => this.options.idOf(r) === current);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.target !== this.#root) return; // the headings handle keys themselves
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / ROW_HEIGHT) - 1);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    const at = this.#at();
    const step = steps[event.key];
    if (step !== undefined) {
      const to = Math.min(this.#sorted.length - 1, Math.max(0, at + step));
      this.#selection.move(this.#ids(), to, event);
      this.#reveal(to);
    } else if (event.key === ' ') {
      this.#selection.toggleCurrent();
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      this.#selection.all(this.#ids());
    } else if (event.key === 'Enter') {
      const row = this.#sorted[at];
      if (row !== undefined) this.options.onOpen?.(row);
    } else return;
    event.preventDefault();
  }

  #reveal(index: number): void {
    const top = index * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.#scroller;
    if (top < scrollTop) this.#scroller.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + clientHeight) {
      this.#scroller.scrollTop = top + ROW_HEIGHT - clientHeight;
    }
  }
}

function rowId(id: string): string {
  return `row-${id}`;
}

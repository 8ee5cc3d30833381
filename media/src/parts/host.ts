interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** The extension as a page sees it: typed messages in both directions. */
export class Host<To, From> {
  readonly #api = acquireVsCodeApi();

  constructor(onMessage: (message: To) => void) {
    // Only the extension can post messages here: a webview's window has no other opener, and its
    // frames may not load anything.
    window.addEventListener('message', (event: MessageEvent<To>) => onMessage(event.data));
  }

  send(message: From): void {
    this.#api.postMessage(message);
  }

  /** Kept while the page is hidden. */
  get state(): unknown {
    return this.#api.getState();
  }

  set state(state: unknown) {
    this.#api.setState(state);
  }
}

/** Returns the element with this id. @throws Error if the page's markup lacks it */
export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** Creates an element. Text is always inserted as text, never as markup. */
export function make(tag: string, className = '', text = ''): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** Creates an entry of a `select`. */
export function optionOf(value: string, text: string): HTMLOptionElement {
  const made = make('option', '', text) as HTMLOptionElement;
  made.value = value;
  return made;
}

/**
 * Limits what a program on the demo board can reach in JavaScript. MicroPython's `js` module gives
 * Python code the thread's global object, with Emscripten's file system and, through prototypes
 * that a program could change, every function that the files of the board pass through. A board
 * must not access the computer it is plugged into.
 */

/** MicroPython's references to JavaScript objects; the first is the global object. */
interface Refs {
  proxy_js_ref: unknown[];
}

/** Removed from the global object, in case a program reaches it after all. */
const WAYS_OUT =
  'process global fetch WebSocket EventSource BroadcastChannel Worker navigator eval Function require module loadMicroPython console localStorage sessionStorage';

/** What Python code sees as `js`, in addition to timers. */
const HARMLESS =
  'Array ArrayBuffer BigInt Boolean DataView Date JSON Map Math Number Object Promise RegExp Set String Symbol TextDecoder TextEncoder Uint8Array isFinite isNaN parseFloat parseInt queueMicrotask';

/** Examples of all kinds of functions. Their constructors can make functions from text. */
const KINDS = [
  () => undefined,
  async () => Promise.resolve(),
  function* () {
    yield 0;
  },
  async function* () {
    yield Promise.resolve(0);
  },
];

/** Closes all ways out of this thread. The interpreter must have been started before. */
export function lockDown(): void {
  const all = globalThis as unknown as Record<string, unknown> & Refs;
  const seen = Object.fromEntries(HARMLESS.split(' ').map((name) => [name, all[name]]));
  // Code could reach Node's own timers through a Timeout object, so it gets a number.
  const timer = (start: typeof setTimeout) => (work: () => void, ms?: number) =>
    Number(start(() => work(), ms));
  Object.assign(seen, {
    setTimeout: timer(setTimeout),
    setInterval: timer(setInterval as unknown as typeof setTimeout),
    clearTimeout: (id: number) => clearTimeout(id),
    clearInterval: (id: number) => clearInterval(id),
  });
  for (const name of WAYS_OUT.split(' ')) {
    if (name in all) Object.defineProperty(all, name, { value: undefined });
  }
  for (const kind of KINDS) {
    Object.defineProperty(Object.getPrototypeOf(kind), 'constructor', { value: undefined });
  }
  // V8's call sites would give access to the objects that the functions work on.
  Object.defineProperty(Error, 'prepareStackTrace', { value: undefined });
  Object.freeze(Error);
  const samples = [[], '', new Map(), new Set(), new Uint8Array()].map((s) => s[Symbol.iterator]());
  freezeAll([seen, Buffer, ...KINDS, ...samples, /x/[Symbol.matchAll]('x'), new URL('x:')]);
  all.proxy_js_ref[0] = seen;
}

/**
 * Freezes objects and everything reachable from them, so that no program can replace a function
 * that the board's own code calls. Prototypes of errors stay unfrozen, because code sets `name` of
 * errors.
 */
function freezeAll(roots: readonly unknown[]): void {
  const done = new Set<unknown>([globalThis, Error.prototype]);
  const todo = [...roots];
  while (todo.length > 0) {
    const next = todo.pop();
    if ((typeof next !== 'object' && typeof next !== 'function') || next === null) continue;
    if (done.has(next)) continue;
    done.add(next);
    if (!ArrayBuffer.isView(next)) Object.freeze(next);
    todo.push(Object.getPrototypeOf(next));
    for (const key of Reflect.ownKeys(next)) {
      // Returns the property's value, or its getter and setter.
      todo.push(...(Object.values(Object.getOwnPropertyDescriptor(next, key) ?? {}) as unknown[]));
    }
  }
}

// @ts-expect-error -- the package has types for its wrapper only, which fetches the .wasm as a browser does
import untypedFactory from '@pybricks/mpy-cross-v6/build/mpy-cross-v6.js';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type {
  CompileAnswer,
  CompileRequest,
  CompileResult,
  CompilerSettings,
} from './mpyCrossMessages';

/*
 * The compiler's thread. Emscripten's glue assumes that it owns the process: it installs handlers for uncaught exceptions, and an
 * abort ends the process. In a worker thread this affects only the thread.
 */

/** The part of the WebAssembly API used here. Node has it, but its types do not. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** The options of the glue (Emscripten's Module). Each call makes a new instance with its own file system. */
type Factory = (module: {
  arguments: string[];
  inputFileContents: string;
  callback: (status: number, mpy: Uint8Array | undefined, out: string[], err: string[]) => void;
  instantiateWasm: (
    imports: object,
    done: (instance: { readonly exports: object }) => void,
  ) => object;
  onAbort: (why: unknown) => void;
}) => unknown;

const factory = untypedFactory as Factory;
const { wasm, micropython = join(dirname(wasm), 'micropython.mjs') } =
  workerData as CompilerSettings;
const compiler = new WebAssembly.Module(readFileSync(wasm));
/** File name in the instance's file system. Tracebacks show the name given with -s. */
const INPUT = 'input.py';

/** The part of MicroPython's WebAssembly build used here. */
interface MicroPython {
  registerJsModule(name: string, module: object): void;
  runPython(code: string): unknown;
}
const HEAP_BYTES = 1024 * 1024; // grows when necessary

/**
 * Returns whether a current MicroPython accepts the source; it is compiled but not run. The compiler above is from 2022: it has no nested
 * f-strings, no `!r` in them, and a small heap.
 */
async function takenByNewer(source: string): Promise<boolean> {
  const { loadMicroPython } = (await import(pathToFileURL(micropython).href)) as {
    loadMicroPython: (options: object) => Promise<MicroPython>;
  };
  const python = await loadMicroPython({
    heapsize: HEAP_BYTES,
    url: join(dirname(micropython), 'micropython.wasm'),
    stdout: () => undefined,
  });
  python.registerJsModule('checked', { source });
  try {
    python.runPython('import checked\ncompile(checked.source, "checked", "exec")');
    return true;
  } catch {
    return false; // also a SyntaxError here, so the first compiler's message is reported
  }
}

function compile(source: string, options: readonly string[]): Promise<CompileResult> {
  return new Promise((resolve, reject) => {
    factory({
      arguments: [...options, INPUT],
      inputFileContents: source,
      callback: (status, mpy, out, err) => resolve({ status, ...(mpy ? { mpy } : {}), out, err }),
      instantiateWasm: (imports, done) => {
        const instance = new WebAssembly.Instance(compiler, imports);
        done(instance);
        return instance.exports;
      },
      onAbort: (why) => reject(new Error(`the compiler gave up: ${String(why)}`)),
    });
  });
}

async function answer({ id, source, options }: CompileRequest): Promise<CompileAnswer> {
  try {
    const result = await compile(source, options);
    const newer = result.status !== 0 && (await takenByNewer(source));
    return { id, type: 'done', ...result, newer };
  } catch (error) {
    return { id, type: 'failed', message: error instanceof Error ? error.message : String(error) };
  } finally {
    // Each instance leaves its handlers installed.
    process.removeAllListeners('uncaughtException');
    process.removeAllListeners('unhandledRejection');
  }
}

parentPort?.on('message', (request: CompileRequest) => {
  void answer(request).then((said) => parentPort?.postMessage(said));
});

// @ts-expect-error -- the package has types for its wrapper only, which fetches the .wasm as a browser does
import untypedFactory from '@pybricks/mpy-cross-v6/build/mpy-cross-v6.js';
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type {
  CompileAnswer,
  CompileRequest,
  CompileResult,
  CompilerSettings,
} from './mpyCrossMessages';

/*
 * The compiler's thread. Emscripten's glue takes a process to be its own: it installs handlers of uncaught exceptions, and an
 * abort ends it. Here that is this thread and nothing else.
 */

/** As much of WebAssembly as is used here; Node has it, its types do not. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** What the glue takes (emscripten's Module); each call makes a new instance with a file system of its own. */
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
const { wasm } = workerData as CompilerSettings;
const compiler = new WebAssembly.Module(readFileSync(wasm));
/** The name within the instance's file system; tracebacks show the one of the option -s. */
const INPUT = 'input.py';

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
    return { id, type: 'done', ...(await compile(source, options)) };
  } catch (error) {
    return { id, type: 'failed', message: error instanceof Error ? error.message : String(error) };
  } finally {
    // Each instance leaves its handlers behind.
    process.removeAllListeners('uncaughtException');
    process.removeAllListeners('unhandledRejection');
  }
}

parentPort?.on('message', (request: CompileRequest) => {
  void answer(request).then((said) => parentPort?.postMessage(said));
});

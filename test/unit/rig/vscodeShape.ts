/**
 * The shape of the `vscode` module for modules that only mention it while they are loaded (base classes, enums). Calling
 * any of it is an error: what needs VS Code is tested inside VS Code.
 */
function shape(name: string): unknown {
  const target = function () {
    throw new Error(`${name} is not there in plain Node`);
  };
  return new Proxy(target, {
    get: (own, key) => {
      if (key === 'then' || typeof key === 'symbol') return undefined;
      return key === 'prototype' ? (own.prototype as unknown) : shape(`${name}.${key}`);
    },
    has: () => true,
  });
}

export const vscodeShape = new Proxy(
  {},
  {
    get: (_target, key) =>
      key === 'then' || typeof key === 'symbol' ? undefined : shape(`vscode.${key}`),
    has: () => true,
  },
);

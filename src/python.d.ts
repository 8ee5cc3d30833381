// MicroPython sources are bundled as text (esbuild's text loader, and a plugin of vitest).
declare module '*.py' {
  const text: string;
  export default text;
}

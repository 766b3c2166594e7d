// The part of WebAssembly that is used here. TypeScript declares it only in its library for browsers.
declare namespace WebAssembly {
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Exports;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}

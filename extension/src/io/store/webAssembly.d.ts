// The part of JavaScript's WebAssembly that is used here: its types come with those of browsers, which have no place here.
declare namespace WebAssembly {
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Exports;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}

/** The folder of the bundled scripts: the worker threads are beside the bundle of the command line. */
export const dist = import.meta.dirname;

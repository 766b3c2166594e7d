/** The module itself, even where a test has replaced `node:fs`. */
export const realFs = process.getBuiltinModule('node:fs');

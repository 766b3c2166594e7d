import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build, workerNames } from './build.mts';
import { dist, logs, repository, vsixFile } from './paths.mts';
import { runCommand } from './processes/runCommand.mts';
import { step } from './step.mjs';
import { runMain, UserError } from './userError.mjs';

const built = ['extension.js', 'sql-wasm.wasm', ...workerNames.map((name) => `${name}.js`)];
const schema = 'extension/schemas/sharedSettings.json';
const required = [
  'package.json',
  'package.nls.json',
  schema,
  'README.md',
  'LICENSE',
  ...built.map((name) => `dist/${name}`),
];
const allowed =
  /^(extension\/media\/((walkthrough|screenshots)\/)?[^/]+\.(svg|png|md)|package\.nls\.[\w-]+\.json|l10n\/[^/]+\.json)$/;
const staging = join(dist, 'package');
const maxBytes = 3 * 1024 * 1024;

/** Builds for production and packs the extension. Returns the size of the VSIX in bytes. */
export async function packageExtension(): Promise<number> {
  await mkdir(dist, { recursive: true });
  await build({ minify: true });
  const files = await packagedFiles();
  requireContents(files);
  await stage(files);
  const options = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links'];
  await vsce(staging, ['package', ...options, '--out', vsixFile]);
  const { size } = await stat(vsixFile);
  if (size > maxBytes) {
    throw new UserError(
      `The package has ${megabytes(size)}, over the limit of ${megabytes(maxBytes)}: "npx vsce ls" lists its files.`,
    );
  }
  return size;
}

/**
 * Copies the files to the staging folder, with a README without pictures: VS Code's page of an extension shows none that
 * come from the package, by a relative path or as data.
 */
async function stage(files: readonly string[]): Promise<void> {
  await rm(staging, { recursive: true, force: true });
  for (const file of files) {
    await mkdir(dirname(join(staging, file)), { recursive: true });
    await copyFile(join(repository, file), join(staging, file));
  }
  const readme = await readFile(join(repository, 'README.md'), 'utf8');
  await writeFile(join(staging, 'README.md'), withoutPictures(readme));
}

/** Removes the paragraphs of a Markdown text that are a picture with a relative path. */
export function withoutPictures(markdown: string): string {
  return markdown.replace(/^!\[[^\]]*\]\((?!\w+:)[^)]*\)\n+/gm, '');
}

/** Returns the paths of the files that vsce packs. */
export async function packagedFiles(): Promise<string[]> {
  const output = await vsce(repository, ['ls', '--no-dependencies']);
  return output.split('\n').filter((line) => line.length > 0);
}

function requireContents(files: readonly string[]): void {
  const missing = required.filter((name) => !files.includes(name));
  const surplus = files.filter((name) => !required.includes(name) && name !== 'CHANGELOG.md' && !allowed.test(name));
  if (missing.length > 0) throw new UserError(`The package lacks ${missing.join(', ')}: see .vscodeignore.`);
  if (surplus.length > 0)
    throw new UserError(`The package has unexpected files: ${surplus.join(', ')}: see .vscodeignore.`);
}

async function vsce(cwd: string, args: readonly string[]): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@vscode/vsce/vsce');
  const { code, output } = await runCommand(process.execPath, [entry, ...args], {
    cwd,
    log: join(logs, 'vsce.log'),
  });
  if (code === 0) return output;
  const reason = /ERROR\s+(.*)/.exec(output)?.[1] ?? `exit code ${code}`;
  throw new UserError(`vsce ${args[0]} failed: ${reason}.`, { log: join(logs, 'vsce.log') });
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(2)} MB`;
}

if (import.meta.main) {
  await runMain(async () => {
    const size = await step('Packing the extension', packageExtension);
    const files = await packagedFiles();
    process.stdout.write(`${vsixFile}: ${megabytes(size)}, ${files.length} files\n`);
  });
}

import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cleanEnvironment } from './setup/cleanEnvironment.mjs';
import { runHostTests } from './hostTests.mts';
import { onStop, stop, stopWithParent } from './processes/liveChildren.mjs';
import { checkNewCommits } from './commits/newCommits.mts';
import { packageExtension } from './package.mts';
import { repository } from './paths.mts';
import { runCommand } from './processes/runCommand.mts';
import { seconds } from './step.mjs';
import { ensureSystemPackages } from './setup/systemPackages.mts';
import { sum, type Totals } from './totals.mts';
import { describeFailure, runMain, UserError } from './userError.mjs';

interface Suite {
  readonly name: string;
  readonly run: () => Promise<Totals>;
}

/** Run in this order, the fastest first, and one at a time, so that none slows down another. */
const suites: readonly Suite[] = [
  { name: 'typecheck', run: () => check('tsc', ['--noEmit']) },
  {
    name: 'lint',
    run: async () => sum([await check('oxlint', ['--type-aware', '--deny-warnings']), await check('knip', [])]),
  },
  { name: 'format', run: () => check('prettier', ['--check', '.']) },
  { name: 'commits', run: checkNewCommits },
  { name: 'unit', run: () => vitest('unit*') },
  { name: 'model', run: () => vitest('model') },
  { name: 'package', run: testPackage },
  { name: 'sync', run: () => vitest('sync', withoutRootPrivileges()) },
  { name: 'host', run: runHostTests },
  { name: 'ui', run: () => vitest('ui') },
];

/** Suites that run the packed bundles. */
const needPackage: readonly string[] = ['sync', 'host', 'ui'];

const onePassed: Totals = { passed: 1, failed: 0 };
const oneFailed: Totals = { passed: 0, failed: 1 };

async function check(command: string, args: readonly string[]): Promise<Totals> {
  const path = join(repository, 'node_modules/.bin', process.platform === 'win32' ? `${command}.cmd` : command);
  const { code } = await runCommand(path, args, { cwd: repository, show: true });
  return code === 0 ? onePassed : oneFailed;
}

async function testPackage(): Promise<Totals> {
  await packageExtension();
  return onePassed;
}

/** Removes root's capability to ignore file modes, so that the tests see the same errors as every other user. */
function withoutRootPrivileges(): readonly string[] {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return [];
  const capabilities = '-dac_override,-dac_read_search';
  return ['setpriv', `--bounding-set=${capabilities}`, `--inh-caps=${capabilities}`];
}

/**
 * Runs the projects of vitest that match a pattern. Their TMPDIR is removed afterwards, with everything that interrupted
 * tests left there.
 * A run that exits with an error although no test failed counts as one failure.
 */
async function vitest(projects: string, prefix: readonly string[] = []): Promise<Totals> {
  const folder = await mkdtemp(join(tmpdir(), 'palmtree-vitest-'));
  // Some tests act as another user, who has to get into this folder.
  await chmod(folder, 0o755);
  const forget = onStop(() => rm(folder, { recursive: true, force: true }));
  try {
    const report = join(folder, 'report.json');
    const entry = join(repository, 'node_modules/vitest/vitest.mjs');
    const config = join(import.meta.dirname, 'vitest.config.mts');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const [command = process.execPath, ...args] = [
      ...prefix,
      process.execPath,
      ...[entry, 'run', '--config', config, '--project', projects, ...reporters],
    ];
    const { code } = await runCommand(command, args, {
      cwd: repository,
      env: { ...cleanEnvironment(), TMPDIR: folder },
      show: true,
    });
    const text = await readFile(report, 'utf8').catch(() => undefined);
    if (text === undefined) throw new Error(`vitest exited with code ${code} and wrote no report.`);
    return readReport(JSON.parse(text) as VitestReport, code);
  } finally {
    forget();
    // A failed test may leave a folder that cannot be removed, which must not hide its report.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

function readReport(report: VitestReport, code: number): Totals {
  const failed = report.numFailedTests;
  return {
    passed: report.numPassedTests,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function chosenSuites(): readonly Suite[] {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
  if (!values.only) return suites;
  const names = values.only.flatMap((value) => value.split(','));
  const unknown = names.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown)
    throw new UserError(`There is no suite "${unknown}". The suites are ${suites.map(({ name }) => name).join(', ')}.`);
  const isPackageNeeded = names.some((name) => needPackage.includes(name));
  return suites.filter(({ name }) => names.includes(name) || (isPackageNeeded && name === 'package'));
}

/** Without sshd, the tests over ssh are skipped, and say so. */
async function ensureSshd(): Promise<void> {
  await ensureSystemPackages(['ssh']).catch((error: unknown) => {
    process.stdout.write(`The tests over ssh will be skipped: ${describeFailure(error)}\n`);
  });
}

async function runSuite({ name, run }: Suite): Promise<Totals> {
  process.stdout.write(`\n== ${name}\n`);
  const began = performance.now();
  const totals = await run().catch((error: unknown) => {
    process.stdout.write(`${name} could not run: ${describeFailure(error)}\n`);
    return oneFailed;
  });
  const skipped = totals.skipped ? `, ${totals.skipped} skipped` : '';
  process.stdout.write(
    `== ${name}: ${totals.passed} passed, ${totals.failed} failed${skipped}, ${seconds(performance.now() - began)}\n`,
  );
  return totals;
}

await runMain(async () => {
  stopWithParent();
  const chosen = chosenSuites();
  await ensureSystemPackages(['rsync', 'git']);
  if (chosen.some(({ name }) => name === 'sync')) await ensureSshd();
  const began = performance.now();
  const results: Totals[] = [];
  for (const suite of chosen) results.push(await runSuite(suite));
  const total = sum(results);
  process.stdout.write(`\nAll suites took ${seconds(performance.now() - began)}.\n`);
  for (const [index, { name }] of chosen.entries()) {
    const outcome = results[index];
    if (outcome && outcome.failed > 0) process.stdout.write(`Failed: ${name} (${outcome.failed})\n`);
  }
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  process.exitCode = total.failed > 0 ? 1 : 0;
});
await stop(0);

import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';
import { isSharedFault, type Problem } from '../../core/problem';
import { ignoreFileName, sharedSettingsName, type SharedFile } from '../../core/sharedFiles';
import { noSharedSettings, parseSharedSettings, type SharedRules } from '../../core/tracking/sharedRules';
import { readRuleFile } from './readRuleFile';
import type { ScanScope } from './scannerPort';

/** The shared rules as one scan has read them. */
export interface SharedRead {
  /** Undefined if the scan did not read them, or if their patterns are unknown. */
  readonly rules: SharedRules | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads the shared rules of the workspace folder at `root`. A partial scan uses those that the last full scan returned, so
 * that the whole folder is scanned by the same patterns.
 */
export function readSharedRules(
  root: string,
  { scope, only }: { readonly scope: ScanScope; readonly only?: readonly string[] | undefined },
): SharedRead {
  if (only !== undefined && scope.shared !== undefined) return { rules: undefined, problems: [] };
  const problems: Problem[] = [];
  const ignore = readText(root, ignoreFileName, problems) ?? '';
  const parsed = parseSharedSettings(readText(root, sharedSettingsName, problems) ?? '');
  if (parsed.fault !== undefined) problems.push({ path: sharedSettingsName, ...parsed.fault });
  const rules = { ...(parsed.settings ?? noSharedSettings), ignore };
  return { rules: problems.some(isSharedFault) ? undefined : rules, problems };
}

/** The scope with the patterns that were read. */
export function withSharedRules(scope: ScanScope, { rules }: SharedRead): ScanScope {
  return rules === undefined ? scope : { ...scope, shared: { ignore: rules.ignore, exclude: rules.exclude } };
}

/** Undefined if there is no file, or if it has a problem. */
function readText(root: string, file: SharedFile, problems: Problem[]): string | undefined {
  const read = readRuleFile(join(root, file));
  if (read === undefined) return undefined;
  if (!('bytes' in read)) {
    const { fault, errno } = read;
    problems.push({ path: file, reason: `shared-${fault}`, ...(errno === undefined ? {} : { with: errno }) });
    return undefined;
  }
  const { bytes } = read;
  if (isUtf8(bytes) && !bytes.includes(0)) return bytes.toString('utf8');
  problems.push({ path: file, reason: 'shared-not-text' });
  return undefined;
}

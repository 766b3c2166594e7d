import { l10n } from 'vscode';
import type { CheckName, Finding } from '../sync/folder/folderChecks';
import { commaList, fileCount, formatMilliseconds, formatNumber } from './format';
import { excludedCounts } from './sharedRulesMessages';

export function checkTitle(check: CheckName): string {
  switch (check) {
    case 'rsync':
      return l10n.t('rsync');
    case 'server':
      return l10n.t('Server');
    case 'tree':
      return l10n.t('Tree');
    case 'scan':
      return l10n.t('Files');
  }
}

export function findingMessage(finding: Finding): string {
  switch (finding.check) {
    case 'rsync':
      return l10n.t('{0}, version {1}', finding.command, finding.version);
    case 'server': {
      const { server, version, name, ms } = finding;
      return l10n.t('{0}, version {1}, as {2}, in {3}', server, version, name, formatMilliseconds(ms));
    }
    case 'tree':
      return l10n.t('"{0}" at revision {1}', finding.tree, finding.revision);
    case 'scan': {
      const { tracked, problems, conflicts } = finding.counts;
      const counts = [formatNumber(problems), formatNumber(conflicts)] as const;
      const text = l10n.t('{0} tracked, {1} with a problem, {2} in conflict', fileCount(tracked), ...counts);
      return commaList([text, ...excludedCounts(finding.excluded)]);
    }
  }
}

import * as vscode from 'vscode';
import { comparisonWithServer } from '../documents/comparison';
import { localDocument, serverDocument, serverDocumentInPlace } from '../documents/serverDocuments';
import { pickedUris } from '../views/pickedPaths';
import { sourceControlOwner } from '../workspace/sourceControlOwner';
import { Resource } from './resource';
import type { SourceControls } from './sourceControls';

/** Opens the change of a row: a diff, or the only version there is. */
export async function openChange(resource: unknown): Promise<void> {
  if (!(resource instanceof Resource)) return;
  const { owner, path, state, group, resourceUri } = resource;
  const isNewHere = state === 'added' || state === 'problem';
  const isNewThere = (state === 'incoming' || state === 'held') && !owner.sync.isOnDisk(path);
  if (isNewHere) await vscode.commands.executeCommand('vscode.open', resourceUri);
  else if (isNewThere) {
    await vscode.commands.executeCommand('vscode.open', serverDocument(owner, path, owner.sync.knownRevision));
  } else {
    const { left, right, title } = await comparisonWithServer(owner, path, group === 'pull' ? 'pull' : 'push');
    await vscode.commands.executeCommand('vscode.diff', left, right, title);
  }
}

/** Opens the changes of a group's rows in one editor. */
export async function openChanges(controls: SourceControls, group: unknown): Promise<void> {
  const owner = sourceControlOwner(group);
  if (owner === undefined) return;
  // Undefined where there is no file.
  const changes: [vscode.Uri, vscode.Uri | undefined, vscode.Uri | undefined][] = [];
  for (const resource of controls.resourcesOf(owner, group)) {
    const { path, state, resourceUri } = resource;
    const { sync } = owner;
    const isThere = state !== 'added' && !sync.isDeletedOnServer(path);
    const mine = sync.isOnDisk(path) ? await localDocument(owner, path) : undefined;
    const theirs = isThere ? serverDocumentInPlace(owner, path, sync.knownRevision) : undefined;
    changes.push(resource.group === 'pull' ? [resourceUri, mine, theirs] : [resourceUri, theirs, mine]);
  }
  const { label } = group as vscode.SourceControlResourceGroup;
  await vscode.commands.executeCommand('vscode.changes', `Palmtree: ${label}`, changes);
}

/** Opens the files of the picked rows. */
export async function openFiles(...picked: readonly unknown[]): Promise<void> {
  for (const uri of pickedUris(...picked)) {
    await vscode.commands.executeCommand('vscode.open', uri, { preview: false });
  }
}

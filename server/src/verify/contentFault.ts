import type { ContentStore, MaybeSized } from '../objects/contentStore';
import type { ObjectState } from '../objects/inspectObject';
import type { ContentRepository } from '../trees/contentRepository';
import type { ContentDamage } from './damage';

const maxNamedUses = 3;

/** Reads a stored content, and finds the versions that have it. Returns undefined if it is whole, or missing and unused. */
export async function contentFault(
  stored: ContentStore,
  contents: ContentRepository,
  content: MaybeSized,
): Promise<{ readonly found: ObjectState; readonly damage: ContentDamage } | undefined> {
  const found = await stored.inspect(content, false);
  const { uses, count: useCount } = await contents.usesOf(content, maxNamedUses);
  const damage = { hash: content.hash, uses, useCount };
  switch (found.state) {
    case 'missing':
      return useCount === 0 ? undefined : { found, damage: { ...damage, kind: 'missing', fault: 'is missing' } };
    case 'incomplete':
    case 'damaged':
      return { found, damage: { ...damage, kind: 'damaged', fault: found.fault } };
    case 'whole': {
      if (useCount === 0 || found.size === content.size) return undefined;
      const fault = `has ${found.size} bytes instead of ${content.size}`;
      return { found, damage: { ...damage, kind: 'size', fault } };
    }
  }
}

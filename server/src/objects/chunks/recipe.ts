const continued = 0x80;

/**
 * Writes the ids of chunks as their differences, each in as few groups of 7 bits as it needs, the sign in the lowest bit. The
 * chunks of a content mostly have ids in sequence, so most take one byte.
 */
export function encodeRecipe(ids: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  let last = 0;
  for (const id of ids) {
    const difference = id - last;
    let rest = difference < 0 ? -difference * 2 - 1 : difference * 2;
    for (; rest >= continued; rest = Math.floor(rest / continued)) bytes.push((rest % continued) + continued);
    bytes.push(rest);
    last = id;
  }
  return Uint8Array.from(bytes);
}

export function decodeRecipe(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  let last = 0;
  let value = 0;
  let weight = 1;
  for (const byte of bytes) {
    value += (byte % continued) * weight;
    weight *= continued;
    if (byte >= continued) continue;
    last += value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    ids.push(last);
    value = 0;
    weight = 1;
  }
  return ids;
}

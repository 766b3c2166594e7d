import { appendFileSync } from 'node:fs';

const seconds = process.env['PALMTREE_SOAK_SECONDS'];
const file = process.env['PALMTREE_SOAK_FIGURES'];

/** The time that `npm run soak` gives to each test of a part; undefined in `npm test`. */
export const soakSeconds = seconds === undefined ? undefined : Number(seconds);

/** Adds a line to the figures that `npm run soak` reports. */
export function writeSoakFigures(name: string, figures: Readonly<Record<string, number>>): void {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, figures })}\n`);
}

/**
 * Prints the title, does the work, and prints how long it took.
 * Without a terminal, title and time are separate lines, so that a log shows the title at once.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const inPlace = process.stdout.isTTY === true;
  const began = performance.now();
  process.stdout.write(inPlace ? `${title} … ` : `${title} …\n`);
  try {
    const result = await work();
    const took = seconds(performance.now() - began);
    process.stdout.write(inPlace ? `${took}\n` : `  done in ${took}\n`);
    return result;
  } catch (error) {
    process.stdout.write(inPlace ? 'failed\n' : '  failed\n');
    throw error;
  }
}

/**
 * @param {number} milliseconds
 * @returns {string}
 */
export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

const least = 24;

// Imported first, so that an older Node is told in one line before anything that it lacks is used.
if (Number.parseInt(process.versions.node, 10) < least) {
  process.stderr.write(`palmtree-server needs Node ${least} or newer; this is ${process.versions.node}\n`);
  process.exit(1);
}

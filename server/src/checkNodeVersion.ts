const minMajor = 24;

// The first import of the program, so that an older Node prints this line before it fails on something it lacks.
if (Number.parseInt(process.versions.node, 10) < minMajor) {
  process.stderr.write(
    `palmtree-server: This is Node ${process.versions.node}. Install Node ${minMajor} or newer and start again.\n`,
  );
  process.exit(1);
}

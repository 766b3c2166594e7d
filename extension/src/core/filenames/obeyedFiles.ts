/** The kind of program that obeys a file. */
export type ObeyingProgram =
  'editor' | 'container' | 'git' | 'environment' | 'shell' | 'packages' | 'build' | 'desktop';

interface ObeyedFiles {
  readonly by: ObeyingProgram;
  /** Names of folders, at any depth. A link with such a name counts too: it leads to a folder that anybody may fill. */
  readonly folders?: readonly string[];
  readonly names?: readonly string[];
  readonly beginnings?: readonly string[];
  readonly endings?: readonly string[];
}

/**
 * Files that a program runs or obeys because they are there: nobody has to open or name them. All names are in lower case.
 * A pull holds them back if they come from others. No such list is complete; it has what the documentation of these
 * programs names, and a row for each way to be run.
 */
export const obeyedFiles: readonly ObeyedFiles[] = [
  // Workspace trust names settings, tasks and launch configurations: they name programs, and a task can run on opening.
  { by: 'editor', folders: ['.vscode'], endings: ['.code-workspace'] },
  // Run configurations, and settings with paths of programs.
  { by: 'editor', folders: ['.idea', '.fleet', '.zed', '.cursor'], endings: ['.sublime-project'] },
  // Vim ('exrc'), Neovim and Emacs read these from the folder of the file that is opened.
  { by: 'editor', names: ['.exrc', '.vimrc', '.nvimrc', '.nvim.lua', '.lvimrc', '.dir-locals.el', '.dir-locals-2.el'] },
  // Coding agents start the servers and hooks that these name.
  { by: 'editor', folders: ['.claude', '.gemini', '.roo'], names: ['.mcp.json'] },
  // Linters and formatters in an editor run these as code for each file that is opened.
  { by: 'editor', beginnings: ['.eslintrc', 'eslint.config.', '.prettierrc', 'prettier.config.', '.stylelintrc'] },
  // Commands for the host and for the container, which can mount any folder of the host.
  { by: 'container', folders: ['.devcontainer'], names: ['.devcontainer.json'] },
  // Filters and merge drivers, paths of submodules, and hooks ('core.hooksPath').
  { by: 'git', folders: ['.githooks', '.husky'], names: ['.gitattributes', '.gitmodules', '.gitconfig'] },
  // Hook managers.
  { by: 'git', names: ['.lefthook.yml', 'lefthook.yml', '.pre-commit-config.yaml', '.overcommit.yml'] },
  // A folder with HEAD, objects and refs is a repository for git, which runs what the 'config' in it names, unless the user
  // has set 'safe.bareRepository' to 'explicit'. Without HEAD it is none.
  { by: 'git', names: ['head'] },
  // direnv and mise run these on entering the folder; many tools load variables such as NODE_OPTIONS from .env.
  { by: 'environment', names: ['.envrc', '.env', '.env.local', '.mise.toml', 'mise.toml'] },
  // Python extensions run the interpreter of such a folder.
  { by: 'environment', folders: ['.venv', 'venv'] },
  { by: 'shell', names: ['.profile', '.inputrc', '.login', '.logout', '.pam_environment', '.xprofile', '.xinitrc'] },
  { by: 'shell', beginnings: ['.bash', '.zsh', '.zprofile', '.zlog', '.ksh', '.csh', '.tcsh', '.xsession'] },
  // A home folder: autostart, units, fish, programs on the PATH, keys and the commands of ssh.
  { by: 'shell', folders: ['.config', '.local', '.ssh', '.gnupg'] },
  // Scripts of packages, registries and plugins.
  { by: 'packages', names: ['package.json', '.npmrc', '.pnpmfile.cjs', 'setup.py', 'pip.conf', 'build.rs'] },
  { by: 'packages', folders: ['node_modules', '.yarn', '.cargo'], beginnings: ['.yarnrc'] },
  // Test runners load it to find the tests; the interpreter loads the others at each start.
  { by: 'packages', names: ['conftest.py', 'sitecustomize.py', 'usercustomize.py', '.pythonrc'] },
  { by: 'build', names: ['makefile', 'gnumakefile', 'justfile', '.justfile', 'rakefile'], endings: ['.mk', '.just'] },
  { by: 'build', names: ['taskfile.yml', 'taskfile.yaml', 'vagrantfile', 'docker-compose.yml', 'compose.yaml'] },
  // Editors configure these projects as soon as they are opened.
  { by: 'build', names: ['cmakelists.txt', 'cmakepresets.json', '.bazelrc', 'gradlew', 'gradlew.bat', 'pom.xml'] },
  { by: 'build', beginnings: ['build.gradle', 'settings.gradle'] },
  // File managers start these, or load what they name when they show the folder.
  { by: 'desktop', names: ['autorun.inf', 'desktop.ini', '.directory'] },
  { by: 'desktop', endings: ['.desktop', '.lnk', '.scf', '.url', '.library-ms', '.command'] },
];

/** The kind of program that obeys a file at `path`, or at a name that some file system takes for `path`. */
export function obeyedBy(path: string): ObeyingProgram | undefined {
  const segments = path.split('/').map(foldedName);
  const name = segments.at(-1) ?? '';
  for (const segment of segments) {
    const by = byFolder.get(segment);
    if (by !== undefined) return by;
    if (shortName.test(segment)) return 'desktop';
  }
  const by = byName.get(name);
  if (by !== undefined) return by;
  return obeyedFiles.find(
    ({ beginnings = [], endings = [] }) =>
      beginnings.some((beginning) => name.startsWith(beginning)) || endings.some((ending) => name.endsWith(ending)),
  )?.by;
}

const byFolder = byEach(({ folders = [] }) => folders);
const byName = byEach(({ names = [] }) => names);

function byEach(namesOf: (row: ObeyedFiles) => readonly string[]): ReadonlyMap<string, ObeyingProgram> {
  return new Map(obeyedFiles.flatMap((row) => namesOf(row).map((name) => [name, row.by] as const)));
}

/** A short name that Windows may have given to another file, as VSCODE~1 to .vscode. */
const shortName = /^[^.]{1,6}~\d+(?:\.[^.]{0,3})?$/;
const plain = /^[ -~]*$/;
const invisible = /\p{Default_Ignorable_Code_Point}/gu;
/** Windows drops these from the end of a name, and takes what follows a colon for the name of a stream. */
const droppedEnding = /[ .]*(?::.*)?$/s;

/** The form in which names are compared: no case, no invisible characters, and letters in their plain form. */
function foldedName(name: string): string {
  const visible = plain.test(name) ? name : name.normalize('NFKD').replaceAll(invisible, '').toUpperCase();
  return visible.toLowerCase().replace(droppedEnding, '');
}

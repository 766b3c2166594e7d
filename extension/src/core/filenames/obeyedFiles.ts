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
  readonly patterns?: readonly RegExp[];
}

/**
 * Files that a program runs or obeys because they are there: nobody has to open or name them. All names are in lower case.
 * A pull holds them back if they come from others. No such list is complete; it has what the documentation of these
 * programs names, and a row for each way to be run.
 */
export const obeyedFiles: readonly ObeyedFiles[] = [
  // Workspace trust names settings, tasks and launch configurations: they name programs, and a task can run on opening.
  { by: 'editor', folders: ['.vscode'], endings: ['.code-workspace'] },
  // Run configurations, builders, language servers, and settings with paths of programs (manuals of JetBrains, Zed, Helix,
  // Eclipse, Visual Studio, NetBeans, Nova and Sublime Text).
  { by: 'editor', folders: ['.idea', '.fleet', '.zed', '.cursor', '.helix', '.vs', '.nova', 'nbproject', '.settings'] },
  {
    by: 'editor',
    folders: ['.externaltoolbuilders'],
    names: ['.project', '.classpath'],
    endings: ['.sublime-project'],
  },
  // Vim ('exrc'), Neovim, LazyVim and Emacs read these from the folder of the file that is opened.
  { by: 'editor', names: ['.exrc', '.vimrc', '.nvimrc', '.nvim.lua', '.lvimrc', '.lazy.lua', '.ycm_extra_conf.py'] },
  {
    by: 'editor',
    names: ['.dir-locals.el', '.dir-locals-2.el'],
    folders: ['.vim', '.emacs.d'],
    beginnings: ['.emacs'],
  },
  // Plugins of a vault are code (Obsidian's page on the security of plugins).
  { by: 'editor', folders: ['.obsidian'] },
  // Coding agents start the servers and hooks that these name, and follow the instructions in them (agents.md, and the
  // manuals of Claude Code, Gemini CLI, Codex, Cursor, Windsurf, Cline, Aider, Continue and Copilot).
  { by: 'editor', folders: ['.claude', '.gemini', '.roo', '.codex', '.windsurf', '.continue', '.kiro', '.clinerules'] },
  // Instructions, agents and hooks for them; the workflows run on GitHub with the secrets of the repository, once the user has
  // pushed them there (GitHub's documentation of customizing Copilot, and of Actions).
  { by: 'editor', folders: ['.github'] },
  {
    by: 'editor',
    names: ['.mcp.json', 'claude.md', 'claude.local.md', 'agents.md', 'agents.override.md', 'gemini.md'],
  },
  { by: 'editor', names: ['copilot-instructions.md', '.cursorrules', '.windsurfrules'], beginnings: ['.aider'] },
  { by: 'editor', endings: ['.instructions.md', '.prompt.md', '.agent.md'] },
  // Language servers run these, or the plugins and compilers that they name (LuaLS, luacheck, clangd, Dart, RuboCop).
  {
    by: 'editor',
    names: ['.luarc.json', '.luarc.jsonc', '.luacheckrc', '.clangd', 'analysis_options.yaml', 'hie.yaml'],
  },
  { by: 'editor', beginnings: ['.rubocop', '.solargraph', '.php-cs-fixer', 'phpstan.', 'psalm.xml'] },
  // JavaScript tools search for their settings under these names, and run those that are code: linters, formatters,
  // bundlers, test runners (cosmiconfig's and Vite's documentation).
  { by: 'editor', patterns: [/\.conf(?:ig)?\.(?:[cm]?[jt]sx?|json)$/, /^\..+rc\.(?:[cm]?[jt]s|json5?|ya?ml)$/] },
  { by: 'editor', beginnings: ['.eslintrc', '.prettierrc', '.stylelintrc', '.babelrc', '.postcssrc', '.swcrc'] },
  { by: 'editor', beginnings: ['.mocharc', '.nycrc', '.c8rc', '.lintstagedrc', '.commitlintrc', '.textlintrc'] },
  // Commands for the host and for the container, which can mount any folder of the host.
  { by: 'container', folders: ['.devcontainer'], names: ['.devcontainer.json'] },
  { by: 'container', beginnings: ['dockerfile', 'containerfile', 'docker-compose.'] },
  { by: 'container', names: ['compose.yaml', 'compose.yml', 'compose.override.yaml', 'compose.override.yml'] },
  // Filters and merge drivers, paths of submodules, and hooks ('core.hooksPath').
  { by: 'git', folders: ['.githooks', '.husky'], names: ['.gitattributes', '.gitmodules', '.gitconfig'] },
  // No tree has it, but a link with this name, or one in this folder, may lead to files of a tree.
  { by: 'git', folders: ['.git'] },
  // Hook managers.
  { by: 'git', beginnings: ['lefthook', '.lefthook', '.pre-commit-config.', '.overcommit.'] },
  // A folder with HEAD, objects and refs is a repository for git, which runs what the 'config' in it names, unless the user
  // has set 'safe.bareRepository' to 'explicit'. Without HEAD it is none.
  { by: 'git', names: ['head'] },
  // Repositories of others, whose settings name hooks and programs as git's do (manuals of Mercurial, Jujutsu, Sapling,
  // Subversion, Breezy, Darcs, Pijul, Fossil and repo).
  { by: 'git', folders: ['.hg', '.jj', '.sl', '.svn', '.bzr', '_darcs', '.pijul', '.repo', '.fossil-settings'] },
  { by: 'git', names: ['.hgrc', '.jjconfig.toml', '.fslckout', '_fossil_'] },
  // direnv, mise, autoenv and devbox run these on entering the folder; many tools load variables such as NODE_OPTIONS
  // from .env.
  { by: 'environment', names: ['.envrc', '.env', '.autoenv', '.autoenv.zsh', 'devbox.json'], beginnings: ['.env.'] },
  { by: 'environment', beginnings: ['.mise', 'mise.'] },
  // Version managers choose the program by these, some by its path (manuals of asdf, nvm, pyenv, rbenv, SDKMAN and rustup).
  { by: 'environment', names: ['.tool-versions', '.nvmrc', '.node-version', '.python-version', '.ruby-version'] },
  { by: 'environment', names: ['.sdkmanrc', 'rust-toolchain', 'rust-toolchain.toml'] },
  // nix and guix evaluate these, and direnv and editors let them ('shellHook').
  { by: 'environment', names: ['flake.nix', 'shell.nix', 'default.nix', 'devenv.nix', 'guix.scm', 'manifest.scm'] },
  // Python extensions run the interpreter of such a folder.
  { by: 'environment', folders: ['.venv', 'venv'] },
  { by: 'shell', names: ['.profile', '.inputrc', '.login', '.logout', '.pam_environment', '.xprofile', '.xinitrc'] },
  { by: 'shell', beginnings: ['.bash', '.zsh', '.zprofile', '.zlog', '.ksh', '.csh', '.tcsh', '.xsession'] },
  // A home folder: autostart, units, fish, programs on the PATH, keys and the commands of ssh.
  { by: 'shell', folders: ['.config', '.local', '.ssh', '.gnupg'] },
  // Programs of a home folder that run commands from these (their manuals).
  { by: 'shell', names: ['.tmux.conf', '.screenrc', '.mailcap', '.forward', '.procmailrc', '.lessfilter', '.lesskey'] },
  {
    by: 'shell',
    names: ['.wgetrc', '.curlrc', '.netrc', '.muttrc', '.psqlrc', '.sqliterc', '.my.cnf', '.mongoshrc.js'],
  },
  // Debuggers and interactive interpreters run these when they start, many from the current folder (manuals of GDB, LLDB,
  // R, irb, Pry, pdb, IPython, Jupyter, Julia, GHCi, OCaml, SBCL, IEx, Erlang, Guile, Octave, MATLAB and perl5db).
  { by: 'packages', names: ['.gdbinit', '.gdbearlyinit', '.rprofile', '.renviron', '.irbrc', '.pryrc', '.pdbrc'] },
  {
    by: 'packages',
    names: ['.ghci', '.ocamlinit', '.sbclrc', '.iex.exs', '.erlang', '.guile', '.octaverc', '.perldb'],
  },
  { by: 'packages', names: ['startup.m', 'startup.jl'], beginnings: ['.lldbinit'] },
  { by: 'packages', folders: ['.ipython', '.jupyter', '.julia', '.clojure', '.lein'] },
  // Scripts, backends, registries and plugins of packages (manuals of npm, pnpm, Yarn, Bun, Deno, pip, Cargo, Bundler,
  // Composer, Mix, pub, SwiftPM, Leiningen and NuGet).
  { by: 'packages', names: ['package.json', '.npmrc', '.pnpmfile.cjs', 'pnpm-workspace.yaml', 'bunfig.toml'] },
  { by: 'packages', names: ['deno.json', 'deno.jsonc', 'composer.json', 'mix.exs', 'pubspec.yaml', 'package.swift'] },
  { by: 'packages', names: ['setup.py', 'setup.cfg', 'pyproject.toml', 'pipfile', 'pip.conf', 'pip.ini'] },
  { by: 'packages', names: ['cargo.toml', 'build.rs', 'project.clj', 'deps.edn', 'nuget.config'] },
  { by: 'packages', folders: ['node_modules', '.yarn', '.cargo', '.bundle'], beginnings: ['.yarnrc'] },
  { by: 'packages', names: ['gemfile', 'gems.rb', '.rspec', '.simplecov'], endings: ['.gemspec', '.cabal', '.nimble'] },
  // Test runners and linters load these, or what they name, to find the tests; the interpreter loads the others at each
  // start (manuals of pytest, tox, nox, pylint, mypy, flake8 and Python's site module; PHPUnit, PHP and Apache).
  { by: 'packages', names: ['conftest.py', 'pytest.ini', '.pytest.ini', 'tox.ini', 'noxfile.py', '.flake8'] },
  { by: 'packages', names: ['pylintrc', '.pylintrc', 'mypy.ini', '.mypy.ini', '.coveragerc'] },
  { by: 'packages', names: ['sitecustomize.py', 'usercustomize.py', '.pythonrc', '.pythonstartup'], endings: ['.pth'] },
  { by: 'packages', names: ['.user.ini', '.htaccess'], beginnings: ['phpunit.xml'] },
  { by: 'build', names: ['makefile', 'gnumakefile', 'bsdmakefile', 'makefile.am', 'justfile', '.justfile'] },
  { by: 'build', endings: ['.mk', '.just', '.rake', '.cmake', '.bzl', '.nims'] },
  {
    by: 'build',
    names: ['rakefile', 'thorfile', 'guardfile', 'capfile', 'podfile', 'fastfile', 'dangerfile', 'brewfile'],
  },
  { by: 'build', names: ['taskfile.yml', 'taskfile.yaml', 'taskfile.dist.yml', 'vagrantfile', 'procfile', 'tiltfile'] },
  {
    by: 'build',
    beginnings: ['gulpfile.', 'gruntfile.', 'jakefile'],
    names: ['angular.json', 'nx.json', 'turbo.json'],
  },
  { by: 'build', names: ['sconstruct', 'sconscript', 'wscript', 'dodo.py', 'fabfile.py', 'xmake.lua', 'build.zig'] },
  { by: 'build', names: ['makefile.pl', 'build.pl', 'configure', 'configure.ac', 'setup.hs', 'stack.yaml'] },
  // latexmk runs these as Perl, and editors run it at each save.
  { by: 'build', names: ['.latexmkrc', 'latexmkrc', 'texmf.cnf'] },
  // Ansible and Terraform take settings and plugins from the current folder.
  { by: 'build', names: ['ansible.cfg', '.terraformrc', 'terraform.rc'], folders: ['.terraform'] },
  // Editors configure these projects as soon as they are opened (manuals of CMake, Meson, Bazel, Buck, Gradle, Maven, sbt,
  // Ant and MSBuild).
  {
    by: 'build',
    names: ['cmakelists.txt', 'cmakepresets.json', 'cmakeuserpresets.json', 'meson.build', '.buckconfig'],
  },
  { by: 'build', names: ['.bazelrc', 'build.bazel', 'workspace.bazel', 'module.bazel'] },
  {
    by: 'build',
    names: ['gradlew', 'gradlew.bat', 'mvnw', 'mvnw.cmd', 'pom.xml', 'build.xml', 'build.sbt', 'build.sc'],
  },
  {
    by: 'build',
    names: ['gradle.properties', 'gradle-wrapper.properties', 'local.properties', '.jvmopts', '.sbtopts'],
  },
  { by: 'build', folders: ['.mvn', '.gradle'], beginnings: ['build.gradle', 'settings.gradle', 'init.gradle'] },
  { by: 'build', beginnings: ['directory.build.', 'directory.packages.'], names: ['msbuild.rsp', 'project.pbxproj'] },
  { by: 'build', endings: ['.csproj', '.fsproj', '.vbproj', '.vcxproj', '.props', '.targets', '.csproj.user', '.sln'] },
  // File managers start these, or load what they name when they show the folder.
  { by: 'desktop', names: ['autorun.inf', 'desktop.ini', '.directory'] },
  { by: 'desktop', endings: ['.desktop', '.lnk', '.scf', '.url', '.library-ms', '.command'] },
];

/** The kind of program that obeys a file at `path`, or at a name that some file system takes for `path`. */
export function obeyedBy(path: string): ObeyingProgram | undefined {
  const folder = obeyedWithin(path);
  if (folder !== undefined) return folder;
  const name = foldedName(path.slice(path.lastIndexOf('/') + 1));
  const by = byName.get(name);
  if (by !== undefined) return by;
  return obeyedFiles.find(
    ({ beginnings = [], endings = [], patterns = [] }) =>
      beginnings.some((beginning) => name.startsWith(beginning)) ||
      endings.some((ending) => name.endsWith(ending)) ||
      patterns.some((pattern) => pattern.test(name)),
  )?.by;
}

/** The kind of program that obeys every file in the folder `path`, at any depth, because of the name of a folder. */
export function obeyedWithin(path: string): ObeyingProgram | undefined {
  for (const segment of path.split('/').map(foldedName)) {
    const by = byFolder.get(segment);
    if (by !== undefined) return by;
    if (shortName.test(segment)) return 'desktop';
  }
  return undefined;
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

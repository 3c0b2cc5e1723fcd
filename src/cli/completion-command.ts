/** `pinion completion`: scripts that make a shell complete commands, options and files. */
import { type Command, ExitCode } from "./command.js";
import { COMMANDS } from "./commands.js";

export const completionCommand: Command = {
  name: "completion",
  summary: "print a shell's completion script",
  usage: "bash|zsh|fish",
  positionals: { min: 1, max: 1 },
  completes: "shell",
  options: [],
  details: `
  bash  source <(pinion completion bash)
  zsh   source <(pinion completion zsh)
  fish  pinion completion fish | source`,
  async run(line, ports) {
    const [shell = ""] = line.positionals;
    const script = SCRIPTS[shell];
    if (script === undefined) {
      const { usageError } = await import("./parse-command-line.js");
      throw usageError(completionCommand, `expected bash, zsh or fish, got "${shell}"`);
    }
    ports.out.write(script(await Promise.all(COMMANDS.map(({ load }) => load()))));
    return ExitCode.OK;
  },
};

type Script = (commands: readonly Command[]) => string;

const SHELLS = "bash zsh fish";

function bashScript(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const words = [
      ...command.options.map(({ name }) => `--${name}`),
      "--help",
      ...(command.completes === "shell" ? SHELLS.split(" ") : []),
    ].join(" ");
    const choices = command.options.flatMap(({ name, choices: values }) =>
      values === undefined ? [] : [`      [[ $prev == --${name} ]] && words="${values.join(" ")}"`],
    );
    const files = command.completes === "file" ? '      [[ $cur != -* ]] && { COMPREPLY=($(compgen -f -- "$cur")); return; }' : "";
    return [`    ${command.name})`, `      words="${words}"`, ...choices, ...(files === "" ? [] : [files]), "      ;;"].join("\n");
  });
  return `# Completion of pinion for bash.
_pinion() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words=""
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${[...commands.map(({ name }) => name), "help", "--version"].join(" ")}" -- "$cur"))
    return
  fi
  case $prev in
    --config | -c) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --home) COMPREPLY=($(compgen -d -- "$cur")); return ;;
    help) COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")}" -- "$cur")); return ;;
  esac
  case \${COMP_WORDS[1]} in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o filenames -F _pinion pinion
`;
}

function zshScript(commands: readonly Command[]): string {
  const list = commands.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  const cases = commands.map((command) => {
    const specs = command.options.map(({ name, value, summary, choices }) => {
      const action = choices === undefined ? fileAction(value) : `(${choices.join(" ")})`;
      return `      '--${name}[${quoted(summary)}]${value === undefined ? "" : `:${value}:${action}`}'`;
    });
    const rest =
      command.completes === "file" ? ["      '*:file:_files'"] : command.completes === "shell" ? [`      '1:shell:(${SHELLS})'`] : [];
    return [`    ${command.name}) _arguments \\`, [...specs, "      '--help[show help]'", ...rest].join(" \\\n"), "      ;;"].join("\n");
  });
  return `#compdef pinion
# Completion of pinion for zsh.
_pinion() {
  local -a commands=(
${list.join("\n")}
    'help:show help'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
    help) _describe command commands ;;
${cases.join("\n")}
  esac
}
compdef _pinion pinion
`;
}

function fishScript(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => {
    const seen = `-n '__fish_seen_subcommand_from ${command.name}'`;
    const options = command.options.map(({ name, short, value, summary, choices }) => {
      const argument =
        value === undefined ? "" : choices === undefined ? (fileAction(value) === " " ? " -x" : " -r -F") : ` -x -a '${choices.join(" ")}'`;
      return `complete -c pinion ${seen} -l ${name}${short === undefined ? "" : ` -s ${short}`}${argument} -d '${fishQuoted(summary)}'`;
    });
    const rest =
      command.completes === "file"
        ? [`complete -c pinion ${seen} -F`]
        : command.completes === "shell"
          ? [`complete -c pinion ${seen} -a '${SHELLS}'`]
          : [];
    return [`complete -c pinion -n __fish_use_subcommand -a ${command.name} -d '${fishQuoted(command.summary)}'`, ...options, ...rest];
  });
  return `# Completion of pinion for fish.
complete -c pinion -f
${lines.join("\n")}
complete -c pinion -n __fish_use_subcommand -a help -d 'show help'
`;
}

const SCRIPTS: Readonly<Record<string, Script>> = { bash: bashScript, zsh: zshScript, fish: fishScript };

function fileAction(value: string | undefined): string {
  if (value === "FILE") return "_files";
  return value === "DIR" ? "_files -/" : " ";
}

/** zsh's _arguments gives brackets and colons a meaning. */
function quoted(text: string): string {
  return text.replaceAll("'", "'\\''").replace(/[[\]:]/g, "\\$&");
}

function fishQuoted(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
}

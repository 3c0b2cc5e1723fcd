/** What a command of `pinion` is, and what the world outside hands to it. */

/** Documented in the help: scripts may rely on them. */
export const ExitCode = {
  OK: 0,
  /** The command did not succeed: a call failed, a config has errors. */
  FAILURE: 1,
  /** The command line itself is wrong. */
  USAGE: 2,
  /** No daemon answers on the control socket. */
  NO_DAEMON: 3,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface RunOptions {
  /** Absolute; absent: the default machine. */
  readonly config?: string;
  /** VIAM_HOME, absolute. */
  readonly home: string;
  /** Absent: pretty on a terminal, JSON otherwise. */
  readonly logFormat?: "pretty" | "json";
  readonly isDebug: boolean;
}

interface TextOutput {
  write(text: string): void;
}

/** Everything a command may touch. Handed over by the launcher, or by a test. */
export interface CliPorts {
  /** Runs the daemon in the foreground until it ends; its exit code. */
  run(options: RunOptions): Promise<number>;
  readonly out: TextOutput;
  readonly err: TextOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether `out` is a terminal. */
  readonly isTty: boolean;
  readonly cwd: string;
  /** The user's home folder. */
  readonly userHome: string;
  wall(): Date;
  /** All of standard input. */
  readInput(): Promise<string>;
  /** Calls `listener` at Ctrl-C, until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
}

export interface CommandOption {
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in the help, e.g. `FILE`; absent: the option takes no value. */
  readonly value?: string;
  readonly summary: string;
  /** The only values allowed. */
  readonly choices?: readonly string[];
}

/** The parsed command line of one command. */
export interface CommandLine {
  text(option: string): string | undefined;
  flag(option: string): boolean;
  readonly positionals: readonly string[];
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The positional arguments, e.g. `RESOURCE METHOD [JSON]`; empty when there are none. */
  readonly usage: string;
  readonly positionals: { readonly min: number; readonly max: number };
  /** What a positional argument is, for shell completion. */
  readonly completes?: "file" | "command" | "shell";
  readonly options: readonly CommandOption[];
  /** Further lines of help. */
  readonly details?: string;
  run(line: CommandLine, ports: CliPorts): Promise<number>;
}

/** Ends the command with this message on stderr. */
export class CliError extends Error {
  override readonly name: string = "CliError";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

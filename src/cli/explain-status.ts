/** Why something is not ready: the chain of causes down to the first thing that fails, and what to do about it. */
import type { GetStatusResponse, ModuleReport, ResourceReport } from "../proto/gen/pinion/control/v1/control.js";
import { CliError, ExitCode } from "./command.js";
import { nearest } from "./nearest.js";
import { paintState, simpleNameOf } from "./status-report.js";
import type { Style } from "./style.js";
import { formatAge, toDate } from "./timestamp.js";

export interface ExplainInput {
  readonly status: GetStatusResponse;
  /** A resource or module; absent: everything that is not ready. */
  readonly target: string | undefined;
  readonly style: Style;
  readonly now: Date;
}

const OUTPUT_LINES = 5;

export function explainStatus({ status, target, style, now }: ExplainInput): string {
  const explainer = new Explainer(status, style, now);
  if (target !== undefined) return explainer.target(target).join("\n");
  const lines = explainer.everything();
  return lines.length === 0 ? style.green("everything is ready") : lines.join("\n");
}

type Path = readonly string[];

class Explainer {
  readonly #resources: readonly ResourceReport[];
  readonly #modules: readonly ModuleReport[];
  readonly #style: Style;
  readonly #now: Date;

  constructor({ resources, modules }: GetStatusResponse, style: Style, now: Date) {
    this.#resources = resources;
    this.#modules = modules;
    this.#style = style;
    this.#now = now;
  }

  target(name: string): readonly string[] {
    const resources = this.#resourcesNamed(name);
    const modules = this.#modules.filter((module) => module.name === name);
    if (resources.length + modules.length > 0) {
      return [...resources.flatMap((resource) => this.#resource(resource, [])), ...modules.flatMap((module) => this.#module(module, []))];
    }
    const names = [...this.#resources.map((resource) => simpleNameOf(resource.name)), ...this.#modules.map((module) => module.name)];
    const meant = nearest(name, names);
    const hint = meant === undefined ? "`pinion status` lists them" : `did you mean "${meant}"?`;
    throw new CliError(ExitCode.FAILURE, `there is no resource or module "${name}"; ${hint}`);
  }

  everything(): readonly string[] {
    const resources = this.#resources.filter((resource) => resource.state !== "ready");
    // A module that a resource waits for is told of there.
    const told = new Set(resources.flatMap((resource) => [resource.module, ...resource.waitsFor.map(moduleNameIn)]));
    const modules = this.#modules.filter((module) => module.state !== "ready" && !told.has(module.name));
    return [...resources.flatMap((resource) => this.#resource(resource, [])), ...modules.flatMap((module) => this.#module(module, []))];
  }

  #resource(resource: ResourceReport, path: Path): readonly string[] {
    const { name, state, error, waitsFor, notice } = resource;
    const since = formatAge(toDate(resource.since), this.#now);
    const head = `${simpleNameOf(name)} (${resource.api}) is ${paintState(state, this.#style)(state)}${since === "" ? "" : ` since ${since}`}`;
    if (path.includes(name)) {
      const advice = this.#advice(
        path,
        "take one of these out of the depends_on or the attributes of another: none can be built before the others",
      );
      return [this.#line(path, `${head}; see above: these wait for each other`), advice];
    }
    const inside = [...path, name];
    if (state === "ready") return [this.#line(path, head), ...(notice === "" ? [] : [this.#line(inside, `notice: ${notice}`)])];
    if (waitsFor.length > 0) {
      const reason = error === "" ? `waits for ${waitsFor.join(", ")}` : error;
      return [this.#line(path, `${head}: ${reason}`), ...waitsFor.flatMap((wanted) => this.#wanted(wanted, inside))];
    }
    const module = this.#modules.find((candidate) => candidate.name === resource.module);
    const lines = [this.#line(path, error === "" ? head : `${head}: ${error}`)];
    if (module !== undefined && module.state !== "ready") return [...lines, ...this.#module(module, inside)];
    return [...lines, this.#advice(inside, resourceAdvice(resource))];
  }

  #wanted(wanted: string, path: Path): readonly string[] {
    const moduleName = moduleNameIn(wanted);
    if (moduleName !== "") {
      const module = this.#modules.find((candidate) => candidate.name === moduleName);
      if (module !== undefined) return this.#module(module, path);
      return [this.#line(path, `module ${moduleName} is not there`), this.#advice(path, `add it to "modules" in the config`)];
    }
    const [resource] = this.#resourcesNamed(wanted);
    if (resource !== undefined) return this.#resource(resource, path);
    const advice = `add a resource "${simpleNameOf(wanted)}" to the config, or take the name out of depends_on and the attributes`;
    return [this.#line(path, `${wanted} is not configured`), this.#advice(path, advice)];
  }

  #module(module: ModuleReport, path: Path): readonly string[] {
    const { name, state, consecutiveFailures, lastError, lastOutput, notice } = module;
    const failures = consecutiveFailures > 0 ? ` after ${consecutiveFailures} failure${consecutiveFailures === 1 ? "" : "s"}` : "";
    const since = formatAge(toDate(module.since), this.#now);
    const head = `module ${name} is ${paintState(state, this.#style)(state)}${since === "" ? "" : ` since ${since}`}${failures}`;
    const inside = [...path, `module ${name}`];
    if (state === "ready") return [this.#line(path, head)];
    const output = lastOutput.slice(-OUTPUT_LINES).map((line) => this.#line(inside, this.#style.dim(`| ${line}`)));
    const notices = notice === "" ? [] : [this.#line(inside, `notice: ${notice}`)];
    const said = [this.#line(path, lastError === "" ? head : `${head}: ${lastError}`), ...output, ...notices];
    return [...said, this.#advice(inside, moduleAdvice(module))];
  }

  #resourcesNamed(name: string): readonly ResourceReport[] {
    return this.#resources.filter((resource) => resource.name === name || simpleNameOf(resource.name) === name);
  }

  #line(path: Path, text: string): string {
    return `${"  ".repeat(path.length)}${text}`;
  }

  #advice(path: Path, text: string): string {
    return this.#line(path, `${this.#style.bold("what to do:")} ${text}`);
  }
}

/** The module in `module NAME`; empty when the text is a resource's name. */
function moduleNameIn(wanted: string): string {
  return wanted.startsWith("module ") ? wanted.slice("module ".length) : "";
}

function resourceAdvice({ name, state, module }: ResourceReport): string {
  const simple = simpleNameOf(name);
  switch (state) {
    case "configuring":
      return `wait: the module is building it. \`pinion logs -f --resource ${simple}\` shows what it says`;
    case "removing":
      return "wait: it is being taken down";
    case "unconfigured":
      return "wait: it has not been tried yet";
    default:
      return module === ""
        ? "correct the entry in the config; `pinion validate FILE` checks it. It is tried again every few seconds"
        : `correct its attributes in the config or what it needs; \`pinion logs --resource ${simple}\` and \`pinion logs --module ${module}\` tell more. It is tried again every few seconds`;
  }
}

function moduleAdvice({ name, state, executable }: ModuleReport): string {
  switch (state) {
    case "pending":
    case "first-run":
    case "starting":
      return `wait, or watch it with \`pinion logs -f --module ${name}\``;
    case "stopping":
    case "stopped":
      return `wait; if it stays so, \`pinion restart ${name}\``;
    default: {
      const where = executable === "" ? "" : ` (${executable})`;
      return `see \`pinion logs --module ${name}\` and correct the cause${where}; it is started again by itself, at once with \`pinion restart ${name}\``;
    }
  }
}

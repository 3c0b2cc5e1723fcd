/** `pinion metrics`: what supervisor and modules use, calls by resource, and the board's own figures, now and over time. */
import { ControlServiceDefinition, type MetricSample } from "../proto/gen/pinion/control/v1/control.js";
import { type Command, ExitCode } from "./command.js";
import { withDaemon } from "./daemon-client.js";
import { HOME_OPTION } from "./home.js";
import { formatMetrics, toSample } from "./metrics-report.js";
import { limitOf, SINCE_OPTION, sinceOf } from "./since.js";
import { styleOf } from "./style.js";
import { toDate } from "./timestamp.js";

const READ_TIMEOUT_MS = 30_000;

export const metricsCommand: Command = {
  name: "metrics",
  summary: "show figures over time",
  usage: "",
  positionals: { min: 0, max: 0 },
  options: [
    { name: "module", short: "m", value: "NAME", summary: "only this module" },
    SINCE_OPTION,
    { name: "limit", short: "n", value: "COUNT", summary: "at most so many samples; default 60" },
    { name: "json", summary: "one JSON object for each sample" },
    HOME_OPTION,
  ],
  details: `
A sample is taken every minute and kept for about a week. Samples go to the disk fifteen at a time, so that a card lives long; a power
cut may take the last quarter of an hour of them along. PSS is memory with the fair share of what processes share.
WRITTEN is what the processes of this run wrote to disks.`,
  run(line, ports) {
    const request = { ...sinceOf(metricsCommand, line, ports), limit: limitOf(metricsCommand, line) };
    return withDaemon(line, ports, async (daemon) => {
      const { samples } = await daemon.client(ControlServiceDefinition).getMetrics(request, { timeout: READ_TIMEOUT_MS });
      if (line.flag("json")) for (const sample of samples) ports.out.write(`${toJsonLine(sample)}\n`);
      else ports.out.write(`${formatMetrics(samples.map(toSample), { style: styleOf(ports), module: line.text("module") })}\n`);
      return ExitCode.OK;
    });
  },
};

function toJsonLine(sample: MetricSample): string {
  return JSON.stringify({ time: toDate(sample.time), bootId: sample.bootId, uptime: Number(sample.uptime), ...toSample(sample) });
}

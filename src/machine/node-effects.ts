/** Performs what a state change asks for: the retry timer and the log line. */
import type { Clock } from "../base/clock.js";
import type { LogFields, Logger } from "../base/logger.js";
import { type Millis, seconds } from "../base/millis.js";
import type { NodeEffect } from "../resource/node-state.js";
import type { ResourceNode } from "./resource-node.js";

const RETRY_INTERVAL: Millis = seconds(5);

export interface EffectContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly touch: () => void;
}

export function performEffects(node: ResourceNode, effects: readonly NodeEffect[], context: EffectContext): void {
  for (const effect of effects) {
    switch (effect.kind) {
      case "arm-retry":
        armRetry(node, context);
        break;
      case "cancel-retry":
        cancelRetry(node);
        break;
      case "tell":
        tell(node, effect, context.logger);
    }
  }
}

function armRetry(node: ResourceNode, { clock, touch }: EffectContext): void {
  node.retry?.cancel();
  node.isRetryDue = false;
  const fire = (): void => {
    node.retry = undefined;
    node.isRetryDue = true;
    touch();
  };
  // The daemon's listeners keep the process alive, not what it may try again.
  node.retry = clock.after(RETRY_INTERVAL, fire, { unref: true });
}

function cancelRetry(node: ResourceNode): void {
  node.retry?.cancel();
  node.retry = undefined;
  node.isRetryDue = false;
  node.failure = undefined;
}

function tell(node: ResourceNode, { what, isRepeat }: NodeEffect & { readonly kind: "tell" }, logger: Logger): void {
  const { state } = node;
  const fields: LogFields = { resource: node.name };
  switch (what) {
    case "ready":
      logger.info({ ...fields, module: node.instance?.run.module }, "resource ready");
      return;
    case "failed":
      logger[isRepeat ? "debug" : "error"]({ ...fields, error: errorOf(state) }, "resource failed");
      return;
    case "waits":
      logger[isRepeat ? "debug" : "warn"]({ ...fields, reason: errorOf(state) }, "resource waits");
      return;
    case "kept":
      logger[isRepeat ? "debug" : "warn"]({ ...fields, reason: errorOf(state) }, "resource runs on with its last good config");
  }
}

function errorOf(state: ResourceNode["state"]): string | undefined {
  if (state.kind === "unhealthy") return state.error;
  return state.kind === "ready" ? state.notice : undefined;
}

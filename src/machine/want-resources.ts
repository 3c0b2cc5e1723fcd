/** Takes a config over as what is wanted of resources: finds what changed and says so; builds nothing. */

import { isEqualResourceConfig } from "../config/diff-config.js";
import type { MachineConfig, ResourceConfig } from "../config/machine-config.js";
import { formatModel } from "../resource/model.js";
import type { ResourceName } from "../resource/resource-name.js";
import { pairOf } from "./hosted-module.js";
import type { Reconciler } from "./reconciler.js";
import { ResourceNode } from "./resource-node.js";

export interface WantContext {
  readonly reconciler: Reconciler;
  readonly revision: string;
  readonly now: Date;
  /** A number never given before. */
  readonly nextVersion: () => number;
}

export function wantResources(config: MachineConfig, context: WantContext): void {
  const { reconciler } = context;
  const { resources } = reconciler;
  const changed = new Set<ResourceNode>();
  let order = 0;
  for (const [name, wanted] of config.resources) {
    const node = knownOrNew(name, context);
    node.order = order;
    order += 1;
    // Of those that are not built the first in the config has what both claim.
    reconciler.hardware.leases.note(node);
    setInvalid(node, config.invalidResources.get(name), reconciler);
    if (wantResource(node, wanted, context)) changed.add(node);
  }
  for (const [name, message] of config.invalidResources) {
    if (config.resources.has(name)) continue;
    // What runs under that name goes on; otherwise the entry is known for what it is.
    const node = knownOrNew(name, context);
    if (node.invalid === undefined) changed.add(node);
    setInvalid(node, message, reconciler);
    if (node.config === undefined) reconciler.touch(node);
  }
  for (const node of resources.nodes.values()) {
    if (config.resources.has(node.name) || config.invalidResources.has(node.name)) continue;
    if (node.config === undefined && node.invalid === undefined) continue;
    node.config = undefined;
    node.invalid = undefined;
    resources.setPair(node, "");
    changed.add(node);
  }
  settleNames(changed, reconciler);
}

/** Tells whether it has to be looked at. */
function wantResource(node: ResourceNode, wanted: ResourceConfig, { revision, nextVersion, reconciler }: WantContext): boolean {
  const before = node.config;
  node.config = wanted;
  node.wantedRevision = revision;
  if (before === wanted || (before !== undefined && isEqualResourceConfig(before, wanted))) {
    if (node.state.kind === "ready" && node.state.notice === undefined && node.revision !== revision) {
      node.revision = revision;
      reconciler.changed(node);
    }
    return false;
  }
  const { instance } = node;
  // Back to what still runs: nothing is to be done.
  node.version = instance !== undefined && isEqualResourceConfig(instance.config, wanted) ? instance.version : nextVersion();
  reconciler.resources.setPair(node, pairOf(node.api, formatModel(wanted.model)));
  reconciler.send(node, { kind: "configured" });
  return true;
}

/** Names first, then what they mean: a new name may be what another one waits for, a vanished one what it needs. */
function settleNames(changed: ReadonlySet<ResourceNode>, reconciler: Reconciler): void {
  const { resources } = reconciler;
  const affected = new Set(changed);
  for (const node of changed) {
    const exists = node.config !== undefined || node.invalid !== undefined;
    if (resources.names.has(node.name) === exists) continue;
    resources.setExists(node, exists);
    for (const referrer of resources.referrersOf(node.name)) affected.add(referrer);
  }
  for (const node of affected) resources.resolve(node);
  for (const node of affected) reconciler.touch(node);
}

function setInvalid(node: ResourceNode, message: string | undefined, reconciler: Reconciler): void {
  if (node.invalid === message) return;
  node.invalid = message;
  reconciler.changed(node);
}

function knownOrNew(name: ResourceName, { reconciler, now }: WantContext): ResourceNode {
  const { nodes } = reconciler.resources;
  const known = nodes.get(name);
  if (known !== undefined) return known;
  const node = new ResourceNode(name, now);
  nodes.set(name, node);
  return node;
}

/** Where and how clients connect, for people. */
import type { NetworkReport } from "../proto/gen/pinion/control/v1/access.js";
import type { Style } from "./style.js";

/** Where clients connect, and what stands in their way. */
export function networkLines(network: NetworkReport | undefined, style: Style): readonly string[] {
  if (network === undefined) return [];
  const { address, authRequired, tls, tlsFingerprint, problem } = network;
  const how = `${tls === "none" ? "" : ", TLS"}${authRequired ? ", with a key" : ""}`;
  return [
    address === "" ? style.yellow("clients cannot connect") : `clients ${address}${how}`,
    ...(tlsFingerprint === ""
      ? []
      : [`  ${style.dim(`certificate ${tls === "self-made" ? "of our own, " : ""}SHA-256 ${tlsFingerprint}`)}`]),
    ...(problem === "" ? [] : [`  ${style.yellow(problem)}`]),
  ];
}

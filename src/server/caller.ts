/** Who is on the other side of a connection; known by the listener it came through. */

export type Caller =
  /** `entity`: the key it showed, where keys are asked for. */
  | { readonly kind: "public"; readonly entity?: string }
  /** The command line on this host. */
  | { readonly kind: "control" }
  | { readonly kind: "module"; readonly module: string };

/** One word for logs, for the owner of a session and for the header that tells it to our own services. */
export function formatCaller(caller: Caller): string {
  if (caller.kind === "module") return `module:${caller.module}`;
  if (caller.kind === "public" && caller.entity !== undefined) return `public:${encodeURIComponent(caller.entity)}`;
  return caller.kind;
}

export function parseCaller(text: string): Caller | undefined {
  if (text === "public") return { kind: "public" };
  if (text === "control") return { kind: "control" };
  if (text.startsWith("public:")) return { kind: "public", entity: decodeURIComponent(text.slice("public:".length)) };
  return text.startsWith("module:") ? { kind: "module", module: text.slice("module:".length) } : undefined;
}

/** Descriptors of what modules serve, asked of each module's own reflection when somebody wants them and kept while it runs. */

import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import { seconds } from "../base/millis.js";
import { DescriptorIndex } from "../proto/descriptor-index.js";
import { ServerReflectionRequest, ServerReflectionResponse } from "../proto/gen/grpc/reflection/v1/reflection.js";
import { isRpcError, Status } from "../proto/status-code.js";
import { REFLECTION_V1, REFLECTION_V1ALPHA } from "./own-services.js";
import type { RouterBackend, Upstream } from "./router-backend.js";

const ANSWER_TIMEOUT = seconds(5);

type Question = NonNullable<ServerReflectionRequest["messageRequest"]>;

export interface ModuleDescriptorsOptions {
  readonly logger: Logger;
  readonly backend: () => Promise<Pick<RouterBackend, "unary">>;
}

interface Known {
  readonly index: DescriptorIndex;
  /** Answers without descriptors are kept as well. */
  readonly asked: Map<string, Promise<void>>;
  /** The version of the protocol the module answered in. */
  service: string;
}

export class ModuleDescriptors {
  readonly #options: ModuleDescriptorsOptions;
  readonly #byKey = new Map<string, Known>();

  constructor(options: ModuleDescriptorsOptions) {
    this.#options = options;
  }

  /** What the module knows of the symbol, with everything imported; an index without it when it knows nothing. */
  async ofSymbol(upstream: Upstream, symbol: string): Promise<DescriptorIndex> {
    const known = this.#known(upstream);
    if (known.index.fileOfSymbol(symbol) === undefined)
      await this.#askOnce(upstream, known, { $case: "fileContainingSymbol", value: symbol });
    return known.index;
  }

  async ofFile(upstream: Upstream, name: string): Promise<DescriptorIndex> {
    const known = this.#known(upstream);
    if (known.index.file(name) === undefined) await this.#askOnce(upstream, known, { $case: "fileByFilename", value: name });
    return known.index;
  }

  drop(key: string): void {
    this.#byKey.delete(key);
  }

  #known(upstream: Upstream): Known {
    let known = this.#byKey.get(upstream.key);
    if (known === undefined) {
      known = { index: new DescriptorIndex(), asked: new Map(), service: REFLECTION_V1 };
      this.#byKey.set(upstream.key, known);
    }
    return known;
  }

  #askOnce(upstream: Upstream, known: Known, question: Question): Promise<void> {
    const key = `${question.$case} ${String(question.value)}`;
    let asked = known.asked.get(key);
    if (asked === undefined) {
      asked = this.#ask(upstream, known, question).catch((error: unknown) => {
        known.asked.delete(key);
        this.#options.logger.debug({ upstream: upstream.what, error: messageOf(error) }, "reflection of a module failed");
      });
      known.asked.set(key, asked);
    }
    return asked;
  }

  async #ask(upstream: Upstream, known: Known, question: Question): Promise<void> {
    const response = await this.#call(upstream, known, question);
    if (response.messageResponse?.$case !== "fileDescriptorResponse") return;
    const added = response.messageResponse.value.fileDescriptorProto.map((bytes) => known.index.addFile(bytes));
    // Some modules answer with the one file; what it imports is asked for, so that our answer is whole.
    const missing = new Set(added.flatMap(({ imports }) => imports).filter((name) => known.index.file(name) === undefined));
    for (const name of missing) await this.#askOnce(upstream, known, { $case: "fileByFilename", value: name });
  }

  /** One question on a stream of its own: the protocol answers each message by one. v1 first, then what older modules have. */
  async #call(upstream: Upstream, known: Known, question: Question): Promise<ServerReflectionResponse> {
    const request = ServerReflectionRequest.encode({ host: "", messageRequest: question }).finish();
    const backend = await this.#options.backend();
    const ask = async (): Promise<ServerReflectionResponse> => {
      const path = `/${known.service}/ServerReflectionInfo`;
      return ServerReflectionResponse.decode(await backend.unary(upstream, path, request, { timeout: ANSWER_TIMEOUT }));
    };
    try {
      return await ask();
    } catch (error) {
      if (!isRpcError(error, Status.UNIMPLEMENTED) || known.service === REFLECTION_V1ALPHA) throw error;
      known.service = REFLECTION_V1ALPHA;
      return await ask();
    }
  }
}

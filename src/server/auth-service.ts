/** proto.rpc.v1.AuthService: a token for credentials. */
import type { AuthServiceDefinition } from "../proto/gen/proto/rpc/v1/auth.js";
import type { ServiceHandlers } from "../proto/service.js";
import type { Authenticator } from "./auth/authenticator.js";
import { identify } from "./call-identity.js";
import { hostOfPeer } from "./peer-address.js";

export function authHandlers(authenticator: Authenticator): ServiceHandlers<typeof AuthServiceDefinition> {
  return {
    authenticate: async (request, context) => ({
      accessToken: await authenticator.authenticate(request, hostOfPeer(identify(context).remoteAddress)),
    }),
  };
}

/** What the server must know to tell who may call; the daemon hands it over. */

/** operator: everything. viewer: only what changes nothing. */
export const ROLES = ["operator", "viewer"] as const;
export type Role = (typeof ROLES)[number];

export interface KeyRecord {
  readonly id: string;
  readonly role: Role;
  /** Of the secret, in hexadecimal. The secret itself is kept nowhere. */
  readonly secretSha256: string;
}

export interface AccessPort {
  /** Whether clients must show a key. Asked at every call. */
  isRequired(): boolean;
  /** Keys of the config file; another list whenever the config changes. */
  configKeys(): readonly { readonly id: string; readonly key: string }[];
  /** Secrets of the machine itself and of its location, where the config has any. */
  machineSecrets(): readonly string[];
  /** A key made by the command line. */
  findKey(id: string): Promise<KeyRecord | undefined>;
}

/** Entries of a machine config as they stand in the file, once checked against machine-schema.ts. */

export type RawApi = string | { readonly namespace: string; readonly type: string; readonly subtype: string };
export type RawModel = string | { readonly namespace: string; readonly model_family: string; readonly name: string };

interface RawServiceConfig {
  readonly type: string;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

interface RawResource {
  readonly api?: RawApi | undefined;
  readonly type?: string | undefined;
  readonly namespace?: string | undefined;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  readonly depends_on?: readonly string[] | undefined;
  readonly frame?: Readonly<Record<string, unknown>> | undefined;
  readonly service_configs?: readonly RawServiceConfig[] | undefined;
  readonly log_configuration?: { readonly level: string } | undefined;
}

export interface RawComponent extends RawResource {
  readonly name: string;
  readonly model: RawModel;
}

export interface RawService extends RawResource {
  readonly name?: string | undefined;
  readonly model?: RawModel | undefined;
}

export interface RawModule {
  readonly name: string;
  readonly executable_path?: string | undefined;
  readonly type?: "local" | "registry" | "" | undefined;
  readonly module_id?: string | undefined;
  readonly log_level?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly tcp_mode?: boolean | undefined;
  readonly first_run_timeout?: string | undefined;
  readonly limits?:
    | { readonly memory?: string | undefined; readonly cpu?: number | undefined; readonly processes?: number | undefined }
    | undefined;
  readonly status?: { readonly error?: string | undefined } | undefined;
}

export interface RawRemote {
  readonly name: string;
  readonly address: string;
  readonly frame?: Readonly<Record<string, unknown>> | undefined;
}

export interface RawPackage {
  readonly name: string;
  readonly package: string;
  readonly version?: string | undefined;
  readonly type?: "ml_model" | "module" | "slam_map" | "archive" | undefined;
}

export interface RawJob {
  readonly name: string;
  readonly schedule: string;
  readonly resource: string;
  readonly method: string;
}

/** The certificate that the public port shows: from files, which may change while we run, or made by ourselves once and kept. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { messageOf, PinionError } from "../../base/errors.js";
import type { Logger } from "../../base/logger.js";
import { makeSelfSigned, type PemPair } from "./self-signed.js";

/** What the config asks for. */
export type TlsSource =
  | { readonly kind: "files"; readonly certFile: string; readonly keyFile: string }
  /** `folder` is where it is kept; `names` are those under which the machine is reached. */
  | { readonly kind: "self-made"; readonly folder: string; readonly names: readonly string[] };

export interface LoadedCertificate extends PemPair {
  /** SHA-256, in pairs of hexadecimal digits with colons. */
  readonly fingerprint: string;
}

export class CertificateFiles {
  readonly source: TlsSource;
  readonly #logger: Logger;
  #loaded: LoadedCertificate | undefined;
  #stamp = "";
  #failedStamp = "";

  constructor(source: TlsSource, logger: Logger) {
    this.source = source;
    this.#logger = logger;
  }

  /**
   * The certificate as it is now on disk; looks at the files' times only, so that it can be asked at every connection. While the files are
   * being replaced, or are bad, the last good pair stays. CONFIG_INVALID when there has been none.
   */
  current(): LoadedCertificate {
    const { certFile, keyFile } = this.#files();
    const stamp = stampOf(certFile) + stampOf(keyFile);
    if (this.#loaded !== undefined && (stamp === this.#stamp || stamp === this.#failedStamp)) return this.#loaded;
    try {
      const loaded = readPair(certFile, keyFile);
      const isFirst = this.#loaded === undefined;
      this.#loaded = loaded;
      this.#stamp = stamp;
      this.#logger.info({ fingerprint: loaded.fingerprint, file: certFile }, isFirst ? "TLS certificate" : "TLS certificate renewed");
      return loaded;
    } catch (error) {
      if (this.#loaded === undefined) throw error;
      this.#failedStamp = stamp;
      this.#logger.warn({ error: messageOf(error) }, "the new TLS certificate cannot be used; the one before it stays");
      return this.#loaded;
    }
  }

  #files(): { readonly certFile: string; readonly keyFile: string } {
    if (this.source.kind === "files") return this.source;
    const { folder, names } = this.source;
    const files = { certFile: path.join(folder, "cert.pem"), keyFile: path.join(folder, "key.pem") };
    if (existsSync(files.certFile) && existsSync(files.keyFile)) return files;
    const pair = makeSelfSigned(names);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // The certificate last: without it the key is made anew at the next start.
    writeDurably(files.keyFile, pair.key, 0o600);
    writeDurably(files.certFile, pair.cert, 0o644);
    return files;
  }
}

/** Names that a certificate of our own should hold. */
export function namesOfHost(fqdn: string | undefined): readonly string[] {
  const host = os.hostname();
  const addresses = Object.values(os.networkInterfaces()).flatMap((list) => (list ?? []).filter(({ internal }) => !internal));
  const names = [
    ...(fqdn === undefined ? [] : [fqdn]),
    ...(host.includes(".") ? [host] : [host, `${host}.local`]),
    "localhost",
    "127.0.0.1",
    "::1",
    ...addresses.map(({ address }) => address).filter((address) => !address.startsWith("fe80")),
  ];
  return [...new Set(names.filter((name) => /^[\x21-\x7e]+$/.test(name)))];
}

function readPair(certFile: string, keyFile: string): LoadedCertificate {
  const cert = readPem(certFile, "network.tls_cert_file");
  const key = readPem(keyFile, "network.tls_key_file");
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch (error) {
    throw new PinionError("CONFIG_INVALID", `${certFile}: expected a certificate in PEM form: ${messageOf(error)}`, { cause: error });
  }
  let isPair: boolean;
  try {
    isPair = certificate.checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw new PinionError("CONFIG_INVALID", `${keyFile}: expected a private key in PEM form: ${messageOf(error)}`, { cause: error });
  }
  if (!isPair) throw new PinionError("CONFIG_INVALID", `${keyFile} is not the key of the certificate in ${certFile}`);
  return { cert, key, fingerprint: certificate.fingerprint256 };
}

function readPem(file: string, key: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new PinionError("CONFIG_INVALID", `${key}: cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function stampOf(file: string): string {
  try {
    const { mtimeNs, size, ino } = statSync(file, { bigint: true });
    return `${mtimeNs} ${size} ${ino};`;
  } catch {
    return "absent;"; // reading it says why
  }
}

function writeDurably(file: string, text: string, mode: number): void {
  const handle = openSync(`${file}.new`, "w", mode);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.new`, file);
}

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the config format, not JavaScript's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createScrubber, isSecretName, looksSecret, REMOVED, redactJson } from "../../src/daemon/redact.js";

test("knows names of secrets however they are written, and leaves names alone that only sound like them", () => {
  for (const name of [
    "password",
    "wifiPassword",
    "API_KEY",
    "apikey",
    "api-key",
    "mqtt.token",
    "clientSecret",
    "PGPASSWORD",
    "GITHUB_TOKEN",
    "private_key",
  ]) {
    assert.ok(isSecretName(name), name);
  }
  for (const name of ["keyboard", "monkey", "name", "public_key", "pin", "author", "passthrough", "tokenizer", "i2c_addr"]) {
    assert.ok(!isSecretName(name), name);
  }
});

test("knows texts that look like keys, and not words, paths, models or versions", () => {
  for (const text of ["ghp_16C7e42F292c6912E7710c838347Ae178B4a", "AKIA1OSFODNN7EXAMPLE9q2Z", "3f2b9c1d0a8e7f6b5c4d3e2f1a0b9c8d"]) {
    assert.ok(looksSecret(text), text);
  }
  for (const text of [
    "pinion:simulated:sensor",
    "/opt/modules/gpio-board/run.sh",
    "a-module-with-a-rather-long-name",
    "192.168.100.100",
    "20300131T120000",
  ]) {
    assert.ok(!looksSecret(text), text);
  }
});

test("takes secrets out of JSON at any depth and tells what they were; names of variables stay", () => {
  const found: string[] = [];
  const value = {
    name: "cam",
    attributes: {
      password: "hunter2",
      pins: { token: ["a1", 42] },
      url: "rtsp://ann:pw@cam/1",
      env: "${PASSWORD}",
      key: "$API_KEY",
      on: true,
    },
  };
  assert.deepEqual(
    redactJson(value, (secret) => found.push(secret)),
    {
      name: "cam",
      attributes: {
        password: REMOVED,
        pins: { token: [REMOVED, REMOVED] },
        url: `rtsp://ann:${REMOVED}@cam/1`,
        env: "${PASSWORD}",
        key: "$API_KEY",
        on: true,
      },
    },
  );
  assert.deepEqual(found, ["hunter2", "a1", "42"]);
});

test("takes found secrets out of any text, the longest first, but no short words", () => {
  const scrub = createScrubber(["hunter2", "hunter2-more", "on"]);
  assert.equal(scrub("hunter2-more, hunter2 and on"), `${REMOVED}, ${REMOVED} and on`);
  assert.equal(scrub("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"), REMOVED);
});

import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { HeaderDecoder } from "../../src/http2/header-decoding.js";
import { HeaderEncoder } from "../../src/http2/header-encoding.js";
import { headerField, sensitiveField } from "../../src/http2/header-field.js";
import { singleList } from "../../src/http2/header-list.js";
import { ListBuilder } from "../../src/http2/list-builder.js";
import { encodeBlock, inOrder, type Pair, pairsOf } from "./support/header-blocks.js";

const LIMITS = { tableSize: 4096, listSize: 65_536 };
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");
const decodeAll = (decoder: HeaderDecoder, block: Buffer): readonly Pair[] | undefined => {
  const list = decoder.decode(block, 0, block.length);
  return list === undefined ? undefined : pairsOf(list);
};

const GET: readonly Pair[] = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "www.example.com"],
];
const GET_2: readonly Pair[] = [...GET, ["cache-control", "no-cache"]];
const GET_3: readonly Pair[] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/index.html"],
  [":authority", "www.example.com"],
  ["custom-key", "custom-value"],
];
const DATE = "Mon, 21 Oct 2013 20:13:21 GMT";
const DATE_2 = "Mon, 21 Oct 2013 20:13:22 GMT";
const LOCATION = "https://www.example.com";
const COOKIE = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
const FOUND: readonly Pair[] = [
  [":status", "302"],
  ["cache-control", "private"],
  ["date", DATE],
  ["location", LOCATION],
];
const FOUND_2: readonly Pair[] = [
  [":status", "307"],
  ["cache-control", "private"],
  ["date", DATE],
  ["location", LOCATION],
];
const FOUND_3: readonly Pair[] = [
  [":status", "200"],
  ["cache-control", "private"],
  ["date", DATE_2],
  ["location", LOCATION],
  ["content-encoding", "gzip"],
  ["set-cookie", COOKIE],
];

const VECTORS: readonly (readonly [title: string, tableSize: number, blocks: readonly (readonly [string, readonly Pair[]])[]])[] = [
  [
    "C.2.1: a literal with indexing",
    4096,
    [["400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", [["custom-key", "custom-header"]]]],
  ],
  ["C.2.2: a literal without indexing", 4096, [["040c 2f73 616d 706c 652f 7061 7468", [[":path", "/sample/path"]]]]],
  ["C.2.3: a literal never indexed", 4096, [["1008 7061 7373 776f 7264 0673 6563 7265 74", [["password", "secret"]]]]],
  ["C.2.4: an indexed field", 4096, [["82", [[":method", "GET"]]]]],
  [
    "C.3: requests without Huffman code",
    4096,
    [
      ["8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", GET],
      ["8286 84be 5808 6e6f 2d63 6163 6865", GET_2],
      ["8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65", GET_3],
    ],
  ],
  [
    "C.4: requests with Huffman code",
    4096,
    [
      ["8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", GET],
      ["8286 84be 5886 a8eb 1064 9cbf", GET_2],
      ["8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", GET_3],
    ],
  ],
  [
    "C.5: responses without Huffman code, with eviction",
    256,
    [
      [
        "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        FOUND,
      ],
      ["4803 3330 37c1 c0bf", FOUND_2],
      [
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
        FOUND_3,
      ],
    ],
  ],
  [
    "C.6: responses with Huffman code, with eviction",
    256,
    [
      [
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        FOUND,
      ],
      ["4883 640e ffc1 c0bf", FOUND_2],
      [
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
        FOUND_3,
      ],
    ],
  ],
];

for (const [title, tableSize, blocks] of VECTORS) {
  test(`RFC 7541 ${title}`, () => {
    const decoder = new HeaderDecoder({ ...LIMITS, tableSize });
    for (const [bytes, expected] of blocks) assert.deepEqual(decodeAll(decoder, hex(bytes)), inOrder(expected));
  });
}

const token = fc.stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,20}$/);
const latin1 = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const field = fc.oneof(
  fc.constantFrom<Pair>(
    [":method", "POST"],
    [":status", "200"],
    ["content-type", "application/grpc"],
    ["grpc-status", "0"],
    ["te", "trailers"],
  ),
  fc.tuple(
    fc.constantFrom("x-a", "x-b", "grpc-timeout", "user-agent", "authorization"),
    fc.constantFrom("1", "2", "v".repeat(900), "w".repeat(5000)),
  ),
  fc.tuple(token, latin1),
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ fields: fc.array(field, { maxLength: 12 }), isRepeated: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ size: fc.constantFrom(0, 31, 64, 300, 1000, 4096) }) },
);

test("what is encoded is decoded, whatever the table and the caches went through", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const encoder = new HeaderEncoder(4096);
      const decoder = new HeaderDecoder(LIMITS);
      for (const one of steps) {
        if ("size" in one) {
          encoder.resize(one.size);
          continue;
        }
        const fields = one.fields.map(([name, value], index) => (index % 7 === 6 ? sensitiveField(name, value) : headerField(name, value)));
        const list = one.isRepeated ? new ListBuilder().listOf(fields) : singleList(fields);
        for (let round = 0; round < (one.isRepeated ? 4 : 1); round += 1) {
          const block = encodeBlock(encoder, list);
          assert.deepEqual(decodeAll(decoder, Buffer.concat([Buffer.from([1, 2]), block]).subarray(2)), inOrder(one.fields));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("a list over the limit costs nothing but its own fields: the table stays in step", () => {
  const decoder = new HeaderDecoder({ tableSize: 4096, listSize: 200 });
  const big = Buffer.concat([hex("4003 782d 61 01 31"), ...Array.from({ length: 10 }, () => hex("be"))]);
  assert.equal(decodeAll(decoder, big), undefined);
  assert.deepEqual(decodeAll(decoder, hex("be")), [["x-a", "1"]]);
});

test("a steady field is one byte from the third time on, a changing one does not disturb it", () => {
  const encoder = new HeaderEncoder(4096);
  const steady = headerField("x-steady", "always the same");
  const sizes = Array.from(
    { length: 2000 },
    (_, index) => encodeBlock(encoder, singleList([steady, headerField("x-trace", `id ${index}`)])).length,
  );
  assert.ok(
    sizes.slice(2).every((size) => size < 30),
    `${sizes.slice(0, 5).join()} … ${Math.max(...sizes.slice(2))}`,
  );
});

test("fields that come once do not push the steady ones out of the pool", () => {
  const steady = headerField("x-pool", "steady");
  for (let index = 0; index < 50_000; index += 1) {
    headerField("x-random", `value ${index}`);
    if (index % 500 === 0) assert.equal(headerField("x-pool", "steady"), steady);
  }
});

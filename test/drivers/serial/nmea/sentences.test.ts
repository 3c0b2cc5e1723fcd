/** NMEA sentences: the check sentences of the specification, and streams that are anything but. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSentence, type Sentence } from "../../../../drivers/serial/nmea/parse-sentence.js";
import { encodeSentence, SentenceReader } from "../../../../drivers/serial/nmea/sentence-reader.js";

const VECTORS = [
  "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47",
  "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A",
  "$GPGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1*39",
  "$GPGSV,2,1,08,01,40,083,46,02,17,308,41,12,07,344,39,14,22,228,45*75",
  "$GPVTG,054.7,T,034.4,M,005.5,N,010.2,K*48",
  "$GPGLL,4916.45,N,12311.12,W,225444,A,*1D",
  "$GPGGA,195959.00,1813.38282955,N,12606.12767097,E,2,07,1.4,17.2,M,36.5,M,4.0,0129*78",
  "$GPRMC,195959.00,A,1813.38282955,N,12606.12767097,E,1.31,262.13,160919,3.0,W,D*21",
  "$GPVTG,262.13,T,265.08,M,1.31,N,2.43,K,D*2D",
  "$GPHDT,228.02,T*0F",
  "$GNRMC,203756.00,A,4046.43152,N,07358.90347,W,0.059,,120723,,,A,V*0D",
];

function read(text: string): Sentence {
  const [found] = new SentenceReader().push(Buffer.from(`${text}\r\n`));
  assert.equal(found?.kind, "sentence", `${text}: ${JSON.stringify(found)}`);
  return parseSentence(found?.kind === "sentence" ? found.text : "");
}

function near(actual: number | undefined, expected: number, within: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= within, `expected ${expected}, got ${actual}`);
}

test("all check sentences have the right checksum and are understood", () => {
  const parsed = VECTORS.map(read);
  assert.deepEqual(
    parsed.map(({ kind }) => kind),
    ["GGA", "RMC", "GSA", "GSV", "VTG", "GLL", "GGA", "RMC", "VTG", "HDT", "RMC"],
  );
});

test("positions are degrees with a sign, altitudes metres", () => {
  const [gga, , , , , gll, log] = VECTORS.map(read);
  assert.ok(gga?.kind === "GGA" && gll?.kind === "GLL" && log?.kind === "GGA");
  near(gga.coordinates?.latitude, 48.1173, 1e-7);
  near(gga.coordinates?.longitude, 11.516667, 1e-6);
  assert.deepEqual([gga.altitude, gga.quality, gga.satellites, gga.hdop], [545.4, 1, 8, 0.9]);
  near(gll.coordinates?.latitude, 49 + 16.45 / 60, 1e-9);
  near(gll.coordinates?.longitude, -(123 + 11.12 / 60), 1e-9);
  near(log.coordinates?.latitude, 18.223047159, 1e-9);
  near(log.coordinates?.longitude, 126.10212785, 1e-9);
  assert.deepEqual([log.altitude, log.quality, log.satellites, log.hdop], [17.2, 2, 7, 1.4]);
});

test("speeds are metres per second, courses true", () => {
  const [, rmc, , , vtg, , , log, logVtg, hdt] = VECTORS.map(read);
  assert.ok(rmc?.kind === "RMC" && vtg?.kind === "VTG" && log?.kind === "RMC" && logVtg?.kind === "VTG" && hdt?.kind === "HDT");
  near(rmc.speed, 11.5235, 1e-4);
  assert.equal(rmc.course, 84.4, "the variation is not added: the course is true already");
  near(vtg.speed, 5.5 * 0.51444, 1e-4);
  assert.equal(vtg.course, 54.7);
  near(log.speed, 0.67392, 1e-5);
  assert.deepEqual([log.course, log.quality], [262.13, 2]);
  near(logVtg.speed, 0.67392, 1e-5);
  assert.equal(hdt.heading, 228.02);
});

test("speed comes from km/h where there are no knots", () => {
  const vtg = read("$GPVTG,,T,,M,,N,010.2,K*63");
  assert.ok(vtg.kind === "VTG");
  near(vtg.speed, 10.2 * 0.27778, 1e-4);
  assert.equal(vtg.course, undefined);
});

test("satellites and dilution", () => {
  const [, , gsa, gsv] = VECTORS.map(read);
  assert.deepEqual(gsa, { kind: "GSA", pdop: 2.5, hdop: 1.3, vdop: 2.1 });
  assert.deepEqual(gsv, { kind: "GSV", talker: "GP", satellitesInView: 8 });
});

test("empty fields are unknown, never 0", () => {
  const last = read(VECTORS.at(-1) ?? "");
  assert.ok(last.kind === "RMC");
  assert.equal(last.course, undefined);
  near(last.speed, 0.059 * 0.51444, 1e-4);
  assert.deepEqual(parseSentence("GPGGA,,,,,,0,00,,,M,,M,,"), {
    kind: "GGA",
    coordinates: undefined,
    quality: 0,
    satellites: 0,
    hdop: undefined,
    altitude: undefined,
  });
  assert.deepEqual(parseSentence("GPGSA,A,1,,,,,,,,,,,,,,,"), { kind: "GSA", pdop: undefined, hdop: undefined, vdop: undefined });
});

test("(0, 0), and what is no angle, is no position", () => {
  for (const fields of ["0000.000,N,00000.000,E", "4807.038,X,01131.000,E", "4861.0,N,01131.0,E", "9100.0,N,01131.0,E", "48.1,N,11.5,E"]) {
    const sentence = parseSentence(`GPGLL,${fields},225444,A`);
    assert.ok(sentence.kind === "GLL" && sentence.coordinates === undefined, fields);
  }
});

test("other talkers are understood, sentences of manufacturers and unknown ones passed over", () => {
  for (const talker of ["GP", "GN", "GL", "GA", "GB", "BD"]) assert.equal(parseSentence(`${talker}HDT,1.0,T`).kind, "HDT");
  assert.equal(parseSentence("PGGA,123519,4807.038,N,01131.000,E,1").kind, "other");
  assert.equal(parseSentence("GPZDA,201530.00,04,07,2002,00,00").kind, "other");
  assert.equal(parseSentence("").kind, "other");
});

test("setup sentences get their checksum", () => {
  assert.equal(Buffer.from(encodeSentence("PMTK220,1000")).toString(), "$PMTK220,1000*1F\r\n");
  const output = "PMTK314,0,1,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0";
  assert.equal(Buffer.from(encodeSentence(output)).toString(), `$${output}*28\r\n`);
});

test("a wrong checksum, none, a cut sentence, a long one and foreign bytes are told apart", () => {
  const reasons = (text: string): string[] =>
    new SentenceReader().push(Buffer.from(text, "latin1")).map((found) => (found.kind === "bad" ? found.reason : "sentence"));
  assert.match(reasons("$GPHDT,228.02,T*0E\r\n")[0] ?? "", /checksum 0E, expected 0F/);
  assert.match(reasons("$GPHDT,228.02,T\r\n")[0] ?? "", /no checksum/);
  assert.match(reasons("$GPHDT,22$GPHDT,228.02,T*0F\r\n")[0] ?? "", /cut off: "\$GPHDT,22"/);
  assert.equal(reasons("$GPHDT,22$GPHDT,228.02,T*0F\r\n")[1], "sentence");
  assert.match(reasons(`$${"x".repeat(500)}\r\n`)[0] ?? "", /longer than/);
  assert.match(reasons("$GPHDT\xff,228.02,T*0F\r\n")[0] ?? "", /0xFF.*baud/);
  assert.deepEqual(reasons("8.02,T*0F\r\n$GPHDT,228.02,T*0F\r\n"), ["sentence"], "the tail of a sentence at the start is no error");
});

test("any split of the stream gives the same sentences", () => {
  const stream = Buffer.from(VECTORS.map((text) => `${text}\r\n`).join(""));
  const whole = new SentenceReader().push(stream);
  assert.equal(whole.length, VECTORS.length);
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 30 }), (cuts) => {
      const reader = new SentenceReader();
      const ends = [...cuts.toSorted((a, b) => a - b), stream.length];
      const found = ends.flatMap((end, index) => reader.push(stream.subarray(ends[index - 1] ?? 0, end)));
      assert.deepEqual(found, whole);
    }),
    { numRuns: 200 },
  );
});

test("garbage never throws, is never a sentence but by its checksum, and what follows it is found", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
      const reader = new SentenceReader();
      for (const found of reader.push(garbage)) if (found.kind === "sentence") parseSentence(found.text);
      const [last] = reader.push(Buffer.from("\r\n$GPHDT,228.02,T*0F\r\n")).slice(-1);
      assert.deepEqual(last, { kind: "sentence", text: "GPHDT,228.02,T" });
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 100 }), (text) => {
      parseSentence(text);
      parseSentence(`GPGGA,${text}`);
    }),
    { numRuns: 300 },
  );
});

test("a stream without an end does not grow", () => {
  const reader = new SentenceReader();
  let count = 0;
  for (let round = 0; round < 1000; round++) count += reader.push(Buffer.from(`$${"y".repeat(1000)}`)).length;
  assert.ok(count >= 1000, "every sentence that is too long is given up");
});

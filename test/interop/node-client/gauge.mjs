// The gauge API for Connect, written by hand in place of generated code.
import { MethodKind, proto3, ScalarType } from "@bufbuild/protobuf";

const TYPES = { string: ScalarType.STRING, double: ScalarType.DOUBLE, uint32: ScalarType.UINT32 };

function message(name, fields) {
  return proto3.makeMessageType(
    `acme.gauge.v1.${name}`,
    Object.entries(fields).map(([field, type], index) => ({ no: index + 1, name: field, kind: "scalar", T: TYPES[type] })),
  );
}

function method(name, kind, request, response) {
  return { name, kind, I: message(`${name}Request`, { name: "string", ...request }), O: message(`${name}Response`, response) };
}

export const GaugeService = {
  typeName: "acme.gauge.v1.GaugeService",
  methods: {
    measure: method("Measure", MethodKind.Unary, { unit: "string" }, { value: "double", unit: "string" }),
    watch: method("Watch", MethodKind.ServerStreaming, { count: "uint32" }, { index: "uint32", value: "double" }),
    record: method("Record", MethodKind.ClientStreaming, { value: "double" }, { count: "uint32", sum: "double" }),
    calibrate: method("Calibrate", MethodKind.BiDiStreaming, { target: "double" }, { target: "double", error: "double" }),
  },
};

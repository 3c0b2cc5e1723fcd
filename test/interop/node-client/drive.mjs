// Reads a sensor and drives a motor with the official client as it comes, over gRPC-web: under Node and in a browser.

/** `target` has host, sensor, motor, and credentials where keys are asked for. */
export async function drive(viam, { host, sensor, motor, credentials }) {
  const machine = new viam.RobotClient();
  await machine.dial({ host, noReconnect: true, ...(credentials === undefined ? {} : { credentials }) });
  const readings = await new viam.SensorClient(machine, sensor).getReadings();
  const wheel = new viam.MotorClient(machine, motor);
  await wheel.setPower(0.5);
  const on = await wheel.isPowered();
  await wheel.stop();
  const off = await wheel.isPowered();
  const missing = await new viam.SensorClient(machine, "nowhere").getReadings().catch((error) => error.rawMessage ?? error.message);
  const names = (await machine.resourceNames()).map((one) => one.name).sort();
  await machine.disconnect();
  return { readings: Object.keys(readings).length > 0, on, off, missing, names };
}

/** The outcome of each target: what was read, or the error. */
export async function driveAll(viam, targets) {
  const outcomes = {};
  for (const [name, target] of Object.entries(targets)) {
    outcomes[name] = await drive(viam, target).catch((error) => ({ error: String(error?.rawMessage ?? error?.message ?? error) }));
  }
  return outcomes;
}

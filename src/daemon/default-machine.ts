/** The machine that runs when nobody gave a config: simulated hardware, so that the first start shows moving values. */

export const DEFAULT_MACHINE: string = JSON.stringify(
  {
    components: [
      { name: "board", api: "rdk:component:board", model: "pinion:simulated:board" },
      { name: "encoder", api: "rdk:component:encoder", model: "pinion:simulated:encoder" },
      {
        name: "motor",
        api: "rdk:component:motor",
        model: "pinion:simulated:motor",
        attributes: { encoder: "encoder", ticks_per_rotation: 360, max_rpm: 200 },
      },
      { name: "sensor", api: "rdk:component:sensor", model: "pinion:simulated:sensor" },
      { name: "servo", api: "rdk:component:servo", model: "pinion:simulated:servo" },
    ],
  },
  undefined,
  2,
);

// Command module is the interop suite's module in Go, made with the official SDK as it is. It serves the three models
// that every language of the suite serves: thermo, winch and dial. ACME_SUFFIX is appended to the models' names, so that
// one program can be several modules.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"acme/gauge"

	"google.golang.org/grpc/metadata"

	"go.viam.com/rdk/components/motor"
	"go.viam.com/rdk/components/sensor"
	"go.viam.com/rdk/logging"
	"go.viam.com/rdk/module"
	"go.viam.com/rdk/resource"
)

var (
	thermoModel = resource.NewModel("acme", "go", "thermo"+os.Getenv("ACME_SUFFIX"))
	winchModel  = resource.NewModel("acme", "go", "winch"+os.Getenv("ACME_SUFFIX"))
	dialModel   = resource.NewModel("acme", "go", "dial"+os.Getenv("ACME_SUFFIX"))

	buildsLock sync.Mutex
	builds     = map[string]int{}

	// Marks of sleep commands that go on.
	sleepers sync.Map
)

// base is what every model of the suite has: the commands, and how often its name was built in this process.
type base struct {
	resource.Named
	resource.TriviallyCloseable
	logger   logging.Logger
	describe func(context.Context) (map[string]any, error)
}

func built(conf resource.Config, logger logging.Logger, refuse string) (base, error) {
	buildsLock.Lock()
	defer buildsLock.Unlock()
	builds[conf.Name]++
	b := base{Named: conf.ResourceName().AsNamed(), logger: logger}
	if refuse != "" {
		return b, errors.New(refuse)
	}
	return b, nil
}

func (b *base) DoCommand(ctx context.Context, command map[string]any) (map[string]any, error) {
	for verb, argument := range command {
		switch verb {
		case "echo":
			return map[string]any{"echo": argument}, nil
		case "print":
			fmt.Println(argument, "on stdout")
			fmt.Fprintln(os.Stderr, argument, "on stderr")
			return map[string]any{}, nil
		case "log":
			b.logger.Debug(argument, "debug")
			b.logger.Info(argument, "info")
			b.logger.Warn(argument, "warning")
			b.logger.Error(argument, "error")
			return map[string]any{}, nil
		case "metadata":
			values := metadata.ValueFromIncomingContext(ctx, argument.(string))
			return map[string]any{"metadata": strings.Join(values, ", ")}, nil
		case "sleeping":
			_, isSleeping := sleepers.Load(argument)
			return map[string]any{"sleeping": isSleeping}, nil
		case "sleep":
			sleepers.Store(command["as"], true)
			defer sleepers.Delete(command["as"])
			select {
			case <-time.After(time.Duration(argument.(float64)) * time.Millisecond):
				return map[string]any{"slept": argument}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		case "crash":
			os.Exit(int(argument.(float64)))
		case "describe":
			return b.description(ctx)
		}
	}
	return nil, fmt.Errorf("unknown command %v", command)
}

func (b *base) description(ctx context.Context) (map[string]any, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	env, argv := map[string]any{}, []any{}
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "VIAM_") || strings.HasPrefix(name, "ACME_") {
			env[name] = value
		}
	}
	for _, argument := range os.Args[1:] {
		argv = append(argv, argument)
	}
	buildsLock.Lock()
	count := builds[b.Name().Name]
	buildsLock.Unlock()
	description := map[string]any{"language": "go", "pid": os.Getpid(), "builds": count, "argv": argv, "cwd": cwd, "env": env}
	if b.describe != nil {
		more, err := b.describe(ctx)
		if err != nil {
			return nil, err
		}
		for key, value := range more {
			description[key] = value
		}
	}
	return description, nil
}

type thermoConfig struct {
	Offset float64 `json:"offset"`
	Refuse string  `json:"refuse"`
}

func (*thermoConfig) Validate(string) ([]string, []string, error) { return nil, nil, nil }

type thermo struct {
	base
	offset float64
	count  int
}

func (t *thermo) Readings(context.Context, map[string]any) (map[string]any, error) {
	t.count++
	return map[string]any{"celsius": 20 + t.offset, "count": t.count}, nil
}

func newThermo(_ context.Context, _ resource.Dependencies, conf resource.Config, logger logging.Logger) (sensor.Sensor, error) {
	own, err := resource.NativeConfig[*thermoConfig](conf)
	if err != nil {
		return nil, err
	}
	b, err := built(conf, logger, own.Refuse)
	return &thermo{base: b, offset: own.Offset}, err
}

type winchConfig struct {
	Sensor string `json:"sensor"`
	Spare  string `json:"spare"`
}

func (c *winchConfig) Validate(path string) ([]string, []string, error) {
	if c.Sensor == "" {
		return nil, nil, resource.NewConfigValidationFieldRequiredError(path, "sensor")
	}
	if c.Spare == "" {
		return []string{c.Sensor}, nil, nil
	}
	return []string{c.Sensor}, []string{c.Spare}, nil
}

// winch is a motor whose position is what another module's sensor reads.
type winch struct {
	base
	lock   sync.Mutex
	power  float64
	sensor sensor.Sensor
}

func newWinch(_ context.Context, deps resource.Dependencies, conf resource.Config, logger logging.Logger) (motor.Motor, error) {
	own, err := resource.NativeConfig[*winchConfig](conf)
	if err != nil {
		return nil, err
	}
	b, err := built(conf, logger, "")
	if err != nil {
		return nil, err
	}
	w := &winch{base: b}
	if w.sensor, err = sensor.FromProvider(deps, own.Sensor); err != nil {
		return nil, err
	}
	spare, spareErr := sensor.FromProvider(deps, own.Spare)
	w.describe = func(ctx context.Context) (map[string]any, error) {
		position, err := celsius(ctx, w.sensor)
		if err != nil {
			return nil, err
		}
		description := map[string]any{"power": w.current(), "sensor": position, "spare": nil}
		if spareErr == nil {
			description["spare"], err = celsius(ctx, spare)
		}
		return description, err
	}
	return w, nil
}

func celsius(ctx context.Context, s sensor.Sensor) (float64, error) {
	readings, err := s.Readings(ctx, nil)
	if err != nil {
		return 0, err
	}
	value, isNumber := readings["celsius"].(float64)
	if !isNumber {
		return 0, fmt.Errorf("%s reads no celsius: %v", s.Name(), readings)
	}
	return value, nil
}

func (w *winch) current() float64 {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.power
}

func (w *winch) SetPower(_ context.Context, power float64, _ map[string]any) error {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.power = power
	return nil
}

func (w *winch) GoFor(ctx context.Context, _, _ float64, extra map[string]any) error {
	return w.SetPower(ctx, 1, extra)
}

func (w *winch) GoTo(ctx context.Context, _, _ float64, extra map[string]any) error {
	return w.SetPower(ctx, 1, extra)
}

func (w *winch) SetRPM(ctx context.Context, _ float64, extra map[string]any) error {
	return w.SetPower(ctx, 1, extra)
}

func (w *winch) Stop(ctx context.Context, extra map[string]any) error {
	return w.SetPower(ctx, 0, extra)
}

func (w *winch) ResetZeroPosition(context.Context, float64, map[string]any) error { return nil }

func (w *winch) Position(ctx context.Context, _ map[string]any) (float64, error) {
	return celsius(ctx, w.sensor)
}

func (w *winch) Properties(context.Context, map[string]any) (motor.Properties, error) {
	return motor.Properties{PositionReporting: true}, nil
}

func (w *winch) IsPowered(context.Context, map[string]any) (bool, float64, error) {
	power := w.current()
	return power != 0, power, nil
}

func (w *winch) IsMoving(context.Context) (bool, error) { return w.current() != 0, nil }

type dial struct {
	base
	offset float64
}

func (d *dial) Measure(context.Context) (float64, error) { return 20 + d.offset, nil }

func newDial(_ context.Context, _ resource.Dependencies, conf resource.Config, logger logging.Logger) (gauge.Gauge, error) {
	own, err := resource.NativeConfig[*thermoConfig](conf)
	if err != nil {
		return nil, err
	}
	b, err := built(conf, logger, own.Refuse)
	return &dial{base: b, offset: own.Offset}, err
}

func main() {
	resource.RegisterComponent(sensor.API, thermoModel, resource.Registration[sensor.Sensor, *thermoConfig]{Constructor: newThermo})
	resource.RegisterComponent(motor.API, winchModel, resource.Registration[motor.Motor, *winchConfig]{Constructor: newWinch})
	resource.RegisterComponent(gauge.API, dialModel, resource.Registration[gauge.Gauge, *thermoConfig]{Constructor: newDial})
	module.ModularMain(
		resource.APIModel{API: sensor.API, Model: thermoModel},
		resource.APIModel{API: motor.API, Model: winchModel},
		resource.APIModel{API: gauge.API, Model: dialModel},
	)
}

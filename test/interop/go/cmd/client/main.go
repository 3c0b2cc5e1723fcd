// Command client drives a machine with the official Go client, which knows nothing of the gauge API: it learns the
// gauge's methods through reflection.
//
//	client tour ADDRESS LANGUAGE...   uses everything of each language's module once and prints one JSON object
//	client hold ADDRESS MOTOR         sets the motor's power, says so, and stays until it is killed
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"sort"
	"time"

	"github.com/jhump/protoreflect/desc"
	"github.com/jhump/protoreflect/dynamic"
	"github.com/jhump/protoreflect/dynamic/grpcdynamic"
	"google.golang.org/protobuf/runtime/protoiface"

	"go.viam.com/rdk/components/motor"
	"go.viam.com/rdk/components/sensor"
	"go.viam.com/rdk/grpc"
	"go.viam.com/rdk/logging"
	modulestatus "go.viam.com/rdk/module/status"
	"go.viam.com/rdk/resource"
	"go.viam.com/rdk/robot"
	"go.viam.com/rdk/robot/client"
)

type object = map[string]any

func check[T any](value T, err error) T {
	if err != nil {
		log.Panic(err)
	}
	return value
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 {
		log.Fatal("usage: client tour|hold ADDRESS NAME... or client matrix ORDER")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if os.Args[1] == "matrix" {
		check(0, json.NewEncoder(os.Stdout).Encode(matrix(ctx, os.Args[2])))
		return
	}
	machine := check(client.New(ctx, os.Args[2], logging.NewBlankLogger("client")))
	defer machine.Close(ctx)
	if os.Args[1] == "hold" {
		held := check(motor.FromProvider(machine, os.Args[3]))
		check(0, held.SetPower(ctx, 0.5, nil))
		fmt.Println("holding")
		<-ctx.Done()
		return
	}
	encoder := json.NewEncoder(os.Stdout)
	check(0, encoder.Encode(tour(ctx, machine, os.Args[3:])))
}

func tour(ctx context.Context, machine *client.RobotClient, languages []string) object {
	readings, echoes, motors, gauges := object{}, object{}, object{}, object{}
	for _, language := range languages {
		thermo := check(sensor.FromProvider(machine, language+"-thermo"))
		readings[language] = check(thermo.Readings(ctx, nil))["celsius"]
		echoes[language] = check(thermo.DoCommand(ctx, object{"echo": object{"text": "Grüße", "list": []any{1.5, true}}}))
		motors[language] = drive(ctx, check(motor.FromProvider(machine, language+"-winch")))
		gauges[language] = measure(ctx, machine, language+"-dial")
	}
	first := check(motor.FromProvider(machine, languages[0]+"-winch"))
	check(0, first.SetPower(ctx, 0.25, nil))
	check(0, machine.StopAll(ctx, nil))

	names := []string{}
	for _, name := range machine.ResourceNames() {
		names = append(names, name.String())
	}
	sort.Strings(names)
	version := check(machine.Version(ctx))
	_, missing := machine.ResourceByName(sensor.Named("nowhere"))
	models := 0
	for range check(machine.GetModelsFromModules(ctx)) {
		models++
	}
	return object{
		"names":    names,
		"readings": readings,
		"echoes":   echoes,
		"motors":   motors,
		"gauges":   gauges,
		"stopAll":  powered(ctx, first),
		"status":   status(check(machine.MachineStatus(ctx))),
		"version":  object{"platform": version.Platform, "version": version.Version, "apiVersion": version.APIVersion},
		"models":   models,
		"missing":  missing != nil,
	}
}

func powered(ctx context.Context, m motor.Motor) []any {
	isOn, power, err := m.IsPowered(ctx, nil)
	check(0, err)
	return []any{isOn, power}
}

func drive(ctx context.Context, m motor.Motor) object {
	check(0, m.SetPower(ctx, 0.5, nil))
	on := powered(ctx, m)
	position := check(m.Position(ctx, nil))
	check(0, m.Stop(ctx, nil))
	return object{"on": on, "position": position, "off": powered(ctx, m)}
}

func status(s robot.MachineStatus) object {
	ready, modules := []string{}, object{}
	for _, r := range s.Resources {
		if r.State == resource.NodeStateReady {
			ready = append(ready, r.Name.String())
		}
	}
	sort.Strings(ready)
	for _, m := range s.Modules {
		modules[m.Name] = m.State == modulestatus.ModuleStateReady
	}
	return object{"isRunning": s.State == robot.StateRunning, "ready": ready, "modules": modules}
}

// gauge is what reflection tells of a gauge, and a way to call it.
func gauge(machine *client.RobotClient, name string) (*desc.ServiceDescriptor, grpcdynamic.Stub) {
	api := resource.APINamespace("acme").WithComponentType("gauge")
	foreign, isForeign := check(machine.ResourceByName(resource.NewName(api, name))).(*grpc.ForeignResource)
	if !isForeign {
		log.Panic(name, " is not a foreign resource")
	}
	for _, known := range machine.ResourceRPCAPIs() {
		if known.API == api {
			return known.Desc, foreign.NewStub()
		}
	}
	log.Panic("reflection told nothing of ", api)
	return nil, grpcdynamic.Stub{}
}

func gaugeRequest(method *desc.MethodDescriptor, name, field string, value any) *dynamic.Message {
	message := dynamic.NewMessage(method.GetInputType())
	message.SetFieldByName("name", name)
	message.SetFieldByName(field, value)
	return message
}

func field(message protoiface.MessageV1, name string) any {
	return message.(*dynamic.Message).GetFieldByName(name)
}

// measure calls every method of a gauge.
func measure(ctx context.Context, machine *client.RobotClient, name string) object {
	service, stub := gauge(machine, name)
	request := func(method *desc.MethodDescriptor, field string, value any) *dynamic.Message {
		return gaugeRequest(method, name, field, value)
	}

	method := service.FindMethodByName("Measure")
	measured := check(stub.InvokeRpc(ctx, method, request(method, "unit", "C")))

	method = service.FindMethodByName("Watch")
	watching := check(stub.InvokeRpcServerStream(ctx, method, request(method, "count", uint32(3))))
	watched := []any{}
	for {
		message, err := watching.RecvMsg()
		if errors.Is(err, io.EOF) {
			break
		}
		watched = append(watched, field(check(message, err), "value"))
	}

	method = service.FindMethodByName("Record")
	recording := check(stub.InvokeRpcClientStream(ctx, method))
	for _, value := range []float64{1, 2, 3.5} {
		check(0, recording.SendMsg(request(method, "value", value)))
	}
	recorded := check(recording.CloseAndReceive())

	method = service.FindMethodByName("Calibrate")
	calibrating := check(stub.InvokeRpcBidiStream(ctx, method))
	calibrated := []any{}
	for _, target := range []float64{20, 25} {
		check(0, calibrating.SendMsg(request(method, "target", target)))
		calibrated = append(calibrated, field(check(calibrating.RecvMsg()), "error"))
	}
	check(0, calibrating.CloseSend())

	return object{
		"measure":   []any{field(measured, "value"), field(measured, "unit")},
		"watch":     watched,
		"record":    []any{field(recorded, "count"), field(recorded, "sum")},
		"calibrate": calibrated,
	}
}

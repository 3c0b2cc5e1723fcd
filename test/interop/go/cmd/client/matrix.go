package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"go.viam.com/utils/rpc"
	"google.golang.org/grpc/metadata"
	rpcstatus "google.golang.org/grpc/status"

	"go.viam.com/rdk/components/sensor"
	"go.viam.com/rdk/logging"
	"go.viam.com/rdk/robot/client"
)

// order says where to connect and how, and which modules to call.
type order struct {
	Transport string
	Address   string
	CA        string
	Key       *struct{ ID, Secret string }
	Modules   []string
	BigBytes  int
}

func (o *order) options() []rpc.DialOption {
	options := []rpc.DialOption{rpc.WithForceDirectGRPC()}
	if o.Transport == "tls" {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(check(os.ReadFile(o.CA)))
		options = append(options, rpc.WithTLSConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}))
	} else {
		options = append(options, rpc.WithInsecure())
	}
	if o.Key != nil {
		options = append(options, rpc.WithEntityCredentials(o.Key.ID, rpc.Credentials{Type: rpc.CredentialsTypeAPIKey, Payload: o.Key.Secret}))
	}
	return options
}

// matrix makes the essential calls to every module that the order names.
func matrix(ctx context.Context, text string) object {
	var o order
	check(0, json.Unmarshal([]byte(text), &o))
	address := o.Address
	if o.Transport == "unix" {
		address = "unix:" + address
	}
	machine := check(client.New(ctx, address, logging.NewBlankLogger("client"), client.WithDialOptions(o.options()...), client.WithDisableSessions()))
	defer machine.Close(ctx)
	outcome := object{}
	for _, module := range o.Modules {
		outcome[module] = essentials(ctx, machine, module, "go-"+o.Transport+"-"+module, o.BigBytes)
	}
	return outcome
}

func essentials(ctx context.Context, machine *client.RobotClient, module, mark string, bigBytes int) object {
	thermo := check(sensor.FromProvider(machine, module+"-thermo"))
	noted := metadata.AppendToOutgoingContext(ctx, "x-note", mark)
	answer := check(thermo.DoCommand(noted, object{"metadata": "x-note"}))
	_, failure := thermo.DoCommand(ctx, object{"Grüße €": true})
	big := strings.Repeat("0123456789abcdef", bigBytes/16)
	echo := check(thermo.DoCommand(ctx, object{"echo": big}))["echo"]

	sleep := object{"sleep": 60_000, "as": mark}
	until := func(expected bool) {
		for check(thermo.DoCommand(ctx, object{"sleeping": mark}))["sleeping"] != expected {
			time.Sleep(5 * time.Millisecond)
		}
	}
	short, cancelShort := context.WithTimeout(ctx, 300*time.Millisecond)
	_, late := thermo.DoCommand(short, sleep)
	cancelShort()
	until(false)
	cancellable, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		_, err := thermo.DoCommand(cancellable, sleep)
		ended <- err
	}()
	until(true)
	cancel()
	cancelled := <-ended
	until(false)

	return object{
		"metadata": answer["metadata"] == mark,
		"error":    strings.Contains(rpcstatus.Convert(failure).Message(), "Grüße €"),
		"stream":   watched(ctx, machine, module+"-dial", 200),
		"big":      echo == big,
		"deadline": code(late),
		"cancel":   code(cancelled),
	}
}

func code(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "DEADLINE_EXCEEDED"
	case errors.Is(err, context.Canceled):
		return "CANCELLED"
	}
	return map[string]string{"DeadlineExceeded": "DEADLINE_EXCEEDED", "Canceled": "CANCELLED"}[rpcstatus.Code(err).String()]
}

// watched asks for a stream of a gauge: how many messages came, and the last index.
func watched(ctx context.Context, machine *client.RobotClient, name string, count uint32) []any {
	service, stub := gauge(machine, name)
	method := service.FindMethodByName("Watch")
	stream := check(stub.InvokeRpcServerStream(ctx, method, gaugeRequest(method, name, "count", count)))
	messages, last := 0, any(nil)
	for {
		message, err := stream.RecvMsg()
		if errors.Is(err, io.EOF) {
			return []any{messages, last}
		}
		if err != nil {
			log.Panic(err)
		}
		messages++
		last = field(message, "index")
	}
}

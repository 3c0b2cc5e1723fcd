// Package gauge is the gauge API for the official Go SDK: the resource interface, its server side and its client.
package gauge

import (
	"context"
	"errors"
	"io"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"go.viam.com/utils/rpc"
	"google.golang.org/grpc"

	pb "acme/gen/gaugepb"

	"go.viam.com/rdk/logging"
	"go.viam.com/rdk/resource"
)

// API is the gauge's API.
var API = resource.APINamespace("acme").WithComponentType("gauge")

// Gauge is something to read a value from.
type Gauge interface {
	resource.Resource
	Measure(ctx context.Context) (float64, error)
}

func init() {
	resource.RegisterAPI(API, resource.APIRegistration[Gauge]{
		RPCServiceServerConstructor: func(gauges resource.APIResourceGetter[Gauge], _ logging.Logger) any {
			return &server{gauges: gauges}
		},
		// The API has no REST form.
		RPCServiceHandler: func(context.Context, *runtime.ServeMux, string, []grpc.DialOption) error { return nil },
		RPCServiceDesc:    &pb.GaugeService_ServiceDesc,
		RPCClient: func(_ context.Context, conn rpc.ClientConn, remote string, name resource.Name, _ logging.Logger) (Gauge, error) {
			return &client{Named: name.PrependRemote(remote).AsNamed(), name: name.Name, gauges: pb.NewGaugeServiceClient(conn)}, nil
		},
	})
}

type client struct {
	resource.Named
	resource.TriviallyCloseable
	name   string
	gauges pb.GaugeServiceClient
}

func (c *client) Measure(ctx context.Context) (float64, error) {
	answer, err := c.gauges.Measure(ctx, &pb.MeasureRequest{Name: c.name})
	return answer.GetValue(), err
}

type server struct {
	pb.UnimplementedGaugeServiceServer
	gauges resource.APIResourceGetter[Gauge]
}

func (s *server) measure(ctx context.Context, name string) (float64, error) {
	gauge, err := s.gauges.Resource(name)
	if err != nil {
		return 0, err
	}
	return gauge.Measure(ctx)
}

func (s *server) Measure(ctx context.Context, request *pb.MeasureRequest) (*pb.MeasureResponse, error) {
	value, err := s.measure(ctx, request.Name)
	return &pb.MeasureResponse{Value: value, Unit: request.Unit}, err
}

func (s *server) Watch(request *pb.WatchRequest, stream grpc.ServerStreamingServer[pb.WatchResponse]) error {
	for index := range request.Count {
		value, err := s.measure(stream.Context(), request.Name)
		if err != nil {
			return err
		}
		if err := stream.Send(&pb.WatchResponse{Index: index, Value: value + float64(index)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) Record(stream grpc.ClientStreamingServer[pb.RecordRequest, pb.RecordResponse]) error {
	answer := &pb.RecordResponse{}
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(answer)
		}
		if err != nil {
			return err
		}
		answer.Count++
		answer.Sum += request.Value
	}
}

func (s *server) Calibrate(stream grpc.BidiStreamingServer[pb.CalibrateRequest, pb.CalibrateResponse]) error {
	name := ""
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if name == "" {
			name = request.Name
		}
		value, err := s.measure(stream.Context(), name)
		if err != nil {
			return err
		}
		if err := stream.Send(&pb.CalibrateResponse{Target: request.Target, Error: value - request.Target}); err != nil {
			return err
		}
	}
}

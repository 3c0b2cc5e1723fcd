// Command load calls a module's resource and says how long that took:
//
//	load ADDRESS calls SENSOR CALLS SECONDS IN-FLIGHT
//	load ADDRESS stream GAUGE MESSAGES SECONDS IN-FLIGHT
//
// First CALLS calls one after the other, then as many as go through within SECONDS with IN-FLIGHT of them under way. Or streams of MESSAGES
// messages, IN-FLIGHT of them at once, as many as begin within SECONDS.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"acme/gen/gaugepb"

	common "go.viam.com/api/common/v1"
	sensor "go.viam.com/api/component/sensor/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 7 {
		log.Fatal("usage: load ADDRESS calls|stream NAME CALLS|MESSAGES SECONDS IN-FLIGHT")
	}
	name, count, seconds, inFlight := os.Args[3], number(os.Args[4]), number(os.Args[5]), number(os.Args[6])
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	limit := time.Duration(seconds) * time.Second
	result := map[string]float64{}
	if os.Args[2] == "stream" {
		result["perSecond"], result["calls"] = streams(gaugepb.NewGaugeServiceClient(connection), name, count, limit, inFlight)
	} else {
		calls(sensor.NewSensorServiceClient(connection), name, count, limit, inFlight, result)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
}

func calls(sensors sensor.SensorServiceClient, name string, count int, limit time.Duration, inFlight int, result map[string]float64) {
	call := func() float64 {
		start := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if _, err := sensors.GetReadings(ctx, &common.GetReadingsRequest{Name: name}); err != nil {
			log.Fatal(err)
		}
		return float64(time.Since(start).Nanoseconds()) / 1000
	}

	// Connections, caches and compilers warm up first.
	for range count/10 + 1 {
		call()
	}
	micros := make([]float64, count)
	for i := range micros {
		micros[i] = call()
	}
	result["p50"], result["p99"] = percentiles(micros)

	busy := make([][]float64, inFlight)
	elapsed := together(inFlight, limit, func(worker int) { busy[worker] = append(busy[worker], call()) })
	all := slices.Concat(busy...)
	result["busyP50"], result["busyP99"] = percentiles(all)
	result["perSecond"] = float64(len(all)) / elapsed.Seconds()
	result["calls"] = float64(count + count/10 + 1 + len(all))
}

// streams returns messages per second, and all that came.
func streams(gauges gaugepb.GaugeServiceClient, name string, messages int, limit time.Duration, inFlight int) (float64, float64) {
	watch := func(messages int) int {
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		stream, err := gauges.Watch(ctx, &gaugepb.WatchRequest{Name: name, Count: uint32(messages)})
		if err != nil {
			log.Fatal(err)
		}
		for seen := 0; ; seen++ {
			_, err := stream.Recv()
			if errors.Is(err, io.EOF) && seen == messages {
				return seen
			}
			if err != nil {
				log.Fatal(seen, " of ", messages, " messages: ", err)
			}
		}
	}
	watch(messages)
	var all atomic.Int64
	elapsed := together(inFlight, limit, func(int) { all.Add(int64(watch(messages))) })
	return float64(all.Load()) / elapsed.Seconds(), float64(all.Load())
}

// together does it again and again in as many goroutines, until the time is over; how long that was until the last one ended.
func together(count int, limit time.Duration, work func(worker int)) time.Duration {
	var workers sync.WaitGroup
	start := time.Now()
	for worker := range count {
		workers.Go(func() {
			for time.Since(start) < limit {
				work(worker)
			}
		})
	}
	workers.Wait()
	return time.Since(start)
}

func percentiles(micros []float64) (float64, float64) {
	if len(micros) == 0 {
		return 0, 0
	}
	slices.Sort(micros)
	return micros[len(micros)/2], micros[len(micros)*99/100]
}

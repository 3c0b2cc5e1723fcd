// Command load calls one sensor and says how long that took: `load ADDRESS SENSOR CALLS SECONDS IN-FLIGHT`.
//
// First CALLS calls one after the other, then as many as go through within SECONDS with IN-FLIGHT of them under way.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

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
	if len(os.Args) != 6 {
		log.Fatal("usage: load ADDRESS SENSOR CALLS SECONDS IN-FLIGHT")
	}
	name, calls, seconds, inFlight := os.Args[2], number(os.Args[3]), number(os.Args[4]), number(os.Args[5])
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	sensors := sensor.NewSensorServiceClient(connection)
	call := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if _, err := sensors.GetReadings(ctx, &common.GetReadingsRequest{Name: name}); err != nil {
			log.Fatal(err)
		}
	}

	// Connections, caches and compilers warm up first.
	for range calls/10 + 1 {
		call()
	}
	micros := make([]float64, calls)
	for i := range micros {
		start := time.Now()
		call()
		micros[i] = float64(time.Since(start).Nanoseconds()) / 1000
	}
	slices.Sort(micros)

	var done atomic.Int64
	var workers sync.WaitGroup
	start := time.Now()
	for range inFlight {
		workers.Go(func() {
			for time.Since(start) < time.Duration(seconds)*time.Second {
				call()
				done.Add(1)
			}
		})
	}
	workers.Wait()
	result := map[string]float64{
		"p50":       micros[calls/2],
		"p99":       micros[calls*99/100],
		"perSecond": float64(done.Load()) / time.Since(start).Seconds(),
		"calls":     float64(calls + calls/10 + 1 + int(done.Load())),
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
}

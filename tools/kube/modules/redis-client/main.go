// Writes and reads keys through go-redis' cluster client: one of the three languages that e2e/clients drives. The task comes as JSON on
// standard input, the result goes as JSON to standard output; e2e/clients/task.ts has the shapes.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
)

type task struct {
	Addresses []string          `json:"addresses"`
	Password  string            `json:"password"`
	Keys      []string          `json:"keys"`
	Value     string            `json:"value"`
	Write     bool              `json:"write"`
	Reach     map[string]string `json:"reach"`
	Endless   bool              `json:"endless"`
}

type result struct {
	Written   int      `json:"written"`
	Read      int      `json:"read"`
	Errors    []string `json:"errors"`
	LongestMs float64  `json:"longestMs"`
}

const pause = 5 * time.Millisecond

func main() {
	var todo task
	input := json.NewDecoder(os.Stdin)
	if err := input.Decode(&todo); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	client := connect(todo)
	defer client.Close()
	work := once
	if todo.Endless {
		work = untilTold
	}
	_ = json.NewEncoder(os.Stdout).Encode(work(context.Background(), client, todo))
}

// Time of day in UTC, as the nodes' logs have it.
func now() string { return time.Now().UTC().Format("15:04:05.000") }

func connect(todo task) *redis.ClusterClient {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if other, ok := todo.Reach[address]; ok {
			address = other
		}
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, address)
	}
	return redis.NewClusterClient(&redis.ClusterOptions{Addrs: todo.Addresses, Password: todo.Password, Dialer: dial})
}

func once(ctx context.Context, client *redis.ClusterClient, todo task) result {
	done := result{Errors: []string{}}
	for _, key := range todo.Keys {
		if todo.Write {
			if err := client.Set(ctx, key, todo.Value+key, 0).Err(); err != nil {
				done.Errors = append(done.Errors, fmt.Sprintf("%s SET %s: %v", now(), key, err))
				continue
			}
			done.Written++
		}
		done.check(ctx, client, key, todo.Value+key)
	}
	return done
}

func (done *result) check(ctx context.Context, client *redis.ClusterClient, key, wanted string) {
	got, err := client.Get(ctx, key).Result()
	switch {
	case err != nil:
		done.Errors = append(done.Errors, fmt.Sprintf("%s GET %s: %v", now(), key, err))
	case got != wanted:
		done.Errors = append(done.Errors, fmt.Sprintf("%s GET %s: %q instead of %q", now(), key, got, wanted))
	default:
		done.Read++
	}
}

// Each key's newest acknowledged value must be there, at every round and at the end.
func untilTold(ctx context.Context, client *redis.ClusterClient, todo task) result {
	done := result{Errors: []string{}}
	told := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(told)
	}()
	newest := map[string]string{}
	timed := func(operation func()) {
		started := time.Now()
		operation()
		done.LongestMs = max(done.LongestMs, float64(time.Since(started).Microseconds())/1000)
	}
	for turn := 0; ; turn++ {
		select {
		case <-told:
			for key, value := range newest {
				done.check(ctx, client, key, value)
			}
			return done
		case <-time.After(pause):
		}
		key := todo.Keys[turn%len(todo.Keys)]
		value := fmt.Sprintf("%s%d", todo.Value, turn)
		timed(func() {
			if err := client.Set(ctx, key, value, 0).Err(); err != nil {
				done.Errors = append(done.Errors, fmt.Sprintf("%s SET %s: %v", now(), key, err))
				return
			}
			newest[key] = value
			done.Written++
		})
		if wanted, ok := newest[key]; ok {
			timed(func() { done.check(ctx, client, key, wanted) })
		}
	}
}

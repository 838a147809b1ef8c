// Writes and reads keys through go-redis' cluster client: one of the three languages that e2e/clients drives. The task comes as JSON on
// standard input, the result goes as JSON to standard output; e2e/clients/task.ts has the shapes.
package main

import (
	"context"
	"encoding/json"
	"fmt"
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
}

type result struct {
	Written int      `json:"written"`
	Read    int      `json:"read"`
	Errors  []string `json:"errors"`
}

func main() {
	var todo task
	if err := json.NewDecoder(os.Stdin).Decode(&todo); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	done := run(context.Background(), todo)
	_ = json.NewEncoder(os.Stdout).Encode(done)
}

func run(ctx context.Context, todo task) result {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if other, ok := todo.Reach[address]; ok {
			address = other
		}
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, address)
	}
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: todo.Addresses, Password: todo.Password, Dialer: dial})
	defer client.Close()
	done := result{Errors: []string{}}
	for _, key := range todo.Keys {
		if todo.Write {
			if err := client.Set(ctx, key, todo.Value+key, 0).Err(); err != nil {
				done.Errors = append(done.Errors, fmt.Sprintf("SET %s: %v", key, err))
				continue
			}
			done.Written++
		}
		got, err := client.Get(ctx, key).Result()
		switch {
		case err != nil:
			done.Errors = append(done.Errors, fmt.Sprintf("GET %s: %v", key, err))
		case got != todo.Value+key:
			done.Errors = append(done.Errors, fmt.Sprintf("GET %s: %q", key, got))
		default:
			done.Read++
		}
	}
	return done
}

// A room server on coder/websocket, in the pattern of its chat example: a mutex for the members of each room, a channel and a
// writing goroutine for each connection.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"

	"github.com/coder/websocket"
)

type room struct {
	mutex   sync.Mutex
	members map[chan []byte]bool
}

func (r *room) join(member chan []byte) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.members[member] = true
}

func (r *room) leave(member chan []byte) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.members, member)
	close(member)
}

// A member that is slow holds up the room: the example closes it instead, which would lose messages of the measurement.
func (r *room) publish(message []byte) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for member := range r.members {
		member <- message
	}
}

type rooms struct {
	mutex  sync.Mutex
	byPath map[string]*room
}

func (all *rooms) find(path string) *room {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	if all.byPath[path] == nil {
		all.byPath[path] = &room{members: make(map[chan []byte]bool)}
	}
	return all.byPath[path]
}

func accept(writer http.ResponseWriter, request *http.Request) *websocket.Conn {
	connection, err := websocket.Accept(writer, request, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return nil
	}
	connection.SetReadLimit(4 << 20)
	return connection
}

func echo(writer http.ResponseWriter, request *http.Request) {
	connection := accept(writer, request)
	if connection == nil {
		return
	}
	defer connection.CloseNow()
	ctx := context.Background()
	for {
		kind, message, err := connection.Read(ctx)
		if err != nil || connection.Write(ctx, kind, message) != nil {
			return
		}
	}
}

func main() {
	port := flag.Int("port", 9002, "0: any free port")
	flag.Parse()

	all := rooms{byPath: make(map[string]*room)}
	http.HandleFunc("/echo", echo)
	http.HandleFunc("/", func(writer http.ResponseWriter, request *http.Request) {
		connection := accept(writer, request)
		if connection == nil {
			return
		}
		defer connection.CloseNow()
		ctx := context.Background()
		r := all.find(request.URL.Path)
		member := make(chan []byte, 256)
		r.join(member)
		go func() {
			for message := range member {
				if connection.Write(ctx, websocket.MessageText, message) != nil {
					connection.CloseNow()
				}
			}
		}()
		defer r.leave(member)
		for {
			_, message, err := connection.Read(ctx)
			if err != nil {
				return
			}
			r.publish(message)
		}
	})

	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s/\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}

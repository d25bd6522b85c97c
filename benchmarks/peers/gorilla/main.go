// A room server on gorilla/websocket, in the pattern of its chat example: a hub goroutine for each room, a reading and
// a writing goroutine for each connection, a channel of messages between them.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	ReadBufferSize:  1024,
	WriteBufferSize: 1024,
	CheckOrigin:     func(*http.Request) bool { return true },
}

type client struct {
	connection *websocket.Conn
	send       chan []byte
}

type hub struct {
	join      chan *client
	leave     chan *client
	broadcast chan []byte
}

func newHub() *hub {
	h := &hub{join: make(chan *client), leave: make(chan *client), broadcast: make(chan []byte)}
	go h.run()
	return h
}

func (h *hub) run() {
	members := make(map[*client]bool)
	for {
		select {
		case c := <-h.join:
			members[c] = true
		case c := <-h.leave:
			delete(members, c)
			close(c.send)
		case message := <-h.broadcast:
			for c := range members {
				c.send <- message
			}
		}
	}
}

// Waiting messages are written as frames of their own: the chat example joins them into one, which would change what
// the members receive.
func (c *client) write() {
	for message := range c.send {
		if c.connection.WriteMessage(websocket.TextMessage, message) != nil {
			break
		}
	}
	c.connection.Close()
	for range c.send {
	}
}

func (c *client) read(h *hub) {
	defer func() { h.leave <- c }()
	for {
		_, message, err := c.connection.ReadMessage()
		if err != nil {
			return
		}
		h.broadcast <- message
	}
}

type hubs struct {
	mutex  sync.Mutex
	byPath map[string]*hub
}

func (all *hubs) find(path string) *hub {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	if all.byPath[path] == nil {
		all.byPath[path] = newHub()
	}
	return all.byPath[path]
}

func echo(writer http.ResponseWriter, request *http.Request) {
	connection, err := upgrader.Upgrade(writer, request, nil)
	if err != nil {
		return
	}
	defer connection.Close()
	for {
		kind, message, err := connection.ReadMessage()
		if err != nil || connection.WriteMessage(kind, message) != nil {
			return
		}
	}
}

func main() {
	port := flag.Int("port", 9002, "0: any free port")
	flag.Parse()

	rooms := hubs{byPath: make(map[string]*hub)}
	http.HandleFunc("/echo", echo)
	http.HandleFunc("/", func(writer http.ResponseWriter, request *http.Request) {
		connection, err := upgrader.Upgrade(writer, request, nil)
		if err != nil {
			return
		}
		c := &client{connection: connection, send: make(chan []byte, 256)}
		h := rooms.find(request.URL.Path)
		h.join <- c
		go c.write()
		go c.read(h)
	})

	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s/\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}

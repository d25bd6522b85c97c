// Go's coder/websocket speaks with the server: see ../../run.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/coder/websocket"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func expect(ctx context.Context, conn *websocket.Conn, kind websocket.MessageType, data []byte) {
	gotKind, got, err := conn.Read(ctx)
	must(err)
	if gotKind != kind || !bytes.Equal(got, data) {
		log.Fatalf("expected %d bytes of kind %v, got %d of kind %v", len(data), kind, len(got), gotKind)
	}
}

func main() {
	url := os.Args[1]
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	connect := func(path string, options *websocket.DialOptions) *websocket.Conn {
		conn, response, err := websocket.Dial(ctx, url+path, options)
		must(err)
		wanted := options.CompressionMode != websocket.CompressionDisabled
		if strings.Contains(response.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate") != wanted {
			log.Fatal("compression is not agreed on as wanted: ", wanted)
		}
		conn.SetReadLimit(2 << 20)
		return conn
	}
	text := []byte("h\u00e9llo \u623f\u95f4 \U0001f389")
	binary := make([]byte, 1<<20)
	for i := range binary {
		binary[i] = byte(i)
	}
	long := []byte(strings.Repeat("roompp ", 2000))

	echo := connect("/ws/echo/", &websocket.DialOptions{})
	must(echo.Write(ctx, websocket.MessageText, text))
	expect(ctx, echo, websocket.MessageText, text)
	fmt.Println("text")
	must(echo.Write(ctx, websocket.MessageBinary, binary))
	expect(ctx, echo, websocket.MessageBinary, binary)
	fmt.Println("binary")
	// Each write is a fragment.
	writer, err := echo.Writer(ctx, websocket.MessageText)
	must(err)
	for _, part := range []string{"in ", "three ", "parts"} {
		_, err = writer.Write([]byte(part))
		must(err)
	}
	must(writer.Close())
	expect(ctx, echo, websocket.MessageText, []byte("in three parts"))
	fmt.Println("fragments")
	reading := echo.CloseRead(ctx)
	must(echo.Ping(reading))
	fmt.Println("ping")
	must(echo.Close(websocket.StatusNormalClosure, ""))

	room := connect("/ws/room/alone/", &websocket.DialOptions{
		CompressionMode: websocket.CompressionContextTakeover, CompressionThreshold: 1})
	for i := 0; i < 3; i++ {
		must(room.Write(ctx, websocket.MessageText, long))
		expect(ctx, room, websocket.MessageText, long)
	}
	fmt.Println("deflate")
	must(room.Close(websocket.StatusNormalClosure, ""))

	hooksOptions := &websocket.DialOptions{Subprotocols: []string{"roompp.test"}}
	hooks := connect("/ws/hooks/", hooksOptions)
	expect(ctx, hooks, websocket.MessageText, []byte("welcome"))
	must(hooks.Close(4000, "done"))
	fmt.Println("close")
	hooks = connect("/ws/hooks/", hooksOptions)
	expect(ctx, hooks, websocket.MessageText, []byte("welcome"))
	must(hooks.Write(ctx, websocket.MessageText, []byte("close")))
	_, _, err = hooks.Read(ctx)
	var closed websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != 4001 || closed.Reason != "bye" {
		log.Fatal("not closed with 4001: ", err)
	}
	fmt.Println("closed")
}

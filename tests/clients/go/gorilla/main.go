// Go's gorilla/websocket speaks with the server: see ../../run.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func connect(url string, compression bool, subprotocols ...string) *websocket.Conn {
	dialer := websocket.Dialer{Subprotocols: subprotocols, EnableCompression: compression}
	conn, response, err := dialer.Dial(url, nil)
	must(err)
	if agreed := strings.Contains(response.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate"); agreed != compression {
		log.Fatal("compression agreed on: ", agreed)
	}
	must(conn.SetReadDeadline(time.Now().Add(time.Minute)))
	return conn
}

func expect(conn *websocket.Conn, kind int, data []byte) {
	gotKind, got, err := conn.ReadMessage()
	must(err)
	if gotKind != kind || !bytes.Equal(got, data) {
		log.Fatalf("expected %d bytes of kind %d, got %d of kind %d", len(data), kind, len(got), gotKind)
	}
}

func main() {
	url := os.Args[1]
	text := []byte("h\u00e9llo \u623f\u95f4 \U0001f389")
	binary := make([]byte, 1<<20)
	for i := range binary {
		binary[i] = byte(i)
	}
	long := []byte(strings.Repeat("roompp ", 2000))

	echo := connect(url+"/ws/echo/", false)
	must(echo.WriteMessage(websocket.TextMessage, text))
	expect(echo, websocket.TextMessage, text)
	fmt.Println("text")
	must(echo.WriteMessage(websocket.BinaryMessage, binary))
	expect(echo, websocket.BinaryMessage, binary)
	fmt.Println("binary")
	// More than its buffer: it goes out in fragments.
	writer, err := echo.NextWriter(websocket.TextMessage)
	must(err)
	for i := 0; i < 3; i++ {
		_, err = writer.Write(long)
		must(err)
	}
	must(writer.Close())
	expect(echo, websocket.TextMessage, bytes.Repeat(long, 3))
	fmt.Println("fragments")
	pong := ""
	echo.SetPongHandler(func(data string) error { pong = data; return nil })
	must(echo.WriteControl(websocket.PingMessage, []byte("are you there?"), time.Now().Add(time.Minute)))
	must(echo.WriteMessage(websocket.TextMessage, text))
	expect(echo, websocket.TextMessage, text)
	if pong != "are you there?" {
		log.Fatal("no pong: ", pong)
	}
	fmt.Println("ping")
	must(echo.Close())

	room := connect(url+"/ws/room/alone/", true)
	for i := 0; i < 3; i++ {
		must(room.WriteMessage(websocket.TextMessage, long))
		expect(room, websocket.TextMessage, long)
	}
	fmt.Println("deflate")
	must(room.Close())

	hooks := connect(url+"/ws/hooks/", false, "roompp.test")
	expect(hooks, websocket.TextMessage, []byte("welcome"))
	must(hooks.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4000, "done")))
	if _, _, err := hooks.ReadMessage(); !websocket.IsCloseError(err, 4000) {
		log.Fatal("its close frame is not answered: ", err)
	}
	fmt.Println("close")
	hooks = connect(url+"/ws/hooks/", false, "roompp.test")
	expect(hooks, websocket.TextMessage, []byte("welcome"))
	must(hooks.WriteMessage(websocket.TextMessage, []byte("close")))
	_, _, err = hooks.ReadMessage()
	if closed, ok := err.(*websocket.CloseError); !ok || closed.Code != 4001 || closed.Text != "bye" {
		log.Fatal("not closed with 4001: ", err)
	}
	fmt.Println("closed")
}

// The server of the Go package github.com/gorilla/websocket, as check.py wants it: `gorilla_server
// [--compress]`.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	Subprotocols:      []string{"echo"},
	EnableCompression: len(os.Args) > 1 && os.Args[1] == "--compress",
	// A fragment ends where the buffer is full. `WriteMessage` writes past it, but not if it compresses.
	WriteBufferSize: 8,
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("listening on ws://%s\n", listener.Addr())
	panic(http.Serve(listener, http.HandlerFunc(handle)))
}

func handle(response http.ResponseWriter, request *http.Request) {
	conn, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	conn.SetPongHandler(func(payload string) error {
		return conn.WriteMessage(websocket.TextMessage, []byte(payload))
	})
	for {
		kind, payload, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if err := answer(conn, kind, payload); err != nil {
			return
		}
	}
}

func answer(conn *websocket.Conn, kind int, payload []byte) error {
	soon := time.Now().Add(5 * time.Second)
	switch {
	case kind == websocket.TextMessage && string(payload) == "fragments":
		return sendFragments(conn)
	case kind == websocket.TextMessage && string(payload) == "ping":
		return conn.WriteControl(websocket.PingMessage, []byte("interop"), soon)
	case kind == websocket.TextMessage && string(payload) == "close":
		return conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4000, "bye"), soon)
	}
	return conn.WriteMessage(kind, payload)
}

func sendFragments(conn *websocket.Conn) error {
	writer, err := conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(writer, "one two three"); err != nil {
		return err
	}
	return writer.Close()
}

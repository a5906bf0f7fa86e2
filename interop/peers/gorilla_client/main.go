// The client of the Go package github.com/gorilla/websocket, as check.py wants it.
package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

type client struct {
	conn *websocket.Conn
	// What has arrived, as answers to `receive`.
	events chan string
	// The message whose fragments are being sent.
	writer io.WriteCloser
}

func main() {
	peer := &client{}
	// A message of several MiB is one line.
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := input.ReadString('\n')
		if err != nil {
			return
		}
		answer, err := peer.handle(strings.Fields(line))
		if err != nil {
			answer = "failed " + err.Error()
		}
		fmt.Println(answer)
	}
}

func (c *client) handle(words []string) (string, error) {
	payload := []byte{}
	// An empty payload leaves no word.
	last := words[len(words)-1]
	switch words[0] {
	case "hello":
		return "gorilla/websocket " + version() + " fragments ping bare-close deflate", nil
	case "open":
		return c.open(words[1:])
	case "receive":
		return <-c.events, nil
	case "fragment":
		if len(words) == 4 {
			payload, _ = hex.DecodeString(last)
		}
		return "sent", c.sendFragment(words[1], words[2] == "last", payload)
	case "close":
		body := []byte{}
		if len(words) > 1 {
			var code int
			fmt.Sscan(words[1], &code)
			if len(words) > 2 {
				payload, _ = hex.DecodeString(last)
			}
			body = websocket.FormatCloseMessage(code, string(payload))
		}
		return "sent", c.conn.WriteControl(websocket.CloseMessage, body, soon())
	}
	if len(words) == 2 {
		payload, _ = hex.DecodeString(last)
	}
	switch words[0] {
	case "text":
		return "sent", c.conn.WriteMessage(websocket.TextMessage, payload)
	case "binary":
		return "sent", c.conn.WriteMessage(websocket.BinaryMessage, payload)
	case "ping":
		return "sent", c.conn.WriteControl(websocket.PingMessage, payload, soon())
	}
	return "", errors.New("unknown command")
}

func (c *client) open(words []string) (string, error) {
	if c.conn != nil {
		c.conn.Close()
	}
	// The library ends a fragment where its buffer is full.
	dialer := websocket.Dialer{WriteBufferSize: 4 << 20}
	for _, word := range words[1:] {
		switch {
		case word == "compress":
			dialer.EnableCompression = true
		case word == "fragmenting":
			dialer.WriteBufferSize = 4
		case strings.HasPrefix(word, "protocol="):
			dialer.Subprotocols = append(dialer.Subprotocols, strings.TrimPrefix(word, "protocol="))
		}
	}
	conn, response, err := dialer.Dial(words[0], nil)
	if err != nil {
		return "", err
	}
	c.conn, c.events, c.writer = conn, make(chan string, 1000), nil
	go read(conn, c.events)
	return "open " + orNone(conn.Subprotocol()) + " " + orNone(response.Header.Get("Sec-WebSocket-Extensions")), nil
}

// Frames that are not messages come to a handler, so one goroutine reads all the time.
func read(conn *websocket.Conn, events chan<- string) {
	conn.SetPongHandler(func(payload string) error {
		events <- "pong " + hex.EncodeToString([]byte(payload))
		return nil
	})
	for {
		kind, payload, err := conn.ReadMessage()
		var closed *websocket.CloseError
		switch {
		case errors.As(err, &closed):
			events <- fmt.Sprintf("close %d %x", closed.Code, closed.Text)
			return
		case err != nil:
			events <- "close 1006 "
			return
		case kind == websocket.TextMessage:
			events <- "text " + hex.EncodeToString(payload)
		default:
			events <- "binary " + hex.EncodeToString(payload)
		}
	}
}

func (c *client) sendFragment(kind string, isLast bool, payload []byte) (err error) {
	switch kind {
	case "text":
		c.writer, err = c.conn.NextWriter(websocket.TextMessage)
	case "binary":
		c.writer, err = c.conn.NextWriter(websocket.BinaryMessage)
	}
	if err == nil {
		_, err = c.writer.Write(payload)
	}
	if err == nil && isLast {
		err = c.writer.Close()
	}
	return err
}

// The library does not tell its version, but the package does.
func version() string {
	query := exec.Command("dpkg-query", "-W", "-f", "${Version}", "golang-github-gorilla-websocket-dev")
	output, err := query.Output()
	if err != nil {
		return "unknown"
	}
	return strings.SplitN(string(output), "-", 2)[0]
}

func soon() time.Time {
	return time.Now().Add(5 * time.Second)
}

func orNone(value string) string {
	if value == "" {
		return "-"
	}
	return value
}

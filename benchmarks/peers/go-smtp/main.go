// Takes mail with go-smtp (https://github.com/emersion/go-smtp, as Debian 12 has it), by STARTTLS or plain, and keeps
// nothing. Arguments: port, file of the certificate, file of its key. Says "ready" when it listens.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"os"

	"github.com/emersion/go-smtp"
)

type discarding struct{}

func (discarding) Login(*smtp.ConnectionState, string, string) (smtp.Session, error) {
	return nil, smtp.ErrAuthUnsupported
}

func (discarding) AnonymousLogin(*smtp.ConnectionState) (smtp.Session, error) {
	return discarding{}, nil
}

func (discarding) Mail(string, smtp.MailOptions) error { return nil }

func (discarding) Rcpt(string) error { return nil }

func (discarding) Data(body io.Reader) error {
	_, err := io.Copy(io.Discard, body)
	return err
}

func (discarding) Reset() {}

func (discarding) Logout() error { return nil }

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: go-smtp PORT CERTIFICATE KEY")
	}
	certificate, err := tls.LoadX509KeyPair(os.Args[2], os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	server := smtp.NewServer(discarding{})
	server.Domain = "mx.example"
	server.AuthDisabled = true
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	log.Fatal(server.Serve(listener))
}

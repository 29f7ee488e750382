package io.postern.smtp.handlers;

import io.postern.smtp.testkit.RawSmtpClient;
import io.postern.smtp.testkit.SmtpHandlerTester;
import io.postern.smtp.testkit.TesterClient;

/** A client that has said EHLO, and whose replies are compared as they were on the wire. */
record WireClient(RawSmtpClient wire) implements AutoCloseable {

    WireClient(SmtpHandlerTester tester) {
        this(tester.client());
    }

    WireClient(TesterClient client) {
        this(client.hello());
    }

    /** Sends a command. @return its reply */
    String say(String command) {
        return wire.command(command).toString();
    }

    void send(String text) {
        wire.send(text);
    }

    String reply() {
        return wire.readReply().toString();
    }

    /** Begins a transaction up to the 354 of DATA. */
    void begin(String mailParameters, String... rcptArguments) {
        say("MAIL FROM:<from@example.org>" + mailParameters);
        for (String argument : rcptArguments) {
            say("RCPT TO:" + argument);
        }
        say("DATA");
    }

    /** Sends a message whose text needs no dots added, and reads the reply to it. */
    String message(String text) {
        begin("", "<to@example.org>");
        return finish(text);
    }

    String finish(String text) {
        send(text.replace("\n", "\r\n"));
        return say(".");
    }

    @Override
    public void close() {
        wire.close();
    }
}
